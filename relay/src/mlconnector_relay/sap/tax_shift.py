"""A refund of tax alone: base that leaves the tax code which was wrong for the one that is right. Pure.

The store says how much tax was given back, and not on what. SAP takes no tax without its base (FF 747), so the base
goes with it: what was charged at 19 % and should have been at 0 % stands at 0 % afterwards. Which code is right a
person says; each answer gives back the store's amount exactly, or is none.
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

__all__ = ["ALL", "MOVE", "Shift", "tax_shifts"]

MOVE: Final = "move"
"""Choices are written `move:A1:A0`, of blanks free."""

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
class _Moved:
    """What leaves a line, and the tax it has at the other code."""

    left: Left
    net: int
    tax: int
    new_tax: int = 0

    @property
    def is_whole(self) -> bool:
        return (self.net, self.tax) == (self.left.rest.net, self.left.rest.tax)


def tax_shifts(
    refund: Refund, posted: Sequence[Frozen], snapshot: OrderSnapshot, mapping: Mapping
) -> tuple[Shift, ...]:
    """Return every shift between two codes that gives back exactly the tax of a refund without items.

    Args:
        refund: the store's record.
        posted: everything posted for the order, the invoice first.
        snapshot: the order, for the countries whose codes may be meant.
        mapping: the codes.
    """
    places, left = posted[0].places, left_of(posted)
    back = to_minor(refund.total_tax, places)
    if refund.items or back <= 0 or to_minor(refund.total_amount, places) != back:
        return ()
    found = []
    for source, lines in _sources(left).items():
        for target, rate in _targets(posted[0].company_code, snapshot, mapping):
            moved = _moved(lines, rate, back) if all(_name(one.line.code) != _name(target) for one in lines) else ()
            gone = tuple(line for one in moved for line in _parts(one))
            if gone and check_refund(refund, left, gone, places) is None:
                choice, sentence = f"{MOVE}:{source}:{_name(target)}", _sentence(moved, source, target, places)
                found.append(Shift(choice, sentence, tuple(_lines(moved, target, rate))))
    return tuple(found)


def _sources(left: Sequence[Left]) -> dict[str, list[Left]]:
    """Return what was taxed, by code; where there are several, also all of it."""
    sources: dict[str, list[Left]] = {}
    for one in left:
        if not one.is_tender and one.rest.net > 0 and one.rest.tax > 0:
            sources.setdefault(_name(one.rest.code), []).append(one)
    return sources if len(sources) <= 1 else {**sources, ALL: [one for lines in sources.values() for one in lines]}


def _name(code: TaxCode | None) -> str:
    return "@".join(part for part in (code.code, code.jurisdiction, code.liability_account) if part) if code else ""


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
        if rate is not None and here and mine and _name(code) not in seen:
            seen.add(_name(code))
            yield code, rate


def _moved(lines: Sequence[Left], rate: Decimal, back: int) -> tuple[_Moved, ...]:
    """Return what must leave each line, so that exactly so much tax is given back; nothing where that cannot be.

    All of it leaves where that gives back the amount, to a unit per line; else the part of one code that does.
    """
    rests = [one.rest for one in lines]
    net, tax, percent = sum(rest.net for rest in rests), sum(rest.tax for rest in rests), Fraction(rate) / 100
    spared, slack = tax - net * percent, len(lines) + 1
    if abs(spared - back) <= slack if rate else back == tax:
        nets, taxes = [rest.net for rest in rests], [rest.tax for rest in rests]
    elif back < spared and len({_name(rest.code) for rest in rests}) == 1:
        part = back / spared
        nets = apportion(rounded(net * part), [Fraction(rest.net) for rest in rests])
        taxes = apportion(rounded(tax * part) if rate else back, [Fraction(rest.tax) for rest in rests])
    else:
        return ()
    more = sum(taxes) - back
    if more < 0 or abs(more - sum(nets) * percent) > slack:
        return ()
    new = apportion(more, [Fraction(one) for one in nets])
    moved = tuple(_Moved(*one) for one in zip(lines, nets, taxes, new, strict=True))
    return moved if all(map(_can_move, moved)) else ()


def _can_move(moved: _Moved) -> bool:
    """Tell whether what is left of a line can be told apart from what moved: not where a part of it was earned."""
    deferred = moved.left.deferred
    if deferred is None or not deferred.quantity:
        return True
    return moved.is_whole and deferred.quantity == moved.left.rest.quantity


def _parts(moved: _Moved) -> Iterator[FrozenLine]:
    """Yield what leaves a line, from the accounts it stands on."""
    rest = moved.left.rest
    part = rest if moved.is_whole else amount_of(moved.left, moved.net, moved.tax, 0)
    yield from (one for one in taken_back(moved.left, part) if one.net or one.tax)


def _lines(moved: Sequence[_Moved], target: TaxCode, rate: Decimal) -> Iterator[FrozenLine]:
    for one in moved:
        parts = list(_parts(one))
        new = apportion(one.new_tax, [Fraction(part.net) for part in parts])
        yield from (negated(part) for part in parts)
        yield from (replace(part, tax=tax, rate=rate, code=target) for part, tax in zip(parts, new, strict=True))


def _sentence(moved: Sequence[_Moved], source: str, target: TaxCode, places: int) -> str:
    net, tax, new = (sum(getattr(one, name) for one in moved) for name in ("net", "tax", "new_tax"))
    because = f" ({target.reason})" if target.reason else ""
    charged = f"{from_minor(tax, places)} of tax on {from_minor(net, places)} at {source}"
    return f"{charged} become {from_minor(new, places)} at {_name(target)}{because}"
