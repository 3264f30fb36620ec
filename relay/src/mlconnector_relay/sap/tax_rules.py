"""What a mapping file says of taxes: SAP's codes, which tax of the store is which, where a buyer's VAT id stands."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from .jurisdiction import JurisdictionCode
from .section import Account, Country, Key4, ProductType, Section, TaxCode

__all__ = ["TaxCodeFacts", "TaxRule", "VatIds"]

VatIdCountry = Annotated[str, Field(pattern=r"^([A-Z]{2}|none)$")]


class TaxCodeFacts(Section):
    """A tax code of SAP; `rate` is left out only where the store decides it (US sales tax)."""

    rate: Decimal | None = Field(None, ge=0, lt=100, decimal_places=6)
    condition_key: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,4}$")]
    account_key: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,3}$")]


class TaxRule(Section):
    """Which taxes of the store become which tax code."""

    countries: tuple[Country, ...] = ()
    regions: tuple[str, ...] = Field((), description="states as the store writes them, in any case")
    rate: Decimal | None = Field(None, ge=0, lt=100, decimal_places=6)
    tax_classes: tuple[str, ...] = ()
    vat_id_countries: tuple[VatIdCountry, ...] = Field(
        (), description="of the buyer's VAT id, as ISO codes (Greece GR, Northern Ireland XI); none: there is no id"
    )
    tax_exempt_categories: tuple[str, ...] = Field((), description="of the customer, as the store names them")
    customer_groups: tuple[int, ...] = ()
    product_types: tuple[ProductType, ...] = Field(
        (), description="custom: a line without a product; shipping and other charges have none"
    )
    providers: tuple[str, ...] = ()
    company_codes: tuple[Key4, ...] = ()
    priority: int = 0
    tax_code: TaxCode
    reason: Literal["intra_community", "export", "exempt_customer", "zero_rated", "outside_scope"] | None = None
    liability_account: Account | None = Field(None, description="the tax goes here, the code itself has none")
    jurisdiction: JurisdictionCode | None = Field(
        None, description="the tax is posted by jurisdiction: one of the file's"
    )


class VatIds(Section):
    """Where a buyer's VAT id stands: the order's billing address before the customer's account, then attributes."""

    form_fields: tuple[Annotated[str, Field(min_length=1)], ...] = Field((), description="by name, in any case")
    attributes: tuple[int, ...] = Field((), description="ids of customer attributes")
