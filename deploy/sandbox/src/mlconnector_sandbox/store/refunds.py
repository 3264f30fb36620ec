"""A refund as V3 records it, from what is wanted or for everything that is left; pure."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from .record import OrderRecord
from .wire import Json, iso8601

__all__ = ["RefundItem", "RefundWish", "build_refund", "refunded_so_far"]

ZERO = Decimal(0)


class RefundItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of an order that is given back: products by quantity, everything else by amount."""

    item_type: Literal["PRODUCT", "GIFT_WRAPPING", "SHIPPING", "HANDLING", "ORDER", "FEE"]
    item_id: int
    quantity: int | None = None
    amount: Decimal | None = None


class RefundWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to refund; without items all that is left. Amounts and tax can be overridden, as merchants can."""

    items: tuple[RefundItem, ...] = ()
    total_amount: Decimal | None = None
    total_tax: Decimal | None = None
    reason: str = ""
    provider_id: str = "stripe"
    offline: bool = False
    is_declined: bool = False


def refunded_so_far(record: OrderRecord) -> Decimal:
    """Add up what an order's refunds gave back."""
    return sum((Decimal(str(row["total_amount"])) for row in record.parts["refunds"]), ZERO)


def build_refund(record: OrderRecord, wish: RefundWish, now: datetime, allocate: Callable[[str], int]) -> Json:
    """Write the refund. Without an amount of its own an item counts with what was charged for it, pro rata."""
    left = Decimal(str(record.order["total_inc_tax"])) - refunded_so_far(record)
    items = wish.items or _all_items(record)
    amount = wish.total_amount
    if amount is None:
        amount = sum((_amount_of(item, record) for item in wish.items), ZERO) if wish.items else left
    tax = wish.total_tax
    if tax is None:
        tax = sum((_tax_of(item, record) for item in items), ZERO)
    return {
        "id": allocate("refund"),
        "order_id": record.id,
        "user_id": 1,
        "created": iso8601(now),
        "reason": wish.reason,
        "total_amount": amount,
        "total_tax": tax,
        "uses_merchant_override_values": wish.total_amount is not None or wish.total_tax is not None,
        "payments": [
            {
                "id": allocate("refund_payment"),
                "provider_id": wish.provider_id,
                "amount": amount,
                "offline": wish.offline,
                "is_declined": wish.is_declined,
                "declined_message": "The payment provider declined." if wish.is_declined else "",
            }
        ],
        "items": [_item_row(item, record) for item in items],
    }


def _all_items(record: OrderRecord) -> tuple[RefundItem, ...]:
    products = [RefundItem("PRODUCT", row["id"], row["quantity"]) for row in record.parts["products"]]
    shipping = [
        RefundItem("SHIPPING", row["id"])
        for row in record.parts["shipping_addresses"]
        if Decimal(str(row["cost_inc_tax"]))
    ]
    return (*products, *shipping)


def _item_row(item: RefundItem, record: OrderRecord) -> Json:
    row: Json = {"item_type": item.item_type, "item_id": item.item_id, "reason": ""}
    if item.item_type == "PRODUCT":
        row["quantity"] = item.quantity or 1
    return {**row, "requested_amount": _amount_of(item, record), "adjustments": []}


def _amount_of(item: RefundItem, record: OrderRecord) -> Decimal:
    return item.amount if item.amount is not None else _share(item, record, "discounted_total_inc_tax", "cost_inc_tax")


def _tax_of(item: RefundItem, record: OrderRecord) -> Decimal:
    # A refund on the order as a whole carries no tax.
    return ZERO if item.item_type == "ORDER" else _share(item, record, "total_tax", "cost_tax")


def _share(item: RefundItem, record: OrderRecord, of_product: str, of_address: str) -> Decimal:
    part, field = ("products", of_product) if item.item_type == "PRODUCT" else ("shipping_addresses", of_address)
    if item.item_type not in {"PRODUCT", "SHIPPING"}:
        return ZERO
    row = next((row for row in record.parts[part] if row["id"] == item.item_id), None)
    if row is None:
        return ZERO
    whole = Decimal(str(row[field]))
    if item.item_type == "SHIPPING":
        return whole
    return (whole * (item.quantity or 1) / int(row["quantity"])).quantize(Decimal("0.0001"))
