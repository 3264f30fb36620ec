"""Releases parked orders whose cause is cured: by a mapping that was added, or by time; it needs no further command."""

from collections.abc import Callable
from typing import Final

import structlog
from mlconnector_shared.runtime import Runtime

from ..db import jobs
from ..db.engine import Database, Transaction
from ..directory import Directory, NoMapping
from ..sap.mapping import Mapping
from ..trail.alerts import Alerts
from . import ceiling

__all__ = ["MAPPING_CAUSES", "Cures"]

_log = structlog.get_logger(__name__)

MAPPING_CAUSES: Final = (
    "account:",
    "document:",
    "tax:",
    "company_code:",
    "role:",
    "marketplace:",
    "clearing:",
    "debtor:",
    "terms:",
    "period:",
    "hold:",
)
"""Causes a mapping may cure; the others wait for a person or for the order to change."""

NO_MAPPING: Final = "failure:no_mapping"
"""What orders wait for that came before there was any mapping: cured by any."""


class Cures:
    """The loop that keeps stores and mappings fresh and releases what a new mapping cures.

    Args:
        database: parked jobs.
        directory: read again every round.
        alerts: closed when nothing waits for their cause any more.
        runtime: clocks.
        wake: called when jobs were released.
        every_seconds: pause between two rounds.
    """

    def __init__(
        self,
        database: Database,
        directory: Directory,
        alerts: Alerts,
        runtime: Runtime,
        wake: Callable[[], None],
        every_seconds: float,
    ) -> None:
        self._database = database
        self._directory = directory
        self._alerts = alerts
        self._runtime = runtime
        self._wake = wake
        self._every = every_seconds
        # The mapping each tenant's parked orders were last compared with; after a start all are compared.
        self._asked: dict[str, str] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.once()
            await self._runtime.sleep(self._every)

    async def once(self) -> None:
        """Read stores and mappings again; release what a mapping cures that has not been asked yet.

        Raises:
            DatabaseError: the mappings that were not asked are asked at the next look.
        """
        await self._directory.refresh()
        for tenant in sorted({account.store.tenant for account in self._directory.accounts()}):
            try:
                mapping = self._directory.mapping(tenant)
            except NoMapping:
                continue
            if self._asked.get(tenant) != mapping.version:
                await self._release(tenant, mapping)
                self._asked[tenant] = mapping.version
            await self._go_on(tenant, mapping.file.cancellations.most_per_hour)

    async def _release(self, tenant: str, mapping: Mapping) -> None:
        async def work(tx: Transaction) -> int:
            released, now = 0, self._runtime.now()
            asked = await jobs.waiting_questions(tx, tenant)
            cured = [one for one in asked if _cures(mapping, *one)]
            for cause, question in cured:
                released += await jobs.release(tx, tenant, cause, now, question)
            # Orders of one key may ask about finer facts: its alert closes with the last of them.
            for cause in {cause for cause, _ in cured} - {cause for cause, _ in set(asked) - set(cured)}:
                await self._alerts.close(tx, tenant, cause, now)
            return released

        released = await self._database.write(work)
        if released:
            _log.info("orders.released", tenant=tenant, orders=released, mapping=mapping.version)
            self._wake()

    async def _go_on(self, tenant: str, most: int) -> None:
        """Let orders be taken back that were too many within an hour, as many as may be by now."""
        for store_hash in sorted(account.store.store_hash for account in self._directory.accounts_of(tenant)):
            cause = f"{ceiling.CAUSE}{store_hash}"
            async with self._database.read() as tx:
                if not await jobs.waits_for(tx, tenant, cause):
                    continue

            async def work(tx: Transaction, cause: str = cause, store_hash: str = store_hash) -> int:
                now = self._runtime.now()
                room = await ceiling.room(tx, tenant, store_hash, most, now)
                return await jobs.release_some(tx, tenant, store_hash, cause, now, room)

            if await self._database.write(work):
                self._wake()


def _cures(mapping: Mapping, cause: str, question: str) -> bool:
    return cause == NO_MAPPING or (cause.startswith(MAPPING_CAUSES) and mapping.cures(question or cause))
