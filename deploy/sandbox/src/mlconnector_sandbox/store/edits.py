"""Edits of a placed order in a merchant's terms, computed again as the store does; pure."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from .behaviour import Behaviour
from .description import DescriptionError, Destination, Fee, Line, OrderDescription
from .documents import build_document
from .record import OrderRecord
from .refund_totals import written
from .refundable import is_void
from .resolution import Surroundings, taxed_at
from .wire import Json

__all__ = ["AddressChange", "LineChange", "OrderEdit", "revised"]

# What an edit computes anew; everything else of the order has a life of its own.
COMPUTED = ("subtotal_", "total_", "shipping_cost_", "handling_cost_", "wrapping_cost_", "base_", "items_total")
COMPUTED_FIELDS = (
    "discount_amount",
    "coupon_discount",
    "billing_address",
    "shipping_address_count",
    "order_is_digital",
)
COMPUTED_PARTS = ("products", "shipping_addresses", "pickups", "coupons", "taxes", "fees", "description")


class _Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What all changes have in common: unknown keys are errors."""


class LineChange(_Change, frozen=True):
    """Another quantity or price of a line; with the quantity 0 it is removed."""

    id: int
    quantity: int | None = None
    price: Decimal | None = None


class AddressChange(_Change, frozen=True):
    """Another address, or other costs, of a destination; `id` is the shipping address's, or the pickup's."""

    id: int
    address: dict[str, str] = {}
    shipping: Decimal | None = None
    handling: Decimal | None = None


class OrderEdit(_Change, frozen=True):
    """What a merchant changes in one go."""

    add_lines: tuple[Line, ...] = ()
    change_lines: tuple[LineChange, ...] = ()
    remove_lines: tuple[int, ...] = ()
    add_fees: tuple[Fee, ...] = ()
    remove_fees: tuple[int, ...] = ()
    addresses: tuple[AddressChange, ...] = ()
    billing: dict[str, str] = {}
    discount: Decimal | None = None


def revised(record: OrderRecord, edit: OrderEdit, behaviour: Behaviour, around: Surroundings) -> OrderRecord:
    """Give an order as it is after an edit: computed again from what it was described as.

    Raises:
        DescriptionError: The order was not described, or the edit does not fit it.
    """
    if record.description is None:
        raise DescriptionError(f"order {record.id} was placed as a document: it can only be patched")
    description = _edited(msgspec.convert(record.description, OrderDescription), edit, behaviour, record)
    document = build_document(description, around)
    change = {key: value for key, value in document.items() if key.startswith(COMPUTED) or key in COMPUTED_FIELDS}
    change |= {part: document[part] for part in COMPUTED_PARTS}
    change["products"] = [
        _with_progress(row, record.parts["products"], "quantity_shipped") for row in change["products"]
    ]
    change["shipping_addresses"] = [
        _with_progress(row, record.parts["shipping_addresses"], "items_shipped") for row in change["shipping_addresses"]
    ]
    again = record.edited(change)
    refunds = {row["id"]: row for row in record.parts["refunds"]}
    for entry in record.parts["refund_book"]:
        refund = refunds.get(entry["refund_id"])
        if refund is not None and not is_void(refund):
            again = written(again, refund, entry)
    return again


def _with_progress(row: Json, before: Iterable[Json], field: str) -> Json:
    return {**row, field: next((old.get(field, 0) for old in before if old["id"] == row["id"]), 0)}


def _edited(
    description: OrderDescription, edit: OrderEdit, behaviour: Behaviour, record: OrderRecord
) -> OrderDescription:
    changes = {change.id: change for change in edit.change_lines}
    gone = {*edit.remove_lines, *(key for key, change in changes.items() if change.quantity == 0)}
    _know(gone | changes.keys(), [line.id for line in description.lines], "line")
    _know(edit.remove_fees, [fee.id for fee in description.fees], "fee")
    lines = _without([_line(line, changes.get(line.id or 0), behaviour) for line in description.lines], gone)
    _leave_what_is_done(lines, record)
    return replace(
        _moved(description, edit, behaviour),
        lines=(*lines, *edit.add_lines),
        fees=(*(fee for fee in description.fees if fee.id not in edit.remove_fees), *edit.add_fees),
        discount=description.discount if edit.discount is None else edit.discount,
    )


def _know(wanted: Iterable[int], there: list[int | None], what: str) -> None:
    missing = sorted(set(wanted) - set(there))
    if missing:
        raise DescriptionError(f"the order has no {what} {', '.join(map(str, missing))}")


def _line(line: Line, change: LineChange | None, behaviour: Behaviour) -> Line:
    if change is None:
        return line
    if behaviour.edit_discounts == "clear":
        line = replace(line, discounts=(), discountable=False)
    quantity = line.quantity if not change.quantity else change.quantity
    return replace(line, quantity=quantity, price=line.price if change.price is None else change.price)


def _without(lines: list[Line], gone: set[int]) -> list[Line]:
    """Take lines out, with what is bundled with them; the others' bundles are counted anew."""
    kept = [
        index
        for index, line in enumerate(lines)
        if line.id not in gone and (line.bundle_of is None or lines[line.bundle_of].id not in gone)
    ]
    places = {index: place for place, index in enumerate(kept)}
    return [
        lines[index] if (parent := lines[index].bundle_of) is None else replace(lines[index], bundle_of=places[parent])
        for index in kept
    ]


def _leave_what_is_done(lines: list[Line], record: OrderRecord) -> None:
    quantities: Mapping[int | None, int] = {line.id: line.quantity for line in lines}
    for row in record.parts["products"]:
        done = max(int(row.get("quantity_shipped", 0)), int(row.get("quantity_refunded", 0)))
        if quantities.get(row["id"], 0) < done:
            raise DescriptionError(f"{done} of line {row['id']} are shipped or refunded: so many must stay")


def _moved(description: OrderDescription, edit: OrderEdit, behaviour: Behaviour) -> OrderDescription:
    changes = {change.id: change for change in edit.addresses}
    _know(changes, [place.id for place in description.destinations], "address")
    stay = behaviour.address_taxes == "keep"
    places = tuple(
        place if place.id not in changes else _destination(place, changes[place.id], stay=stay)
        for place in description.destinations
    )
    if edit.billing:
        billing = {**description.billing, **edit.billing}
        description = replace(description, billing=billing, taxed_at=taxed_at(description) if stay else None)
    return replace(description, destinations=places)


def _destination(place: Destination, change: AddressChange, *, stay: bool) -> Destination:
    at = (taxed_at(place) if stay else None) if change.address else place.taxed_at
    return replace(
        place,
        address={**place.address, **change.address},
        taxed_at=at,
        shipping=place.shipping if change.shipping is None else change.shipping,
        handling=place.handling if change.handling is None else change.handling,
    )
