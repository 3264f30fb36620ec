"""What a callback says: scopes, data and the bytes of the body; pure."""

from typing import Any

from .wire import Json, encode

__all__ = [
    "KNOWN_SCOPES",
    "event_body",
    "is_known",
    "matches",
    "order_data",
    "refund_data",
    "shipment_data",
    "status_data",
    "transaction_data",
]

RESULTS = {
    "purchase": ("paid", "Paid"),
    "authorization": ("authorized", "Authorized"),
    "capture": ("captured", "Captured"),
    "void": ("voided", "Voided"),
    "refund": ("refunded", "Refunded"),
}

KNOWN_SCOPES = frozenset(
    [f"store/order/{event}" for event in ("created", "updated", "archived", "statusUpdated", "message/created")]
    + [f"store/order/{event}" for event in ("refund/created", "transaction/created", "transaction/updated")]
    + [f"store/order/metafield/{event}" for event in ("created", "updated", "deleted")]
    + [
        f"store/{thing}/{event}"
        for thing in ("shipment", "customer", "customer/address", "product", "sku", "category")
        for event in ("created", "updated", "deleted")
    ]
    + ["store/product/inventory/updated", "store/product/inventory/order/updated"]
    + ["store/sku/inventory/updated", "store/sku/inventory/order/updated"]
    + ["store/app/uninstalled", "store/information/updated", "store/channel/created", "store/channel/updated"]
    + ["store/hook/deliveryException"]
)
WILDCARDS = frozenset(f"{scope.rsplit('/', 1)[0]}/*" for scope in KNOWN_SCOPES)


def is_known(scope: str) -> bool:
    """Tell whether a hook may be registered for a scope; scopes are compared exactly."""
    return scope in KNOWN_SCOPES or scope in WILDCARDS


def matches(registered: str, fired: str) -> bool:
    """Tell whether a hook's scope covers an event's."""
    return registered == fired or (registered.endswith("/*") and fired.startswith(registered[:-1]))


def order_data(order_id: int) -> Json:
    """Give the data of created, updated and archived."""
    return {"type": "order", "id": order_id}


def status_data(order_id: int, previous: int, new: int) -> Json:
    """Give the data of statusUpdated."""
    status = {"previous_status_id": previous, "new_status_id": new}
    return {"type": "order", "id": order_id, "status": status}


def refund_data(order_id: int, refund_id: int) -> Json:
    """Give the data of refund/created: the id is the order's."""
    return {"type": "order", "id": order_id, "refund": {"refund_id": refund_id}}


def shipment_data(shipment_id: int, order_id: int) -> Json:
    """Give the data of the shipment events, whose order id has a name of its own."""
    return {"type": "shipment", "id": shipment_id, "orderId": order_id}


def transaction_data(row: Json) -> Json:
    """Give the data of the transaction events: the order's id is text, and the row's own id has another name."""
    done = row["status"] == "ok"
    code, message = RESULTS[row["event"]] if done else ("declined", "Declined")
    return {
        "type": "transaction",
        "order_id": row["order_id"],
        "transaction_id": str(row["id"]),
        "transaction_status": "complete" if done else "failed",
        "transaction_type": row["event"],
        "result": {"code": code, "message": message, "type": "success" if done else "error"},
        "platform_transaction_id": str(row["id"]),
        "provider_transaction_id": str(row["gateway_transaction_id"]),
    }


def event_body(store_hash: str, store_id: int, scope: str, data: Any, created_at: int, digest: str) -> bytes:
    """Write the compact JSON of an event, keys in BigCommerce's order."""
    return encode(
        {
            "producer": f"stores/{store_hash}",
            "hash": digest,
            "created_at": created_at,
            "store_id": str(store_id),
            "scope": scope,
            "data": data,
        }
    )
