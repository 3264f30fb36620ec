"""What the store's B2B Edition says of an order: whose it is, on which terms, under which purchase order."""

from typing import Literal

from pydantic import Field

from .fields import Text
from .orders import Document

__all__ = ["CompanyOrder"]


class CompanyOrder(Document):
    """An order as the B2B Edition knows it.

    Attributes:
        standing: `private` for an order of no company; `awaited` for one of a company's user that the B2B Edition does
            not show yet; else `company`, or `invoice_payment` for one that only pays an invoice of the B2B Edition.
        company_id: the company; 0 where there is none, or none yet.
        po_number: the purchase order, as the buyer wrote it.
        invoice_number: of the invoice that an `invoice_payment` pays.
        days: the company's payment terms in days; `None` where the B2B Edition says nothing of them.
        fields: the company's extra fields by name.
    """

    standing: Literal["private", "awaited", "company", "invoice_payment"]
    company_id: int = 0
    po_number: Text = ""
    invoice_number: Text = ""
    days: int | None = None
    fields: dict[str, str] = Field(default_factory=dict)
