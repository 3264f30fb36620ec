"""From a reading to whole smallest units: tax per code first, then net as gross minus tax, never rounded on its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from .assignment import Assigned
from .currency import from_minor, to_minor
from .facts import TaxGroup
from .readings import Reading
from .shares import apportion
from .targets import TaxCode
from .taxes import Charged
from .values import Refusal

__all__ = ["Amounts", "amounts_of"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Amounts:
    """An order in smallest units.

    Attributes:
        nets, taxes: per assigned part.
        rounding: by how much the store's totals contradict each other.
    """

    nets: tuple[int, ...]
    taxes: tuple[int, ...]
    rounding: int


def amounts_of(
    reading: Reading,
    parts: Sequence[Assigned],
    charged: Sequence[Charged],
    totals: tuple[Decimal, Decimal],
    places: int,
) -> Amounts | Refusal:
    """Round an order once, at the document's edge.

    Args:
        reading: how the order is read.
        parts: everything that is charged.
        charged: the store's tax rows.
        totals: the order's total with tax and its total tax.
        places: decimals of the currency.
    """
    gross, tax_total = to_minor(totals[0], places), to_minor(totals[1], places)
    rounding = to_minor(reading.residual, places)
    read: dict[TaxCode | None, Decimal] = {}
    for part in parts:
        read[part.code] = read.get(part.code, ZERO) + part.amount
    tax_read = _tax_per_code(parts, charged)
    if tax_total and not any(tax_read.values()):
        return Refusal("refused:tax_rows", f"{totals[1]} of tax were charged, but on nothing that costs anything")
    taxes = dict(zip(read, apportion(tax_total, [tax_read[code] for code in read]), strict=True))
    with_tax = reading.basis == "gross"
    shares = apportion(gross - rounding - (0 if with_tax else tax_total), list(read.values()))
    nets = {code: share - (taxes[code] if with_tax else 0) for code, share in zip(read, shares, strict=True)}
    for code, tax in taxes.items():
        if nets[code] < tax:
            sentence = f"{from_minor(tax, places)} of tax on a base of {from_minor(nets[code], places)}"
            return Refusal(
                "refused:tax_base", f"{sentence} for {_named(code)}: SAP takes no tax above its base (FF 747)"
            )
    lines, line_taxes = _lines(nets, taxes, parts, places, with_tax=with_tax)
    return _implausible(taxes, lines, parts, places) or Amounts(lines, line_taxes, rounding)


def _tax_per_code(parts: Sequence[Assigned], charged: Sequence[Charged]) -> dict[TaxCode | None, Fraction]:
    """Add up the tax of each code; what is taxed alike can have several codes, or none, as gift certificates have.

    A row belongs to what it was charged on. Where that costs nothing it belongs to all that is taxed alike.
    """
    alike: dict[TaxGroup, list[Assigned]] = {}
    for part in parts:
        alike.setdefault(part.tax, []).append(part)
    by_place = {part.place: part for part in parts}
    taxes = dict.fromkeys((part.code for part in parts), Fraction(0))
    for row in charged:
        mine = [by_place[place] for place in row.on if place in by_place] or alike.get(row.group, [])
        whole = sum((Fraction(part.amount) for part in mine), Fraction(0))
        for part in mine:
            taxes[part.code] += Fraction(row.amount) * Fraction(part.amount) / whole
    return taxes


def _named(code: TaxCode | None) -> str:
    return code.code if code else "lines without a tax code"


def _lines(
    nets: Mapping[TaxCode | None, int],
    taxes: Mapping[TaxCode | None, int],
    parts: Sequence[Assigned],
    places: int,
    *,
    with_tax: bool,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Share each code's net and tax out over its lines, so that a line is worth what the store charged for it."""
    lines, line_taxes = [0] * len(parts), [0] * len(parts)
    for code, net in nets.items():
        mine = [place for place, part in enumerate(parts) if part.code == code]
        of_code = [parts[place] for place in mine]
        worth = apportion(net + taxes[code] if with_tax else net, [part.amount for part in of_code])
        shares = apportion(taxes[code], _tax_weights(of_code, worth, places, with_tax=with_tax))
        for place, amount, tax in zip(mine, worth, shares, strict=True):
            lines[place], line_taxes[place] = amount - (tax if with_tax else 0), tax
    return tuple(lines), tuple(line_taxes)


def _tax_weights(parts: Sequence[Assigned], worth: Sequence[int], places: int, *, with_tax: bool) -> list[Fraction]:
    """Weigh lines of one code by the tax the store shows for each, by rate where that is not its rate of the line.

    What is worth nothing after rounding has no tax either.
    """
    rates = [Fraction(part.tax.rate) for part in parts]
    by_rate = [amount * rate / (100 + (rate if with_tax else 0)) for amount, rate in zip(worth, rates, strict=True)]
    shown = [Fraction(part.part.tax.scaleb(places)) if amount else 0 for part, amount in zip(parts, worth, strict=True)]
    near = (
        tax >= 0 and abs(tax - expected) <= part.part.quantity + 1
        for part, tax, expected in zip(parts, shown, by_rate, strict=True)
    )
    weights = [Fraction(tax) for tax in shown] if all(near) else by_rate
    return next(filter(any, (weights, by_rate)), [Fraction(amount) for amount in worth])


def _implausible(
    taxes: dict[TaxCode | None, int], lines: Sequence[int], parts: Sequence[Assigned], places: int
) -> Refusal | None:
    """Find a code whose tax is not its rate of its base, which SAP would post without a word."""
    for code, tax in taxes.items():
        mine = [(net, part.tax.rate) for net, part in zip(lines, parts, strict=True) if net and part.code == code]
        expected = sum((net * rate / 100 for net, rate in mine), ZERO)
        if abs(tax - expected) > len(mine) + 1:
            base = from_minor(sum(net for net, _ in mine), places)
            calculated = format(expected.scaleb(-places).quantize(Decimal("0.0001")).normalize(), "f")
            sentence = f"{_named(code)}: {from_minor(tax, places)} of tax on {base}"
            allowed = from_minor(len(mine) + 1, places)
            return Refusal(
                "refused:tax_plausibility", f"{sentence}; at its rate it would be {calculated}, {allowed} apart at most"
            )
    return None
