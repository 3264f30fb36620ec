"""Documents of more items than SAP takes, as parts: each with its own receivable, its own tax and base. Pure.

Lines stay whole, so that every part balances as the lines do; where there is no customer, lines that balance each other
stay together. What the store's own means of payment paid is laid on the parts in turn, no more than each has.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from .draft import LAST, draft_of
from .frozen import TENDERS, Frozen, FrozenLine

__all__ = ["MOST_ITEMS", "split"]

MOST_ITEMS: Final = 999
"""Items of one accounting document, the customer's and the tax items counted (BUZEI has three digits)."""

CUSTOMER: Final = 2
"""Items of the customer; two where nothing is left to pay."""

PAIR: Final = 2
"""Lines of a document without customer that balance each other: revenue, and the deferred revenue it comes from."""

OF_A_CODE: Final = 3
"""Items a tax code may add: its tax, its discounts, its liability."""


def split(frozen: Frozen) -> Frozen:
    """Return a document's first part, with the others and what followed it anyway as what follows.

    One that is short enough stays as it is.
    """
    if draft_of(frozen).size <= MOST_ITEMS:
        return frozen
    last = [line for line in frozen.lines if line.role in LAST]
    # Not by key: one code may have a liability account, and with it an item, per state.
    codes = {line.code for line in frozen.lines if line.code is not None}
    of_codes = sum(OF_A_CODE + len(code.levels) for code in codes)
    room = MOST_ITEMS - CUSTOMER - of_codes - len(last)
    lines = [line for line in frozen.lines if line.role not in LAST]
    parts = _with_last(_chunks(lines, room, 1 if frozen.customer else PAIR, summed=frozen.summed), last)
    first, *rest = (replace(frozen, lines=tuple(part), following=()) for part in parts)
    return replace(first, following=(*rest, *frozen.following))


def _chunks(lines: Sequence[FrozenLine], room: int, together: int, *, summed: bool) -> list[list[FrozenLine]]:
    parts: list[list[FrozenLine]] = [[]]
    items: set[object] = set()
    for place in range(0, len(lines), together):
        some = lines[place : place + together]
        new = {(one.accounts, one.code and one.code.key) if summed else place + at for at, one in enumerate(some)}
        if len(items | new) > room:
            parts.append([])
            items = set()
        items |= new
        parts[-1] += some
    return parts


def _with_last(parts: list[list[FrozenLine]], last: Sequence[FrozenLine]) -> list[list[FrozenLine]]:
    parts[-1] += [line for line in last if line.role not in TENDERS]
    for line in last:
        left = line.net
        for part in parts if line.role in TENDERS else ():
            taken = _covered(left, sum(one.gross for one in part))
            if part is parts[-1]:
                taken = left
            if taken:
                part.append(replace(line, full=taken, net=taken))
                left -= taken
    return parts


def _covered(tender: int, owed: int) -> int:
    """Return how much of a tender a part can take: no more than turns its receivable to nothing."""
    if tender * owed >= 0:
        return 0
    return max(tender, -owed) if tender < 0 else min(tender, -owed)
