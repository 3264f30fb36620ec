"""From a compact description to the whole BigCommerce document of an order, pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

from .arithmetic import Charge, LineInput, PricedOrder, Rate, Taxed, Terms, price_order
from .description import Line, OrderDescription
from .discounts import coupon_rows, line_reductions, order_reduction, shipping_reduction
from .lines import (
    SHIPPING_TAX_CLASS,
    WRAPPING_TAX_CLASS,
    ResolvedLine,
    address_row,
    costs,
    fee_rows,
    product_row,
    tax_rows,
    taxed_items,
)
from .money import UnknownCurrencyError, currency_decimals, text4
from .payments import Tender, checkout_rows
from .profile import StoreProfile
from .statuses import STATUSES
from .wire import Json, rfc2822

__all__ = ["DescriptionError", "Surroundings", "build_document"]

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


class DescriptionError(ValueError):
    """A description contradicts itself or the catalogue."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a description is completed from."""

    profile: StoreProfile
    products: Mapping[int, Json]
    billing: Json
    allocate: Callable[[str], int]
    now: datetime


def build_document(description: OrderDescription, around: Surroundings) -> Json:
    """Write the order with everything below it, as `OrderRecord.from_document` takes it.

    Raises:
        DescriptionError: The description contradicts itself or the catalogue.
    """
    _check(description)
    order_id = description.id or around.allocate("order")
    billing = _address({**around.billing, **description.billing})
    resolved = [_resolve(line, billing, description, around) for line in description.lines]
    goes_out = any(entry.type == "physical" for entry in resolved)
    destinations = description.destinations if goes_out else ()
    addresses = [
        {"id": around.allocate("address"), **_address({**billing, **destination.address})}
        for destination in destinations
    ]
    terms = _terms(description, around.profile)
    priced = _price(description, resolved, addresses or [billing], terms, around.profile)
    line_addresses = [addresses[entry.line.destination]["id"] if entry.type == "physical" else 0 for entry in resolved]
    address_ids = [address["id"] for address in addresses]
    items = taxed_items(resolved, description.fees, priced, line_addresses, address_ids)
    return {
        **_top_level(description, priced, terms, around, order_id, resolved, billing, len(addresses)),
        "products": [
            product_row(entry, figures, order_id, address, _parent(entry, resolved))
            for entry, figures, address in zip(resolved, priced.lines, line_addresses, strict=True)
        ],
        "shipping_addresses": [
            address_row(
                address,
                order_id,
                destination,
                (priced.shipping[index], priced.handling[index]),
                _count_items(entry for entry, at in zip(resolved, line_addresses, strict=True) if at == address["id"]),
            )
            for index, (address, destination) in enumerate(zip(addresses, destinations, strict=True))
        ],
        "coupons": coupon_rows(description, priced, order_id, around.allocate),
        "taxes": tax_rows(items, order_id, around.profile, around.allocate),
        "fees": fee_rows(description.fees, priced, around.allocate),
        "transactions": checkout_rows(
            description,
            order_id,
            (priced.total.inc, description.currency or around.profile.currency),
            (
                Tender("storecredit", description.store_credit, {}),
                Tender("giftcertificate", description.gift_certificate, {}),
            ),
            around.now,
            around.allocate,
        ),
    }


def _check(description: OrderDescription) -> None:
    if not description.lines:
        raise DescriptionError("an order has at least one line")
    if description.status_id not in STATUSES:
        raise DescriptionError(f"status_id must be one of {sorted(STATUSES)}, not {description.status_id}")
    for line in description.lines:
        if line.bundle_of is not None and not 0 <= line.bundle_of < len(description.lines):
            raise DescriptionError(f"bundle_of counts lines from 0; there is no line {line.bundle_of}")
    if description.currency is not None:
        try:
            currency_decimals(description.currency)
        except UnknownCurrencyError as error:
            raise DescriptionError(str(error)) from error


def _address(source: Mapping[str, object]) -> Json:
    return {field: str(source.get(field, "")) for field in ADDRESS_FIELDS}


def _terms(description: OrderDescription, profile: StoreProfile) -> Terms:
    terms = profile.terms(description.currency)
    included = description.prices_include_tax
    return replace(
        terms,
        includes_tax=terms.includes_tax if included is None else included,
        rounding=description.rounding or terms.rounding,
        estimate=description.estimate or terms.estimate,
        fee_place=description.fee_place or terms.fee_place,
    )


def _resolve(line: Line, billing: Json, description: OrderDescription, around: Surroundings) -> ResolvedLine:
    product = around.products.get(line.product_id, {})
    if line.product_id and not product and (line.price is None or line.name is None):
        raise DescriptionError(f"product {line.product_id} is not in the catalogue: give the line a name and a price")
    kind = line.type or str(product.get("type", "physical"))
    if kind == "physical" and line.destination >= len(description.destinations):
        raise DescriptionError(f"a line goes to destination {line.destination}, of {len(description.destinations)}")
    price = line.price if line.price is not None else Decimal(str(product.get("price", "0")))
    tax_class = line.tax_class_id if line.tax_class_id is not None else int(product.get("tax_class_id", 0))
    name = line.name or str(product.get("name", "Custom item"))
    return ResolvedLine(
        line=line,
        id=around.allocate("order_product"),
        name=name,
        sku=line.sku if line.sku is not None else str(product.get("sku", "")),
        type=kind,
        price=price,
        tax_class=tax_class,
        rates=_line_rates(line, kind, tax_class, billing, description, around.profile),
        variant_id=int(product.get("base_variant_id") or 0),
    )


def _line_rates(
    line: Line, kind: str, tax_class: int, billing: Json, description: OrderDescription, profile: StoreProfile
) -> tuple[Rate, ...]:
    if description.tax_exempt or kind == "giftcertificate":
        return ()
    if line.rates is not None:
        return tuple(Rate(row.id, row.name, row.percent, row.priority) for row in line.rates)
    place = {**billing, **description.destinations[line.destination].address} if kind == "physical" else billing
    return profile.rates(tax_class, place["country_iso2"], place["state"])


def _price(
    description: OrderDescription,
    resolved: Sequence[ResolvedLine],
    addresses: Sequence[Json],
    terms: Terms,
    profile: StoreProfile,
) -> PricedOrder:
    def rates(tax_class: int, place: Json) -> tuple[Rate, ...]:
        return () if description.tax_exempt else profile.rates(tax_class, place["country_iso2"], place["state"])

    reading = description.shipping_coupon or profile.shipping_coupon
    goes_out = any(entry.type == "physical" for entry in resolved)
    places = list(zip(description.destinations, addresses, strict=True)) if goes_out else []
    carriage = [Charge(place.shipping, rates(SHIPPING_TAX_CLASS, address)) for place, address in places]
    entries = [
        LineInput(
            entry.price,
            entry.line.quantity,
            entry.rates,
            wrapping=Charge(entry.line.wrapping, rates(WRAPPING_TAX_CLASS, addresses[0])),
        )
        for entry in resolved
    ]
    return price_order(
        line_reductions(entries, description, terms),
        terms,
        order_reduction=order_reduction(description),
        shipping=shipping_reduction(carriage, description.coupons, reading, terms),
        handling=[Charge(place.handling, rates(SHIPPING_TAX_CLASS, address)) for place, address in places],
        fees=[Charge(fee.amount, rates(fee.tax_class_id or 0, addresses[0])) for fee in description.fees],
    )


def _parent(entry: ResolvedLine, resolved: Sequence[ResolvedLine]) -> int | None:
    return None if entry.line.bundle_of is None else resolved[entry.line.bundle_of].id


def _count_items(entries: Iterable[ResolvedLine]) -> tuple[int, int]:
    lines = [entry.line for entry in entries]
    return sum(line.quantity for line in lines), sum(line.quantity_shipped for line in lines)


def _top_level(
    description: OrderDescription,
    priced: PricedOrder,
    terms: Terms,
    around: Surroundings,
    order_id: int,
    resolved: Sequence[ResolvedLine],
    billing: Json,
    address_count: int,
) -> Json:
    status = STATUSES[description.status_id]
    currency = description.currency or around.profile.currency
    total, shipped = _count_items(resolved)
    declared = description.is_tax_inclusive_pricing
    created = description.date_created or rfc2822(around.now)
    return {
        "id": order_id,
        "customer_id": description.customer_id,
        "date_created": created,
        "date_modified": rfc2822(around.now),
        "date_shipped": "",
        "cart_id": str(uuid5(NAMESPACE_URL, f"order {order_id} {created}")),
        "status": status.name,
        "status_id": status.id,
        "custom_status": status.name,
        **costs("subtotal", priced.subtotal),
        **_charge_fields(description, priced),
        **costs("total", priced.total),
        "items_total": total,
        "items_shipped": shipped,
        "payment_method": description.payment_method,
        "payment_provider_id": description.payment_provider_id,
        "payment_status": description.payment_status,
        "refunded_amount": "0.0000",
        "order_is_digital": not address_count,
        "store_credit_amount": text4(description.store_credit),
        "gift_certificate_amount": text4(description.gift_certificate),
        "ip_address": "192.0.2.17",
        "ip_address_v6": "",
        "geoip_country": billing["country"],
        "geoip_country_iso2": billing["country_iso2"],
        **_currency_fields(description, currency, around.profile),
        "staff_notes": description.staff_notes,
        "customer_message": description.customer_message,
        "discount_amount": text4(priced.discount),
        "coupon_discount": text4(priced.coupons),
        "shipping_address_count": address_count,
        "is_deleted": description.is_deleted,
        "ebay_order_id": "0",
        "billing_address": {**billing, "form_fields": []},
        "is_email_opt_in": False,
        "credit_card_type": None,
        "order_source": description.order_source,
        "channel_id": description.channel_id,
        "external_source": description.external_source,
        "external_id": None,
        "external_merchant_id": None,
        "external_order_id": "",
        "tax_provider_id": "BasicTaxProvider",
        "is_tax_inclusive_pricing": terms.includes_tax if declared is None else declared,
        "customer_locale": around.profile.language,
    }


def _charge_fields(description: OrderDescription, priced: PricedOrder) -> Json:
    wrapping = sum((line.wrapping for line in description.lines), Decimal(0))
    entered = description.destinations[: len(priced.shipping)]
    return {
        "base_shipping_cost": text4(sum((place.shipping for place in entered), Decimal(0))),
        **costs("shipping_cost", sum(priced.shipping, Taxed())),
        "shipping_cost_tax_class_id": SHIPPING_TAX_CLASS,
        "base_handling_cost": text4(sum((place.handling for place in entered), Decimal(0))),
        **costs("handling_cost", sum(priced.handling, Taxed())),
        "handling_cost_tax_class_id": SHIPPING_TAX_CLASS,
        "base_wrapping_cost": text4(wrapping),
        **costs("wrapping_cost", priced.wrapping),
        "wrapping_cost_tax_class_id": WRAPPING_TAX_CLASS,
    }


def _currency_fields(description: OrderDescription, currency: str, profile: StoreProfile) -> Json:
    return {
        "currency_id": 1,
        "currency_code": description.display_currency or currency,
        "currency_exchange_rate": format(description.display_rate.quantize(Decimal("1.0000000000")), "f"),
        "default_currency_id": 1,
        "default_currency_code": currency,
        "store_default_currency_code": profile.currency,
        "store_default_to_transactional_exchange_rate": "1.0000000000",
    }
