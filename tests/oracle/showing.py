"""What the invoice's receivable shows of the way to the shopper: blocks until it has left, its newest shipment."""

from .ledger import Ledger
from .rules import Data, Rules

__all__ = ["blocks_of", "show_shipments"]

BLOCKS = {"payment_block": "ZLSPR", "dunning_block": "MANSP"}
LENGTHS = {"XREF3": 20, "XREF1": 12}
PARTLY, SHIPPED, COMPLETED = 3, 2, 10


def blocks_of(rules: Rules) -> dict[str, str]:
    """Return the blocks an order is posted with: none where it is paid, or what releases them has happened."""
    said = rules.mapping.get("shipments", {})
    paid = rules.order["payment_status"] in {"captured", "paid", "partially refunded", "refunded"}
    money = any(one["event"] in {"purchase", "capture"} for one in rules.stage.documents["transactions"])
    if paid or money or _released(rules):
        return {}
    return {field: said[name] for name, field in BLOCKS.items() if said.get(name)}


def show_shipments(ledger: Ledger, rules: Rules) -> None:
    """Release the blocks of what stands, and have it tell of the newest shipment."""
    if ledger.cancelled:
        return
    fields = _fields(rules)
    for document in ledger.documents[ledger.anew : ledger.anew + 1]:
        if _released(rules):
            kept = {name: value for name, value in document.marks.items() if name not in BLOCKS.values()}
            ledger.released = ledger.released or kept != document.marks
            document.marks = kept
        document.marks = document.marks | fields


def _released(rules: Rules) -> bool:
    """Tell whether the first or the last parcel has left, or the order is completed."""
    status, products = rules.order["status_id"], rules.stage.documents["products"]
    fetched = any(line["order_pickup_method_id"] for line in products)
    sent: list[Data] = [line for line in products if line["type"] == "physical" and not line["order_pickup_method_id"]]
    begun = any(line["quantity_shipped"] for line in products)
    gone = all(line["quantity_shipped"] >= line["quantity"] - line.get("quantity_refunded", 0) for line in sent)
    if status in {SHIPPED, COMPLETED} or (begun and gone and not fetched):
        return True
    return rules.mapping.get("shipments", {}).get("release_on") == "first" and (begun or status == PARTLY)


def _fields(rules: Rules) -> dict[str, str]:
    shipments = rules.stage.documents["shipments"]
    if not shipments:
        return {}
    newest = max(shipments, key=lambda one: int(one["id"]))
    places = {
        "tracking": newest["tracking_number"],
        "carrier": newest["tracking_carrier"],
        "shipment": newest["id"],
        "order": rules.order["id"],
        "count": len(shipments),
    }
    said = rules.mapping.get("shipments", {}).get("fields", {})
    return {name: form.format(**places)[: LENGTHS[name]] for name, form in said.items()}
