"""Completes a description from the store's profile and catalogue: every part numbered, every choice made; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace

from .arithmetic import Rate
from .description import DescriptionError, Destination, Line, OrderDescription
from .lines import ResolvedLine
from .money import UnknownCurrencyError, currency_decimals, quantum, round_to
from .profile import StoreProfile
from .statuses import STATUSES
from .wire import Json, rfc2822

__all__ = ["ADDRESS_FIELDS", "Surroundings", "address_of", "complete", "resolve", "taxed_at"]

CERTIFICATE = "giftcertificate"
ADDRESS_FIELDS = (
    "first_name",
    "last_name",
    "company",
    "street_1",
    "street_2",
    "city",
    "state",
    "zip",
    "country",
    "country_iso2",
    "phone",
    "email",
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a description is completed from; the customer is `None` for a guest, the company for others."""

    profile: StoreProfile
    products: Mapping[int, Json]
    billing: Json
    allocate: Callable[[str], int]
    now: datetime
    customer: Json | None = None
    company_id: int | None = None
    brands: Mapping[int, Json] = field(default_factory=dict)
    certificates: Mapping[int, Json] = field(default_factory=dict)


def complete(description: OrderDescription, around: Surroundings) -> OrderDescription:
    """Give the description with nothing left open, so that it makes the same order again whatever the store becomes.

    Raises:
        DescriptionError: The description contradicts itself or the catalogue.
    """
    _check(description, around.profile)
    profile, allocate = around.profile, around.allocate
    included = description.prices_include_tax
    billing = address_of({**around.billing, **description.billing})
    return replace(
        description,
        id=description.id or allocate("order"),
        date_created=description.date_created or rfc2822(around.now),
        lines=tuple(_complete_line(line, description, around) for line in description.lines),
        destinations=tuple(
            replace(entry, id=entry.id or allocate("address"), address=address_of({**billing, **entry.address}))
            for entry in description.destinations
        ),
        coupons=tuple(replace(entry, id=entry.id or allocate("coupon")) for entry in description.coupons),
        fees=tuple(replace(entry, id=entry.id or allocate("fee")) for entry in description.fees),
        billing=billing,
        company_id=description.company_id if description.company_id is not None else around.company_id,
        form_fields=_form_fields(description, around.customer),
        tax_exempt=_is_exempt(description, around.customer),
        currency=description.currency or profile.currency,
        display_rate=_display_rate(description, profile),
        prices_include_tax=profile.prices_include_tax if included is None else included,
        rounding=description.rounding or profile.rounding,
        estimate=description.estimate or profile.estimate,
        fee_place=description.fee_place or profile.fee_place,
        shipping_coupon=description.shipping_coupon or profile.shipping_coupon,
        tenders_in_total=description.tenders_in_total or profile.tenders_in_total,
    )


def _check(description: OrderDescription, profile: StoreProfile) -> None:
    if not description.lines:
        raise DescriptionError("an order has at least one line")
    if description.status_id not in STATUSES:
        raise DescriptionError(f"status_id must be one of {sorted(STATUSES)}, not {description.status_id}")
    for line in description.lines:
        if line.bundle_of is not None and not 0 <= line.bundle_of < len(description.lines):
            raise DescriptionError(f"bundle_of counts lines from 0; there is no line {line.bundle_of}")
    for place in description.destinations:
        if place.pickup is not None and (place.shipping or place.handling):
            raise DescriptionError("a pickup has neither carriage nor handling")
    if description.currency is not None:
        try:
            currency_decimals(description.currency)
        except UnknownCurrencyError as error:
            raise DescriptionError(str(error)) from error
        foreign = profile.foreign(description.currency)
        if foreign is not None and not foreign.transactional:
            raise DescriptionError(
                f"{foreign.code} is only shown, nothing is charged in it: give it as display_currency"
            )


def _form_fields(description: OrderDescription, customer: Json | None) -> dict[str, str]:
    if description.form_fields is not None:
        return description.form_fields
    return {str(row["name"]): str(row["value"]) for row in (customer or {}).get("form_fields", [])}


def _is_exempt(description: OrderDescription, customer: Json | None) -> bool:
    if description.tax_exempt is not None:
        return description.tax_exempt
    return bool((customer or {}).get("tax_exempt_category"))


def _display_rate(description: OrderDescription, profile: StoreProfile) -> Decimal:
    foreign = profile.foreign(description.display_currency or "")
    if description.display_rate is not None or foreign is None:
        return Decimal(1) if description.display_rate is None else description.display_rate
    return foreign.rate


def address_of(source: Mapping[str, object]) -> dict[str, str]:
    """Give the fields of an order's address, empty where there is nothing."""
    return {field: str(source.get(field, "")) for field in ADDRESS_FIELDS}


def _complete_line(line: Line, description: OrderDescription, around: Surroundings) -> Line:
    product = around.products.get(line.product_id, {})
    if line.product_id and not product and (line.price is None or line.name is None):
        raise DescriptionError(f"product {line.product_id} is not in the catalogue: give the line a name and a price")
    kind = line.type or product.get("type", "physical")
    if kind == "physical" and line.destination >= len(description.destinations):
        raise DescriptionError(f"a line goes to destination {line.destination}, of {len(description.destinations)}")
    brand_id = int(product.get("brand_id") or 0)
    return replace(
        line,
        id=line.id or around.allocate("order_product"),
        price=line.price if line.price is not None else _price(product, description.currency, around.profile),
        name=line.name or str(product.get("name", "Custom item")),
        brand=line.brand if line.brand is not None else str(around.brands.get(brand_id, {}).get("name", "")),
        sku=line.sku if line.sku is not None else str(product.get("sku", "")),
        type=kind,
        tax_class_id=line.tax_class_id if line.tax_class_id is not None else int(product.get("tax_class_id", 0)),
        certificate_id=line.certificate_id or (around.allocate("gift_certificates") if kind == CERTIFICATE else None),
    )


def _price(product: Json, currency: str | None, profile: StoreProfile) -> Decimal:
    """Give a product's price in the currency charged; what the store converts it also rounds."""
    price = Decimal(str(product.get("price", "0")))
    foreign = profile.foreign(currency or profile.currency)
    return price if foreign is None else round_to(price * foreign.rate, quantum(foreign.code))


def resolve(line: Line, description: OrderDescription, around: Surroundings) -> ResolvedLine:
    """Give a completed line with its tax rates."""
    product = around.products.get(line.product_id, {})
    return ResolvedLine(
        line=line,
        id=line.id or 0,
        name=line.name or "",
        sku=line.sku or "",
        type=line.type or "physical",
        price=line.price or Decimal(0),
        tax_class=line.tax_class_id or 0,
        rates=_rates(line, description, around.profile),
        variant_id=int(product.get("base_variant_id") or 0),
    )


def taxed_at(place: Destination | OrderDescription) -> dict[str, str]:
    """Give the address whose taxes hold for a destination, or for what is billed and sent nowhere."""
    return place.taxed_at or (place.billing if isinstance(place, OrderDescription) else place.address)


def _rates(line: Line, description: OrderDescription, profile: StoreProfile) -> tuple[Rate, ...]:
    if description.tax_exempt or line.type == CERTIFICATE:
        return ()
    if line.rates is not None:
        return tuple(Rate(row.id, row.name, row.percent, row.priority) for row in line.rates)
    goes_out = line.type == "physical"
    place = taxed_at(description.destinations[line.destination]) if goes_out else taxed_at(description)
    return profile.rates(line.tax_class_id or 0, place["country_iso2"], place["state"])
