"""A refund without items: base that leaves the tax code which was wrong for the one that is right. Pure.

The store says how much was given back and how much tax is in it, and not on what. SAP takes no tax without its base
(FF 747), so the base goes with it: what was charged at 19 % and should have been at 0 % stands at 0 % afterwards. What
was given back beside the tax comes off the base that moved; where the tax is its rate of that, nothing need move. Tax
below zero is more tax within the same price. What is right a person says; each answer gives back the store's amounts
exactly, or is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ..bigcommerce.models import OrderSnapshot, Refund
from .currency import from_minor, to_minor
from .deferral import taken_back
from .frozen import Frozen, FrozenLine
from .mapping import Mapping
from .refund_checks import check_refund
from .remaining import Left, amount_of, left_of, negated, rounded
from .shares import apportion
from .targets import TaxCode

__all__ = ["ALL", "MOVE", "REDUCE", "Shift", "standing", "tax_shifts"]

MOVE: Final = "move"
"""Choices are written `move:A1:A0`, of blanks free."""

REDUCE: Final = "reduce"
"""Choices are written `reduce:A1`: base is given back with its tax, and none moves."""

ALL: Final = "all"
"""Stands for every code that was charged."""


@dataclass(frozen=True, slots=True)
class Shift:
    """One answer to which code is right.

    Attributes:
        choice: how it is named, with the code that was wrong and the one that is right.
        sentence: what it comes to, for a person.
        lines: of its document: what leaves a code is negative.
    """

    choice: str
    sentence: str
    lines: tuple[FrozenLine, ...]


@dataclass(frozen=True, slots=True)
class _Back:
    """What is given back: tax, which may be below zero, and what else."""

    tax: int
    net: int


@dataclass(frozen=True, slots=True)
class _Moved:
    """What leaves a line, and what stands at the other code then."""

    left: Left
    net: int
    tax: int
    new_net: int = 0
    new_tax: int = 0

    @property
    def is_whole(self) -> bool:
        return (self.net, self.tax) == (self.left.rest.net, self.left.rest.tax)


def tax_shifts(
    refund: Refund, posted: Sequence[Frozen], snapshot: OrderSnapshot, mapping: Mapping
) -> tuple[Shift, ...]:
    """Return every answer that gives back exactly what a refund without items does.

    Args:
        refund: the store's record.
        posted: everything posted for the order, the invoice first.
        snapshot: the order, for the countries whose codes may be meant.
        mapping: the codes.
    """
    places, left = posted[0].places, left_of(posted)
    tax = to_minor(refund.total_tax, places)
    back = _Back(tax, to_minor(refund.total_amount, places) - tax)
    if refund.items or not tax or back.net < 0:
        return ()
    targets = list(_targets(posted[0].company_code, snapshot, mapping))
    found = []
    for source, lines in _sources(left, back).items():
        for target, rate in (*targets, (None, Decimal(0))):
            moved = _reduced(lines, back) if target is None else _moved(lines, target, rate, back)
            gone = tuple(line for one in moved for line in _parts(one))
            if gone and check_refund(refund, left, gone, places) is None:
                choice = f"{MOVE}:{source}:{target.name}" if target else f"{REDUCE}:{source}"
                sentence = _sentence(moved, source, target, places)
                found.append(Shift(choice, sentence, tuple(_lines(moved, target, rate))))
    return tuple(found)


def standing(posted: Sequence[Frozen]) -> str:
    """Return what is left at each tax code, for the person who finds out what was wrong."""
    sums: dict[str, tuple[int, int]] = {}
    for rest in (one.rest for one in left_of(posted)):
        if rest.code is not None:
            net, tax = sums.get(rest.code.name, (0, 0))
            sums[rest.code.name] = (net + rest.net, tax + rest.tax)
    places = posted[0].places
    told = [_charged(tax, net, name, places) for name, (net, tax) in sums.items()]
    return ", ".join(told) or "nothing that was taxed"


def _sources(left: Sequence[Left], back: _Back) -> dict[str, list[Left]]:
    """Return what may have been taxed wrong, by code; where there are several, also all of it."""
    sources: dict[str, list[Left]] = {}
    for one in left:
        if one.rest.code is not None and one.rest.net > 0 and (one.rest.tax > 0 or back.tax < 0):
            sources.setdefault(one.rest.code.name, []).append(one)
    return sources if len(sources) <= 1 else {**sources, ALL: [one for lines in sources.values() for one in lines]}


def _targets(company_code: str, snapshot: OrderSnapshot, mapping: Mapping) -> Iterator[tuple[TaxCode, Decimal]]:
    """Yield each code with its rate that a rule has for a country of the order."""
    order = snapshot.order
    addresses = (order.billing_address, *snapshot.destinations)
    countries = {address.country_iso2.strip().upper() for address in addresses}
    countries |= {pickup.location.country_alpha2.upper() for pickup in order.consignments.pickups}
    seen = set()
    for place, rule in enumerate(mapping.file.taxes):
        code = mapping.code_of(place)
        rate = mapping.file.tax_codes[rule.tax_code].rate if rule.rate is None else rule.rate
        here = not rule.countries or countries & set(rule.countries)
        mine = not rule.company_codes or company_code in rule.company_codes
        if rate is not None and here and mine and code.name not in seen:
            seen.add(code.name)
            yield code, rate


def _moved(lines: Sequence[Left], target: TaxCode, rate: Decimal, back: _Back) -> tuple[_Moved, ...]:
    """Return what must leave each line, so that exactly so much is given back; nothing where that cannot be.

    All of it leaves where that gives back the amount, to a unit per line; else the part of one code that does: its tax,
    less the other rate of its base and of what that became less, is the tax that was given back.
    """
    rests, codes = [one.rest for one in lines], {one.rest.code and one.rest.code.name for one in lines}
    net, tax, percent = sum(rest.net for rest in rests), sum(rest.tax for rest in rests), Fraction(rate) / 100
    apart, slack = (net - back.net) * percent - (tax - back.tax), len(lines) + 1
    spared, asked = tax - net * percent, back.tax - back.net * percent
    part = asked / spared if spared and len(codes) == 1 else Fraction(0)
    if target.name in codes:
        return ()
    if back.tax <= tax and abs(apart) <= slack if rate else not apart:
        nets, taxes = [rest.net for rest in rests], [rest.tax for rest in rests]
    elif 0 < part < 1:
        nets = apportion(rounded(net * part), [Fraction(rest.net) for rest in rests])
        taxes = apportion(rounded(tax * part) if rate else back.tax, [Fraction(rest.tax) for rest in rests])
    else:
        return ()
    if sum(nets) <= back.net:
        return ()
    new_nets = apportion(sum(nets) - back.net, [Fraction(one) for one in nets])
    new_taxes = apportion(sum(taxes) - back.tax, [Fraction(one) for one in new_nets])
    return tuple(_Moved(*one) for one in zip(lines, nets, taxes, new_nets, new_taxes, strict=True))


def _reduced(lines: Sequence[Left], back: _Back) -> tuple[_Moved, ...]:
    """Return the part of one code that is worth what was given back; whether the tax is its rate is checked as ever."""
    rests = [one.rest for one in lines]
    if not back.net or not any(rest.tax for rest in rests) or len({rest.code and rest.code.name for rest in rests}) > 1:
        return ()
    nets = apportion(back.net, [Fraction(rest.net) for rest in rests])
    taxes = apportion(back.tax, [Fraction(rest.tax) for rest in rests])
    return tuple(_Moved(*one) for one in zip(lines, nets, taxes, strict=True))


def _parts(moved: _Moved) -> Iterator[FrozenLine]:
    """Yield what leaves a line, from the accounts it stands on."""
    rest = moved.left.rest
    part = rest if moved.is_whole else amount_of(moved.left, moved.net, moved.tax, 0)
    yield from (one for one in taken_back(moved.left, part) if one.net or one.tax)


def _lines(moved: Sequence[_Moved], target: TaxCode | None, rate: Decimal) -> Iterator[FrozenLine]:
    for one in moved:
        parts = list(_parts(one))
        yield from (negated(part) for part in parts)
        if target is not None:
            nets = apportion(one.new_net, [Fraction(part.net) for part in parts])
            taxes = apportion(one.new_tax, [Fraction(net) for net in nets])
            for part, net, tax in zip(parts, nets, taxes, strict=True):
                full = part.full - part.net + net
                yield replace(part, full=full, net=net, tax=tax, rate=rate, code=target)


def _sentence(moved: Sequence[_Moved], source: str, target: TaxCode | None, places: int) -> str:
    net, tax, new_net, new_tax = (
        sum(getattr(one, name) for one in moved) for name in ("net", "tax", "new_net", "new_tax")
    )
    charged = _charged(tax, net, source, places)
    if target is None:
        return f"{charged} are given back"
    because = f" ({target.reason})" if target.reason else ""
    base = f" on {from_minor(new_net, places)}" if new_net != net else ""
    return f"{charged} become {from_minor(new_tax, places)}{base} at {target.name}{because}"


def _charged(tax: int, net: int, code: str, places: int) -> str:
    return f"{from_minor(tax, places)} of tax on {from_minor(net, places)} at {code}"
