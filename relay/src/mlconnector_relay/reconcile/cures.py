"""Releases parked orders whose cause is cured: a mapping that was added needs no further command."""

from collections.abc import Callable
from typing import Final

import structlog
from mlconnector_shared.runtime import Runtime

from ..db import jobs
from ..db.engine import Database, Transaction
from ..directory import Directory
from ..sap.mapping import Mapping
from ..trail.alerts import Alerts

__all__ = ["Cures"]

_log = structlog.get_logger(__name__)

MAPPING_CAUSES: Final = ("account:", "tax:", "company_code:", "role:", "marketplace:")
"""Causes a mapping can cure; the others wait for a person or for the order to change."""


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
        self._first = True

    async def run(self) -> None:
        """Look for ever."""
        while True:
            changed = await self._directory.refresh()
            tenants = {account.store.tenant for account in self._directory.accounts()} if self._first else changed
            for tenant in tenants:
                await self.release(tenant)
            self._first = False
            await self._runtime.sleep(self._every)

    async def release(self, tenant: str) -> int:
        """Release the orders whose every missing mapping key there now is; return how many jobs that made due."""
        mapping = self._directory.mapping(tenant)

        async def work(tx: Transaction) -> int:
            return await self._release(tx, tenant, mapping)

        released = await self._database.write(work)
        if released:
            _log.info("orders.released", tenant=tenant, orders=released, mapping=mapping.version)
            self._wake()
        return released

    async def _release(self, tx: Transaction, tenant: str, mapping: Mapping) -> int:
        released, now = 0, self._runtime.now()
        for cause, _ in await jobs.waiting_causes(tx, tenant):
            if cause.startswith(MAPPING_CAUSES) and mapping.cures(cause):
                released += await jobs.release(tx, tenant, cause, now)
                await self._alerts.close(tx, tenant, cause, now)
        return released
