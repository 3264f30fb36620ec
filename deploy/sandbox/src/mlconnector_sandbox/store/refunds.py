"""A refund as V3 records it, from what is wanted or for everything that is left; pure.

V3 says little of a refund's items: quantities, perhaps amounts, never the tax of one. What a refund took from each item
is kept beside it, in the part `refund_book`, so that nothing gives back more than was charged for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import msgspec

from .behaviour import Behaviour
from .money import spread
from .record import OrderRecord
from .refund_payments import RefundPayment, payment_rows
from .refundable import BY_QUANTITY, Grain, ItemType, RefundError, Share, Target, grain_of, left_of_order, targets
from .wire import Json, iso8601

__all__ = ["Adjustment", "RefundItem", "RefundWish", "build_refund"]

ZERO = Decimal(0)


class Adjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is kept back of an item's refund; the amount is negative."""

    amount: Decimal
    description: str = ""

    def __post_init__(self) -> None:
        if not self.amount < 0:
            raise ValueError(f"an adjustment is negative, not {self.amount}")


class RefundItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of an order that is given back: products and wrapping by quantity, everything else by amount.

    Without quantity or amount everything that is left of the item. Only the order itself needs an amount.
    """

    item_type: ItemType
    item_id: int
    quantity: int | None = None
    amount: Decimal | None = None
    adjustments: tuple[Adjustment, ...] = ()
    reason: str = ""


class RefundWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to refund; without items all that is left.

    Attributes:
        tax_adjustment_amount: gives back tax alone, below zero takes tax back; then there are no items.
        total_amount: the merchant's own total, with tax, in place of the computed one.
        total_tax: the merchant's own tax; where only the total is the merchant's, the tax follows it in proportion.
        payments: how the money goes back; otherwise by the order's means of payment, or all through `provider_id`.
    """

    items: tuple[RefundItem, ...] = ()
    tax_adjustment_amount: Decimal | None = None
    total_amount: Decimal | None = None
    total_tax: Decimal | None = None
    reason: str = ""
    payments: tuple[RefundPayment, ...] = ()
    provider_id: str | None = None
    offline: bool | None = None
    is_declined: bool = False


@dataclass(frozen=True, slots=True)
class _Taken:
    """What a refund takes from one item; `shown` is the amount V3 shows."""

    item: RefundItem
    share: Share
    quantity: int | None
    shown: Decimal


def build_refund(
    record: OrderRecord, wish: RefundWish, behaviour: Behaviour, now: datetime, allocate: Callable[[str], int]
) -> tuple[Json, Json]:
    """Write the refund, and its entry in the part `refund_book`.

    Raises:
        RefundError: More would be given back than is left, or the wish contradicts itself.
    """
    grain = grain_of(record, behaviour)
    left = left_of_order(record, grain)
    taken = _taken(record, wish, behaviour, grain)
    amount, tax = _totals(wish, taken, left, grain)
    if amount > left.gross:
        raise RefundError(f"{amount} cannot be refunded: {left.gross} is left of order {record.id}")
    overridden = wish.total_amount is not None or wish.total_tax is not None
    refund = {
        "id": allocate("refund"),
        "order_id": record.id,
        "user_id": 1,
        "created": iso8601(now),
        "reason": wish.reason,
        "total_amount": amount,
        "total_tax": tax,
        "uses_merchant_override_values": overridden,
        "payments": payment_rows(record, _payments(wish, amount), amount, allocate),
        "items": [_item_row(entry, behaviour) for entry in taken],
    }
    items = [
        {
            "item_type": entry.item.item_type,
            "item_id": entry.item.item_id,
            "quantity": entry.quantity,
            "amount": entry.share.gross,
            "tax": entry.share.tax,
        }
        for entry in taken
    ]
    # With values of the merchant's own, order and taxes stay as they are.
    changed = "nothing" if overridden else behaviour.refund_changes
    return refund, {"refund_id": refund["id"], "changed": changed, "items": items}


def _payments(wish: RefundWish, amount: Decimal) -> Sequence[RefundPayment]:
    if wish.payments or wish.provider_id is None:
        return wish.payments
    return [RefundPayment(wish.provider_id, amount, wish.offline, is_declined=wish.is_declined)]


def _taken(record: OrderRecord, wish: RefundWish, behaviour: Behaviour, grain: Grain) -> list[_Taken]:
    if wish.tax_adjustment_amount is not None:
        if wish.items:
            raise RefundError("a tax adjustment has no items")
        return []
    net = behaviour.refund_amounts == "net"
    open_targets = {(target.item_type, target.item_id): target for target in targets(record)}
    if wish.items:
        return [_of_item(item, record, open_targets, grain, net=net) for item in wish.items]
    if wish.total_amount is not None:
        whole = RefundItem("ORDER", record.id, amount=wish.total_amount)
        return [_of_item(whole, record, open_targets, grain, net=net)]
    return _everything(record, [target for target in open_targets.values() if _is_open(target)], grain, net=net)


def _is_open(target: Target) -> bool:
    return target.left_quantity > 0 if target.item_type in BY_QUANTITY else target.left.gross > 0


def _everything(record: OrderRecord, rest: Sequence[Target], grain: Grain, *, net: bool) -> list[_Taken]:
    if not rest:
        raise RefundError(f"nothing is left to refund of order {record.id}")
    left = left_of_order(record, grain)
    gross = spread(left.gross, [target.left.gross for target in rest], grain.step)
    taxes = spread(left.tax, [target.left.tax for target in rest], grain.step)
    found = []
    for target, amount, tax in zip(rest, gross, taxes, strict=True):
        quantity = target.left_quantity if target.item_type in BY_QUANTITY else None
        item = RefundItem(target.item_type, target.item_id)
        found.append(_Taken(item, Share(amount, tax), quantity, amount - tax if net else amount))
    return found


def _of_item(
    item: RefundItem,
    record: OrderRecord,
    open_targets: Mapping[tuple[ItemType, int], Target],
    grain: Grain,
    *,
    net: bool,
) -> _Taken:
    if item.item_type == "ORDER":
        if item.amount is None or item.amount <= 0:
            raise RefundError("a refund on the order as a whole needs an amount above zero")
        return _Taken(item, Share(item.amount, ZERO), None, item.amount)
    target = open_targets.get((item.item_type, item.item_id))
    if target is None:
        raise RefundError(f"order {record.id} has no {item.item_type} {item.item_id}")
    if item.item_type not in BY_QUANTITY:
        most = target.left.rounded(grain)
        amount = item.amount if item.amount is not None else most.gross - most.tax if net else most.gross
        return _Taken(item, target.part(amount, grain, net=net), None, amount)
    if item.amount is not None:
        raise RefundError(f"{item.item_type} is refunded by quantity; give adjustments to keep something back")
    quantity = target.left_quantity if item.quantity is None else item.quantity
    share = _adjusted(item, target.units(quantity, grain), grain, net=net)
    return _Taken(item, share, quantity, share.gross - share.tax if net else share.gross)


def _adjusted(item: RefundItem, share: Share, grain: Grain, *, net: bool) -> Share:
    off = -sum((adjustment.amount for adjustment in item.adjustments), ZERO)
    if not off:
        return share
    basis = share.gross - share.tax if net else share.gross
    if off > basis:
        raise RefundError(f"{item.item_type} {item.item_id}: {off} cannot be kept back of {basis}")
    tax_off = grain.of(share.tax * off / basis)
    return share - Share(off + tax_off if net else off, tax_off)


def _totals(wish: RefundWish, taken: Sequence[_Taken], left: Share, grain: Grain) -> tuple[Decimal, Decimal]:
    computed = sum((entry.share for entry in taken), Share())
    if wish.tax_adjustment_amount is not None:
        adjusted = grain.of(wish.tax_adjustment_amount)
        if adjusted > left.tax:
            raise RefundError(f"{adjusted} of tax cannot be refunded, {left.tax} is left")
        computed = Share(max(adjusted, ZERO), adjusted)
    if wish.total_amount is None:
        return computed.gross, computed.tax if wish.total_tax is None else wish.total_tax
    if wish.total_tax is not None or not computed.gross:
        return wish.total_amount, wish.total_tax or ZERO
    return wish.total_amount, grain.of(computed.tax * wish.total_amount / computed.gross)


def _item_row(entry: _Taken, behaviour: Behaviour) -> Json:
    item = entry.item
    row: Json = {"item_type": item.item_type, "item_id": item.item_id, "reason": item.reason}
    if item.item_type == "PRODUCT":
        row["quantity"] = entry.quantity
        row["adjustments"] = [{"amount": kept.amount, "description": kept.description} for kept in item.adjustments]
    return {**row, "requested_amount": entry.shown if behaviour.requested_amount == "shown" else None}
