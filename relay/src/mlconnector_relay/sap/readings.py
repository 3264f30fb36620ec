"""How to read an order's figures, where BigCommerce's documents leave it open.

Whether discounts, shipping coupons and fees are with or without tax, inside or beside the subtotal, is not reliably
documented. Every candidate is tried against all totals of the order. Figures the store states for each line come
before figures we would have to derive, and readings that add up exactly before those that need the rounding account.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Literal

from ..bigcommerce.models import OrderSnapshot
from .components import SOLD, Component
from .taxes import Taxes
from .values import Refusal

__all__ = ["Basis", "Reading", "readings_of"]

Basis = Literal["gross", "net"]
"""Whether amounts are read with or without tax."""

ZERO = Decimal(0)
SHIPPING_COUPONS = frozenset({3, 4})


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an order that its totals bear out.

    Attributes:
        name: the choices made, for people.
        amounts: per component what is charged for it after reductions, in the basis; 0 where it is not charged.
        full: the same before reductions.
        residual: what the order's total is more than the amounts; 0 where that is less than half a unit.
        tendered: what gift certificates and store credit paid, where the order's total is what they left.
    """

    name: str
    basis: Basis
    amounts: tuple[Decimal, ...]
    full: tuple[Decimal, ...]
    residual: Decimal = ZERO
    tendered: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class _Reductions:
    """What is taken off lines and off shipping, in the store's basis."""

    name: str
    lines: Decimal
    freight: Decimal


@dataclass(frozen=True, slots=True)
class _Case:
    """An order with what trying its readings needs."""

    snapshot: OrderSnapshot
    components: Sequence[Component]
    taxes: Taxes
    smallest: Decimal
    limit: Decimal
    inclusive: bool

    @property
    def tendered(self) -> Decimal:
        """Return what was paid by gift certificate and store credit."""
        return self.snapshot.order.tendered

    @property
    def slack(self) -> Decimal:
        """Return how far totals may contradict each other."""
        return max(self.smallest / 2, self.limit)


def readings_of(
    snapshot: OrderSnapshot,
    components: Sequence[Component],
    taxes: Taxes,
    smallest: Decimal,
    limit: Decimal,
    *,
    inclusive: bool,
) -> tuple[Reading, ...] | Refusal:
    """Return every reading of the best kind that fits, the likeliest first, or the arithmetic of why none does.

    Args:
        snapshot: the order.
        components: its parts.
        taxes: what was charged on them.
        smallest: the currency's smallest unit.
        limit: the largest contradiction that the rounding account may take.
        inclusive: whether the store's prices include tax, so that those figures are the exact ones.
    """
    case = _Case(snapshot, components, taxes, smallest, limit, inclusive)
    fees_inside = _fees_inside(case)
    if isinstance(fees_inside, Refusal):
        return fees_inside
    wrong = _contradiction(case, fees_inside=fees_inside)
    if wrong is not None:
        return wrong
    tried: list[str] = []
    tiers = [_of_tier(case, tier, tried, fees_inside=fees_inside) for tier in (_stated, _derived)]
    for exactly in (True, False):
        for tier in tiers:
            fitting = tuple(reading for reading in tier if not (exactly and reading.residual))
            if fitting:
                return fitting
    return Refusal("refused:reading", "no reading of the order adds up: " + "; ".join(dict.fromkeys(tried)))


def _of_tier(
    case: _Case, tier: Callable[[_Case], Iterator[Reading]], tried: list[str], *, fees_inside: bool
) -> list[Reading]:
    charged = [True, False] if not fees_inside and any(part.role == "fee" for part in case.components) else [True]
    fitting = []
    for with_fees in charged:
        for candidate, tendered in product(tier(case), dict.fromkeys((ZERO, case.tendered))):
            reading = _paid(candidate if with_fees else _without_fees(case, candidate), tendered)
            residual = _total(case, reading) - sum(reading.amounts, ZERO)
            fault = _fault(case, reading, residual)
            if fault is None:
                kept = residual if abs(residual) > case.smallest / 2 else ZERO
                name = f"{reading.name}, fees inside the subtotal" if fees_inside else reading.name
                fitting.append(replace(reading, name=name, residual=kept))
            else:
                tried.append(f"{reading.name}: {fault}")
    return fitting


def _paid(reading: Reading, tendered: Decimal) -> Reading:
    name = f"{reading.name}, total after gift certificates and store credit" if tendered else reading.name
    return replace(reading, name=name, tendered=tendered)


def _without_fees(case: _Case, reading: Reading) -> Reading:
    amounts = tuple(
        ZERO if part.role == "fee" else amount for part, amount in zip(case.components, reading.amounts, strict=True)
    )
    return replace(reading, name=f"{reading.name}, fees not charged", amounts=amounts)


def _total(case: _Case, reading: Reading) -> Decimal:
    order = case.snapshot.order
    total = order.total_inc_tax + reading.tendered
    return total if reading.basis == "gross" else total - order.total_tax


def _fault(case: _Case, reading: Reading, residual: Decimal) -> str | None:
    """Tell what speaks against a reading, other than its sum."""
    below = [part.text for part, amount in zip(case.components, reading.amounts, strict=True) if amount < 0]
    if below:
        return f"takes more off {below[0]} than it costs"
    if abs(residual) > case.slack:
        return _arithmetic(case, reading, residual)
    bases: dict[object, Decimal] = {}
    counts: dict[object, int] = {}
    for group, amount in zip(case.taxes.groups, reading.amounts, strict=True):
        bases[group] = bases.get(group, ZERO) + amount
        counts[group] = counts.get(group, 0) + 1
    for group, tax in case.taxes.amounts.items():
        net = bases[group] - (tax if reading.basis == "gross" else ZERO)
        expected = net * group.rate / 100
        if abs(tax - expected) > case.smallest * (counts[group] + 1):
            rate = f"{group.rate.normalize():f} %"
            return f"{tax} of tax on {_short(net)} is not {rate}, which would be {_short(expected)}"
    return None


def _arithmetic(case: _Case, reading: Reading, residual: Decimal) -> str:
    sums: dict[str, Decimal] = {}
    for part, amount in zip(case.components, reading.amounts, strict=True):
        sums[part.role] = sums.get(part.role, ZERO) + amount
    parts = " + ".join(f"{role} {_short(amount)}" for role, amount in sums.items())
    found = sum(reading.amounts, ZERO)
    word = "with" if reading.basis == "gross" else "without"
    total = _short(_total(case, reading))
    return f"{parts} = {_short(found)}, the total {word} tax is {total}: {_short(residual)} apart"


def _fees_inside(case: _Case) -> bool | Refusal:
    """Tell whether the subtotal contains the fees, from whichever of its two figures adds up."""
    order = case.snapshot.order
    lines = [part for part in case.components if part.role in SOLD]
    fees = [part for part in case.components if part.role == "fee"]
    allowed = max(case.limit, case.smallest * (len(lines) + 1))
    for inside, parts in ((False, lines), (True, [*lines, *fees])):
        more_gross = sum((part.inc for part in parts), -order.subtotal_inc_tax)
        more_net = sum((part.ex for part in parts), -order.subtotal_ex_tax)
        if min(abs(more_gross), abs(more_net)) <= allowed:
            return inside
    gross, net = sum(part.inc for part in lines), sum(part.ex for part in lines)
    sentence = f"the lines add up to {gross} with and {net} without tax, the subtotal says {order.subtotal_inc_tax}"
    return Refusal("refused:subtotal", f"{sentence} and {order.subtotal_ex_tax}")


def _contradiction(case: _Case, *, fees_inside: bool) -> Refusal | None:
    """Find totals that contradict each other whatever the reading."""
    order = case.snapshot.order
    apart = order.total_ex_tax + order.total_tax - order.total_inc_tax
    # A total that is what tenders left may stand beside one without tax that they have not touched, or that ends at
    # zero where they left less than the tax.
    used_up = bool(case.tendered) and not order.total_ex_tax and order.total_inc_tax < order.total_tax
    if min(abs(apart), abs(apart - case.tendered)) > case.slack and not used_up:
        sentence = f"{order.total_ex_tax} without tax + {order.total_tax} of tax are not {order.total_inc_tax}"
        return Refusal("refused:totals", sentence)
    fee_tax = ZERO if fees_inside else sum((part.tax for part in case.components if part.role == "fee"), ZERO)
    charges = order.shipping_cost_tax + order.handling_cost_tax + order.wrapping_cost_tax
    parts = order.subtotal_tax + charges
    # With discounts, the subtotal's tax may be that of the full prices; it is never less than what was charged.
    discounted = bool(order.discount_amount or order.coupon_discount)
    fits = [abs(parts + fees - order.total_tax) <= case.slack for fees in (fee_tax, ZERO)]
    if any(fits) or (discounted and parts + fee_tax > order.total_tax):
        return None
    sentence = f"tax of {order.subtotal_tax} on the subtotal and {charges + fee_tax} on charges"
    return Refusal("refused:totals", f"{sentence} is not the total tax of {order.total_tax}")


def _reductions(case: _Case) -> list[_Reductions]:
    """List where coupons may have been taken off: lines, shipping, or shipping that already shows the lower price."""
    order, coupons = case.snapshot.order, case.snapshot.coupons
    everything = order.discount_amount + order.coupon_discount
    plain = _Reductions("", everything, ZERO)
    on_shipping = [coupon for coupon in coupons if coupon.type in SHIPPING_COUPONS]
    if not on_shipping:
        return [plain]
    others = sum((coupon.discount for coupon in coupons if coupon.type not in SHIPPING_COUPONS), ZERO)
    rest = order.coupon_discount - others
    found = {ZERO: "shipping already reduced"}
    found.setdefault(max(rest, ZERO), "shipping coupon among the coupons")
    found.setdefault(sum((coupon.discount for coupon in on_shipping), ZERO), "shipping coupon beside the coupons")
    return [_Reductions(name, everything - rest, freight) for freight, name in found.items()]


def _stated(case: _Case) -> Iterator[Reading]:
    """Read what the store says was charged for each line; only charges are open."""
    if any(part.role in SOLD and part.stated is None for part in case.components):
        return
    full = _full(case, "gross")
    seen = set()
    for taken in _reductions(case):
        for by_inc in (case.inclusive, not case.inclusive):
            charged = [
                part.stated if part.stated is not None else part.inc if by_inc else part.ex + part.tax
                for part in case.components
            ]
            amounts = _off_freight(case, charged, taken.freight)
            if amounts not in seen:
                seen.add(amounts)
                yield Reading(_name("lines as the store states them", taken.name), "gross", amounts, full)


def _derived(case: _Case) -> Iterator[Reading]:
    """Derive lines from their full prices and the order's discounts."""
    bases: tuple[Basis, Basis] = ("gross", "net") if case.inclusive else ("net", "gross")
    for taken in _reductions(case):
        for basis in bases:
            prices = [part.inc if basis == "gross" else part.ex for part in case.components]
            for spread, shares in _spreads(case, taken.lines):
                reduced = [price - share for price, share in zip(prices, shares, strict=True)]
                amounts = _off_freight(case, reduced, taken.freight)
                yield Reading(_name(f"{basis} {spread}", taken.name), basis, amounts, _full(case, basis))


def _full(case: _Case, basis: Basis) -> tuple[Decimal, ...]:
    # The other figure of the two is estimated, and may hold the tax after discounts: take the one that is exact.
    factors = [1 + group.rate / 100 for group in case.taxes.groups]
    if case.inclusive:
        exact = [
            part.inc if basis == "gross" else part.inc / by for part, by in zip(case.components, factors, strict=True)
        ]
    else:
        exact = [
            part.ex * by if basis == "gross" else part.ex for part, by in zip(case.components, factors, strict=True)
        ]
    return tuple(exact)


def _spreads(case: _Case, discount: Decimal) -> Iterator[tuple[str, list[Decimal]]]:
    parts = case.components
    if not discount:
        yield "prices", [ZERO] * len(parts)
        return
    applied = [part.applied for part in parts]
    if abs(sum(applied, ZERO) - discount) <= case.smallest * len(parts):
        yield "discounts as the store spread them", applied
        return
    for name, weights in (
        ("discounts by net price", [part.ex if part.role == "product" else ZERO for part in parts]),
        ("discounts by gross price", [part.inc if part.role == "product" else ZERO for part in parts]),
    ):
        whole = sum(weights, ZERO)
        if whole:
            yield name, [discount * weight / whole for weight in weights]


def _off_freight(case: _Case, amounts: Sequence[Decimal], reduction: Decimal) -> tuple[Decimal, ...]:
    freight = [
        amount if part.role == "freight" else ZERO for part, amount in zip(case.components, amounts, strict=True)
    ]
    whole = sum(freight, ZERO)
    if not reduction or not whole:
        return tuple(amounts)
    return tuple(amount - reduction * share / whole for amount, share in zip(amounts, freight, strict=True))


def _name(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _short(amount: Decimal) -> str:
    rounded = amount.quantize(Decimal("0.0001"))
    return str(rounded.normalize() + 0)
