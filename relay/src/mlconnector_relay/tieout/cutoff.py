"""The cut-off of revenue on a day: what is invoiced and not shipped, and what is shipped and not invoiced; pure.

Amounts are whole numbers of the currency's smallest unit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ..sap.frozen import Frozen
from ..sap.remaining import left_of

__all__ = ["Goods", "Open", "Side", "cut_off"]

Side = Literal["unshipped", "uninvoiced"]
"""Invoiced and not shipped; shipped and not invoiced."""


@dataclass(frozen=True, slots=True)
class Goods:
    """A line of an order that is sent to the customer.

    Attributes:
        source: id of the order product.
        quantity: pieces ordered.
        shipped: of those, pieces shipped.
        net, gross: of the whole line, as the store states it.
    """

    source: int
    quantity: int
    shipped: int
    net: int
    gross: int


@dataclass(frozen=True, slots=True)
class Open:
    """Pieces of a line that stand on one side alone, with their share of its amounts."""

    side: Side
    source: int
    pieces: int
    net: int
    gross: int


def cut_off(goods: Iterable[Goods], documents: Sequence[Frozen]) -> list[Open]:
    """Return what is open of an order.

    Args:
        goods: its lines as they were shipped.
        documents: everything posted for it, the invoice first; payments are none.
    """
    products = [one for one in left_of(documents) if one.line.role == "product"] if documents else []
    found: list[Open] = []
    for line in goods:
        # Several where an edit or a refund moved it, or a part of it, to another tax code.
        left = [one for one in products if one.line.source == line.source]
        rest, ever = sum(one.rest.quantity for one in left), sum(one.line.quantity for one in left)
        unshipped = max(rest - line.shipped, 0)
        if unshipped:
            whole = sum(one.rest.net for one in left), sum(one.rest.gross for one in left)
            net, gross = (_share(amount, unshipped, rest) for amount in whole)
            found.append(Open("unshipped", line.source, unshipped, net, gross))
        uninvoiced = max(line.shipped - ever, 0)
        if uninvoiced:
            net, gross = (_share(amount, uninvoiced, line.quantity) for amount in (line.net, line.gross))
            found.append(Open("uninvoiced", line.source, uninvoiced, net, gross))
    return found


def _share(amount: int, pieces: int, whole: int) -> int:
    return round(Fraction(amount * pieces, max(whole, pieces)))
