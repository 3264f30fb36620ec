"""What an order consists of: its lines, shipping, handling, wrapping and fees, each with its place of tax."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from ..bigcommerce.models import Address, OrderProduct, OrderSnapshot, ShippingAddress
from .forms import item_label
from .values import Refusal

__all__ = ["SOLD", "Component", "ComponentRole", "Place", "components_of"]

ComponentRole = Literal["product", "gift_certificate", "freight", "handling", "wrapping", "fee"]
SOLD: Final = frozenset({"product", "gift_certificate"})
"""Roles of what stands for a line of the order."""

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is taxed: ISO country and the state as the store writes it."""

    country: str
    region: str


@dataclass(frozen=True, slots=True)
class Component:
    """One thing the shopper pays for, with the figures the store states for it.

    Attributes:
        label: what it is, without the quantity.
        ex, inc, tax: without tax, with tax, and the tax itself (which the store charges after discounts).
        stated: what is charged for it after all discounts, with tax, where the store says so.
        applied: discounts the store spread over it.
        product_id: order product id of a line or of its wrapping, else `None`.
        address_id: order address it goes to, `None` where it belongs to the whole order.
        tax_class_id: the store's tax class, where known.
        catalog_id: product id in the catalog, 0 without one.
        fee_id: the store's id of a fee, else 0.
        quantity: pieces of a line, else 0.
    """

    role: ComponentRole
    label: str
    place: Place
    ex: Decimal
    inc: Decimal
    tax: Decimal
    stated: Decimal | None = None
    applied: Decimal = ZERO
    product_id: int | None = None
    address_id: int | None = None
    tax_class_id: int | None = None
    catalog_id: int = 0
    fee_id: int = 0
    quantity: int = 0

    @property
    def text(self) -> str:
        """Return what it is, with its quantity."""
        return f"{self.quantity}x {self.label}" if self.quantity else self.label

    @property
    def source(self) -> int:
        """Return what it stands for in the store, 0 where that is the whole order."""
        return self.fee_id or self.product_id or self.address_id or 0


def components_of(snapshot: OrderSnapshot, item_text: str) -> tuple[Component, ...] | Refusal:
    """Return all parts of an order that cost anything, in the order of its document.

    Args:
        snapshot: the order.
        item_text: what a product's line says after its quantity, with places to fill in.
    """
    charges = _charges(snapshot)
    if isinstance(charges, Refusal):
        return charges
    parts = (*_lines(snapshot, item_text), *charges, *_wrappings(snapshot), *_fees(snapshot))
    return tuple(part for part in parts if part.ex or part.inc or part.stated)


def _lines(snapshot: OrderSnapshot, item_text: str) -> Iterable[Component]:
    for line in snapshot.products:
        facts = snapshot.product_facts.get(line.product_id)
        yield Component(
            role="gift_certificate" if line.type == "giftcertificate" else "product",
            label=_label(snapshot, line, item_text),
            place=_place_of_line(snapshot, line),
            ex=line.total_ex_tax,
            inc=line.total_inc_tax,
            tax=line.total_tax,
            stated=line.discounted_total_inc_tax,
            applied=sum((discount.amount for discount in line.applied_discounts), ZERO),
            product_id=line.id,
            address_id=_address_id(snapshot, line),
            tax_class_id=facts.tax_class_id if facts else None,
            catalog_id=line.product_id,
            quantity=line.quantity,
        )


def _label(snapshot: OrderSnapshot, line: OrderProduct, item_text: str) -> str:
    if line.type == "giftcertificate":
        # Its name may name whom it is for.
        return "Gift certificate"
    return item_label(item_text, sku=line.sku, name=line.name, order=snapshot.order.id)


def _charges(snapshot: OrderSnapshot) -> tuple[Component, ...] | Refusal:
    """Take shipping and handling per destination where these add up to the order's, else as one where all agree."""
    order, destinations = snapshot.order, snapshot.destinations
    shipping = [(place.cost_ex_tax, place.cost_inc_tax, place.cost_tax) for place in destinations]
    handling = [
        (place.handling_cost_ex_tax, place.handling_cost_inc_tax, place.handling_cost_tax) for place in destinations
    ]
    freight_total = (order.shipping_cost_ex_tax, order.shipping_cost_inc_tax, order.shipping_cost_tax)
    handling_total = (order.handling_cost_ex_tax, order.handling_cost_inc_tax, order.handling_cost_tax)
    freight = _charge(snapshot, "freight", freight_total, shipping, order.shipping_cost_tax_class_id)
    if isinstance(freight, Refusal):
        return freight
    handled = _charge(snapshot, "handling", handling_total, handling, order.handling_cost_tax_class_id)
    return handled if isinstance(handled, Refusal) else (*freight, *handled)


Figures = tuple[Decimal, Decimal, Decimal]


def _charge(
    snapshot: OrderSnapshot,
    role: Literal["freight", "handling"],
    total: Figures,
    parts: Sequence[Figures],
    tax_class_id: int | None,
) -> tuple[Component, ...] | Refusal:
    if not any(total):
        return ()
    text = "Shipping" if role == "freight" else "Handling"
    destinations = snapshot.destinations
    if len(destinations) > 1 and _sums(parts) == total:
        return tuple(
            Component(
                role=role,
                label=f"{text} {place.shipping_method}".strip(),
                place=_place(place),
                ex=part[0],
                inc=part[1],
                tax=part[2],
                address_id=place.id,
                tax_class_id=tax_class_id,
            )
            for place, part in zip(destinations, parts, strict=True)
        )
    places = {_place(place) for place in destinations} or {_place(snapshot.order.billing_address)}
    if len(places) > 1:
        sentence = f"{text.lower()} of {total[1]} is not what its {len(destinations)} destinations add up to"
        return Refusal(
            "refused:destinations", f"{sentence} ({_sums(parts)[1]}), and they are taxed in different places"
        )
    only = destinations[0] if len(destinations) == 1 else None
    return (
        Component(
            role=role,
            label=f"{text} {only.shipping_method if only else ''}".strip(),
            place=places.pop(),
            ex=total[0],
            inc=total[1],
            tax=total[2],
            address_id=only.id if only else None,
            tax_class_id=tax_class_id,
        ),
    )


def _wrappings(snapshot: OrderSnapshot) -> Iterable[Component]:
    order = snapshot.order
    total = (order.wrapping_cost_ex_tax, order.wrapping_cost_inc_tax, order.wrapping_cost_tax)
    wrapped = [line for line in snapshot.products if line.wrapping_cost_inc_tax or line.wrapping_cost_ex_tax]
    parts = [(line.wrapping_cost_ex_tax, line.wrapping_cost_inc_tax, line.wrapping_cost_tax) for line in wrapped]
    if wrapped and _sums(parts) == total:
        for line, part in zip(wrapped, parts, strict=True):
            yield Component(
                role="wrapping",
                label=f"Wrapping of {line.sku or line.name}",
                place=_place_of_line(snapshot, line),
                ex=part[0],
                inc=part[1],
                tax=part[2],
                product_id=line.id,
                address_id=_address_id(snapshot, line),
                tax_class_id=order.wrapping_cost_tax_class_id,
            )
        return
    yield Component(
        role="wrapping",
        label="Wrapping",
        place=_main_place(snapshot),
        ex=total[0],
        inc=total[1],
        tax=total[2],
        tax_class_id=order.wrapping_cost_tax_class_id,
    )


def _fees(snapshot: OrderSnapshot) -> Iterable[Component]:
    for fee in snapshot.fees:
        yield Component(
            role="fee",
            label=fee.display_name_merchant or "Fee",
            place=_main_place(snapshot),
            ex=fee.cost_ex_tax,
            inc=fee.cost_inc_tax,
            tax=fee.cost_tax,
            tax_class_id=fee.tax_class_id,
            fee_id=fee.id,
        )


def _sums(parts: Sequence[Figures]) -> Figures:
    return (
        sum((part[0] for part in parts), ZERO),
        sum((part[1] for part in parts), ZERO),
        sum((part[2] for part in parts), ZERO),
    )


def _place(address: Address) -> Place:
    return Place(address.country_iso2.upper(), address.state)


def _main_place(snapshot: OrderSnapshot) -> Place:
    destinations = snapshot.destinations
    return _place(destinations[0] if destinations else snapshot.order.billing_address)


def _destination(snapshot: OrderSnapshot, line: OrderProduct) -> ShippingAddress | None:
    named = [place for place in snapshot.destinations if place.id == line.order_address_id]
    if named:
        return named[0]
    only = len(snapshot.destinations) == 1 and line.type == "physical"
    return snapshot.destinations[0] if only else None


def _address_id(snapshot: OrderSnapshot, line: OrderProduct) -> int | None:
    destination = _destination(snapshot, line)
    return destination.id if destination else None


def _place_of_line(snapshot: OrderSnapshot, line: OrderProduct) -> Place:
    # The ship-to taxes what is sent, the pickup location what is fetched, the billing address what is digital.
    for pickup in snapshot.order.consignments.pickups:
        if line.order_pickup_method_id and pickup.id == line.order_pickup_method_id:
            return Place(pickup.location.country_alpha2.upper(), pickup.location.state)
    return _place(_destination(snapshot, line) or snapshot.order.billing_address)
