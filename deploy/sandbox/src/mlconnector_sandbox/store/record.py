"""An order as the store keeps it: the top level of its document, and what the sub-resources answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .wire import Json, parse_moment

__all__ = ["PARTS", "DocumentError", "OrderFacts", "OrderRecord"]

# Keys of an embedded document that are answered by resources of their own, and what only the simulator knows of it.
PARTS = (
    "products",
    "shipping_addresses",
    "coupons",
    "taxes",
    "shipments",
    "fees",
    "messages",
    "transactions",
    "refunds",
    "refund_book",
    "pickups",
    "b2b",
    "metafields",
)
BELOW = frozenset({*PARTS, "consignments", "description"})


class DocumentError(ValueError):
    """A document cannot be kept as an order; anything that has a number and lists of objects can."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What lists filter and sort by, so that a list need not read every document."""

    id: int
    created: int
    modified: int
    status_id: int
    customer_id: int
    channel_id: int
    total: Decimal
    email: str
    cart_id: str
    payment_method: str
    external_order_id: str
    external_id: str
    archived: bool


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """One version of an order. Records are replaced, never changed, so that an older version can still be served."""

    order: Json
    parts: Mapping[str, list[Json]]
    consignments: Json | None = None
    description: Json | None = None

    @classmethod
    def from_document(cls, document: Json) -> "OrderRecord":
        """Take an order document apart.

        Lists found under the names of `PARTS` are the answers of those sub-resources; objects there are the links
        that a BigCommerce order carries, and are made anew. `consignments` is kept when it is given in full,
        `description` as what the order was computed from.

        Raises:
            DocumentError: It has no number, or a list of something else than objects.
        """
        number = document.get("id")
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise DocumentError(f"an order's id is a whole number above 0, not {number!r}")
        for name in PARTS:
            rows = document.get(name)
            if isinstance(rows, list) and not all(isinstance(row, dict) for row in rows):
                raise DocumentError(f"{name} must be a list of objects")
        order = {key: value for key, value in document.items() if key not in BELOW}
        parts = {name: list(document[name]) if isinstance(document.get(name), list) else [] for name in PARTS}
        consignments = document.get("consignments")
        given = isinstance(consignments, dict) and "shipping" in consignments
        description = document.get("description")
        described = description if isinstance(description, dict) else None
        return cls(order, parts, consignments if given else None, described)

    def to_document(self) -> Json:
        """Put the order and everything below it into one document, as `from_document` takes it."""
        whole: Json = {**self.order, **{name: rows for name, rows in self.parts.items() if rows}}
        kept = {"consignments": self.consignments, "description": self.description}
        return {**whole, **{name: value for name, value in kept.items() if value is not None}}

    def edited(self, change: Json) -> "OrderRecord":
        """Give a version with some top-level fields or whole sub-resources replaced."""
        return OrderRecord.from_document({**self.to_document(), **change})

    @property
    def id(self) -> int:
        """The order's number."""
        return int(self.order["id"])

    @property
    def status_id(self) -> int:
        """The order's status."""
        return _whole(self.order.get("status_id"))

    @property
    def charged(self) -> Decimal:
        """What the customer owes or owed; where totals are shown less gift certificates and store credit, with them."""
        total = _amount(self.order.get("total_inc_tax"))
        if (self.description or {}).get("tenders_in_total") != "reduced":
            return total
        return (
            total + _amount(self.order.get("store_credit_amount")) + _amount(self.order.get("gift_certificate_amount"))
        )

    @property
    def archived(self) -> bool:
        """Whether the order is archived."""
        return bool(self.order.get("is_deleted"))

    def facts(self) -> OrderFacts:
        """Extract what lists filter by; a document that lacks a field has the empty value."""
        order = self.order
        billing = order.get("billing_address")
        return OrderFacts(
            id=self.id,
            created=_seconds(order.get("date_created")),
            modified=_seconds(order.get("date_modified")),
            status_id=self.status_id,
            customer_id=_whole(order.get("customer_id")),
            channel_id=_whole(order.get("channel_id"), default=1),
            total=_amount(order.get("total_inc_tax")),
            email=str(billing.get("email", "")) if isinstance(billing, dict) else "",
            cart_id=str(order.get("cart_id") or ""),
            payment_method=str(order.get("payment_method") or ""),
            external_order_id=str(order.get("external_order_id") or ""),
            external_id=str(order.get("external_id") or ""),
            archived=self.archived,
        )


def _whole(value: object, default: int = 0) -> int:
    try:
        return int(str(value))
    except ValueError:
        return default


def _seconds(value: object) -> int:
    try:
        return int(parse_moment(str(value)).timestamp())
    except ValueError:
        return 0


def _amount(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)
