"""What the store holds: orders with their earlier versions, catalogue, customers, and its counters."""

from collections import deque
from collections.abc import Collection

from .clock import Clock
from .profile import StoreProfile
from .record import OrderFacts, OrderRecord
from .seed import (
    seed_brands,
    seed_categories,
    seed_channels,
    seed_companies,
    seed_customers,
    seed_groups,
    seed_products,
    seed_segments,
)
from .shelf import Shelf
from .wire import Json, decode, encode

__all__ = ["RESOURCES", "StoreState"]

# Earlier versions kept for stale reads; they are not written to the shelf.
VERSIONS_KEPT = 20
# BigCommerce numbers orders from 100.
FIRST_ID = 100
# Kinds of documents besides orders, each with the field that is its key.
RESOURCES = {
    "products": "id",
    "categories": "category_id",
    "customers": "id",
    "groups": "id",
    "gift_certificates": "id",
    "brands": "id",
    "channels": "id",
    "segments": "number",
    "companies": "companyId",
}


class StoreState:
    """The store's documents in memory, each change written through to the shelf."""

    def __init__(self, profile: StoreProfile, shelf: Shelf) -> None:
        self.profile = profile
        self.behaviour = profile.behaviour
        self.clock = Clock()
        self._shelf = shelf
        # Encoded, because a hundred thousand documents as Python objects would take gigabytes.
        self._orders: dict[int, bytes] = {}
        self._facts: dict[int, OrderFacts] = {}
        self._earlier: dict[int, deque[bytes]] = {}
        self._counters: dict[str, int] = {}
        self.resources: dict[str, dict[int, Json]] = {kind: {} for kind in RESOURCES}
        self._load()

    def _load(self) -> None:
        self._counters = {kind: int(value) for kind, value in self._shelf.read("counter")}
        for _, document in self._shelf.read("order"):
            record = OrderRecord.from_document(document)
            self._orders[record.id] = encode(document)
            self._facts[record.id] = record.facts()
        for kind, key in RESOURCES.items():
            self.resources[kind] = {int(body[key]): body for _, body in self._shelf.read(kind)}
        if "seeded" not in self._counters:
            self._seed()

    def _seed(self) -> None:
        bodies = {
            "products": seed_products(self.profile),
            "categories": seed_categories(),
            "customers": seed_customers(self.profile),
            "groups": seed_groups(),
            "brands": seed_brands(),
            "channels": seed_channels(),
            "segments": seed_segments(),
            "companies": seed_companies(self.profile),
        }
        for kind, rows in bodies.items():
            for row in rows:
                self.put_resource(kind, row)
        self.allocate("seeded")

    def allocate(self, kind: str) -> int:
        """Give the next number of a kind of thing, never given before."""
        number = self._counters.get(kind, FIRST_ID - 1) + 1
        self._reserve(kind, number)
        return number

    def _reserve(self, kind: str, number: int) -> None:
        if number > self._counters.get(kind, FIRST_ID - 1):
            self._counters[kind] = number
            self._shelf.put("counter", kind, number)

    def order(self, order_id: int) -> OrderRecord | None:
        """Give an order as it is now."""
        raw = self._orders.get(order_id)
        return None if raw is None else OrderRecord.from_document(decode(raw))

    def earlier(self, order_id: int) -> OrderRecord | None:
        """Give the version before the present one, if it is still known."""
        versions = self._earlier.get(order_id)
        return OrderRecord.from_document(decode(versions[-1])) if versions else None

    def facts(self) -> Collection[OrderFacts]:
        """Give the facts of all orders, also archived ones."""
        return self._facts.values()

    def put_order(self, record: OrderRecord) -> None:
        """Keep a version of an order; the one before stays available as `earlier`."""
        present = self._orders.get(record.id)
        if present is not None:
            self._earlier.setdefault(record.id, deque(maxlen=VERSIONS_KEPT)).append(present)
        self._reserve("order", record.id)
        document = record.to_document()
        self._orders[record.id] = encode(document)
        self._facts[record.id] = record.facts()
        self._shelf.put("order", record.id, document)

    def put_resource(self, kind: str, body: Json) -> None:
        """Keep a document of a kind in the place of its last version."""
        key = int(body[RESOURCES[kind]])
        self._reserve(kind, key)
        self.resources[kind][key] = body
        self._shelf.put(kind, key, body)

    def drop_resource(self, kind: str, key: int) -> bool:
        """Forget a document of a kind; tell whether there was one."""
        self._shelf.drop(kind, key)
        return self.resources[kind].pop(key, None) is not None
