"""What a company that ordered brings along: its debtor, its terms of payment, its purchase order number. Pure."""

import re
from collections.abc import Mapping as Facts
from dataclasses import dataclass, field
from typing import Final

from ..bigcommerce.models import CompanyOrder, OrderSnapshot
from .clearing import KEY_FIELDS, match_key
from .company_rules import Companies
from .frozen import Frozen
from .mapping_file import CompanyCode
from .text import clean

__all__ = ["PurchaseOrder", "as_ordered", "buyer_of", "debtor_of", "purchase_order", "told"]

OF_COMPANIES: Final = frozenset({"company", "invoice_payment"})

ACCOUNT: Final = re.compile(r"[A-Z0-9]{1,10}")


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """A purchase order number as it goes to SAP.

    Attributes:
        fields: of the customer's line; nothing where there is no number, or none that fits.
        decisions: what was done with it, as sentences.
        unfit: why it cannot be sent; empty where nothing is wrong.
    """

    fields: Facts[str, str] = field(default_factory=dict)
    decisions: tuple[str, ...] = ()
    unfit: str = ""


def buyer_of(snapshot: OrderSnapshot) -> CompanyOrder | None:
    """Return the company's side of an order; `None` for an order of no company, or of one not known yet."""
    company = snapshot.company
    return company if company is not None and company.company_id and company.standing in OF_COMPANIES else None


def debtor_of(buyer: CompanyOrder, rules: Companies) -> str:
    """Return the account that the company itself names; empty where it names none that SAP could have."""
    named = clean(buyer.fields.get(rules.debtor_field, "")).upper() if rules.debtor_field else ""
    return named if ACCOUNT.fullmatch(named) else ""


def as_ordered(company: CompanyCode, snapshot: OrderSnapshot, rules: Companies) -> CompanyCode:
    """Return a company code with the debtor and the terms of the company that ordered; rules for documents come later.

    Args:
        company: the company code that posts.
        snapshot: the order.
        rules: what the mapping says of companies.
    """
    buyer = buyer_of(snapshot)
    if buyer is None:
        return company
    said: dict[str, str] = {}
    debtor = debtor_of(buyer, rules)
    if debtor:
        said["customer"] = debtor
    if buyer.days in rules.terms:
        said["payment_terms"] = rules.terms[buyer.days]
    return company.model_copy(update=said)


def purchase_order(snapshot: OrderSnapshot, rules: Companies) -> PurchaseOrder:
    """Return the purchase order number of a company's order, shortened as the mapping says."""
    buyer = buyer_of(snapshot)
    whole = clean(buyer.po_number) if buyer else ""
    if not whole:
        return PurchaseOrder()
    rule = rules.purchase_order
    name, room = KEY_FIELDS[rule.match_field]
    key = match_key(whole, rule)
    if key is None:
        # Without the number: the buyer wrote it, and this stands in the open.
        sentence = f"the purchase order number ({len(whole)} characters) does not fit {rule.match_field} ({room}) whole"
        return PurchaseOrder(unfit=f"{sentence}; give [companies.purchase_order] another match_field or match_rule")
    return PurchaseOrder(
        {name: key} if key else {}, (f"purchase order {key!r} in {rule.match_field} ({rule.match_rule}) of {whole!r}",)
    )


def told(snapshot: OrderSnapshot, frozen: Frozen) -> tuple[str, ...]:
    """Say who owes a company's order on which terms."""
    buyer = buyer_of(snapshot)
    if buyer is None:
        return ()
    days = "unknown" if buyer.days is None else f"{buyer.days} days"
    terms = frozen.terms.payment_terms or "as SAP has them"
    return (f"company {buyer.company_id} of the B2B Edition: debtor {frozen.customer}, its terms {days}: {terms}",)
