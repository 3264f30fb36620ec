"""The compact description of an order, which `documents` turns into a complete BigCommerce document."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from .arithmetic import Estimate, FeePlace, Rounding

__all__ = [
    "Coupon",
    "DescriptionError",
    "Destination",
    "Discount",
    "Fee",
    "Line",
    "OrderDescription",
    "Pickup",
    "TaxRow",
]


class DescriptionError(ValueError):
    """A description contradicts itself, the catalogue, or what customers have."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What all parts of a description have in common: frozen, unknown keys are errors, no amount is negative."""

    def __post_init__(self) -> None:
        for field in self.__struct_fields__:
            value = getattr(self, field)
            if isinstance(value, Decimal) and not value >= 0:
                raise ValueError(f"{field} is {value}: BigCommerce's amounts cannot be negative")


class Discount(_Part, frozen=True):
    """A promotion on one line; the amount is with tax where the store's prices are."""

    amount: Decimal
    name: str = "Promotion"


class TaxRow(_Part, frozen=True):
    """A tax rate given outright instead of found by zone and class."""

    percent: Decimal
    name: str = "Tax"
    id: int = 90
    priority: int = 1


class Line(_Part, frozen=True):
    """One order product. With a `product_id` of the catalogue everything else but the quantity has a default.

    The `id` is the order product's; one without gets it when the order is placed. The same goes for other parts' ids.
    """

    product_id: int = 0
    quantity: Annotated[int, msgspec.Meta(ge=1)] = 1
    price: Decimal | None = None
    name: str | None = None
    sku: str | None = None
    brand: str | None = None
    type: Literal["physical", "digital", "giftcertificate"] | None = None
    tax_class_id: int | None = None
    rates: tuple[TaxRow, ...] | None = None
    discounts: tuple[Discount, ...] = ()
    wrapping: Decimal = Decimal(0)
    destination: int = 0
    bundle_of: int | None = None
    certificate_id: int | None = None
    discountable: bool = True
    id: int | None = None
    quantity_shipped: int = 0


class Pickup(_Part, frozen=True):
    """Where the shopper fetches a consignment; the address is the destination's."""

    name: str = "Warehouse"
    code: str = "WAREHOUSE"
    method: str = "Pick Up"
    instructions: str = ""


class Destination(_Part, frozen=True):
    """Where a consignment goes and what its carriage costs; an empty address is the billing address.

    `taxed_at` is the address whose taxes hold where that is another.
    """

    address: dict[str, str] = {}
    shipping: Decimal = Decimal(0)
    handling: Decimal = Decimal(0)
    method: str = "Parcel"
    pickup: Pickup | None = None
    taxed_at: dict[str, str] | None = None
    id: int | None = None


class Coupon(_Part, frozen=True):
    """A coupon code; percentages are of what the lines have left, `per_item` is per unit."""

    code: str
    amount: Decimal = Decimal(0)
    type: Literal["per_item", "percentage", "per_total", "shipping", "free_shipping", "promotion"] = "per_total"
    id: int | None = None


class Fee(_Part, frozen=True):
    """A custom fee."""

    amount: Decimal
    name: str = "Service fee"
    tax_class_id: int | None = None
    id: int | None = None


class OrderDescription(_Part, frozen=True):
    """An order in a few words. What is left out comes from the store's profile and catalogue."""

    lines: tuple[Line, ...]
    id: int | None = None
    status_id: int = 11
    customer_id: int = 0
    billing: dict[str, str] = {}
    taxed_at: dict[str, str] | None = None
    form_fields: dict[str, str] | None = None
    destinations: tuple[Destination, ...] = (Destination(),)
    discount: Decimal = Decimal(0)
    coupons: tuple[Coupon, ...] = ()
    fees: tuple[Fee, ...] = ()
    store_credit: Decimal = Decimal(0)
    gift_certificate: Decimal = Decimal(0)
    gift_certificate_code: str = ""
    tenders_in_total: Literal["full", "reduced"] | None = None
    currency: str | None = None
    display_currency: str | None = None
    display_rate: Decimal | None = None
    prices_include_tax: bool | None = None
    is_tax_inclusive_pricing: bool | None = None
    tax_exempt: bool | None = None
    rounding: Rounding | None = None
    estimate: Estimate | None = None
    fee_place: FeePlace | None = None
    shipping_coupon: Literal["shipping", "coupon"] | None = None
    company_id: int | None = None
    po_number: str = ""
    b2b_fields: dict[str, str] = {}
    pays_invoice: int | None = None
    channel_id: int = 1
    order_source: str = "www"
    external_source: str | None = None
    payment_method: str = "Credit Card"
    payment_provider_id: str = "stripe"
    payment_status: str = "captured"
    date_created: str | None = None
    staff_notes: str = ""
    customer_message: str = ""
    is_deleted: bool = False
