"""How a tax that is posted by jurisdiction is shared out over its authorities, so that each ends at zero. Pure.

What is charged is shared out by rate. What is taken back is shared out by what is left of each, so that no authority
gives back more than it has, and whatever takes the last of a code's tax takes the rest of every level.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from .frozen import Frozen, Shared
from .shares import apportion
from .targets import TaxCode

__all__ = ["Levels", "divided", "levels_of_document", "taking_back"]

Items = tuple[str, tuple[tuple[str, str, str], ...]]
"""What tax items are summed by: the key of a code, with its authorities."""

Levels = dict[Items, tuple[int, ...]]
"""Per code the tax of each of its levels, in smallest units; what the customer owes is positive."""


def divided(frozen: Frozen) -> str | None:
    """Return the key of a code whose lines name different authorities, which SAP's one set of tax items cannot say."""
    keys = [key for key, _ in _by_items(frozen)]
    return next((key for place, key in enumerate(keys) if key in keys[:place]), None)


def levels_of_document(frozen: Frozen) -> Levels:
    """Return the tax of each level of a document; codes that are not posted by jurisdiction have none."""
    told = {one.key: one.taxes for one in frozen.shared}
    return {items: told.get(items[0]) or _by_rate(codes) for items, codes in _by_items(frozen).items()}


def taking_back(frozen: Frozen, against: Sequence[Frozen]) -> Frozen:
    """Return a document, and what follows it, with what each takes of every authority.

    Args:
        frozen: the document, not divided.
        against: those it takes back from, such as everything that was posted for the order.
    """
    left = _sum(map(levels_of_document, against))
    parts = []
    for one in (frozen, *frozen.following):
        part = replace(one, shared=tuple(_taken(one, left)))
        left = _sum((left, levels_of_document(part)))
        parts.append(part)
    return replace(parts[0], following=tuple(parts[1:]))


def _by_items(frozen: Frozen) -> dict[Items, dict[TaxCode, int]]:
    """Return the tax of each code with levels, by what its tax items are summed by."""
    found: dict[Items, dict[TaxCode, int]] = {}
    for line in frozen.lines:
        if line.code is not None and line.code.levels:
            taxes = found.setdefault(line.code.items, {})
            taxes[line.code] = taxes.get(line.code, 0) + line.tax
    return found


def _by_rate(taxes: Mapping[TaxCode, int]) -> tuple[int, ...]:
    """Share out taxes by rate, of each code by its own: an authority's rate may have changed between them."""
    shares = [apportion(tax, [level.rate for level in code.levels]) for code, tax in taxes.items()]
    return tuple(map(sum, zip(*shares, strict=True)))


def _taken(frozen: Frozen, left: Levels) -> Iterator[Shared]:
    """Yield what is taken of the levels of each code whose tax turns against what is left of it."""
    for items, codes in _by_items(frozen).items():
        tax, plain = sum(codes.values()), _by_rate(codes)
        rest = left.get(items, (0,) * len(plain))
        if tax * sum(rest) < 0:
            taxes = _less(tax, rest, plain)
            if taxes != plain:
                yield Shared(items[0], taxes)


def _less(tax: int, rest: Sequence[int], plain: Sequence[int]) -> tuple[int, ...]:
    """Share out a tax that is taken back: all of it is exactly what is left, what is more has no rest to come from."""
    whole = sum(rest)
    if abs(tax) >= abs(whole):
        more = apportion(tax + whole, [Fraction(abs(share)) for share in plain])
        return tuple(extra - share for extra, share in zip(more, rest, strict=True))
    # Of what was posted before levels were followed, one may be a unit on the other side of zero.
    return tuple(apportion(tax, [Fraction(max(share if whole > 0 else -share, 0)) for share in rest]))


def _sum(parts: Iterable[Levels]) -> Levels:
    found: Levels = {}
    for levels in parts:
        for items, taxes in levels.items():
            known = found.get(items, (0,) * len(taxes))
            found[items] = tuple(one + other for one, other in zip(known, taxes, strict=True))
    return found
