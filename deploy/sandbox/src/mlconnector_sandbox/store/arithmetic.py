"""The arithmetic of an order, pure: lines, discounts, tax after discount, charges and totals.

Two things are the store's settings: whether entered prices include tax, and how tax is rounded. Two more are not
reliably documented by BigCommerce, so that each has a switch and a consumer can be tried in both positions:

* `Estimate`: in a store whose prices exclude tax, whether the including-tax figures of a discounted line follow from
  the tax charged (after the discount) or from the price before the discount.
* `FeePlace`: whether fees are part of the subtotal or stand beside it in the total.

What always holds, whatever the switches:

* a line's `discounted_inc` is what is charged for it; these and the charges add up to `total.inc`;
* the tax rows add up to `total.tax`;
* `total.ex` is `total.inc` less `total.tax`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from .money import FOUR_PLACES, round_to, spread

__all__ = [
    "Charge",
    "Estimate",
    "FeePlace",
    "LineInput",
    "PricedLine",
    "PricedOrder",
    "Rate",
    "Reduction",
    "Rounding",
    "Taxed",
    "Terms",
    "price_order",
]

ZERO = Decimal(0)
HUNDRED = Decimal(100)


class Rounding(StrEnum):
    """How the basic tax provider rounds: each rate's amount to the currency, or not at all (four decimals)."""

    RATE = "RATE_ROUNDING"
    NONE = "NO_ROUNDING"


class Estimate(StrEnum):
    """Where a net store's including-tax figures of a discounted line come from."""

    CHARGED = "charged"
    UNDISCOUNTED = "undiscounted"


class FeePlace(StrEnum):
    """Where fees are counted."""

    TOTAL = "total"
    SUBTOTAL = "subtotal"


@dataclass(frozen=True, slots=True)
class Rate:
    """One tax rate of a class in a zone; several on one line are added, not compounded."""

    id: int
    name: str
    percent: Decimal
    priority: int = 1


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a discount takes off a line, in the store's basis (with tax where its prices include tax)."""

    id: str
    name: str
    amount: Decimal
    code: str | None = None
    target: Literal["order", "product"] = "product"


@dataclass(frozen=True, slots=True)
class Terms:
    """The settings an order is priced under."""

    includes_tax: bool
    step: Decimal
    rounding: Rounding = Rounding.RATE
    estimate: Estimate = Estimate.CHARGED
    fee_place: FeePlace = FeePlace.TOTAL

    @property
    def grain(self) -> Decimal:
        """The step that line totals and tax amounts are rounded to."""
        return self.step if self.rounding is Rounding.RATE else FOUR_PLACES


@dataclass(frozen=True, slots=True)
class Charge:
    """Shipping, handling, wrapping or a fee: an entered amount under some rates, less what a coupon takes off."""

    amount: Decimal
    rates: tuple[Rate, ...] = ()
    reduction: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class LineInput:
    """A line before pricing."""

    price: Decimal
    quantity: int
    rates: tuple[Rate, ...] = ()
    reductions: tuple[Reduction, ...] = ()
    wrapping: Charge = Charge(ZERO)
    discountable: bool = True


@dataclass(frozen=True, slots=True)
class Taxed:
    """An amount without tax, with tax, and its tax; `rows` has the tax of each rate."""

    ex: Decimal = ZERO
    inc: Decimal = ZERO
    tax: Decimal = ZERO
    rows: tuple[tuple[Rate, Decimal], ...] = ()

    def __add__(self, other: "Taxed") -> "Taxed":
        """Add amounts; the rows belong to the parts."""
        return Taxed(self.ex + other.ex, self.inc + other.inc, self.tax + other.tax)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its figures."""

    unit: Taxed
    total: Taxed
    reductions: tuple[Reduction, ...]
    discounted_inc: Decimal
    wrapping: Taxed


@dataclass(frozen=True, slots=True)
class PricedOrder:
    """All figures of an order."""

    lines: tuple[PricedLine, ...]
    shipping: tuple[Taxed, ...]
    handling: tuple[Taxed, ...]
    fees: tuple[Taxed, ...]
    subtotal: Taxed
    wrapping: Taxed
    discount: Decimal
    coupons: Decimal
    total: Taxed


def price_order(
    lines: Sequence[LineInput],
    terms: Terms,
    *,
    order_reduction: Reduction | None = None,
    shipping: Sequence[Charge] = (),
    handling: Sequence[Charge] = (),
    fees: Sequence[Charge] = (),
) -> PricedOrder:
    """Price an order; an order-level reduction is spread over what the lines have left, and takes no more than that."""
    priced = tuple(_price_line(line, terms) for line in _with_order_reduction(lines, order_reduction, terms))
    shipped = [_price(charge.amount, charge.reduction, charge.rates, terms) for charge in shipping]
    handled = [_price(charge.amount, charge.reduction, charge.rates, terms) for charge in handling]
    charged_fees = [_price(charge.amount, charge.reduction, charge.rates, terms) for charge in fees]
    wrapping = _sum(line.wrapping for line in priced)
    charges = [*shipped, *handled, *charged_fees]
    gross = sum((line.discounted_inc for line in priced), ZERO) + wrapping.inc
    gross += sum((charged for _, charged in charges), ZERO)
    tax = sum((line.total.tax for line in priced), ZERO) + wrapping.tax + sum((shown.tax for shown, _ in charges), ZERO)
    reductions = [reduction for line in priced for reduction in line.reductions]
    on_charges = sum((charge.reduction for charge in (*shipping, *handling, *fees)), ZERO)
    inside = charged_fees if terms.fee_place is FeePlace.SUBTOTAL else []
    return PricedOrder(
        lines=priced,
        shipping=tuple(shown for shown, _ in shipped),
        handling=tuple(shown for shown, _ in handled),
        fees=tuple(shown for shown, _ in charged_fees),
        subtotal=_sum(line.total for line in priced) + _sum(shown for shown, _ in inside),
        wrapping=wrapping,
        discount=sum((r.amount for r in reductions if r.code is None), ZERO),
        coupons=sum((r.amount for r in reductions if r.code is not None), ZERO) + on_charges,
        total=Taxed(ex=gross - tax, inc=gross, tax=tax),
    )


def _with_order_reduction(lines: Sequence[LineInput], reduction: Reduction | None, terms: Terms) -> Sequence[LineInput]:
    if reduction is None:
        return lines
    left = [_entered(line, terms) - _taken(line) if line.discountable else ZERO for line in lines]
    shares = spread(min(reduction.amount, sum(left, ZERO)), left, terms.grain)
    return [
        replace(line, reductions=(*line.reductions, replace(reduction, amount=share, target="order")))
        if share
        else line
        for line, share in zip(lines, shares, strict=True)
    ]


def _entered(line: LineInput, terms: Terms) -> Decimal:
    return round_to(line.price * line.quantity, terms.grain)


def _taken(line: LineInput) -> Decimal:
    return sum((reduction.amount for reduction in line.reductions), ZERO)


def _price_line(line: LineInput, terms: Terms) -> PricedLine:
    total, charged = _price(_entered(line, terms), _taken(line), line.rates, terms)
    unit, _ = _price(line.price, ZERO, line.rates, replace(terms, rounding=Rounding.NONE))
    wrapping, _ = _price(line.wrapping.amount, ZERO, line.wrapping.rates, terms)
    return PricedLine(unit, total, line.reductions, charged, wrapping)


def _price(amount: Decimal, reduction: Decimal, rates: tuple[Rate, ...], terms: Terms) -> tuple[Taxed, Decimal]:
    """Give an amount's figures, and what is charged for it with tax after the reduction."""
    rows = _tax_rows(amount - reduction, rates, terms)
    tax = sum((value for _, value in rows), ZERO)
    undiscounted = sum((value for _, value in _tax_rows(amount, rates, terms)), ZERO)
    if terms.includes_tax:
        return Taxed(amount - undiscounted, amount, tax, rows), amount - reduction
    shown = tax if terms.estimate is Estimate.CHARGED else undiscounted
    return Taxed(amount, amount + shown, tax, rows), amount - reduction + tax


def _tax_rows(base: Decimal, rates: tuple[Rate, ...], terms: Terms) -> tuple[tuple[Rate, Decimal], ...]:
    net = base
    if terms.includes_tax:
        net = base / (1 + sum((rate.percent for rate in rates), ZERO) / HUNDRED)
    return tuple((rate, round_to(net * rate.percent / HUNDRED, terms.grain)) for rate in rates)


def _sum(parts: Iterable[Taxed]) -> Taxed:
    return sum(parts, Taxed())
