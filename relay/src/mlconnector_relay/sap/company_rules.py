"""What a mapping file says about orders of companies, as the store's B2B Edition knows them."""

from typing import Annotated, Literal

from pydantic import Field

from .section import Section

__all__ = ["Companies", "PurchaseOrders"]

Terms = Annotated[str, Field(pattern=r"^[A-Z0-9]{1,4}$")]
Days = Annotated[int, Field(ge=0, le=999)]


class PurchaseOrders(Section):
    """Where the company's purchase order number stands in SAP, and how it is shortened; as for [[clearing]]."""

    match_field: Literal["reference_key_2", "reference_key_3", "assignment", "payment_reference", "text"] = Field(
        "reference_key_3", description="of the customer's line; 12, 20, 18, 30 and 50 characters"
    )
    match_rule: Literal["whole", "before", "last", "hash"] = Field("whole", description="how the number is shortened")
    match_separator: str = Field("", max_length=5, description='of match_rule = "before": what ends the number')
    match_length: int = Field(0, ge=0, le=50, description="of last and hash; the field's length where left out")


class Companies(Section):
    """Orders of companies; of stores with the B2B Edition only."""

    wait_minutes: int = Field(15, ge=0, le=10_080, description="an order not shown by then is for a person")
    debtor: Literal["required", "optional"] = Field(
        "required", description="optional: without a debtor of its own an order is as the company code says"
    )
    debtor_field: str = Field("", max_length=100, description="extra field of the company that holds its debtor in SAP")
    terms: dict[Days, Terms] = Field(
        default_factory=dict, description="SAP's terms of payment by the company's days; none are taken where left out"
    )
    purchase_order: PurchaseOrders = Field(
        PurchaseOrders(), description="where the number of their purchase order goes in SAP, and how it is shortened"
    )
