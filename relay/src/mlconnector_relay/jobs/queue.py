"""The queue of one process: leases due jobs fairly, renews and settles them."""

from collections.abc import Collection, Mapping
from typing import Final

from mlconnector_shared.runtime import Runtime

from ..db import jobs
from ..db.engine import Database, Transaction
from ..db.jobs import Failed, Job, Outcome, Parked
from ..trail.alerts import Alerts

__all__ = ["FAILED", "Queue"]

NEWEST_EVERY: Final = 4
"""Every fourth lease that takes any takes the newest orders first: a backlog leaves them this share."""

FAILED: Final = "failed"
"""Kind of the alerts about orders that a person must look at."""


class Queue:
    """Durable jobs as one process sees them.

    Args:
        database: where they are.
        runtime: clocks.
        owner: name of this process; different for every process on the database.
        lease_seconds: how long a lease lasts without renewal.
    """

    def __init__(self, database: Database, runtime: Runtime, owner: str, lease_seconds: float) -> None:
        self._database = database
        self._runtime = runtime
        self._owner = owner
        self._lease_seconds = lease_seconds
        self._alerts = Alerts()
        self._turn = 0
        self._took = 0

    async def lease(
        self, limit: int, closed: Collection[tuple[str, str]] = (), room: Mapping[str, int] | None = None
    ) -> list[Job]:
        """Take up to `limit` due jobs, none of a closed store (tenant, store_hash), of a tenant as it has room."""
        self._turn += 1
        turn = self._turn
        # Counted by turns, one that finds every store closed would take the newest orders' place, perhaps each time.
        newest_first = (self._took + 1) % NEWEST_EVERY == 0

        async def work(tx: Transaction) -> list[Job]:
            return await jobs.lease(
                tx,
                self._owner,
                self._runtime.now(),
                limit,
                self._lease_seconds,
                closed=closed,
                room=room,
                turn=turn,
                newest_first=newest_first,
            )

        taken = await self._database.write(work)
        self._took += bool(taken)
        return taken

    async def renew(self, job: Job) -> bool:
        """Prolong a lease; False when it is no longer ours."""
        return await self._database.write(lambda tx: jobs.renew(tx, job, self._runtime.now(), self._lease_seconds))

    async def settle(self, job: Job, outcome: Outcome) -> bool:
        """End a lease with its outcome, and alert whoever must do something about it.

        Returns:
            False when the lease was no longer ours, so that another process settles it.
        """

        async def work(tx: Transaction) -> bool:
            now = self._runtime.now()
            settled = await jobs.settle(tx, job, outcome, now)
            if settled and isinstance(outcome, Parked):
                for cause in outcome.causes:
                    await self._alerts.open(tx, job.tenant, cause.key, cause.sentence, cause.owner, now)
            if settled and isinstance(outcome, Failed):
                key = f"{FAILED}:{outcome.reason.partition(':')[0]}"
                await self._alerts.open(tx, job.tenant, key, outcome.reason, outcome.owner, now)
            return settled

        return await self._database.write(work)
