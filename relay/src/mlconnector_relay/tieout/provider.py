"""Compares a payment provider's settlement file with the transactions the store tells of its orders; pure.

Amounts are whole numbers of the currency's smallest unit, what the merchant gets positive.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from .amounts import spelled
from .causes import Cause
from .compare import Difference, order_named
from .provider_file import Settled
from .provider_form import ProviderForm

__all__ = ["Moved", "compare_settlement"]

SHOWN: Final = 3
"""Lines of a file named one by one."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Money that a transaction of the store says a provider moved.

    Attributes:
        day: of the transaction, in the store's time zone.
        amount: below zero where it was paid back.
        gateway: as the store names it.
        id: the provider's.
        original: the provider's id of the payment that was paid back; empty of payments.
    """

    store_hash: str
    order_id: int
    day: date
    currency: str
    amount: int
    gateway: str
    id: str
    original: str = ""


def compare_settlement(
    moved: Iterable[Moved], settled: Sequence[Settled], form: ProviderForm, first: date, last: date
) -> list[Difference]:
    """Return what differs between a provider's file and the store.

    Args:
        moved: transactions of the store that may be in the file, of all gateways and also of earlier days.
        settled: the file.
        form: whose file it is, and how late it may know of a payment.
        first: first day of the file.
        last: last day of the file.
    """
    gateways = {one.casefold() for one in form.gateways}
    store = _Store(one for one in moved if one.gateway.casefold() in gateways)
    found: list[Difference] = []
    # What the store knows by its own id is nobody else's.
    for group in sorted(_groups(settled), key=lambda group: not store.knows(group[0])):
        # A refund that failed takes itself back.
        if sum(row.amount for row in group):
            found += _group(group, store.take(group))
    found += [_dispute(row, store) for row in settled if row.kind == "dispute"]
    found += [*_fees(settled), *_paid_out(settled)]
    known_until = last - timedelta(days=form.settles_in_days)
    found += [_unsettled(one, known_until) for one in store.left() if first <= one.day <= last]
    return sorted(found, key=lambda one: (one.day, one.currency, one.cause, one.what))


class _Store:
    """The store's transactions, and which of them were found in the file."""

    def __init__(self, moved: Iterable[Moved]) -> None:
        self._left: dict[int, Moved] = dict(enumerate(moved))
        self._by_id: dict[tuple[bool, str], list[int]] = defaultdict(list)
        self._paid_back: dict[str, list[int]] = defaultdict(list)
        self._orders: dict[str, Moved] = {}
        for place, one in self._left.items():
            if one.id:
                self._by_id[one.amount < 0, one.id].append(place)
                self._orders.setdefault(one.id, one)
            if one.original:
                self._paid_back[one.original].append(place)

    def knows(self, row: Settled) -> bool:
        """Tell whether the store has a payment or refund under the id of a row."""
        return (row.kind == "refund", row.id) in self._by_id

    def take(self, group: Sequence[Settled]) -> list[Moved]:
        """Return what a payment or refund of the file is in the store; nothing where the store does not know it."""
        row, amount = group[0], sum(row.amount for row in group)
        refund = row.kind == "refund"
        places = self._still(self._by_id[refund, row.id])
        if refund and not places:
            # Some providers name the payment alone: then their rows are of all its refunds.
            places = self._still(self._paid_back[row.id])
        if refund and not places:
            places = self._still(self._paid_back[row.original])
            alike = [place for place in places if self._left[place].amount == amount]
            places = (alike or places)[:1]
        return [self._left.pop(place) for place in places]

    def order_of(self, row: Settled) -> Moved | None:
        """Return a transaction of the payment a row is about."""
        return self._orders.get(row.original) or self._orders.get(row.id)

    def left(self) -> Iterable[Moved]:
        """Return what the file does not have."""
        return self._left.values()

    def _still(self, places: Iterable[int]) -> list[int]:
        return [place for place in places if place in self._left]


def _groups(settled: Iterable[Settled]) -> Iterable[list[Settled]]:
    """Return the rows of each payment and of each refund: a part that was never taken has a row of its own."""
    groups: dict[tuple[str, str, str], list[Settled]] = defaultdict(list)
    for row in settled:
        if row.kind in {"payment", "refund"}:
            groups[row.kind, row.id, row.currency].append(row)
    return groups.values()


def _group(group: Sequence[Settled], matched: Sequence[Moved]) -> Iterator[Difference]:
    row, amount = group[0], sum(row.amount for row in group)
    said = f"{_lines(group)}: {_money(amount, row.currency)}"
    if not matched:
        cause: Cause = "settled_unknown" if row.kind == "payment" else "refund_at_provider"
        yield Difference(cause, row.day, row.currency, amount, f"{row.kind} {row.id}", said)
        return
    one, known = matched[0], sum(one.amount for one in matched)
    what = f"{row.kind} {row.id} of {order_named(one.store_hash, one.order_id)}"
    detail = f"{said}, the store has {_money(known, one.currency)}"
    if one.currency != row.currency:
        yield Difference("settled_in_other_currency", row.day, row.currency, amount, what, detail)
    elif known != amount:
        yield Difference("settled_differs", row.day, row.currency, amount - known, what, detail)


def _dispute(row: Settled, store: _Store) -> Difference:
    one = store.order_of(row)
    of_payment = f" of payment {row.original}" if row.original and row.original != row.id else ""
    about = f" of {order_named(one.store_hash, one.order_id)}" if one else of_payment
    detail = f"line {row.line}: {_money(row.amount, row.currency)}"
    return Difference("dispute", row.day, row.currency, row.amount, f"dispute {row.id}{about}", detail)


def _fees(settled: Iterable[Settled]) -> Iterator[Difference]:
    """Yield what the provider kept, by day and currency: what it charged for rows, and rows that are fees."""
    days: dict[tuple[date, str], list[tuple[int, Settled]]] = defaultdict(list)
    for row in settled:
        charged = -row.amount if row.kind == "fee" else 0
        for kept, currency in ((charged, row.currency), (row.fee, row.payout_currency)):
            if kept:
                days[row.day, currency].append((kept, row))
    for (day, currency), some in days.items():
        kept = sum(one for one, _ in some)
        yield Difference("fee", day, currency, -kept, "fees of the provider", _lines([row for _, row in some]))


def _paid_out(settled: Iterable[Settled]) -> Iterator[Difference]:
    """Yield what was paid out in another currency, by day and both currencies."""
    days: dict[tuple[date, str, str], list[Settled]] = defaultdict(list)
    for row in settled:
        if row.payout_currency != row.currency:
            days[row.day, row.currency, row.payout_currency].append(row)
    for (day, currency, paid), rows in days.items():
        amount = sum(row.amount for row in rows)
        what = f"{currency} paid out in {paid}"
        yield Difference("settled_in_other_currency", day, currency, amount, what, _lines(rows))


def _unsettled(one: Moved, known_until: date) -> Difference:
    cause: Cause = "settles_later" if one.day > known_until else "not_settled"
    kind = "payment" if one.amount > 0 else "refund"
    what = f"{kind} {one.id or 'without an id'} of {order_named(one.store_hash, one.order_id)}"
    detail = f"{_money(abs(one.amount), one.currency)} through {one.gateway}, not in the file"
    return Difference(cause, one.day, one.currency, -one.amount, what, detail)


def _lines(rows: Sequence[Settled]) -> str:
    if len(rows) == 1:
        return f"line {rows[0].line}"
    named = ", ".join(str(row.line) for row in rows[:SHOWN])
    return f"lines {named}" + (f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else "")


def _money(amount: int, currency: str) -> str:
    return f"{spelled(amount, currency)} {currency}"
