"""What a person should know: opened once per cause, refreshed while it lasts, closed when it is cured.

The key says what an alert is about, such as a missing mapping or an agent's clock; its kind is the key up to the first
colon.
"""

from collections import defaultdict
from datetime import datetime
from typing import Final

import structlog
from mlconnector_shared.words import how_many
from prometheus_client import Counter

from ..db import alerts, jobs
from ..db.engine import Transaction
from ..db.jobs import Job
from ..db.outcomes import Owner

__all__ = ["Alerts"]

_log = structlog.get_logger(__name__)
_opened = Counter("mlconnector_alerts_opened_total", "Alerts opened, by kind", ["kind"])

CRITICAL: Final = frozenset({"contradiction", "conflict", "audit"})
"""Kinds that mean the books may be wrong, or that nobody can tell any more."""

OVERDUE: Final = "overdue"
NAMED_ORDERS: Final = 3


class Alerts:
    """Opens and closes alerts in the transaction of whatever causes or cures them."""

    async def open(self, tx: Transaction, tenant: str, key: str, sentence: str, owner: Owner, now: datetime) -> bool:
        """Open an alert, or refresh the one that is open; True when it was opened, also again."""
        kind = key.partition(":")[0]
        severity: alerts.Severity = "critical" if kind in CRITICAL else "warning"
        opened = await alerts.raise_(tx, tenant, key, sentence, owner, now, kind=kind, severity=severity)
        if opened:
            _opened.labels(kind).inc()
            _log.warning("alert.opened", tenant=tenant, alert=key, severity=severity, owner=owner)
        return opened

    async def close(self, tx: Transaction, tenant: str, key: str, now: datetime) -> bool:
        """Close an alert; False when it was not open."""
        closed = await alerts.close(tx, tenant, key, now)
        if closed:
            _log.info("alert.closed", tenant=tenant, alert=key)
        return closed

    async def acknowledge(self, tx: Transaction, tenant: str, key: str, who: str, now: datetime) -> bool:
        """Note that a person took an open alert on; False when there is none."""
        return await alerts.acknowledge(tx, tenant, key, who, now)

    async def watch_ages(self, tx: Transaction, tenant: str, now: datetime) -> int:
        """Open one alert per unfinished state that orders have been in for too long, close those cured.

        Returns:
            The number of orders that are overdue, at most what one query looks at.
        """
        by_state: dict[str, list[Job]] = defaultdict(list)
        late = await jobs.overdue(tx, tenant, now)
        for job in late:
            by_state[job.state].append(job)
        for state, found in by_state.items():
            await self.open(tx, tenant, f"{OVERDUE}:{state}", _sentence(state, found), found[0].owner, now)
        await alerts.close_except(tx, tenant, OVERDUE, {f"{OVERDUE}:{state}" for state in by_state}, now)
        return len(late)


def _sentence(state: str, found: list[Job]) -> str:
    oldest = ", ".join(f"{job.order_id} of {job.store_hash}" for job in found[:NAMED_ORDERS])
    return (
        f"{how_many(len(found), 'order')} {state.replace('_', ' ')} for too long, the first since "
        f"{found[0].state_since:%Y-%m-%d %H:%M} UTC: {oldest}; see `orders list --state {state}`"
    )
