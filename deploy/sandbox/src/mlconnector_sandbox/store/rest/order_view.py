"""How an order is shown: links to what lies below it, or the consignments and fees themselves."""

from collections import defaultdict
from decimal import Decimal

from ..record import OrderRecord
from ..wire import Json

__all__ = ["consignments", "link", "present_order"]

CONSIGNMENT_MONEY = (
    "base_cost",
    "cost_ex_tax",
    "cost_inc_tax",
    "cost_tax",
    "base_handling_cost",
    "handling_cost_ex_tax",
    "handling_cost_inc_tax",
    "handling_cost_tax",
)


def link(base: str, resource: str) -> Json:
    """Write a link to a sub-resource."""
    return {"url": f"{base}{resource}", "resource": resource}


def present_order(record: OrderRecord, base: str, includes: frozenset[str]) -> Json:
    """Write an order as V2 shows it; a list never carries what only the sub-resources answer."""
    root = f"/orders/{record.id}"
    shown: Json = {
        **record.order,
        "products": link(base, f"{root}/products"),
        "shipping_addresses": link(base, f"{root}/shippingaddresses"),
        "coupons": link(base, f"{root}/coupons"),
        "fees": record.parts["fees"] if "fees" in includes else link(base, f"{root}/fees"),
    }
    expand = "consignments.line_items" in includes
    if expand or "consignments" in includes:
        shown["consignments"] = consignments(record, base, expand=expand)
    else:
        shown["consignments"] = link(base, f"{root}/consignments")
    return shown


def consignments(record: OrderRecord, base: str, *, expand: bool) -> Json:
    """Give the order's consignments, derived from addresses and products where the document has none of its own."""
    if record.consignments is not None:
        return record.consignments
    by_address: dict[int, list[Json]] = defaultdict(list)
    by_pickup: dict[int, list[Json]] = defaultdict(list)
    downloads: list[Json] = []
    certificates: list[Json] = []
    for row in record.parts["products"]:
        item = row if expand else link(base, f"/orders/{record.id}/products/{row['id']}")
        kind = row.get("type")
        if int(row.get("order_pickup_method_id") or 0):
            by_pickup[int(row["order_pickup_method_id"])].append(item)
        elif kind == "physical":
            by_address[int(row.get("order_address_id") or 0)].append(item)
        else:
            (downloads if kind == "digital" else certificates).append(item)
    recipient = str((record.order.get("billing_address") or {}).get("email", ""))
    return {
        "pickups": [{**pickup, "line_items": by_pickup[pickup["id"]]} for pickup in record.parts["pickups"]],
        "shipping": [
            _shipping(record.id, address, by_address[int(address["id"])], base)
            for address in record.parts["shipping_addresses"]
        ],
        "downloads": [{"recipient_email": recipient, "line_items": downloads}] if downloads else [],
        "email": {
            "gift_certificates": [{"recipient_email": recipient, "line_items": certificates}] if certificates else []
        },
    }


def _shipping(order_id: int, address: Json, items: list[Json], base: str) -> Json:
    resource = f"/orders/{order_id}/consignments/shipping/{address['id']}/shipping_quotes"
    shown = {key: value for key, value in address.items() if key not in {"order_id", "shipping_quotes"}}
    # The same amounts that are strings in the shipping addresses are numbers here.
    numbers = {key: Decimal(str(address[key])) for key in CONSIGNMENT_MONEY if key in address}
    return {**shown, **numbers, "line_items": items, "shipping_quotes": link(base, resource)}
