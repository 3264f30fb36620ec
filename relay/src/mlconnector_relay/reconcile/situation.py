"""An order's situation, as the state table asks for it: pure."""

from typing import Final

from ..bigcommerce.models import OrderSnapshot
from ..sap.mapping import Mapping
from ..sap.money import money_taken
from ..sap.shipping import anything_shipped, everything_shipped
from ..sap.trigger import trigger_of
from .states import Books, RefundStanding, Situation, Status

__all__ = ["CANCELLED", "situation"]

CANCELLED: Final = frozenset({5, 6})
"""Cancelled and Declined."""

REFUNDED: Final = frozenset({4, 14})
"""Refunded and Partially Refunded."""


def situation(snapshot: OrderSnapshot, mapping: Mapping, refunds: RefundStanding, books: Books) -> Situation:
    """Return what decides about an order.

    Args:
        snapshot: the order.
        mapping: says what a status means.
        refunds: how its refunds stand.
        books: how its documents stand.
    """
    return Situation(
        status=_status(snapshot, mapping),
        money=money_taken(snapshot, mapping.file.payments),
        refund=refunds,
        shipped=anything_shipped(snapshot),
        books=books,
    )


def _status(snapshot: OrderSnapshot, mapping: Mapping) -> Status:
    status_id = snapshot.order.status_id
    if status_id in CANCELLED:
        return "cancelled"
    if status_id in REFUNDED:
        return "refunded"
    meant = mapping.posting(status_id)
    if meant == "never":
        return "never"
    match trigger_of(snapshot, mapping.file.triggers):
        case "ordered":
            return "post"
        case "captured":
            return "wait"
        case "shipped":
            return "post" if everything_shipped(snapshot) else "unshipped"
        case _:
            return meant
