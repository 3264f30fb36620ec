"""The state table: what an order's status, money, refunds, shipments and documents ask for. Pure.

docs/explanation/order-states.md is made from this module.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

__all__ = ["MEANINGS", "Action", "Books", "RefundStanding", "Situation", "Status", "action"]

Status = Literal["never", "wait", "unshipped", "post", "cancelled", "refunded"]
"""What an order status means: by the mapping's `[status]` and `[[triggers]]` (`unshipped` waits for the last shipment,
whatever was paid), Cancelled and Declined, Refunded and Partially Refunded."""

RefundStanding = Literal["none", "pending", "paid", "booked"]
"""The refunds: none that count, one that waits for its payment, one paid back and not posted, all posted."""

Books = Literal["empty", "open", "reduced", "cancelled"]
"""The documents: none, an invoice with something left of it, nothing left of it, taken back by a cancellation."""


@dataclass(frozen=True, slots=True)
class Situation:
    """An order as far as it decides what to do.

    Attributes:
        money: whether its payment was taken.
        shipped: whether anything was shipped.
    """

    status: Status
    money: bool
    refund: RefundStanding
    shipped: bool
    books: Books


class Action(StrEnum):
    """What to do next for an order."""

    SKIP = "skip"
    SKIP_CANCELLED = "skip, cancelled"
    WAIT = "wait"
    INVOICE = "post the invoice"
    ASK_REFUND = "wait for the refund"
    CREDIT_MEMO = "post the refund"
    CANCEL = "post the cancellation"
    AFTER_SHIPMENT = "park: cancelled after shipment"
    NO_RECORD = "park: refunded without record"
    REINSTATED = "park: no longer cancelled"
    COMPARE = "compare"
    SETTLED = "nothing"


MEANINGS: dict[Action, str] = {
    Action.SKIP: "the mapping says that this status is never posted",
    Action.SKIP_CANCELLED: "cancelled before anything was posted or paid: nothing is owed",
    Action.WAIT: "nothing is owed until the store's next event",
    Action.INVOICE: "the invoice is owed; what follows from refunds or a cancellation is posted after it",
    Action.ASK_REFUND: "its payment is asked about until it is carried out or declined, at the latest after a day by a "
    "person; nothing else is posted meanwhile",
    Action.CREDIT_MEMO: "one credit memo per refund, in the order of their ids",
    Action.CANCEL: 'one document for all that is left of the invoice: a credit memo, or with `on_cancel = "reversal"` '
    "SAP's reversal of the invoice, where nothing speaks against it (below)",
    Action.AFTER_SHIPMENT: "the goods are with the customer; a person decides",
    Action.NO_RECORD: "the status alone moves no money: without a refund record a person must say what was paid back",
    Action.REINSTATED: "the invoice was taken back, and now the order goes on; a person says whether it is posted anew",
    Action.COMPARE: "the order is compared with what was posted; an edit is handled, else nothing is owed",
    Action.SETTLED: "everything owed is posted",
}
"""What each action is, for the state table and for people."""


def action(now: Situation) -> Action:
    """Decide what an order's situation asks for."""
    return _first(now) if now.books == "empty" else _later(now)


def _first(now: Situation) -> Action:
    """Captured money or a refund record makes the invoice owed at any status that the mapping does not rule out.

    Only where shipping is what is invoiced, the money of an order that goes on waits for it.
    """
    if now.refund in {"pending", "paid"}:
        return Action.INVOICE
    if now.status == "never":
        return Action.SKIP
    if now.status == "unshipped":
        return Action.WAIT
    if now.status == "post" or now.money:
        return Action.INVOICE
    if now.status == "cancelled":
        return Action.SKIP_CANCELLED
    return Action.NO_RECORD if now.status == "refunded" else Action.WAIT


def _later(now: Situation) -> Action:
    if now.books == "cancelled":
        # What is refunded of a cancelled order pays back what the cancellation has taken back already.
        ended = now.status in {"cancelled", "refunded"} or now.refund in {"pending", "paid"}
        return Action.SETTLED if ended else Action.REINSTATED
    if now.refund == "paid":
        return Action.CREDIT_MEMO
    if now.refund == "pending":
        return Action.ASK_REFUND
    if now.status == "cancelled" and now.books == "open":
        return Action.AFTER_SHIPMENT if now.shipped else Action.CANCEL
    if now.status == "refunded" and now.refund == "none":
        return Action.NO_RECORD
    return Action.SETTLED if now.books == "reduced" else Action.COMPARE
