"""The store's documents as frozen values: orders with what is below them, the catalog's facts, the store itself."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from pydantic import AliasChoices, Field

from .company_orders import CompanyOrder
from .fields import Instant, Listed, Number, OptionalFlag, OptionalNumber, Text
from .orders import (
    STATUSES,
    Address,
    Adjustment,
    AppliedDiscount,
    Consignments,
    Coupon,
    Document,
    Fee,
    FormField,
    Order,
    OrderProduct,
    OrderTax,
    Pickup,
    PickupLocation,
    Refund,
    RefundItem,
    RefundPayment,
    Shipment,
    ShippedItem,
    ShippingAddress,
    Transaction,
)

__all__ = [
    "STATUSES",
    "Address",
    "Adjustment",
    "AppliedDiscount",
    "Category",
    "CompanyOrder",
    "Consignments",
    "Coupon",
    "Customer",
    "CustomerAttribute",
    "Fee",
    "FormField",
    "Order",
    "OrderProduct",
    "OrderSnapshot",
    "OrderTax",
    "Pickup",
    "PickupLocation",
    "ProductFacts",
    "Refund",
    "RefundItem",
    "RefundPayment",
    "Shipment",
    "ShippedItem",
    "ShippingAddress",
    "Store",
    "StoreTimezone",
    "Transaction",
    "Variant",
]


class ProductFacts(Document):
    """What the catalog knows about a product and mapping selects on."""

    id: Number
    sku: Text = ""
    type: Text = ""
    categories: Listed[Number] = ()
    brand_id: OptionalNumber = None
    tax_class_id: OptionalNumber = None


class Variant(Document):
    """A variant of a product; a product without options has one."""

    id: Number
    product_id: Number = 0
    sku: Text = ""


class Category(Document):
    """A category; `parent_id` 0 is the top of its tree."""

    id: Number = Field(validation_alias=AliasChoices("category_id", "id"))
    parent_id: Number = 0
    name: Text = ""


class CustomerAttribute(Document):
    """A value of a customer's attribute; the answer shows ten at most."""

    attribute_id: Number = 0
    attribute_value: Text = ""


class Customer(Document):
    """A customer (V3), as far as mapping selects on it."""

    id: Number
    customer_group_id: Number = 0
    segment_ids: Listed[Text] = ()
    tax_exempt_category: Text = ""
    form_fields: Listed[FormField] = ()
    attributes: Listed[CustomerAttribute] = ()


class StoreTimezone(Document):
    """The store's time zone."""

    name: Text = "UTC"


class Store(Document):
    """A store's own description; `id` is its hash."""

    id: Text
    name: Text = ""
    domain: Text = ""
    status: Text = ""
    country_code: Text = ""
    currency: Text = ""
    timezone: StoreTimezone = StoreTimezone()
    is_price_entered_with_tax: OptionalFlag = None


class OrderSnapshot(Document):
    """An order with all that posting it needs, as it was at one moment.

    Attributes:
        product_facts: by product id; a product that is gone from the catalog is absent.
        categories: by category id: the products' categories with all their ancestors.
        customer_group_id: `None` for guests and customers without a group.
        customer_segments: ids of the customer's segments.
        company: what the B2B Edition says of it; `None` where it was not asked: it is not enabled, or the order is a
            guest's. No part of the digest: who owes an order on which terms is fixed with its invoice, and no edit.
        customer_fields: form fields of the customer's account; those of an order stand at its addresses.
        customer_attributes: the customer's, by id.
        tax_exempt_category: why the store charges the customer no tax; empty for all others.
        fetched_at: when the last part of it was fetched.
    """

    order: Order
    products: tuple[OrderProduct, ...] = ()
    taxes: tuple[OrderTax, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    fees: tuple[Fee, ...] = ()
    shipping_addresses: tuple[ShippingAddress, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    refunds: tuple[Refund, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    product_facts: dict[int, ProductFacts] = Field(default_factory=dict)
    categories: dict[int, Category] = Field(default_factory=dict)
    customer_group_id: int | None = None
    customer_segments: tuple[str, ...] = ()
    company: CompanyOrder | None = None
    customer_fields: tuple[FormField, ...] = ()
    customer_attributes: dict[int, str] = Field(default_factory=dict)
    tax_exempt_category: str = ""
    fetched_at: Instant

    @property
    def destinations(self) -> tuple[ShippingAddress, ...]:
        """Return the shipping addresses, from whichever of the two resources they were fetched."""
        return self.shipping_addresses or self.order.consignments.shipping

    def digest(self) -> str:
        """Return a digest of what a posting is made of, 64 hexadecimal digits.

        The first half is of what only an edit changes, the second of totals and taxes, which a refund may change too.
        Names, streets and other personal fields are left out, so that erasing them changes nothing; so are status,
        shipping progress and the catalog, which change after posting without changing what is owed.
        """
        return _half(_lines(self)) + _half(_totals(self))

    def same_lines(self, digest: str) -> bool:
        """Tell whether nothing has been edited since the snapshot with this digest, whatever refunds changed."""
        return digest.startswith(_half(_lines(self)))


def _half(content: list[Any]) -> str:
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()[:32]


def _totals(snapshot: OrderSnapshot) -> list[Any]:
    order = snapshot.order
    parts = ("subtotal", "shipping_cost", "handling_cost", "wrapping_cost", "total")
    totals = [_plain(getattr(order, f"{part}_{kind}")) for part in parts for kind in ("ex_tax", "inc_tax", "tax")]
    taxes = [
        [tax.order_product_id or 0, tax.line_item_type, tax.tax_class, _plain(tax.rate), _plain(tax.line_amount)]
        for tax in snapshot.taxes
    ]
    return ["order-totals-1", order.id, totals, sorted(taxes)]


def _lines(snapshot: OrderSnapshot) -> list[Any]:
    order = snapshot.order
    charges = ("shipping_cost", "handling_cost", "wrapping_cost")
    lines = sorted(snapshot.products, key=lambda line: line.id)
    return [
        "order-lines-1",
        order.id,
        order.default_currency_code,
        [_plain(getattr(order, f"{charge}_{kind}")) for charge in charges for kind in ("ex_tax", "inc_tax")],
        [_plain(order.discount_amount), _plain(order.coupon_discount)],
        [_plain(order.gift_certificate_amount), _plain(order.store_credit_amount)],
        [order.billing_address.country_iso2, order.billing_address.state],
        [
            [
                [line.id, line.product_id, line.type, line.quantity],
                [_plain(line.total_ex_tax), _plain(line.total_inc_tax), _plain(line.discounted_total_inc_tax)],
                sorted(_plain(discount.amount) for discount in line.applied_discounts),
            ]
            for line in lines
        ],
        sorted([coupon.type, _plain(coupon.discount)] for coupon in snapshot.coupons),
        sorted([fee.id, _plain(fee.cost_ex_tax), _plain(fee.cost_inc_tax)] for fee in snapshot.fees),
        sorted([place.id, place.country_iso2, place.state] for place in snapshot.destinations),
    ]


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else format(amount.normalize() + 0, "f")
