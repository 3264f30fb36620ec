"""Renders docs/explanation/order-states.md from the state table: `python -m tests.support.order_states_page`."""

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import get_args

from mlconnector_relay.reconcile.cancelling import Against
from mlconnector_relay.reconcile.states import MEANINGS, Action, Books, RefundStanding, Situation, Status, action

__all__ = ["PAGE", "rendered", "situations"]

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "order-states.md"

STATUSES: dict[Status, str] = {
    "never": "in `[status] never` (Incomplete)",
    "wait": "in neither list (Pending, Awaiting Payment, Manual Verification, Disputed)",
    "unshipped": '`invoice_on = "shipped"`, and not everything is shipped',
    "post": "in `[status] post` (Awaiting Fulfillment to Completed)",
    "cancelled": "Cancelled, Declined",
    "refunded": "Refunded, Partially Refunded",
}
REFUNDS: dict[RefundStanding, str] = {
    "none": "no refund that counts",
    "pending": "a refund waits for its payment",
    "paid": "a refund is paid back",
    "booked": "all refunds are posted",
}
BOOKS: dict[Books, str] = {
    "empty": "Nothing is posted",
    "open": "The invoice is posted, something is left of it",
    "reduced": "Refunds have taken back everything",
    "cancelled": "A cancellation has taken back the rest",
}

REVERSAL = """
## When a cancelled order's invoice is not reversed

With `on_cancel = "reversal"` the cancellation is a credit memo all the same where

"""

HEAD = """# The states of an order

Made from `relay/src/mlconnector_relay/reconcile/states.py`, which decides: `python -m tests.support.order_states_page`.

What is owed for an order depends on five things: its status, whether its payment was taken, how its refunds stand,
whether anything was shipped, and what is posted. The archive flag is none of them: archiving never posts anything, and
an order archived without an end is [listed](postings.md#cancellations). Absence posts nothing either: an order that the
store does not show, or shows in an older version than was posted from, is asked for again. While a document is on its
way to SAP nothing else is planned for its order. Orders from before the cut-over, imported ones and test payments are
skipped before this table is asked.

A refund *counts* when its payment was not declined. It is *paid back* at once where it goes back offline, as store
credit or as a gift certificate; online when the store shows a transaction of type refund with status ok.

Money *was taken* when the payment status says captured, paid or refunded, or a purchase or capture succeeded that is no
test; authorised only is not taken. What a gift certificate or store credit has paid is no money, and what was paid
offline only for the methods under `[payments] offline`; an order that waits for its money is invoiced all the same once
certificates and store credit were taken and leave nothing of it to pay. Transactions are asked for where they decide:
before an invoice, of refunded and cancelled orders, and of every order with an empty payment status, which is no
*unpaid*: the store leaves it empty for some means of payment. While such an order waits for its payment, every callback
asks for its transactions again. As a transaction may bring no callback, it is looked at again by itself when it is
twice as old, a quarter of an hour at the earliest, with two requests each time: some fifteen times in its first year.

The rows of the mapping's statuses are for orders that are invoiced once they are paid. `[[triggers]]` moves others
between them: `captured` to the row of those in neither list; `ordered`, and `shipped` once everything is, to that of
`[status] post`.

Where no document is owed by these tables, the posted invoice may still owe what it is to show of the order's shipments:
[shipments](postings.md#shipments).

"""


def situations() -> Iterable[Situation]:
    """Return every situation there is."""
    every = product(get_args(Status), (False, True), get_args(RefundStanding), (False, True), get_args(Books))
    return (Situation(*one) for one in every)


def rendered() -> str:
    """Return the page."""
    parts = [HEAD]
    for books, title in BOOKS.items():
        # Before anything is posted no refund can have been.
        refunds = {key: name for key, name in REFUNDS.items() if books != "empty" or key != "booked"}
        parts += [
            f"## {title}\n\n",
            f"| status | {' | '.join(refunds.values())} |\n",
            f"|---{'|---' * len(refunds)}|\n",
        ]
        for status, name in STATUSES.items():
            cells = [_cell(status, refund, books) for refund in refunds]
            parts.append(f"| {name} | {' | '.join(cells)} |\n")
        parts.append("\n")
    parts += ["## What each means\n\n", "| action | meaning |\n|---|---|\n"]
    parts += [f"| {one.value} | {MEANINGS[one]} |\n" for one in Action]
    parts += [REVERSAL, *(f"- {one.value}\n" for one in Against)]
    return "".join(parts)


def _cell(status: Status, refund: RefundStanding, books: Books) -> str:
    found = {
        (money, shipped): action(Situation(status, money, refund, shipped, books)).value
        for money in (False, True)
        for shipped in (False, True)
    }
    if len(set(found.values())) == 1:
        return found[False, False]
    if found[False, False] == found[False, True]:
        return f"money taken: {found[True, False]}; else {found[False, False]}"
    return f"shipped: {found[True, True]}; else {found[False, False]}"


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(rendered(), encoding="utf-8")


if __name__ == "__main__":
    main()
