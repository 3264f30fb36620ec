"""Deferred revenue that becomes revenue when its goods leave: by pieces, the last one with whatever is left."""

from collections import defaultdict

from .ledger import Ledger
from .rules import Rules
from .sums import Document, ratio

__all__ = ["earn_shipped"]

SHIPPED, COMPLETED = 2, 10


def earn_shipped(ledger: Ledger, rules: Rules) -> None:
    """Add a document per shipment for what it earns, and one for what a completed order earns without any."""
    shipments = sorted(rules.stage.documents["shipments"], key=lambda one: int(one["id"]))
    shipped: dict[int, int] = defaultdict(int)
    for shipment in shipments:
        for item in shipment["items"]:
            shipped[item["order_product_id"]] += item["quantity"]
        _earn(ledger, rules, shipped, "shipment", rules.day(shipment["date_created"]))
    status = rules.order["status_id"]
    if status == COMPLETED or (status == SHIPPED and not shipments and not any(ledger.earned.values())):
        everything = {source: pieces for (_, source), (pieces, _) in ledger.deferred.items()}
        already = {source: pieces for (_, source), pieces in ledger.earned.items()}
        shipped = {source: pieces + already.get(source, 0) for source, pieces in everything.items()}
        _earn(ledger, rules, shipped, "completion", rules.today)


def _earn(ledger: Ledger, rules: Rules, shipped: dict[int, int], kind: str, day: str) -> None:
    # Nothing is earned anew before the edit that made it so.
    rate, earned = ledger.documents[0].rate_day, ledger.earned
    found = Document(rules.document_type(kind), max(day, ledger.edited), rate)
    for source, (pieces, waits) in ledger.deferred.items():
        part = next(one for one in ledger.parts if one.part.key == source)
        due = max(min(shipped.get(source[1], 0) - earned.get(source, 0), pieces), 0)
        if due or (waits and not pieces):
            amount = waits if due == pieces else ratio(waits, due, pieces)
            assert part.deferred is not None
            found.book(part.account, part.code.name, (amount, amount))
            found.book(part.deferred, part.code.name, (-amount, -amount))
            found.defer(source, -due, -amount)
            found.earned[source] += due
    if found.accounts:
        ledger.add(found, rules)
