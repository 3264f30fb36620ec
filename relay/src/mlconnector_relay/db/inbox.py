"""Named queries of the inbox: each delivery id once, and its order's job in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from .bulk import Bulk
from .engine import Transaction
from .jobs import JobKey, Wish, enqueue_many
from .statements import columns_of, names_of, on
from .tables import inbox

__all__ = ["KEPT", "Delivery", "accept", "accept_many", "of_order", "prune"]

KEPT: Final = timedelta(days=7)
"""How long a delivery id is remembered; BigCommerce stops retrying after two days."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery to be accepted.

    Attributes:
        order_id: the order it points at; None for an event nobody wants.
        stale: validly signed, but outside the timestamp window.
        trace: W3C traceparent that begins here.
    """

    tenant: str
    store_hash: str
    delivery_id: str
    scope: str
    order_id: int | None
    received_at: datetime
    stale: bool = False
    trace: str = ""


_COLUMNS: Final = columns_of(inbox, Delivery)
_STORE: Final = Bulk(
    inbox,
    names_of(Delivery),
    finish=lambda insert: insert.on_conflict_do_nothing().returning(
        inbox.c.tenant, inbox.c.store_hash, inbox.c.delivery_id
    ),
)


async def accept_many(tx: Transaction, deliveries: Sequence[Delivery], settle: timedelta = timedelta(0)) -> list[bool]:
    """Store deliveries and bump their orders' jobs, due after `settle`; say of each whether it was new."""
    if not deliveries:
        return []
    stored = {tuple(row) for row in await tx.execute(on(tx, _STORE.statement), _STORE.rows(deliveries))}
    fresh = []
    for delivery in deliveries:
        identity = (delivery.tenant, delivery.store_hash, delivery.delivery_id)
        fresh.append(identity in stored)
        stored.discard(identity)
    wishes = [
        Wish(JobKey(one.tenant, one.store_hash, one.order_id), one.received_at + settle, one.trace)
        for one, new in zip(deliveries, fresh, strict=True)
        if new and one.order_id is not None
    ]
    await enqueue_many(tx, wishes, max(delivery.received_at for delivery in deliveries))
    return fresh


async def accept(
    tx: Transaction,
    tenant: str,
    store_hash: str,
    delivery_id: str,
    scope: str,
    order_id: int | None,
    received_at: datetime,
    *,
    stale: bool = False,
    trace: str = "",
) -> bool:
    """Store one delivery and bump its order's job; say whether it was new."""
    delivery = Delivery(tenant, store_hash, delivery_id, scope, order_id, received_at, stale, trace)
    return (await accept_many(tx, (delivery,)))[0]


async def of_order(tx: Transaction, tenant: str, store_hash: str, order_id: int) -> list[Delivery]:
    """Return the deliveries about an order, oldest first."""
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(inbox.c.tenant == tenant, inbox.c.store_hash == store_hash, inbox.c.order_id == order_id)
        .order_by(inbox.c.received_at, inbox.c.delivery_id)
    )
    return [Delivery(*row) for row in rows]


async def prune(tx: Transaction, tenant: str, now: datetime) -> int:
    """Forget deliveries older than they are kept; return how many."""
    forgotten = await tx.execute(delete(inbox).where(inbox.c.tenant == tenant, inbox.c.received_at < now - KEPT))
    return forgotten.rowcount
