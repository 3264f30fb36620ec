"""From a compact description to the whole BigCommerce document of an order, pure."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import NAMESPACE_URL, uuid5

import msgspec

from .arithmetic import Charge, LineInput, PricedOrder, Rate, Taxed, Terms, price_order
from .description import DescriptionError, OrderDescription
from .discounts import coupon_rows, line_reductions, order_reduction, shipping_reduction
from .lines import (
    SHIPPING_TAX_CLASS,
    WRAPPING_TAX_CLASS,
    Place,
    ResolvedLine,
    address_row,
    costs,
    fee_rows,
    pickup_row,
    product_row,
    tax_rows,
    taxed_items,
)
from .money import text4
from .payments import checkout_rows
from .profile import StoreProfile
from .resolution import Surroundings, complete, resolve, taxed_at
from .statuses import STATUSES
from .tenders import tenders_of
from .wire import Json, rfc2822

__all__ = ["DescriptionError", "Surroundings", "build_document"]


def build_document(description: OrderDescription, around: Surroundings) -> Json:
    """Write the order with everything below it, as `OrderRecord.from_document` takes it.

    Raises:
        DescriptionError: The description contradicts itself or the catalogue.
    """
    description = complete(description, around)
    order_id = description.id or 0
    resolved = [resolve(line, description, around) for line in description.lines]
    goes_out = any(entry.type == "physical" for entry in resolved)
    places = [Place(entry, index) for index, entry in enumerate(description.destinations)] if goes_out else []
    terms = _terms(description, around.profile)
    priced = _price(description, resolved, terms, around.profile)
    line_places = [places[entry.line.destination] if entry.type == "physical" else None for entry in resolved]
    items = taxed_items(resolved, description.fees, priced, line_places, places)
    shipped = [(index, place) for index, place in enumerate(places) if place.entry.pickup is None]
    counts = {place.index: _count_items(resolved, place) for place in places}
    return {
        **_top_level(description, priced, around, resolved, len(shipped)),
        "products": [
            product_row(entry, figures, order_id, place, _parent(entry, resolved))
            for entry, figures, place in zip(resolved, priced.lines, line_places, strict=True)
        ],
        "shipping_addresses": [
            address_row(place.entry, order_id, (priced.shipping[index], priced.handling[index]), counts[place.index])
            for index, place in shipped
        ],
        "pickups": [pickup_row(place.entry) for place in places if place.entry.pickup is not None],
        "coupons": coupon_rows(description, priced, order_id),
        "taxes": tax_rows(items, order_id, around.profile, around.allocate),
        "fees": fee_rows(description.fees, priced),
        "transactions": checkout_rows(
            description,
            (priced.total.inc, str(description.currency)),
            tenders_of(description, around.customer, around.certificates),
            around.now,
            around.allocate,
        ),
        "b2b": _company_order(description),
        "description": msgspec.to_builtins(description),
    }


def _terms(description: OrderDescription, profile: StoreProfile) -> Terms:
    terms = profile.terms(description.currency)
    return Terms(
        includes_tax=bool(description.prices_include_tax),
        step=terms.step,
        rounding=description.rounding or terms.rounding,
        estimate=description.estimate or terms.estimate,
        fee_place=description.fee_place or terms.fee_place,
    )


def _price(
    description: OrderDescription,
    resolved: Sequence[ResolvedLine],
    terms: Terms,
    profile: StoreProfile,
) -> PricedOrder:
    def rates(tax_class: int, place: dict[str, str]) -> tuple[Rate, ...]:
        return () if description.tax_exempt else profile.rates(tax_class, place["country_iso2"], place["state"])

    reading = description.shipping_coupon or profile.shipping_coupon
    goes_out = any(entry.type == "physical" for entry in resolved)
    places = description.destinations if goes_out else ()
    first = taxed_at(places[0] if places else description)
    carriage = [Charge(place.shipping, rates(SHIPPING_TAX_CLASS, taxed_at(place))) for place in places]
    entries = [
        LineInput(
            entry.price,
            entry.line.quantity,
            entry.rates,
            wrapping=Charge(entry.line.wrapping, rates(WRAPPING_TAX_CLASS, first)),
            discountable=entry.line.discountable,
        )
        for entry in resolved
    ]
    return price_order(
        line_reductions(entries, description, terms),
        terms,
        order_reduction=order_reduction(description),
        shipping=shipping_reduction(carriage, description.coupons, reading, terms),
        handling=[Charge(place.handling, rates(SHIPPING_TAX_CLASS, taxed_at(place))) for place in places],
        fees=[Charge(fee.amount, rates(fee.tax_class_id or 0, first)) for fee in description.fees],
    )


def _parent(entry: ResolvedLine, resolved: Sequence[ResolvedLine]) -> int | None:
    return None if entry.line.bundle_of is None else resolved[entry.line.bundle_of].id


def _count_items(resolved: Sequence[ResolvedLine], place: Place | None = None) -> tuple[int, int]:
    lines = [entry.line for entry in resolved if place is None or _goes_to(entry, place)]
    return sum(line.quantity for line in lines), sum(line.quantity_shipped for line in lines)


def _goes_to(entry: ResolvedLine, place: Place) -> bool:
    return entry.type == "physical" and entry.line.destination == place.index


def _total(description: OrderDescription, priced: PricedOrder) -> Taxed:
    if description.tenders_in_total != "reduced":
        return priced.total
    gross = priced.total.inc - description.store_credit - description.gift_certificate
    return Taxed(max(gross - priced.total.tax, Decimal(0)), gross, priced.total.tax)


def _top_level(
    description: OrderDescription,
    priced: PricedOrder,
    around: Surroundings,
    resolved: Sequence[ResolvedLine],
    address_count: int,
) -> Json:
    status = STATUSES[description.status_id]
    currency, billing, order_id = str(description.currency), description.billing, description.id
    total, shipped = _count_items(resolved)
    declared = description.is_tax_inclusive_pricing
    return {
        "id": order_id,
        "customer_id": description.customer_id,
        "date_created": description.date_created,
        "date_modified": rfc2822(around.now),
        "date_shipped": "",
        "cart_id": str(uuid5(NAMESPACE_URL, f"order {order_id} {description.date_created}")),
        "status": status.name,
        "status_id": status.id,
        "custom_status": status.name,
        **costs("subtotal", priced.subtotal),
        **_charge_fields(description, priced),
        **costs("total", _total(description, priced)),
        "items_total": total,
        "items_shipped": shipped,
        "payment_method": description.payment_method,
        "payment_provider_id": description.payment_provider_id,
        "payment_status": description.payment_status,
        "refunded_amount": "0.0000",
        "order_is_digital": all(entry.type != "physical" for entry in resolved),
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
        "billing_address": {**billing, "form_fields": _form_fields(description)},
        "is_email_opt_in": False,
        "credit_card_type": None,
        "order_source": description.order_source,
        "channel_id": description.channel_id,
        "external_source": description.external_source,
        "external_id": None,
        "external_merchant_id": None,
        "external_order_id": "",
        "tax_provider_id": "BasicTaxProvider",
        "is_tax_inclusive_pricing": description.prices_include_tax if declared is None else declared,
        "customer_locale": around.profile.language,
    }


def _company_order(description: OrderDescription) -> list[Json]:
    if not description.company_id:
        return []
    fields = [{"fieldName": name, "fieldValue": value} for name, value in description.b2b_fields.items()]
    number = {} if description.pays_invoice is None else {"invoiceNumber": description.pays_invoice}
    order = {"companyId": description.company_id, "poNumber": description.po_number, "extraFields": fields}
    return [{**order, **number}]


def _form_fields(description: OrderDescription) -> list[Json]:
    return [{"name": name, "value": value} for name, value in (description.form_fields or {}).items()]


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
    shown, foreign = description.display_currency or currency, profile.foreign(currency)
    return {
        "currency_id": profile.currency_id(shown),
        "currency_code": shown,
        "currency_exchange_rate": _rate(description.display_rate or Decimal(1)),
        "default_currency_id": profile.currency_id(currency),
        "default_currency_code": currency,
        "store_default_currency_code": profile.currency,
        "store_default_to_transactional_exchange_rate": _rate(foreign.rate if foreign else Decimal(1)),
    }


def _rate(rate: Decimal) -> str:
    return format(rate.quantize(Decimal("1.0000000000")), "f")
