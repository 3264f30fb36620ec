"""Releases parked orders whose cause is cured: a mapping that was added needs no further command."""

from collections.abc import Callable
from typing import Final

import structlog
from mlconnector_shared.runtime import Runtime

from ..db import jobs
from ..db.engine import Database, Transaction
from ..directory import Directory, NoMapping
from ..sap.mapping import Mapping
from ..trail.alerts import Alerts

__all__ = ["Cures"]

_log = structlog.get_logger(__name__)

MAPPING_CAUSES: Final = ("account:", "document:", "tax:", "company_code:", "role:", "marketplace:")
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


def _cures(mapping: Mapping, cause: str, question: str) -> bool:
    return cause == NO_MAPPING or (cause.startswith(MAPPING_CAUSES) and mapping.cures(question or cause))
