"""What a refund gives back, matched with what is left of the invoice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from ..bigcommerce.models import Refund, RefundItem
from .components import SOLD
from .currency import from_minor
from .frozen import FrozenLine
from .remaining import Left, share_of, units_of
from .values import Refusal

__all__ = ["Given", "given_back", "of_order", "of_the_order"]

ROLES: Final[dict[str, frozenset[str]]] = {
    "PRODUCT": SOLD,
    "GIFT_WRAPPING": frozenset({"wrapping"}),
    "SHIPPING": frozenset({"freight"}),
    "HANDLING": frozenset({"handling"}),
    "FEE": frozenset({"fee"}),
}
"""Per type of item the roles of the lines it may mean."""

ORDER: Final = "ORDER"


@dataclass(frozen=True, slots=True)
class Given:
    """What is given back of one line.

    Attributes:
        whole: what the invoice says so much of it costs.
        stated: what the store says was given back for it, before and after what was kept back; `None` where it says
            nothing. Whether that is with or without tax is open.
        reason: why, in the store's words.
    """

    left: Left
    whole: FrozenLine
    stated: tuple[Decimal, Decimal] | None
    reason: str


def of_order(refund: Refund) -> Decimal | None:
    """Return what was given back for the order as a whole; `None` where the store does not say."""
    items = [item for item in refund.items if item.item_type == ORDER]
    if len(items) == len(refund.items) == 1:
        return refund.total_amount
    amounts = [item.requested_amount for item in items]
    return None if None in amounts else sum((amount for amount in amounts if amount is not None), Decimal(0))


def of_the_order(refund: Refund, amount: Decimal) -> Refund:
    """Return a refund as one of so much for the order as a whole, which carries no tax."""
    item = RefundItem(item_type=ORDER, item_id=refund.order_id)
    return refund.model_copy(update={"items": (item,), "total_amount": amount, "total_tax": Decimal(0)})


def given_back(refund: Refund, left: Sequence[Left], places: int) -> tuple[Given, ...] | Refusal:
    """Match a refund's items with the invoice's lines; items of the order as a whole are left out."""
    found: list[Given] = []
    for item in refund.items:
        if item.item_type == ORDER:
            continue
        lines = _lines(item, left)
        if not lines:
            sentence = f"refund {refund.id} gives back {item.item_type} {item.item_id}, which was not invoiced"
            return Refusal("refused:refund_item", sentence)
        given = _of_item(item, lines, places)
        if isinstance(given, Refusal):
            return Refusal(given.rule, f"refund {refund.id}: {given.sentence}")
        found += given
    return tuple(found)


def _lines(item: RefundItem, left: Sequence[Left]) -> list[Left]:
    """Find what an item means; charges that were invoiced as one stand for each of their addresses.

    Of a line that an edit moved to another tax code, what is left counts, wherever that is.
    """
    role = [one for one in left if one.line.role in ROLES.get(item.item_type, ())]
    named = [one for one in role if one.line.source == item.item_id]
    if named:
        return [one for one in named if one.rest.gross > 0] or named
    # One text says that fees are named by the order; charges of the whole order have no address of their own.
    alone = item.item_type == "FEE" and len(role) == 1
    return role if alone or not any(one.line.source for one in role) else []


def _of_item(item: RefundItem, lines: Sequence[Left], places: int) -> list[Given] | Refusal:
    wholes = []
    # A part of a line that moved to another tax code is not counted: it goes back with the pieces of the other part.
    pieces = max(one.rest.quantity for one in lines)
    quantity = (item.quantity or pieces) if item.item_type == "PRODUCT" else pieces
    for one in lines:
        if quantity > pieces or one.rest.gross <= 0:
            sentence = f"{max(quantity, 1)} of {one.line.label} given back, {one.rest.quantity} "
            amount = from_minor(one.rest.gross, places)
            return Refusal("refused:refund_exceeds", f"{sentence}at {amount} are left of what was invoiced")
        counted = one.rest.quantity or not pieces
        wholes.append(units_of(one, quantity) if counted else share_of(one, Fraction(quantity, pieces)))
    return [
        Given(one, whole, stated, item.reason)
        for one, whole, stated in zip(lines, wholes, _stated(item, wholes), strict=True)
    ]


def _stated(item: RefundItem, wholes: Sequence[FrozenLine]) -> Iterator[tuple[Decimal, Decimal] | None]:
    gross = sum(whole.gross for whole in wholes)
    for whole in wholes:
        if item.requested_amount is None:
            yield None
        else:
            share = Fraction(whole.gross, gross) if gross else Fraction(1, len(wholes))
            yield _part(item.requested_amount, share), _part(item.requested_amount + item.kept_back, share)


def _part(amount: Decimal, share: Fraction) -> Decimal:
    return amount * share.numerator / share.denominator
