"""What refunds change in the order itself: refunded quantities, and perhaps its tax rows and totals; pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from .arithmetic import Taxed
from .lines import costs
from .money import FOUR_PLACES, spread, text4
from .record import OrderRecord
from .refundable import is_void
from .wire import Json

__all__ = ["unwritten", "written"]

ZERO = Decimal(0)


def written(record: OrderRecord, refund: Json, entry: Json) -> OrderRecord:
    """Give an order with a new refund counted in it."""
    return _moved(record, refund, entry, 1)


def unwritten(record: OrderRecord, refund: Json) -> OrderRecord:
    """Give an order without a refund whose payments have all been declined."""
    entry = next((row for row in record.parts["refund_book"] if row["refund_id"] == refund["id"]), None)
    return _moved(record, refund, entry, -1) if entry is not None and is_void(refund) else record


def _moved(record: OrderRecord, refund: Json, entry: Json, sign: int) -> OrderRecord:
    change: Json = {"products": [_counted(row, entry["items"], sign) for row in record.parts["products"]]}
    if entry["changed"] != "nothing":
        change["taxes"] = _tax_rows(record.parts["taxes"], entry["items"], sign)
    if entry["changed"] == "totals":
        tax = Decimal(str(refund["total_tax"])) * sign
        amount = Decimal(str(refund["total_amount"])) * sign
        gross = Decimal(str(record.order["total_inc_tax"])) - amount
        whole_tax = Decimal(str(record.order["total_tax"])) - tax
        change |= costs("total", Taxed(gross - whole_tax, gross, whole_tax))
    return record.edited(change)


def _counted(row: Json, items: Iterable[Json], sign: int) -> Json:
    quantity = sum(
        item["quantity"] for item in items if item["item_type"] == "PRODUCT" and item["item_id"] == row["id"]
    )
    if not quantity:
        return row
    refunded = int(row.get("quantity_refunded", 0)) + sign * quantity
    return {**row, "quantity_refunded": refunded, "is_refunded": refunded >= int(row["quantity"])}


def _tax_rows(rows: Sequence[Json], items: Iterable[Json], sign: int) -> list[Json]:
    left = [dict(row) for row in rows]
    for item in items:
        mine = [row for row in left if _belongs(row, item)]
        weights = [Decimal(str(row["line_amount"])) for row in mine]
        if not sum(weights, ZERO):
            # Everything of it was refunded before, or is put back: each rate has its part.
            weights = [Decimal(str(row["rate"])) for row in mine]
        for row, share in zip(mine, spread(Decimal(str(item["tax"])) * sign, weights, FOUR_PLACES), strict=True):
            for name in ("line_amount", "priority_amount"):
                row[name] = text4(Decimal(str(row[name])) - share)
    return left


def _belongs(row: Json, item: Json) -> bool:
    kind, product = row.get("line_item_type"), row.get("order_product_id")
    match item["item_type"]:
        case "PRODUCT":
            return kind == "item" and product == str(item["item_id"])
        case "FEE":
            return kind == "item" and product is None
        case "GIFT_WRAPPING":
            # Its rows do not say whose wrapping it is.
            return kind == "gift-wrapping"
        case item_type:
            return bool(kind == item_type.lower() and row.get("order_address_id") == item["item_id"])
