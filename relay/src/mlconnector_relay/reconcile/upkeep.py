"""Keeps the durable state honest and bounded: alerts of what lasts too long or is over, an inbox of seven days."""

from datetime import datetime
from typing import Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..db import alerts as alert_rows
from ..db import inbox, jobs, stores
from ..db.engine import Database, Transaction
from ..trail.alerts import Alerts

__all__ = ["Upkeep"]

_log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60.0

FAILED: Final = "failed"
NOT_OF_CAUSES: Final = frozenset({"agent", "audit", "channel", "contradiction", "overdue", "reconciliation", FAILED})
"""Kinds of alerts that no parked order stands behind; whoever opens them closes them."""


class Upkeep:
    """The loop that looks after what nobody else comes back to.

    Args:
        database: orders, alerts, inbox.
        alerts: opens and closes them.
        runtime: clocks.
    """

    def __init__(self, database: Database, alerts: Alerts, runtime: Runtime) -> None:
        self._database = database
        self._alerts = alerts
        self._runtime = runtime

    async def run(self) -> None:
        """Look for ever; one tenant's trouble is not the others'."""
        while True:
            async with self._database.read() as tx:
                tenants = [one.tenant for one in await stores.all_tenants(tx)]
            for tenant in tenants:
                try:
                    await self.once(tenant)
                except ConnectorError as error:
                    _log.warning("upkeep.failed", tenant=tenant, error=str(error))
            await self._runtime.sleep(EVERY_SECONDS)

    async def once(self, tenant: str) -> None:
        """Report what is overdue, close the alerts nothing waits for any more, forget old deliveries.

        Raises:
            DatabaseError: nothing of it was done.
        """

        async def work(tx: Transaction) -> None:
            now = self._runtime.now()
            await self._alerts.watch_ages(tx, tenant, now)
            await self._close_cured(tx, tenant, now)
            await inbox.prune(tx, tenant, now)

        await self._database.write(work)

    async def _close_cured(self, tx: Transaction, tenant: str, now: datetime) -> None:
        waiting = {cause for cause, _ in await jobs.waiting_causes(tx, tenant)}
        for alert in await alert_rows.find(tx, tenant):
            if alert.kind not in NOT_OF_CAUSES and alert.key not in waiting:
                await self._alerts.close(tx, tenant, alert.key, now)
        if not (await jobs.count_by_state(tx, tenant)).get("failed"):
            await alert_rows.close_except(tx, tenant, FAILED, set(), now)
