"""What planning and the mapping are asked with: the facts of a store and its books, of a line and of a tax."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final

__all__ = [
    "MALFORMED_VAT_ID",
    "NO_VAT_ID",
    "UNREADABLE_VAT_ID",
    "Books",
    "LineFacts",
    "StoreFacts",
    "TaxFacts",
    "TaxGroup",
]


@dataclass(frozen=True, slots=True)
class Books:
    """What is known of the books while an order is planned.

    Attributes:
        now: when it is planned; `None` where nothing is posted by the plan, so that nothing holds it.
        closed: by company code and posting date (`YYYYMMDD`) the period that SAP refused, as `010/2026`.
    """

    now: datetime | None = None
    closed: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What is known of a store: all of it is fixed but what its books take.

    Attributes:
        store_code: its code in references, unique in the SAP client for ever.
        cut_over: orders created before are not ours.
        timezone: the store's, used where the mapping names none for the company code.
        tax_inclusive: whether prices are entered with tax, for orders that do not say.
        books: what its books take now.
    """

    tenant: str
    store_hash: str
    store_code: str
    cut_over: datetime
    timezone: str = "UTC"
    tax_inclusive: bool | None = None
    books: Books = Books()


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What decides a line's accounts, and what an order's documents have.

    Attributes:
        company_code: the company code that posts.
        categories: per category of the product the way up its tree, itself first.
        segments: ids of the customer's segments.
        customer_group: id of the customer's group, `None` without one.
        sku: the line's.
        brand: id of the product's brand, `None` without one.
        product_type: `physical`, `digital` or `custom`, a line without a product.
        channel: id of the channel it was sold on.
        country: ISO code of the country it goes to, or is bought from.
        region: its state or province as the store writes it.
        payment_method: as the store names it; so are the shipping method and the order's source.
        company: id of the company that ordered, `None` for an order of no company.
    """

    company_code: str
    categories: tuple[tuple[int, ...], ...] = ()
    segments: tuple[str, ...] = ()
    customer_group: int | None = None
    sku: str = ""
    brand: int | None = None
    product_type: str = ""
    channel: int | None = None
    country: str = ""
    region: str = ""
    payment_method: str = ""
    shipping_method: str = ""
    order_source: str = ""
    company: int | None = None


NO_VAT_ID: Final = "none"
UNREADABLE_VAT_ID: Final = "unreadable"
MALFORMED_VAT_ID: Final = "malformed"
"""Where others have the country of their VAT id."""


@dataclass(frozen=True, slots=True)
class TaxGroup:
    """What the store's tax rows say of parts that it taxes alike: their tax is added up before it has a code.

    Attributes:
        country: ISO code of the country that decides the tax.
        region: its state or province as the store writes it.
        rate: what the store charged, in percent; the sum where several taxes meet.
        tax_class: the store's tax class by name.
    """

    country: str
    region: str
    rate: Decimal
    tax_class: str = ""


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """What decides a tax code: what the store charged, on what, and to whom.

    Attributes:
        company_code: the company code that posts.
        country, region, rate, tax_class: as of the group.
        provider: the store's tax provider.
        vat_id: country of the buyer's VAT id, `NO_VAT_ID`, `UNREADABLE_VAT_ID` or `MALFORMED_VAT_ID`.
        exempt_category: why the store charges the customer no tax, as the store names it.
        customer_group: id of the customer's group, `None` without one.
        product_type: `physical`, `digital` or `custom`; empty for what is no product, such as shipping.
    """

    company_code: str
    country: str
    region: str
    rate: Decimal
    tax_class: str = ""
    provider: str = ""
    vat_id: str = NO_VAT_ID
    exempt_category: str = ""
    customer_group: int | None = None
    product_type: str = ""
