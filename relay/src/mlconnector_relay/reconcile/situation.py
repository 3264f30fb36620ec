"""An order's situation, as the state table asks for it: pure."""

from typing import Final

from ..bigcommerce.models import OrderSnapshot
from ..sap.mapping import Mapping
from .states import Books, RefundStanding, Situation, Status

__all__ = ["CANCELLED", "situation"]

CANCELLED: Final = frozenset({5, 6})
"""Cancelled and Declined."""

REFUNDED: Final = frozenset({4, 14})
"""Refunded and Partially Refunded."""

MONEY_TAKEN: Final = frozenset({"captured", "paid", "partially refunded", "refunded"})


def situation(snapshot: OrderSnapshot, mapping: Mapping, refunds: RefundStanding, books: Books) -> Situation:
    """Return what decides about an order.

    Args:
        snapshot: the order.
        mapping: says what a status means.
        refunds: how its refunds stand.
        books: how its documents stand.
    """
    order = snapshot.order
    shipped = order.items_shipped > 0 or order.date_shipped is not None
    return Situation(
        status=_status(order.status_id, mapping),
        money=_money_taken(snapshot),
        refund=refunds,
        shipped=shipped or any(line.quantity_shipped for line in snapshot.products),
        books=books,
    )


def _status(status_id: int, mapping: Mapping) -> Status:
    if status_id in CANCELLED:
        return "cancelled"
    return "refunded" if status_id in REFUNDED else mapping.posting(status_id)


def _money_taken(snapshot: OrderSnapshot) -> bool:
    status = snapshot.order.payment_status.casefold()
    return status in MONEY_TAKEN or any(one.took_money for one in snapshot.transactions)
