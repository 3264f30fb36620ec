"""The rows below an order: order products, tax rows, shipping addresses, fees; pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from .arithmetic import PricedLine, PricedOrder, Rate, Reduction, Taxed
from .description import Destination, Fee, Line, Pickup
from .money import text4
from .profile import StoreProfile
from .wire import Json

__all__ = [
    "Place",
    "ResolvedLine",
    "TaxedItem",
    "address_row",
    "costs",
    "fee_rows",
    "pickup_row",
    "product_row",
    "tax_rows",
    "taxed_items",
]

SHIPPING_TAX_CLASS = 2
WRAPPING_TAX_CLASS = 3
ZERO = "0.0000"


@dataclass(frozen=True, slots=True)
class ResolvedLine:
    """A described line with everything the catalogue adds to it."""

    line: Line
    id: int
    name: str
    sku: str
    type: str
    price: Decimal
    tax_class: int
    rates: tuple[Rate, ...]
    variant_id: int


@dataclass(frozen=True, slots=True)
class Place:
    """A destination of the order, by its number among them."""

    entry: Destination
    index: int

    @property
    def address_id(self) -> int:
        """Give the id of the shipping address, 0 for a pickup."""
        return 0 if self.entry.pickup else self.entry.id or 0

    @property
    def pickup_id(self) -> int:
        """Give the id of the pickup, 0 for what is sent."""
        return self.entry.id or 0 if self.entry.pickup else 0


@dataclass(frozen=True, slots=True)
class TaxedItem:
    """One thing on which tax was charged: a line, its wrapping, or an address's shipping or handling."""

    kind: str
    place: Place | None
    product_row_id: int | None
    tax_class: int
    figures: Taxed


def costs(prefix: str, figures: Taxed) -> Json:
    """Write figures under BigCommerce's three names, such as `shipping_cost_ex_tax`."""
    return {
        f"{prefix}_ex_tax": text4(figures.ex),
        f"{prefix}_inc_tax": text4(figures.inc),
        f"{prefix}_tax": text4(figures.tax),
    }


def product_row(
    resolved: ResolvedLine, priced: PricedLine, order_id: int, place: Place | None, parent: int | None
) -> Json:
    """Write one order product; what nobody carries anywhere has no place."""
    line = resolved.line
    return {
        "id": resolved.id,
        "order_id": order_id,
        "product_id": line.product_id,
        "variant_id": resolved.variant_id,
        "order_pickup_method_id": place.pickup_id if place else 0,
        "order_address_id": place.address_id if place else 0,
        "name": resolved.name,
        "name_customer": resolved.name,
        "name_merchant": resolved.name,
        "sku": resolved.sku,
        "upc": "",
        "type": resolved.type,
        "base_price": text4(resolved.price),
        "price_ex_tax": text4(priced.unit.ex),
        "price_inc_tax": text4(priced.unit.inc),
        "price_tax": text4(priced.unit.inc - priced.unit.ex),
        "base_total": text4(resolved.price * line.quantity),
        "total_ex_tax": text4(priced.total.ex),
        "total_inc_tax": text4(priced.total.inc),
        "total_tax": text4(priced.total.tax),
        "quantity": line.quantity,
        "base_cost_price": ZERO,
        "cost_price_inc_tax": ZERO,
        "cost_price_ex_tax": ZERO,
        "cost_price_tax": ZERO,
        "weight": "1.0000" if resolved.type == "physical" else ZERO,
        "width": ZERO,
        "height": ZERO,
        "depth": ZERO,
        "is_refunded": False,
        "quantity_refunded": 0,
        "refund_amount": ZERO,
        "return_id": 0,
        "wrapping_id": 1 if line.wrapping else 0,
        "wrapping_name": "Gift wrap" if line.wrapping else "",
        "base_wrapping_cost": text4(line.wrapping),
        **costs("wrapping_cost", priced.wrapping),
        "wrapping_message": "",
        "quantity_shipped": line.quantity_shipped,
        "event_name": None,
        "event_date": None,
        "fixed_shipping_cost": ZERO,
        "ebay_item_id": "",
        "ebay_transaction_id": "",
        "option_set_id": None,
        "parent_order_product_id": parent,
        "is_bundled_product": parent is not None,
        "bin_picking_number": "",
        "external_id": None,
        "brand": line.brand or "",
        "applied_discounts": [_applied(reduction) for reduction in priced.reductions],
        "product_options": [],
        "configurable_fields": [],
        "gift_certificate_id": line.certificate_id,
        "discounted_total_inc_tax": text4(priced.discounted_inc),
    }


def _applied(reduction: Reduction) -> Json:
    return {
        "id": reduction.id,
        "amount": text4(reduction.amount),
        "name": reduction.name,
        "code": reduction.code,
        "target": reduction.target,
    }


def pickup_row(destination: Destination) -> Json:
    """Write one pickup as the consignments show it, but for its line items."""
    pickup, address = destination.pickup or Pickup(), destination.address
    return {
        "id": destination.id,
        "pickup_method_id": 1,
        "pickup_method_display_name": pickup.method,
        "collection_instructions": pickup.instructions,
        "collection_time_description": "",
        "location": {
            "id": 1,
            "name": pickup.name,
            "code": pickup.code,
            "address_line_1": address["street_1"],
            "address_line_2": address["street_2"],
            "city": address["city"],
            "state": address["state"],
            "postal_code": address["zip"],
            "country_alpha2": address["country_iso2"],
            "email": address["email"],
            "phone": address["phone"],
        },
    }


def address_row(destination: Destination, order_id: int, carriage: tuple[Taxed, Taxed], items: tuple[int, int]) -> Json:
    """Write one shipping address with its carriage."""
    shipping, handling = carriage
    return {
        "id": destination.id,
        "order_id": order_id,
        **destination.address,
        "items_total": items[0],
        "items_shipped": items[1],
        "shipping_method": destination.method,
        "base_cost": text4(destination.shipping),
        **costs("cost", shipping),
        "cost_tax_class_id": SHIPPING_TAX_CLASS,
        "base_handling_cost": text4(destination.handling),
        **costs("handling_cost", handling),
        "handling_cost_tax_class_id": SHIPPING_TAX_CLASS,
        "shipping_zone_id": 1,
        "shipping_zone_name": destination.address["country"],
        "form_fields": [],
    }


def fee_rows(fees: Sequence[Fee], priced: PricedOrder) -> list[Json]:
    """Write the fees."""
    return [
        {
            "id": fee.id,
            "type": "custom_fee",
            "display_name_customer": fee.name,
            "display_name_merchant": fee.name,
            "source": "sandbox",
            "base_cost": text4(fee.amount),
            **costs("cost", figures),
            "tax_class_id": fee.tax_class_id,
        }
        for fee, figures in zip(fees, priced.fees, strict=True)
    ]


def taxed_items(
    resolved: Sequence[ResolvedLine],
    fees: Sequence[Fee],
    priced: PricedOrder,
    line_places: Sequence[Place | None],
    places: Sequence[Place],
) -> list[TaxedItem]:
    """List everything tax was charged on, in the order of the tax rows."""
    items: list[TaxedItem] = []
    for line, figures, place in zip(resolved, priced.lines, line_places, strict=True):
        items.append(TaxedItem("item", place, line.id, line.tax_class, figures.total))
        items.append(TaxedItem("gift-wrapping", place, None, WRAPPING_TAX_CLASS, figures.wrapping))
    for kind, charges in (("shipping", priced.shipping), ("handling", priced.handling)):
        items += [
            TaxedItem(kind, place, None, SHIPPING_TAX_CLASS, figures)
            for place, figures in zip(places, charges, strict=True)
        ]
    # The documented kinds have none for fees; their tax must be somewhere for the rows to add up to `total_tax`.
    items += [
        TaxedItem("item", places[0] if places else None, None, fee.tax_class_id or 0, figures)
        for fee, figures in zip(fees, priced.fees, strict=True)
    ]
    return [item for item in items if item.figures.rows and item.figures.inc]


def tax_rows(
    items: Iterable[TaxedItem], order_id: int, profile: StoreProfile, allocate: Callable[[str], int]
) -> list[Json]:
    """Write the detailed tax rows: one per item and rate."""
    return [
        {
            "id": allocate("tax"),
            "order_id": order_id,
            "order_address_id": item.place.address_id if item.place else 0,
            "tax_rate_id": rate.id,
            "sales_tax_id": f"RATE-{rate.id}",
            "tax_class_id": item.tax_class,
            "name": rate.name,
            "class": profile.tax_class_name(item.tax_class),
            "rate": text4(rate.percent),
            "priority": rate.priority,
            "priority_amount": text4(_of_priority(item, rate.priority)),
            "line_amount": text4(amount),
            "order_pickup_method_id": item.place.pickup_id if item.place else 0,
            "order_product_id": None if item.product_row_id is None else str(item.product_row_id),
            "line_item_type": item.kind,
        }
        for item in items
        for rate, amount in item.figures.rows
    ]


def _of_priority(item: TaxedItem, priority: int) -> Decimal:
    return sum((amount for rate, amount in item.figures.rows if rate.priority == priority), Decimal(0))
