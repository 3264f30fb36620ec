"""An order and everything below it as frozen values, named as BigCommerce names them.

Amounts are in the order's transactional currency, which BigCommerce calls `default_currency_code`; its `currency_code`
is only what the shopper saw.
"""

from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from .fields import (
    Flag,
    Instant,
    Listed,
    Money,
    Number,
    OptionalFlag,
    OptionalInstant,
    OptionalMoney,
    OptionalNumber,
    Text,
    one_line,
)

__all__ = [
    "STATUSES",
    "Address",
    "Adjustment",
    "AppliedDiscount",
    "Consignments",
    "Coupon",
    "Document",
    "Fee",
    "FormField",
    "Order",
    "OrderProduct",
    "OrderTax",
    "Pickup",
    "PickupLocation",
    "Refund",
    "RefundItem",
    "RefundPayment",
    "ShippingAddress",
    "Transaction",
]

ZERO = Decimal(0)

STATUSES: Final = (
    "Incomplete",
    "Pending",
    "Shipped",
    "Partially Shipped",
    "Refunded",
    "Cancelled",
    "Declined",
    "Awaiting Payment",
    "Awaiting Pickup",
    "Awaiting Shipment",
    "Completed",
    "Awaiting Fulfillment",
    "Manual Verification Required",
    "Disputed",
    "Partially Refunded",
)
"""The store's order statuses by id; a merchant may call them otherwise, which changes nothing that they mean."""


class Document(BaseModel):
    """A value read from the store; fields nobody reads are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def _single(value: Any) -> str:
    # Boxes that are ticked come as a list: no key of anything.
    return one_line(str(value)).strip() if isinstance(value, str | int | Decimal) else ""


class FormField(Document):
    """A field of the store's own on an address or an account."""

    name: Text = ""
    value: Annotated[str, BeforeValidator(_single)] = ""


class Address(Document):
    """An address inside an order; a guest's contact data stand nowhere else."""

    first_name: Text = ""
    last_name: Text = ""
    company: Text = ""
    street_1: Text = ""
    street_2: Text = ""
    city: Text = ""
    state: Text = ""
    zip: Text = ""
    country: Text = ""
    country_iso2: Text = ""
    phone: Text = ""
    email: Text = ""
    form_fields: Listed[FormField] = ()


class AppliedDiscount(Document):
    """A discount as the store spread it over a line; `target` is `order` or `product`."""

    id: Text = ""
    amount: Money = ZERO
    code: Text = ""
    target: Text = ""


class OrderProduct(Document):
    """A line of an order; custom items have `product_id` 0, gift certificates type `giftcertificate`."""

    id: Number
    product_id: Number = 0
    variant_id: OptionalNumber = None
    order_address_id: OptionalNumber = None
    order_pickup_method_id: OptionalNumber = None
    name: Text = ""
    sku: Text = ""
    type: Text = "physical"
    quantity: Number = 0
    price_ex_tax: Money = ZERO
    price_inc_tax: Money = ZERO
    total_ex_tax: Money = ZERO
    total_inc_tax: Money = ZERO
    total_tax: Money = ZERO
    wrapping_cost_ex_tax: Money = ZERO
    wrapping_cost_inc_tax: Money = ZERO
    wrapping_cost_tax: Money = ZERO
    quantity_shipped: Number = 0
    quantity_refunded: Number = 0
    is_refunded: Flag = False
    parent_order_product_id: OptionalNumber = None
    gift_certificate_id: OptionalNumber = None
    applied_discounts: Listed[AppliedDiscount] = ()
    discounted_total_inc_tax: OptionalMoney = None


class OrderTax(Document):
    """A tax row; with `?details=true` it names the line or cost it belongs to."""

    id: OptionalNumber = None
    order_address_id: OptionalNumber = None
    tax_rate_id: OptionalNumber = None
    tax_class_id: OptionalNumber = None
    name: Text = ""
    tax_class: Text = Field("", validation_alias=AliasChoices("class", "tax_class"))
    rate: Money = ZERO
    priority: Number = 0
    priority_amount: Money = ZERO
    line_amount: Money = ZERO
    order_product_id: OptionalNumber = None
    line_item_type: Text = ""


class Coupon(Document):
    """A coupon; types 0 per item, 1 percentage, 2 per total, 3 shipping, 4 free shipping, 5 promotion."""

    id: Number = 0
    coupon_id: Number = 0
    code: Text = ""
    amount: Money = ZERO
    type: Number = 0
    discount: Money = ZERO


class Fee(Document):
    """A custom fee; one documented answer misspells the net amount."""

    id: Number = 0
    type: Text = ""
    display_name_merchant: Text = ""
    base_cost: Money = ZERO
    cost_ex_tax: Money = Field(ZERO, validation_alias=AliasChoices("cost_ex_tax", "cost_exc_tax"))
    cost_inc_tax: Money = ZERO
    cost_tax: Money = ZERO
    tax_class_id: OptionalNumber = None


class ShippingAddress(Address):
    """A destination of an order with its costs; digital orders have none."""

    id: Number
    shipping_method: Text = ""
    items_total: Number = 0
    items_shipped: Number = 0
    cost_ex_tax: Money = ZERO
    cost_inc_tax: Money = ZERO
    cost_tax: Money = ZERO
    cost_tax_class_id: OptionalNumber = None
    handling_cost_ex_tax: Money = ZERO
    handling_cost_inc_tax: Money = ZERO
    handling_cost_tax: Money = ZERO


class PickupLocation(Document):
    """The shop or warehouse where a pickup is handed over."""

    country_alpha2: Text = ""
    state: Text = ""


class Pickup(Document):
    """A consignment the shopper fetches; order products name it as `order_pickup_method_id`."""

    id: Number
    location: PickupLocation = PickupLocation()


class Consignments(Document):
    """Where an order's lines go, when the request asked for `consignment_structure=object`."""

    shipping: Listed[ShippingAddress] = ()
    pickups: Listed[Pickup] = ()


def _expanded(value: Any) -> Any:
    # Without the include, or empty, it is a link or a list.
    return value if isinstance(value, dict | Consignments) else {}


class Order(Document):
    """An order (V2); fees and consignments only where the request included them."""

    id: Number = Field(gt=0)
    customer_id: Number = 0
    channel_id: Number = 1
    date_created: Instant
    date_modified: Instant
    date_shipped: OptionalInstant = None
    status_id: Number
    status: Text = ""
    is_deleted: Flag = False
    payment_status: Text = ""
    payment_method: Text = ""
    payment_provider_id: Text = ""
    order_source: Text = ""
    external_source: Text = ""
    external_order_id: Text = ""
    order_is_digital: Flag = False
    default_currency_code: Text = ""
    currency_code: Text = ""
    is_tax_inclusive_pricing: OptionalFlag = None
    tax_provider_id: Text = ""
    items_total: Number = 0
    items_shipped: Number = 0
    subtotal_ex_tax: Money = ZERO
    subtotal_inc_tax: Money = ZERO
    subtotal_tax: Money = ZERO
    shipping_cost_ex_tax: Money = ZERO
    shipping_cost_inc_tax: Money = ZERO
    shipping_cost_tax: Money = ZERO
    shipping_cost_tax_class_id: OptionalNumber = None
    handling_cost_ex_tax: Money = ZERO
    handling_cost_inc_tax: Money = ZERO
    handling_cost_tax: Money = ZERO
    handling_cost_tax_class_id: OptionalNumber = None
    wrapping_cost_ex_tax: Money = ZERO
    wrapping_cost_inc_tax: Money = ZERO
    wrapping_cost_tax: Money = ZERO
    wrapping_cost_tax_class_id: OptionalNumber = None
    total_ex_tax: Money = ZERO
    total_inc_tax: Money = ZERO
    total_tax: Money = ZERO
    discount_amount: Money = ZERO
    coupon_discount: Money = ZERO
    store_credit_amount: Money = ZERO
    gift_certificate_amount: Money = ZERO
    billing_address: Address = Address()
    store_default_currency_code: Text = ""
    fees: Listed[Fee] = ()
    consignments: Annotated[Consignments, BeforeValidator(_expanded)] = Consignments()

    @property
    def tendered(self) -> Decimal:
        """Return what the store's own means of payment paid: gift certificates and store credit."""
        return self.gift_certificate_amount + self.store_credit_amount


class ShippedItem(Document):
    """How much of an order product a shipment holds."""

    order_product_id: Number
    quantity: Number = 0


class Shipment(Document):
    """A shipment (V2): what left together, and where its parcel is."""

    id: Number = Field(gt=0)
    order_address_id: Number = 0
    date_created: OptionalInstant = None
    tracking_number: Text = ""
    tracking_carrier: Text = ""
    shipping_provider: Text = ""
    shipping_method: Text = ""
    items: Listed[ShippedItem] = ()

    @property
    def carrier(self) -> str:
        """Return who brings it, as far as the store says: the carrier, else the provider, else the method."""
        return self.tracking_carrier or self.shipping_provider or self.shipping_method


class Transaction(Document):
    """A movement of money on an order (V3)."""

    id: Number = 0
    order_id: Text = ""
    event: Text = ""
    method: Text = ""
    amount: Money = ZERO
    currency: Text = ""
    gateway: Text = ""
    gateway_transaction_id: Text = ""
    status: Text = ""
    test: Flag = False
    date_created: OptionalInstant = None
    reference_transaction_id: OptionalNumber = None

    @property
    def took_money(self) -> bool:
        """Tell whether it brought money in; an authorisation only promises it."""
        return self.event in {"purchase", "capture"} and self.status == "ok"


class Adjustment(Document):
    """What was kept back of an item's refund; below zero."""

    amount: Money = ZERO


class RefundItem(Document):
    """A part of an order that was given back.

    Attributes:
        item_type: `PRODUCT`, `GIFT_WRAPPING`, `SHIPPING`, `HANDLING`, `FEE` or `ORDER`.
        item_id: of the order product, the address, the fee or the order.
        quantity: of products only.
        requested_amount: missing in some answers.
    """

    item_type: Text = ""
    item_id: Number = 0
    quantity: OptionalNumber = None
    requested_amount: OptionalMoney = None
    adjustments: Listed[Adjustment] = ()
    reason: Text = ""

    @property
    def kept_back(self) -> Decimal:
        """Return the sum of the adjustments, below zero."""
        return sum((adjustment.amount for adjustment in self.adjustments), ZERO)


class RefundPayment(Document):
    """One way a refund is paid back; it may be declined later."""

    id: Number = 0
    provider_id: Text = ""
    transaction_id: Text = ""
    amount: Money = ZERO
    offline: Flag = False
    is_declined: Flag = False


class Refund(Document):
    """A refund record (V3); its tax may be negative."""

    id: Number
    order_id: Number = 0
    created: OptionalInstant = None
    total_amount: Money = ZERO
    total_tax: Money = ZERO
    reason: Text = ""
    uses_merchant_override_values: Flag = False
    items: Listed[RefundItem] = ()
    payments: Listed[RefundPayment] = ()
