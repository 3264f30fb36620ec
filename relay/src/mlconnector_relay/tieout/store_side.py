"""Compares what a store answers now with what the relay saw and posted: orders, refunds, payments; pure.

Amounts are whole numbers of the currency's smallest unit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ..db.outcomes import JobState
from .amounts import spelled
from .causes import PENDING, Cause
from .compare import Difference, order_named

__all__ = [
    "InStore",
    "Paid",
    "PaidBack",
    "Seen",
    "compare_order",
    "compare_payments",
    "compare_refund",
    "may_lack_payments",
]

UNPAID: Final = frozenset(
    {
        "",
        "authorized",
        "capture pending",
        "declined",
        "held for review",
        "pending",
        "void",
        "void pending",
    }
)
"""What `payment_status` says of orders that nobody paid yet."""

UNANSWERED: Final[frozenset[JobState]] = frozenset({"posting", "in_doubt", "skipped"})
"""States in which an order is looked at again once the agent has answered, or need not be."""

INCOMPLETE: Final = 0
"""Status of a checkout that did not come to its end."""


@dataclass(frozen=True, slots=True)
class InStore:
    """An order as the store has it now.

    Attributes:
        day: when it was placed, in the store's time zone.
        amount: its total with tax.
        tendered: what gift certificates and store credit paid of it.
        payment_status: as the store says, in any case.
        modified_at: its `date_modified`.
    """

    store_hash: str
    order_id: int
    day: date
    currency: str
    amount: int
    tendered: int
    status_id: int
    payment_status: str
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """An order as the relay has it.

    Attributes:
        amount: its total when it was last fetched; `None` before it ever was.
        modified_at: its `date_modified` then.
        is_due: whether it is to be looked at again by itself.
    """

    state: JobState
    currency: str | None
    amount: int | None
    modified_at: datetime | None
    is_due: bool


@dataclass(frozen=True, slots=True)
class PaidBack:
    """A refund record of the store, and what was posted of it.

    Attributes:
        day: when it was made, in the store's time zone.
        amount: of the refund, above zero.
        declined: whether the provider declined all of it, or a part.
        state: of its order; `None` where the relay never saw that.
        credited: by its credit memo, before and after gift certificates and store credit; `None` without one.
        left: what the order's other documents charge.
        unreadable: references of those of its documents of which nobody can tell what they are made of.
    """

    store_hash: str
    order_id: int
    refund_id: int
    day: date
    currency: str
    amount: int
    declined: bool
    state: JobState | None
    credited: tuple[int, int] | None
    left: int
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Paid:
    """A transaction of the store that a payment document is owed for.

    Attributes:
        day: of the transaction, in the store's time zone.
        amount: below zero where it was paid back.
        name: the provider's id of it, else the store's.
        is_posted: whether it has its document.
    """

    day: date
    currency: str
    amount: int
    name: str
    is_posted: bool


def compare_order(order: InStore, seen: Seen | None, settled_before: datetime) -> Iterator[Difference]:
    """Yield what differs between an order in the store and what the relay saw of it.

    Args:
        order: in the store.
        seen: what the relay has of it; `None` where it never heard of it.
        settled_before: what changed later may be on its way yet.
    """
    if order.modified_at >= settled_before or (seen is None and order.status_id == INCOMPLETE):
        return
    what, said = order_named(order.store_hash, order.order_id), _money(order.amount, order.currency)
    if seen is None:
        yield Difference("unknown_to_relay", order.day, order.currency, -order.amount, what, said)
        return
    if seen.amount is None or seen.modified_at is None or seen.is_due or seen.state in UNANSWERED:
        return
    known, currency = seen.amount, seen.currency or order.currency
    if (known, currency) != (order.amount, order.currency):
        detail = f"{said} in the store, {_money(known, currency)} when last fetched"
        yield Difference("seen_otherwise", order.day, order.currency, known - order.amount, what, detail)
    elif seen.modified_at < order.modified_at:
        changed, fetched = (f"{one:%Y-%m-%d %H:%M:%S} UTC" for one in (order.modified_at, seen.modified_at))
        detail = f"changed at {changed}, fetched as it was at {fetched}"
        yield Difference("seen_otherwise", order.day, order.currency, 0, what, detail)


def compare_refund(refund: PaidBack) -> Iterator[Difference]:
    """Yield what differs between a refund in the store and its credit memo."""
    if refund.state == "skipped" or refund.declined:
        return
    what = f"refund {refund.refund_id} of {order_named(refund.store_hash, refund.order_id)}"
    said = _money(refund.amount, refund.currency)
    if refund.credited is not None:
        if -refund.amount not in refund.credited:
            detail = f"{said} in the store, credited {_money(-refund.credited[0], refund.currency)}"
            beyond = refund.credited[0] + refund.amount
            yield Difference("refund_differs", refund.day, refund.currency, beyond, what, detail)
        return
    if refund.unreadable:
        detail = f"{said}; its credit memo may be what cannot be read: {', '.join(refund.unreadable)}"
        yield Difference("refund_unreadable", refund.day, refund.currency, refund.amount, what, detail)
        return
    if refund.state == "posted" and refund.left == 0:
        return  # a cancellation took all of it back already
    cause: Cause = "refund_waits" if refund.state in PENDING else "refund_not_booked"
    detail = f"{said}, its order is {_state(refund.state)}"
    yield Difference(cause, refund.day, refund.currency, refund.amount, what, detail)


def may_lack_payments(order: InStore, state: JobState, booked: int, refunds: int) -> bool:
    """Tell whether an order's transactions are worth a question: its documents of payments do not add up to it.

    Args:
        order: in the store.
        state: of its job.
        booked: what its posted payments took from the customer, less what they paid back.
        refunds: how many refunds it has.
    """
    if state == "skipped" or (not booked and order.payment_status.casefold() in UNPAID):
        return False
    # Whether a total is before or after the store's own means of payment is the store's setting.
    return bool(refunds) or booked not in {order.amount, order.amount - order.tendered}


def compare_payments(order: tuple[str, int], state: JobState, paid: Sequence[Paid]) -> Iterator[Difference]:
    """Yield the transactions of an order that have no document.

    Args:
        order: store hash and number.
        state: of its job.
        paid: those that a document is owed for.
    """
    cause: Cause = "payment_waits" if state in PENDING else "payment_not_booked"
    for one in paid:
        if not one.is_posted:
            what = f"{'payment' if one.amount > 0 else 'paid back'} {one.name} of {order_named(*order)}"
            detail = f"{_money(abs(one.amount), one.currency)}, its order is {_state(state)}"
            yield Difference(cause, one.day, one.currency, -one.amount, what, detail)


def _state(state: JobState | None) -> str:
    return state.replace("_", " ") if state else "unknown to the relay"


def _money(amount: int, currency: str) -> str:
    return f"{spelled(amount, currency)} {currency}"
