"""Per day and currency: what the store sold, what the ledger posted, what SAP holds, what lies between; pure.

Days are accounting dates: of an order the day it was placed, in the store's time zone; of a document its posting date.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from ..db.outcomes import JobState

__all__ = ["BETWEEN", "DayTotals", "Sold", "Standing", "Sum", "Written", "added", "totals"]

BETWEEN: Final[tuple[JobState, ...]] = ("waiting", "posting", "in_doubt", "parked", "failed", "skipped")
"""States in which an order was seen, and is not in the books yet or never will be."""


SUMS: Final = ("sold", "posted", "late", "payments", "newer", "sap", "sap_payments")
"""The sums of a day, besides those by state."""


@dataclass(frozen=True, slots=True)
class Sum:
    """How many, and what they add up to."""

    count: int = 0
    amount: Decimal = Decimal(0)

    def plus(self, amount: Decimal) -> "Sum":
        """Return the sum with one more."""
        return Sum(self.count + 1, self.amount + amount)


@dataclass(frozen=True, slots=True)
class Sold:
    """An order seen in the store."""

    day: date
    currency: str
    amount: Decimal
    state: JobState


@dataclass(frozen=True, slots=True)
class Written:
    """A document the ledger knows as posted.

    Attributes:
        settled_at: when its outcome was recorded.
        read_at: when the last reading of its SAP client began; `None` where there was none.
        payment: whether it is a payment, which no order's total has in it.
        late: whether its own day lies before its posting date, since its period was closed.
        read: whether that reading has it; one that was in doubt then stands in SAP before it is settled here.
    """

    day: date
    currency: str
    amount: Decimal
    settled_at: datetime
    read_at: datetime | None
    payment: bool = False
    late: bool = False
    read: bool = False

    @property
    def is_newer(self) -> bool:
        """Tell whether the last reading cannot have seen it, and has not."""
        return not self.read and (self.read_at is None or self.settled_at >= self.read_at)


@dataclass(frozen=True, slots=True)
class Standing:
    """A document in SAP that is neither reversed nor a reversal; a payment by its reference."""

    day: date
    currency: str
    amount: Decimal
    payment: bool = False


@dataclass(slots=True)
class DayTotals:
    """One day in one currency.

    Attributes:
        sold: orders the store was seen to have.
        between: of those, what is not in the books, by state.
        posted: documents of the ledger, refunds with their sign.
        late: of those, what belongs to an earlier day whose period was closed.
        payments: documents of payments in the ledger.
        newer: of both, what was posted after SAP was last read.
        sap: documents that stand in SAP, as of the last reading.
        sap_payments: of payments, likewise.
    """

    day: date
    currency: str
    sold: Sum = Sum()
    between: dict[JobState, Sum] = field(default_factory=dict)
    posted: Sum = Sum()
    late: Sum = Sum()
    payments: Sum = Sum()
    newer: Sum = Sum()
    sap: Sum = Sum()
    sap_payments: Sum = Sum()

    @property
    def difference(self) -> Decimal:
        """Return what SAP holds beyond what the ledger posted before it was read: zero, or someone must look."""
        written = self.posted.amount + self.payments.amount - self.newer.amount
        return self.sap.amount + self.sap_payments.amount - written


def totals(sold: Iterable[Sold], written: Iterable[Written], standing: Iterable[Standing]) -> list[DayTotals]:
    """Add up, by day and currency in order."""
    found: dict[tuple[date, str], DayTotals] = {}
    for order in sold:
        row = _row(found, order.day, order.currency)
        row.sold = row.sold.plus(order.amount)
        if order.state in BETWEEN:
            row.between[order.state] = row.between.get(order.state, Sum()).plus(order.amount)
    for posting in written:
        row = _row(found, posting.day, posting.currency)
        if posting.payment:
            row.payments = row.payments.plus(posting.amount)
        else:
            row.posted = row.posted.plus(posting.amount)
        if posting.late:
            row.late = row.late.plus(posting.amount)
        if posting.is_newer:
            row.newer = row.newer.plus(posting.amount)
    for document in standing:
        row = _row(found, document.day, document.currency)
        if document.payment:
            row.sap_payments = row.sap_payments.plus(document.amount)
        else:
            row.sap = row.sap.plus(document.amount)
    return [found[key] for key in sorted(found)]


def _row(found: dict[tuple[date, str], DayTotals], day: date, currency: str) -> DayTotals:
    return found.setdefault((day, currency), DayTotals(day, currency))


def added(rows: Iterable[DayTotals]) -> Mapping[str, DayTotals]:
    """Return the sums of all days by currency; their day is the last."""
    found: dict[str, DayTotals] = {}
    for one in rows:
        row = found.setdefault(one.currency, DayTotals(one.day, one.currency))
        row.day = one.day
        for name in SUMS:
            setattr(row, name, _both(getattr(row, name), getattr(one, name)))
        for state, amount in one.between.items():
            row.between[state] = _both(row.between.get(state, Sum()), amount)
    return found


def _both(one: Sum, other: Sum) -> Sum:
    return Sum(one.count + other.count, one.amount + other.amount)
