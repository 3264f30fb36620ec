"""Orders of a company with a debtor in SAP, and a mapping that knows of companies."""

from typing import Any

from mlconnector_relay.bigcommerce.models import CompanyOrder, OrderSnapshot
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.reference import StepId

from .building import built
from .mappings import STEP, a_mapping
from .orders import an_order

__all__ = ["COMPANIES", "ONE_RULE", "companies", "customer_row", "ordered"]

COMPANIES = """
[companies]
debtor_field = "SAP debtor"
terms = { 0 = "ZB00", 30 = "ZB30" }
"""
ONE_RULE = """
[[documents]]
companies = [500]
customer = "4712"
payment_terms = "ZB14"
"""


def ordered(**company: Any) -> OrderSnapshot:
    """Return an order of company 500, on 30 days, under PO-77, with a debtor in its field."""
    known = {"company_id": 500, "po_number": "PO-77", "days": 30, "fields": {"SAP debtor": " 4711 "}}
    return an_order().model_copy(update={"company": CompanyOrder(standing="company", **(known | company))})


def customer_row(snapshot: OrderSnapshot, mapping: Mapping, step: StepId = STEP) -> dict[str, str]:
    """Return the customer's row of its invoice."""
    found: dict[str, str] = built(snapshot, mapping, step).call.parameters["ACCOUNTRECEIVABLE"][0]
    return found


def companies(more: str = "", **changes: str) -> Mapping:
    """Return the mapping with a section for companies, some of its lines replaced."""
    text = COMPANIES
    for name, value in changes.items():
        lines = [line for line in text.splitlines() if not line.startswith(f"{name} =")]
        text = "\n".join([*lines, f"{name} = {value}"]) + "\n"
    return a_mapping(more=text + more)
