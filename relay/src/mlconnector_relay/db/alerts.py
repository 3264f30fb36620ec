"""Named queries of the alerts: one per key, however often it is raised."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Table, and_, bindparam, case, or_, select, update

from .alert_tables import alerts
from .engine import Transaction
from .outcomes import Owner
from .statements import both, columns_of, on

__all__ = ["Alert", "Severity", "acknowledge", "close", "close_except", "find", "of_key", "raise_"]

Severity = Literal["warning", "critical"]


@dataclass(frozen=True, slots=True)
class Alert:
    """What a person should know.

    Attributes:
        key: what it is about.
        kind: stable name of the kind of alert.
        owner: who takes the next step.
        sentence: what is the matter and what to do.
        count: how often it was raised since it was opened.
        acknowledged_at: when a person took it on.
        closed_at: when its cause was cured.
    """

    tenant: str
    key: str
    kind: str
    severity: Severity
    owner: Owner
    sentence: str
    count: int
    opened_at: datetime
    refreshed_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    closed_at: datetime | None


_COLUMNS: Final = columns_of(alerts, Alert)
_IS: Final = and_(alerts.c.tenant == bindparam("of_tenant"), alerts.c.key == bindparam("of_key"))
_OF_KEY: Final = select(*_COLUMNS).where(_IS)
_CLOSE: Final = update(alerts).where(_IS, alerts.c.closed_at.is_(None)).values(closed_at=bindparam("at"))


def _raise(insert: Callable[[Table], Any]) -> Any:
    statement = insert(alerts)
    offered = statement.excluded
    reopened = alerts.c.closed_at.is_not(None)
    return statement.on_conflict_do_update(
        index_elements=["tenant", "key"],
        set_={
            "kind": offered.kind,
            "severity": offered.severity,
            "owner": offered.owner,
            "sentence": offered.sentence,
            "count": case((reopened, 1), else_=alerts.c.count + 1),
            "opened_at": case((reopened, offered.opened_at), else_=alerts.c.opened_at),
            "refreshed_at": offered.refreshed_at,
            "acknowledged_at": case((reopened, None), else_=alerts.c.acknowledged_at),
            "acknowledged_by": case((reopened, ""), else_=alerts.c.acknowledged_by),
            "closed_at": None,
        },
    ).returning(alerts.c.count)


_RAISE: Final = both(_raise)


async def raise_(
    tx: Transaction,
    tenant: str,
    key: str,
    sentence: str,
    owner: Owner,
    now: datetime,
    *,
    kind: str,
    severity: Severity,
) -> bool:
    """Open an alert, or refresh the one that is open; True when it was opened, also again."""
    row = {"tenant": tenant, "key": key, "kind": kind, "severity": severity, "owner": owner, "sentence": sentence}
    first = {"count": 1, "opened_at": now, "refreshed_at": now, "acknowledged_by": ""}
    return bool((await tx.execute(on(tx, _RAISE), row | first)).scalar_one() == 1)


async def close(tx: Transaction, tenant: str, key: str, now: datetime) -> bool:
    """Close an alert; False when it was not open."""
    closed = await tx.execute(_CLOSE, {"of_tenant": tenant, "of_key": key, "at": now})
    return closed.rowcount == 1


async def close_except(tx: Transaction, tenant: str, kind: str, keys: set[str], now: datetime) -> None:
    """Close every alert of a kind whose key is not among these."""
    of_kind = and_(alerts.c.tenant == tenant, alerts.c.kind == kind, alerts.c.closed_at.is_(None))
    await tx.execute(update(alerts).where(of_kind, alerts.c.key.not_in(sorted(keys))).values(closed_at=now))


async def acknowledge(tx: Transaction, tenant: str, key: str, who: str, now: datetime) -> bool:
    """Note that a person took an open alert on; False when there is none."""
    is_open = and_(alerts.c.tenant == tenant, alerts.c.key == key, alerts.c.closed_at.is_(None))
    taken = await tx.execute(update(alerts).where(is_open).values(acknowledged_at=now, acknowledged_by=who))
    return taken.rowcount == 1


async def of_key(tx: Transaction, tenant: str, key: str) -> Alert | None:
    """Return an alert, open or closed."""
    row = (await tx.execute(_OF_KEY, {"of_tenant": tenant, "of_key": key})).first()
    return None if row is None else Alert(*row)


async def find(tx: Transaction, tenant: str, *, closed_since: datetime | None = None, limit: int = 1000) -> list[Alert]:
    """Return the open alerts of a tenant, oldest first; with those closed since a moment, if wanted."""
    wanted: ColumnElement[bool] = alerts.c.closed_at.is_(None)
    if closed_since is not None:
        wanted = or_(wanted, alerts.c.closed_at >= closed_since)
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(alerts.c.tenant == tenant, wanted)
        .order_by(alerts.c.opened_at, alerts.c.key)
        .limit(limit)
    )
    return [Alert(*row) for row in rows]
