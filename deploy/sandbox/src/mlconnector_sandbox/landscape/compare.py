"""Compare what the store sold with what SAP's books hold, line by line: the oracle of `demo-once`.

It works from the two simulators alone and imports nothing of the product: order totals from the store, documents from
the books. Every order that must be posted has exactly one document; it balances; its receivable equals the order's
total to the cent; no document is without an order.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from iso4217 import Currency

__all__ = ["Difference", "compare", "order_of_document"]

POSTING_STATUSES: Final = frozenset({2, 3, 8, 9, 10, 11})
"""Shipped, Partially Shipped, Awaiting Pickup, Awaiting Shipment, Completed, Awaiting Fulfillment."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it should be."""

    order: int
    what: str


def order_of_document(document: Mapping[str, Any]) -> int:
    """Return the order number a document names in its header text (`BC 1000123`), 0 when it names none."""
    digits = "".join(part for part in str(document["header_text"]).split()[-1:] if part.isdigit())
    return int(digits) if digits else 0


def compare(orders: Sequence[Mapping[str, Any]], documents: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Return every difference between the store's orders and the books; empty when they agree."""
    by_order: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for document in documents:
        by_order[order_of_document(document)].append(document)
    differences = [difference for order in orders for difference in _one(order, by_order.pop(int(order["id"]), []))]
    for number, strays in by_order.items():
        differences += [Difference(number, f"document {stray['number']} has no order") for stray in strays]
    return differences


def _one(order: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> list[Difference]:
    number = int(order["id"])
    owed = int(order["status_id"]) in POSTING_STATUSES
    if len(documents) != (1 if owed else 0):
        wanted = "exactly one" if owed else "no"
        return [Difference(number, f"{wanted} document expected, found {len(documents)}")]
    return [difference for document in documents for difference in _amounts(number, order, document)]


def _amounts(number: int, order: Mapping[str, Any], document: Mapping[str, Any]) -> list[Difference]:
    lines = document["lines"]
    total = Decimal(str(order["total_inc_tax"]))
    receivable = sum((Decimal(line["amount"]) for line in lines if line["account_type"] == "D"), Decimal(0))
    balance = sum((Decimal(line["amount"]) for line in lines), Decimal(0))
    tax = -sum((Decimal(line["amount"]) for line in lines if line["tax"]), Decimal(0))
    found = []
    if balance:
        found.append(Difference(number, f"document {document['number']} does not balance: {balance}"))
    if document["currency"] != order["currency"]:
        found.append(Difference(number, f"currency {document['currency']}, store {order['default_currency_code']}"))
    step = Decimal(1).scaleb(-(Currency(document["currency"]).exponent or 0))
    if abs(receivable - total) >= step:
        found.append(Difference(number, f"receivable {receivable}, store total {total}"))
    if abs(tax - Decimal(str(order["total_tax"]))) >= step:
        found.append(Difference(number, f"tax {tax}, store tax {order['total_tax']}"))
    return found
