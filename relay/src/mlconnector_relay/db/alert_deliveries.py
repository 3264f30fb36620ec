"""Named queries of which alert was told through which channel: each opening once, however many relays tell."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, and_, bindparam, case, or_, update

from .alert_tables import alert_deliveries
from .alerts import Alert
from .engine import Transaction
from .statements import both, on

__all__ = ["claim", "failed", "sent"]

_IS: Final = and_(
    alert_deliveries.c.tenant == bindparam("of_tenant"),
    alert_deliveries.c.key == bindparam("of_key"),
    alert_deliveries.c.channel == bindparam("of_channel"),
)


def _claim(insert: Callable[[Table], Any]) -> Any:
    known, statement = alert_deliveries.c, insert(alert_deliveries)
    offered = statement.excluded
    opened_again = known.opened_at != offered.opened_at
    return statement.on_conflict_do_update(
        index_elements=["tenant", "key", "channel"],
        set_={
            "opened_at": offered.opened_at,
            "state": "due",
            "attempts": case((opened_again, 1), else_=known.attempts + 1),
            "due_at": offered.due_at,
        },
        where=or_(opened_again, and_(known.state == "due", known.due_at <= bindparam("now"))),
    ).returning(known.attempts)


_CLAIM: Final = both(_claim)
_SENT: Final = update(alert_deliveries).where(_IS).values(state="sent", error="")
_FAILED: Final = (
    update(alert_deliveries)
    .where(_IS)
    .values(state=bindparam("new_state"), due_at=bindparam("again_at"), error=bindparam("why"))
)


async def claim(
    tx: Transaction, tenant: str, channel: str, alerts: Sequence[Alert], now: datetime, lost_at: datetime
) -> list[tuple[Alert, int]]:
    """Take those alerts whose opening this channel has not told, and nobody is telling now.

    Returns:
        Each with the number of the try; one that is neither told nor given up by `lost_at` may be taken again.
    """
    taken = []
    for alert in alerts:
        row = {
            "tenant": tenant,
            "key": alert.key,
            "channel": channel,
            "opened_at": alert.opened_at,
            "state": "due",
            "attempts": 1,
            "due_at": lost_at,
            "error": "",
            "now": now,
        }
        attempts = (await tx.execute(on(tx, _CLAIM), row)).scalar_one_or_none()
        if attempts is not None:
            taken.append((alert, attempts))
    return taken


async def sent(tx: Transaction, tenant: str, channel: str, keys: Sequence[str]) -> None:
    """Note that a channel told these alerts."""
    for key in keys:
        await tx.execute(_SENT, _of(tenant, channel, key))


async def failed(
    tx: Transaction, tenant: str, channel: str, key: str, why: str, again_at: datetime, *, given_up: bool
) -> None:
    """Note that a channel could not tell an alert, and when it is tried again."""
    state = "failed" if given_up else "due"
    await tx.execute(_FAILED, _of(tenant, channel, key) | {"new_state": state, "again_at": again_at, "why": why})


def _of(tenant: str, channel: str, key: str) -> dict[str, str]:
    return {"of_tenant": tenant, "of_channel": channel, "of_key": key}
