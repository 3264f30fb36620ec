"""Keeps the durable state honest and bounded: alerts of what lasts too long or is over, an inbox of seven days."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..db import agents, ahead, inbox, jobs, stores
from ..db import alerts as alert_rows
from ..db.engine import Database, Transaction
from ..trail.alerts import Alerts

__all__ = ["Upkeep"]

_log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 60.0

FAILED: Final = "failed"
AWAY: Final = "away"
"""Kind of the alert that no agent of an SAP system is connected."""

SWEEP: Final = "sweep"
"""Kind of the alerts about a store that cannot be asked what changed, or tells what cannot be read."""

AWAY_AFTER: Final = timedelta(minutes=3)
"""A connected agent is noted every half minute; a restart and the pauses before it dials again take less than this."""

NOT_OF_CAUSES: Final = frozenset(
    {"agent", "audit", AWAY, "channel", "contradiction", "overdue", "reconciliation", SWEEP, FAILED}
)
"""Kinds of alerts that no parked order stands behind; whoever opens them closes them."""


class Upkeep:
    """The loop that looks after what nobody else comes back to.

    Args:
        database: orders, alerts, inbox.
        alerts: opens and closes them.
        runtime: clocks.
        lease_seconds: how long a lease lasts without renewal.
    """

    def __init__(self, database: Database, alerts: Alerts, runtime: Runtime, lease_seconds: float) -> None:
        self._database = database
        self._alerts = alerts
        self._runtime = runtime
        self._lease_seconds = lease_seconds

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

        What a clock that was ahead put off is made due.

        Raises:
            DatabaseError: nothing of it was done.
        """
        # What takes long is read outside the write, for others wait behind it; what is few is looked at again inside.
        async with self._database.read() as tx:
            waiting = {cause for cause, _ in await jobs.waiting_causes(tx, tenant)}
            opened = [alert for alert in await alert_rows.find(tx, tenant) if alert.kind not in NOT_OF_CAUSES]
        cured = [alert.key for alert in opened if alert.key not in waiting]

        async def work(tx: Transaction) -> int:
            now = self._runtime.now()
            put_off = await ahead.make_due(tx, tenant, now, self._lease_seconds)
            await self._alerts.watch_ages(tx, tenant, now)
            await self._watch_agents(tx, tenant, now)
            for key in cured:
                if not await jobs.waits_for(tx, tenant, key):
                    await self._alerts.close(tx, tenant, key, now)
            if not await jobs.find(tx, tenant, state="failed", limit=1):
                await alert_rows.close_except(tx, tenant, FAILED, set(), now)
            await inbox.prune(tx, tenant, now)
            return put_off

        if put_off := await self._database.write(work):
            _log.warning("jobs.clock_set_back", tenant=tenant, orders=put_off)

    async def _watch_agents(self, tx: Transaction, tenant: str, now: datetime) -> None:
        """Tell when a store's orders cannot be posted since nobody is there to post them: they only wait."""
        seen: dict[tuple[str, str], datetime] = {}
        for agent in await agents.of_tenant(tx, tenant):
            if agent.state != "revoked" and agent.last_seen_at:
                system = (agent.sysid, agent.client)
                seen[system] = max(agent.last_seen_at, seen.get(system, agent.last_seen_at))
        active = [store for store in await stores.of_tenant(tx, tenant) if store.active]
        posted_to = {(store.sysid, store.client) for store in active}
        away = {
            f"{AWAY}:{sysid} {client}": _away(sysid, client, seen.get((sysid, client)))
            for sysid, client in sorted(posted_to)
            if (sysid, client) not in seen or now - seen[sysid, client] > AWAY_AFTER
        }
        for key, sentence in away.items():
            await self._alerts.open(tx, tenant, key, sentence, "basis", now)
        await alert_rows.close_except(tx, tenant, AWAY, set(away), now)
        # Nobody sweeps a store that is not served any more.
        swept = {f"{SWEEP}:{store.store_hash}{what}" for store in active for what in ("", ":unreadable")}
        await alert_rows.close_except(tx, tenant, SWEEP, swept, now)


def _away(sysid: str, client: str, since: datetime | None) -> str:
    waits = f"orders for SAP {sysid} client {client} wait"
    if since is None:
        return f"{waits}: no agent enrolled for it was ever connected; enrol one (`agent token`), start it"
    return (
        f"{waits}: none of its agents has been connected since {since:%Y-%m-%d %H:%M} UTC; "
        "see `mlconnector-agent check` on the agent's host"
    )
