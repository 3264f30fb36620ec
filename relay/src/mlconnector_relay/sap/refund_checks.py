"""What a refund must not do: give back more than was invoiced, or tax that is not its rate of its base."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from ..bigcommerce.models import Refund
from .currency import from_minor
from .frozen import FrozenLine
from .remaining import Left
from .values import Refusal

__all__ = ["check_refund"]

Sums = dict[str, tuple[int, int]]

ROUNDING: Final = 1
"""Smallest units by which a line may be worth more when it is given back: it was rounded with the whole order then, and
alone now. What is given back of a tax code, and in all, has no such slack."""


def check_refund(refund: Refund, left: Sequence[Left], lines: Sequence[FrozenLine], places: int) -> Refusal | None:
    """Return what speaks against a refund.

    Args:
        refund: the store's record.
        left: what is left of the order's documents.
        lines: what is given back, positive.
        places: decimals of the currency.
    """
    return _exceeds(refund, left, lines, places) or _implausible(refund, lines, places)


def _exceeds(refund: Refund, left: Sequence[Left], lines: Sequence[FrozenLine], places: int) -> Refusal | None:
    rest = [one.rest for one in left if not one.is_tender]
    whole, given = sum(line.gross for line in rest), sum(line.gross for line in lines)
    if given > whole:
        return _too_much(refund, "in all", given, whole, places)
    # Goodwill is no part of any invoice: what was given before says nothing of how much may be given.
    invoiced = [one for one in left if one.line.role != "goodwill"]
    known = {(one.line.role, one.line.source, one.line.code): one.rest.gross for one in invoiced}
    for line in lines:
        available = known.get((line.role, line.source, line.code), line.gross)
        if line.gross > available + ROUNDING:
            return _too_much(refund, f"for {line.label}", line.gross, available, places)
    of_code = _by_code(rest)
    for code, (net, tax) in _by_code(lines).items():
        most_net, most_tax = of_code[code]
        if net > most_net:
            return _too_much(refund, f"of the base of {code}", net, most_net, places)
        if tax > most_tax:
            return _too_much(refund, f"of the tax of {code}", tax, most_tax, places)
        bases = {"gives back": (net, tax)}
        if refund.uses_merchant_override_values:
            # Else the rate holds both together. What is left must be such that a later document can take it back.
            bases["leaves"] = (most_net - net, most_tax - tax)
        for does, (base, of_base) in bases.items():
            if abs(of_base) > base:
                amounts = f"{from_minor(of_base, places)} of tax on {from_minor(base, places)} for {code}"
                sentence = f"refund {refund.id} {does} {amounts}: SAP takes no tax above its base (FF 747)"
                return Refusal("refused:refund_taxes", sentence)
    return None


def _by_code(lines: Iterable[FrozenLine]) -> Sums:
    sums: Sums = {}
    for line in lines:
        if line.code is not None:
            net, tax = sums.get(line.code.name, (0, 0))
            sums[line.code.name] = (net + line.net, tax + line.tax)
    return sums


def _too_much(refund: Refund, what: str, given: int, available: int, places: int) -> Refusal:
    sentence = f"refund {refund.id} gives back {from_minor(given, places)} {what}"
    return Refusal(
        "refused:refund_exceeds", f"{sentence}, {from_minor(available, places)} are left of what was invoiced"
    )


def _implausible(refund: Refund, lines: Sequence[FrozenLine], places: int) -> Refusal | None:
    """Find a code whose tax is not its rate of its base; a merchant's own values may be any."""
    if refund.uses_merchant_override_values:
        return None
    for code, (net, tax) in _by_code(lines).items():
        mine = [line for line in lines if line.code is not None and line.code.name == code]
        expected = sum((line.net * line.rate / 100 for line in mine), Decimal(0))
        if abs(tax - expected) > len(mine) + 1:
            calculated = format(expected.scaleb(-places).quantize(Decimal("0.0001")).normalize(), "f")
            sentence = f"refund {refund.id}: {from_minor(tax, places)} of tax on {from_minor(net, places)} for {code}"
            return Refusal("refused:refund_taxes", f"{sentence}; at its rate it would be {calculated}")
    return None
