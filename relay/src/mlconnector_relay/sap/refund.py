"""A refund as lines of a credit memo: the invoice's lines at the store's total, or the arithmetic of why not.

The store says what was paid back in all and how much tax is in it; per item it says an amount at most, and not whether
that includes tax. So total and tax are the store's, and each item is a part of the invoice's line it stands for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeVar

from ..bigcommerce.models import OrderSnapshot, Refund
from .currency import from_minor, to_minor, unit
from .deferral import taken_back
from .freezing import amount_line
from .frozen import FrozenLine
from .mapping import Mapping, Role
from .mapping_file import CompanyCode
from .refund_checks import check_refund
from .refund_items import Given, given_back, of_order
from .remaining import Left, amount_of, key_of, negated, rounded
from .restock import Stock
from .shares import apportion
from .values import Gap, Refusal

__all__ = ["TENDERS_BY_PROVIDER", "RefundLines", "provider_key", "refund_lines"]

T = TypeVar("T")
Lines = tuple[FrozenLine, ...]

TENDERS_BY_PROVIDER: Final[dict[str, Role]] = {"storecredit": "store_credit", "giftcertificate": "gift_certificate"}
"""Providers of payments that give back no money but a claim on the store."""

ZERO = Decimal(0)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class RefundLines:
    """The lines of a credit memo as they are posted, and how the refund was read."""

    lines: Lines
    reading: str


@dataclass(frozen=True, slots=True)
class _Case:
    """A refund with what reading it needs; `order` is what was given back for the order as a whole."""

    refund: Refund
    snapshot: OrderSnapshot
    left: Sequence[Left]
    mapping: Mapping
    company: CompanyCode
    places: int
    given: tuple[Given, ...]
    order: Decimal

    @property
    def of_items(self) -> Decimal:
        """Return what was given back for items."""
        return self.refund.total_amount - self.order

    @property
    def slack(self) -> Decimal:
        """Return how far sums may be apart: each item may be rounded, to cents where the currency has smaller units."""
        return max(unit(self.places), CENT if self.places else ZERO) * max(len(self.given), 1)


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read the items.

    Attributes:
        amounts: per item, with tax where `gross`.
        remainder: what the refund is more than its items.
    """

    name: str
    amounts: tuple[Decimal, ...]
    gross: bool = True
    remainder: Decimal = ZERO

    def apart(self, case: _Case) -> Decimal:
        """Return how much more the refund is than its items in this reading."""
        whole = case.of_items if self.gross else case.of_items - case.refund.total_tax
        return whole - sum(self.amounts, ZERO)


class _Refused(Exception):
    """Ends the reading of a refund, with the reason."""

    def __init__(self, why: Refusal | Gap) -> None:
        super().__init__(why.sentence)
        self.why = why


def provider_key(provider_id: str) -> str:
    """Return how a payment's provider is told apart, whatever its spelling."""
    return "".join(char for char in provider_id.casefold() if char.isalnum())


def refund_lines(
    refund: Refund,
    left: Sequence[Left],
    snapshot: OrderSnapshot,
    mapping: Mapping,
    company: CompanyCode,
    places: int,
    moved: Lines = (),
) -> RefundLines | Refusal | Gap:
    """Return the lines of a refund's credit memo; what the customer is owed is negative.

    Args:
        refund: the store's record.
        left: what is left of the order's documents.
        snapshot: the order, for what was shipped.
        mapping: for accounts that no invoice has.
        company: the company code that posted the invoice.
        places: decimals of the currency.
        moved: of a refund of tax alone, the lines that a person chose.
    """
    if not refund.items and not moved:
        sentence = f"refund {refund.id} gives back {refund.total_amount} with {refund.total_tax} of tax, and no item"
        return Refusal("decision:refund_tax", f"{sentence}: which tax code is right must be decided")
    order = of_order(refund)
    if order is None:
        return Refusal("refused:refund_sum", f"refund {refund.id} does not say what it gives back for which item")
    try:
        if moved:
            case = _Case(refund, snapshot, left, mapping, company, places, (), order)
            return RefundLines((*moved, *(negated(line) for line in _paid_back(case))), "tax alone, to the right code")
        given = _sure(given_back(refund, left, places))
        return _lines(_Case(refund, snapshot, left, mapping, company, places, given, order))
    except _Refused as refused:
        return refused.why


def _sure(found: T | Refusal | Gap) -> T:
    if isinstance(found, Refusal | Gap):
        raise _Refused(found)
    return found


def _lines(case: _Case) -> RefundLines:
    reading = _reading(case)
    items, whole = _items(case, reading), _whole_order(case)
    _sure(check_refund(case.refund, case.left, (*items, *whole), case.places))
    stock = Stock(case.snapshot, case.mapping, case.company, case.refund.reason)
    left = {key_of(one.line): one for one in case.left}
    split = [
        part
        for given, line in zip(case.given, items, strict=True)
        for part in (taken_back(given.left, line) if line.earned else stock.parts(given, line))
    ]
    reduced = [part for line in whole for part in taken_back(left.get(key_of(line), Left(line, line)), line)]
    lines = (*split, *reduced, *_remainder(case, reading), *_paid_back(case))
    return RefundLines(tuple(negated(line) for line in lines), reading.name)


def _reading(case: _Case) -> _Reading:
    """Return the reading whose items come nearest to what was given back for them."""
    tried = list(_readings(case))
    fitting = [reading for reading in tried if abs(reading.apart(case)) <= case.slack and _can_share(reading, case)]
    if fitting:
        return min(fitting, key=lambda reading: abs(reading.apart(case)))
    best = tried[0]
    if case.company.refund_remainder is not None and best.apart(case) > 0 and _can_share(best, case):
        return _Reading(f"{best.name}, the rest is no item's", best.amounts, remainder=best.apart(case))
    arithmetic = "; ".join(
        f"{reading.name} {sum(reading.amounts, ZERO):f}, {reading.apart(case):+f} apart" for reading in tried
    )
    sentence = f"refund {case.refund.id} gives back {case.of_items} with {case.refund.total_tax} of tax for its items"
    raise _Refused(Refusal("refused:refund_sum", f"{sentence}, but they are: {arithmetic}"))


def _readings(case: _Case) -> Iterator[_Reading]:
    """List the readings: with tax before without, as stated before less what was kept back, then the invoice's."""
    stated = [given.stated for given in case.given if given.stated is not None]
    if stated and len(stated) == len(case.given):
        for place, name in enumerate(("items as stated", "items less what was kept back")):
            amounts = tuple(amount[place] for amount in stated)
            yield _Reading(f"{name}, with tax", amounts)
            yield _Reading(f"{name}, without tax", amounts, gross=False)
    yield _Reading("items as invoiced", tuple(from_minor(given.whole.gross, case.places) for given in case.given))


def _can_share(reading: _Reading, case: _Case) -> bool:
    return all(amount >= 0 for amount in reading.amounts) and (any(reading.amounts) or not case.of_items)


def _items(case: _Case, reading: _Reading) -> Lines:
    """Bring the items to the store's total and tax; net is gross minus tax."""
    gross = to_minor(case.of_items - reading.remainder, case.places)
    tax = _tax(case)
    amounts = apportion(gross if reading.gross else gross - tax, reading.amounts)
    worth = [given.whole.gross if reading.gross else given.whole.net for given in case.given]
    # A piece may round to nothing, and then it has no tax either.
    weights = [
        Fraction(given.whole.tax * amount, whole) if whole else Fraction(0)
        for given, amount, whole in zip(case.given, amounts, worth, strict=True)
    ]
    if tax and not any(weights):
        sentence = f"refund {case.refund.id} gives back {case.refund.total_tax} of tax for what was not taxed"
        raise _Refused(Refusal("refused:refund_taxes", sentence))
    return tuple(
        amount_of(given.left, amount - part if reading.gross else amount, part, given.whole.quantity)
        for given, amount, part in zip(case.given, amounts, apportion(tax, weights), strict=True)
    )


def _tax(case: _Case) -> int:
    """Return the refund's tax; in cents of a smaller unit it may be a little more than the invoice's."""
    tax = to_minor(case.refund.total_tax, case.places)
    most = sum(given.left.rest.tax for given in case.given)
    return most if unit(case.places) < CENT and 0 < tax - most <= to_minor(case.slack, case.places) else tax


def _whole_order(case: _Case) -> Lines:
    amount = to_minor(case.order, case.places)
    if not amount:
        return ()
    if case.company.order_level_refund == "goodwill":
        target = _sure(case.mapping.role(case.company, "goodwill"))
        return (amount_line("goodwill", "Goodwill", amount, target),)
    if case.company.order_level_refund == "price_reduction":
        return _price_reduction(case, amount)
    sentence = f"refund {case.refund.id} gives back {case.order} for the order as a whole, without tax"
    raise _Refused(Refusal("decision:refund_order", f"{sentence}: set order_level_refund, or decide this one"))


def _price_reduction(case: _Case, amount: int) -> Lines:
    """Carve the tax out of an amount, pro rata over what is left of the invoice's taxed lines."""
    lines = [one for one in case.left if one.line.code is not None and one.rest.gross > 0]
    if not lines:
        raise _Refused(Refusal("refused:refund_exceeds", f"refund {case.refund.id}: nothing is left of what was taxed"))
    shares = apportion(amount, [Fraction(one.rest.gross) for one in lines])
    taxes = [rounded(Fraction(one.rest.tax * share, one.rest.gross)) for one, share in zip(lines, shares, strict=True)]
    return tuple(
        amount_of(one, share - tax, tax, 0) for one, share, tax in zip(lines, shares, taxes, strict=True) if share
    )


def _remainder(case: _Case, reading: _Reading) -> Lines:
    target = case.mapping.adjustment(case.company, "refund_remainder")
    amount = to_minor(reading.remainder, case.places)
    return (amount_line("refund_remainder", "Rest of the refund", amount, target),) if target and amount else ()


def _paid_back(case: _Case) -> Lines:
    """Return what was given back as a claim on the store: it lowers what the customer is paid."""
    paid: dict[Role, Decimal] = {}
    for payment in case.refund.payments:
        role = TENDERS_BY_PROVIDER.get(provider_key(payment.provider_id))
        if role is not None and not payment.is_declined:
            paid[role] = paid.get(role, ZERO) + payment.amount
    lines = []
    for role, amount in paid.items():
        label = f"Refund to {role.replace('_', ' ')}"
        target = _sure(case.mapping.role(case.company, role))
        lines.append(amount_line(f"{role}_used", label, -to_minor(amount, case.places), target))
    return tuple(lines)
