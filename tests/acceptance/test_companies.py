"""A company's order on account in the books: debtor, terms, purchase order, a block set and released for good."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.landscape import Site

pytestmark = pytest.mark.timeout(400)

COMPANY, CUSTOMER = 500, 2
"""A company of the store's profile, and the customer who orders for it."""

RULES = """
[companies]
debtor_field = "SAP debtor"
terms = { 30 = "ZB30" }

[shipments]
payment_block = "B"
dunning_block = "B"

[[triggers]]
payment_methods = ["Purchase Order"]
invoice_on = "ordered"
"""
ON_ACCOUNT = {
    "customer_id": CUSTOMER,
    "po_number": "04152025-0002",
    "status_id": 7,
    "payment_method": "Purchase Order",
    "payment_status": "",
    "payment_provider_id": "",
    "lines": [{"product_id": 112, "quantity": 2}],
}


@pytest.fixture
def companies(site: Site) -> Iterator[Site]:
    """The landscape with the B2B Edition, a debtor for its company, and rules for it."""
    field = {"fieldName": "SAP debtor", "fieldValue": "4711", "labelName": "SAP debtor"}
    site.store("PUT", f"/companies/{COMPANY}", {"extraFields": [field]})
    site.change_mapping(new=RULES)
    site.landscape.add_store("--b2b", "--b2b-api-url", site.landscape.store_url)
    yield site
    site.landscape.add_store("--no-b2b")


def looked_at(site: Site, order: int) -> str:
    """Why an order stands as it does, once it was looked at."""

    def look() -> str | None:
        reason = str(site.orders().get(order, {}).get("reason", ""))
        return reason if reason and reason != "not looked at yet" else None

    return site.until(look, "the order was not looked at")


def customer_line(site: Site, order: int) -> dict[str, Any]:
    """The customer's line of the order's only document."""
    [document] = site.documents(order)
    key = f"{document['company_code']}/{document['number']}/{document['fiscal_year']}"
    line: dict[str, Any] = site.ecc("GET", f"/documents/{key}")["lines"][0]
    assert line["account_type"] == "D"
    return line


def test_an_order_on_account_is_owed_by_its_company(companies: Site) -> None:
    """Late in the B2B Edition, unpaid and awaiting payment; its last shipment releases the block, its deletion not."""
    site = companies
    # The relay knows the B2B Edition within seconds; an order that is late there tells when.
    site.store("PATCH", "/b2b", {"seconds": 3600})
    for attempt in range(20):
        order = site.place(**ON_ACCOUNT)
        reason = looked_at(site, order)
        if "does not show the company" in reason:
            break
        assert attempt < 19, reason
    site.store("PATCH", "/b2b", {"seconds": 0})
    site.becomes(order, "posted")

    line = customer_line(site, order)
    assert Decimal(line["amount"]) == Decimal(str(site.store("GET", f"/orders/{order}")["total_inc_tax"]))
    assert (line["account"], line["payment_terms"]) == ("0000004711", "ZB30")
    assert line["reference_keys"][2] == "04152025-0002"
    assert (line["payment_block"], line["dunning_block"]) == ("B", "B")
    assert site.show(order)["company"] == "500, purchase order 04152025-0002, terms 30 days"
    assert "company: 500, purchase order 04152025-0002, terms 30 days" in site.trace(order)
    told = site.landscape.relay_command("explain", str(order))
    assert "owed by 4711, terms of payment ZB30" in told

    shipment = site.store("POST", f"/orders/{order}/ship", {})
    site.until(lambda: not customer_line(site, order)["payment_block"] or None, "the block was not released")
    assert customer_line(site, order)["dunning_block"] == ""
    site.store("DELETE", f"/orders/{order}/shipments/{shipment['id']}")
    site.becomes(order, "posted")
    assert (customer_line(site, order)["payment_block"], len(site.documents(order))) == ("", 1)
