"""The loop that works: lease due jobs, reconcile each, settle it; leases are renewed.

Bounded by `concurrency`. What only waits for an agent takes no place, and where several tenants are served none of them
takes more than half: neither a slow SAP nor a slow shop of one tenant holds up the others.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..db.jobs import Job, StoreKey
from .queue import Queue
from .retry import Failure, decide

__all__ = ["Worker"]

_log = structlog.get_logger(__name__)

Reconcile = Callable[[Job], Awaitable[None]]
"""Bring one order into step with SAP and settle its job."""


class Worker:
    """Works on the due jobs of this process.

    Args:
        queue: where jobs are leased from and settled.
        reconcile: the work on one job; its `ConnectorError`s become retries by `retry.decide`.
        closed: the stores whose SAP or shop is away at this moment; their jobs are left alone.
        tenants: whose jobs there may be.
        waiting: how many of the jobs under way only wait for an agent; bounded by whoever they wait with.
        runtime: clocks and jitter.
        concurrency: jobs at once.
        poll_seconds: the longest wait before looking again.
        lease_seconds: how long a lease lasts without renewal.
    """

    def __init__(
        self,
        queue: Queue,
        reconcile: Reconcile,
        closed: Callable[[], Collection[StoreKey]],
        runtime: Runtime,
        *,
        tenants: Callable[[], Collection[str]],
        waiting: Callable[[], int],
        concurrency: int,
        poll_seconds: float,
        lease_seconds: float,
    ) -> None:
        self._queue = queue
        self._reconcile = reconcile
        self._closed = closed
        self._tenants = tenants
        self._waiting = waiting
        self._runtime = runtime
        self._concurrency = concurrency
        self._poll = poll_seconds
        self._lease = lease_seconds
        self._running: dict[asyncio.Task[None], str] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look for due jobs now; only shortens the wait."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled; then let what runs finish its current step by cancelling it."""
        try:
            while True:
                self._wake.clear()
                free = self._concurrency - (len(self._running) - self._waiting())
                jobs = await self._leased(free) if free > 0 else []
                for job in jobs:
                    task = asyncio.create_task(self._work(job), name=f"job {job.order_id}")
                    self._running[task] = job.tenant
                    task.add_done_callback(self._finished)
                if len(jobs) < max(free, 1):
                    await self._rest()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _leased(self, free: int) -> list[Job]:
        try:
            return await self._queue.lease(free, self._closed(), self._room())
        except ConnectorError as error:
            # What runs goes on; it may need the database only when that is back.
            _log.warning("jobs.not_leased", error=str(error))
            return []

    def _room(self) -> dict[str, int]:
        """Return how many more of each tenant's jobs may begin, those that wait included; one alone has no limit."""
        tenants, under_way = self._tenants(), Counter(self._running.values())
        half = -(-self._concurrency // 2)
        return {tenant: half - under_way[tenant] for tenant in tenants} if len(tenants) > 1 else {}

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its lease runs out, so the job is due again: nothing is lost, and the log says why.
            _log.error("job.not_settled", job=task.get_name(), error=repr(error), exc_info=error)

    async def _rest(self) -> None:
        try:
            await self._runtime.within(self._poll, self._wake.wait())
        except TimeoutError:
            return

    async def _work(self, job: Job) -> None:
        renewal = asyncio.create_task(self._renew(job), name=f"lease {job.order_id}")
        try:
            failure = await self._failure(job)
            if failure is not None:
                outcome = decide(failure, job.attempts, self._runtime.now(), self._runtime.random())
                await self._queue.settle(job, outcome)
        finally:
            renewal.cancel()

    async def _failure(self, job: Job) -> Failure | None:
        try:
            await self._reconcile(job)
        except ConnectorError as error:
            failure = Failure.of(error)
        except Exception as error:  # noqa: BLE001  a defect of ours: visible, bounded by decide, never silent
            _log.error("job.defect", tenant=job.tenant, store=job.store_hash, order=job.order_id, exc_info=True)
            failure = Failure.defect(error)
        else:
            return None
        _log.warning(
            "job.attempt_failed",
            tenant=job.tenant,
            store=job.store_hash,
            order=job.order_id,
            attempts=job.attempts,
            reason=failure.reason,
            detail=failure.detail,
        )
        return failure

    async def _renew(self, job: Job) -> None:
        while True:
            await self._runtime.sleep(self._lease / 3)
            try:
                if not await self._queue.renew(job):
                    # Ours no longer: whatever this try still settles or sends is refused by the lease's number.
                    _log.warning("job.lease_lost", tenant=job.tenant, store=job.store_hash, order=job.order_id)
                    return
            except ConnectorError as error:
                _log.warning(
                    "job.not_renewed", tenant=job.tenant, store=job.store_hash, order=job.order_id, error=str(error)
                )
