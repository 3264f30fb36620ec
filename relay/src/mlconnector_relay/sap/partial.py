"""A part of a credit memo: every line at the same share of its amounts, to the cent. Pure.

Which items were meant when only a part of a refund was paid back, the store does not say.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise

from .frozen import Frozen, FrozenLine
from .remaining import Key, added, key_of, rounded
from .targets import Accounts

__all__ = ["part_of", "together"]


def part_of(lines: Sequence[FrozenLine], amount: int) -> tuple[FrozenLine, ...]:
    """Return a part of lines, worth exactly the amount; the tax of each code has its share, too.

    It gives no pieces back: a piece that was paid for in part is not given back yet.

    Args:
        lines: worth something together.
        amount: with tax, in smallest units, of the sign of the lines.
    """
    share = Fraction(amount, sum(line.gross for line in lines))
    return tuple(_parts(lines, share))


def together(documents: Sequence[Frozen]) -> tuple[FrozenLine, ...]:
    """Return the lines of several documents as one: what stands on the same accounts for the same is added up."""
    sums: dict[tuple[Key, Accounts], FrozenLine] = {}
    for line in (line for document in documents for line in document.lines):
        key = (key_of(line), line.accounts)
        sums[key] = added(sums[key], line) if key in sums else line
    return tuple(sums.values())


def _parts(lines: Sequence[FrozenLine], share: Fraction) -> Iterator[FrozenLine]:
    gross = _shared([line.gross for line in lines], share)
    codes = [line.code for line in lines]
    of_code = {code: iter(_shared([one.tax for one in lines if one.code == code], share)) for code in codes}
    for line, whole in zip(lines, gross, strict=True):
        tax = next(of_code[line.code])
        net = whole - tax
        if net or tax:
            full = rounded(line.full * Fraction(net, line.net)) if line.net else net
            yield replace(line, quantity=0, full=full, net=net, tax=tax)


def _shared(amounts: Sequence[int], share: Fraction) -> list[int]:
    """Return the share of each amount; the first so many always add up to theirs, rounded."""
    sums = [rounded(whole * share) for whole in accumulate(amounts, initial=0)]
    return [after - before for before, after in pairwise(sums)]
