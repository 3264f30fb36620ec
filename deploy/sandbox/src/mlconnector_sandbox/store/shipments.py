"""Shipments of an order, and what they change in it; pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from .record import OrderRecord
from .wire import Json, rfc2822

__all__ = ["ShipmentError", "ShippedItem", "Tracking", "build_shipment", "consignments_of", "with_shipment", "without"]

SHIPPED, PARTIALLY_SHIPPED = 2, 3
KEPT = ("first_name", "last_name", "company", "street_1", "street_2", "city", "state", "zip", "country")
ADDRESS_FIELDS = (*KEPT, "country_iso2", "phone", "email")


class ShipmentError(ValueError):
    """Such a shipment cannot be made; the message says why."""


class ShippedItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of an order product is shipped."""

    order_product_id: int
    quantity: int


class Tracking(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What can be said of a shipment, when it is made or later; the names are those of the shipment."""

    tracking_number: str = ""
    tracking_carrier: str = ""
    tracking_link: str = ""
    shipping_provider: str = ""
    shipping_method: str = ""
    comments: str = ""
    merchant_shipping_cost: str = "0.0000"


def consignments_of(record: OrderRecord, items: Sequence[ShippedItem]) -> dict[int, list[ShippedItem]]:
    """Sort what is to be shipped by its address; nothing named is everything that has not been shipped.

    Raises:
        ShipmentError: Something cannot be shipped, or not so much of it.
    """
    rows = {int(row["id"]): row for row in record.parts["products"] if _is_sent(row)}
    wanted = items or [ShippedItem(key, _open(row)) for key, row in rows.items() if _open(row)]
    found = defaultdict(list)
    for item in wanted:
        row = rows.get(item.order_product_id)
        if row is None:
            raise ShipmentError(f"order {record.id} has no line {item.order_product_id} that is sent")
        if not 0 < item.quantity <= _open(row):
            raise ShipmentError(
                f"{item.quantity} of line {item.order_product_id} cannot be shipped, {_open(row)} are left"
            )
        found[int(row.get("order_address_id") or 0)].append(item)
    if not found:
        raise ShipmentError(f"nothing is left to ship of order {record.id}")
    return dict(found)


def _is_sent(row: Json) -> bool:
    return row.get("type", "physical") == "physical" and not int(row.get("order_pickup_method_id") or 0)


def _open(row: Json) -> int:
    return int(row["quantity"]) - int(row.get("quantity_shipped", 0))


def build_shipment(
    record: OrderRecord, number: int, address_id: int, items: Iterable[ShippedItem], tracking: Tracking, now: datetime
) -> Json:
    """Write a shipment to one address."""
    address: Json = next((row for row in record.parts["shipping_addresses"] if row["id"] == address_id), {})
    products = {row["id"]: row for row in record.parts["products"]}
    billing = record.order.get("billing_address") or {}
    said = {name: getattr(tracking, name) for name in Tracking.__struct_fields__}
    return {
        "id": number,
        "order_id": record.id,
        "customer_id": record.order.get("customer_id", 0),
        "order_address_id": address_id,
        "date_created": rfc2822(now),
        **said,
        "shipping_method": tracking.shipping_method or address.get("shipping_method", ""),
        "billing_address": {field: billing.get(field, "") for field in ADDRESS_FIELDS},
        "shipping_address": {field: address.get(field, "") for field in ADDRESS_FIELDS},
        "items": [
            {
                "order_product_id": item.order_product_id,
                "product_id": products[item.order_product_id].get("product_id", 0),
                "quantity": item.quantity,
            }
            for item in items
        ],
        "shipping_provider_display_name": tracking.shipping_provider.upper(),
        "generated_tracking_link": _link(tracking),
    }


def _link(tracking: Tracking) -> str:
    if tracking.tracking_link or not tracking.tracking_number:
        return ""
    return f"https://track.example/{tracking.tracking_number}"


def with_shipment(record: OrderRecord, shipment: Json, now: datetime) -> OrderRecord:
    """Give an order with a shipment counted in it: Shipped when nothing is left to send, else Partially Shipped."""
    counted = _counted(record, shipment, 1)
    complete = not any(_open(row) for row in counted.parts["products"] if _is_sent(row))
    change: Json = {"shipments": [*record.parts["shipments"], shipment]}
    change["status_id"] = SHIPPED if complete else PARTIALLY_SHIPPED
    if complete:
        change["date_shipped"] = rfc2822(now)
    return counted.edited(change)


def without(record: OrderRecord, shipment: Json) -> OrderRecord:
    """Give an order without a shipment; its status stays, as documented."""
    rest = [row for row in record.parts["shipments"] if row["id"] != shipment["id"]]
    return _counted(record, shipment, -1).edited({"shipments": rest})


def _counted(record: OrderRecord, shipment: Json, sign: int) -> OrderRecord:
    moved: Mapping[int, int] = {row["order_product_id"]: sign * row["quantity"] for row in shipment["items"]}
    products = [
        {**row, "quantity_shipped": int(row.get("quantity_shipped", 0)) + moved.get(int(row["id"]), 0)}
        for row in record.parts["products"]
    ]
    addresses = [
        {**row, "items_shipped": int(row.get("items_shipped", 0)) + sum(moved.values())}
        if row["id"] == shipment["order_address_id"]
        else row
        for row in record.parts["shipping_addresses"]
    ]
    shipped = sum(row["quantity_shipped"] for row in products)
    return record.edited({"products": products, "shipping_addresses": addresses, "items_shipped": shipped})
