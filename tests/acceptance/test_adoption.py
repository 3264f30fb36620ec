"""Documents of orders from before the cut-over, posted by hand and adopted: what follows in the store does in SAP."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.landscape import Site

pytestmark = pytest.mark.timeout(400)

WHO = ("--by", "ida", "--reason", "sold before the cut-over")
SOLD = datetime.now(UTC) - timedelta(days=70)
"""Before the cut-over of the landscape's store."""

REVENUE = "800900"
"""Not where the mapping would post it."""


def sold_before(site: Site) -> int:
    """Place an order of two lamps at 59.50 that is older than the cut-over, and wait until it was skipped."""
    line = {"product_id": 111, "price": "59.50", "quantity": 2}
    order = site.place(lines=[line], destinations=[{}], date_created=SOLD.isoformat())
    site.becomes(order, "skipped")
    return order


def posted_by_hand(site: Site, gross: str = "119.00", **changes: Any) -> dict[str, str]:
    """Post an invoice at a desk; give the options that name it."""
    tax = (Decimal(gross) * 19 / 119).quantize(Decimal("0.01"))
    net = Decimal(gross) - tax
    document = {
        "company_code": "1000",
        "document_type": "DR",
        "posting_date": f"{SOLD:%Y%m%d}",
        "reference": "R 4711",
        "currency": "EUR",
        "user": "CLERK",
        "one_time": {"name": "A", "city": "Berlin", "country": "DE", "street": "S 1", "postal_code": "10115"},
        "lines": [
            {"customer": "99000", "amount": gross},
            {"account": REVENUE, "tax_code": "A1", "cost_center": "4100", "amount": f"-{net}"},
            {"tax_code": "A1", "amount": f"-{tax}", "base": f"-{net}"},
        ],
    } | changes
    made = site.ecc("POST", "/documents", document)
    return {"--document": made["number"], "--year": made["fiscal_year"], "--company-code": made["company_code"]}


def adopt(site: Site, order: int, named: dict[str, str]) -> str:
    """Ask that a document be adopted."""
    options = [part for option in named.items() for part in option]
    return site.landscape.relay_command("orders", "adopt", str(order), *options, *WHO)


def why_not(site: Site, order: int, named: dict[str, str]) -> str:
    """Ask for a document that does not fit; give what the order says then."""
    adopt(site, order, named)

    def look() -> str | None:
        reason = str(site.show(order)["reason"])
        return reason if named["--document"].lstrip("0") in reason else None

    reason = site.until(look, "it was not compared")
    assert site.state(order) == "skipped"
    return reason


def test_an_adopted_invoice_is_credited_as_if_it_were_ours(site: Site) -> None:
    """Shown, decided by its digest, taken over; a refund is a DG on its accounts; nothing counts twice."""
    order, named = sold_before(site), posted_by_hand(site)
    assert f"next: worklist decide {order}" in adopt(site, order, named)
    site.becomes(order, "parked")
    [asked] = site.ask("worklist", "decide", str(order), "--json")
    for told in ("reference R 4711, entered by CLERK", "tax with A1: 19.00 in SAP, 19.00 by the relay", REVENUE):
        assert told in asked["sentence"]
    assert set(asked["choices"]) == {"adopt", "leave"}
    decide = ("worklist", "decide", str(order), "--choose", "adopt", "--proposal", asked["proposal"], *WHO, "--json")
    site.ask(*decide)
    site.becomes(order, "posted")
    [entry] = site.show(order)["postings"]
    assert (entry["document"][:10], entry["amount"]) == (named["--document"].zfill(10), "119.00 EUR")

    line = site.store("GET", f"/orders/{order}")["products"][0]["id"]
    piece = {"item_type": "PRODUCT", "item_id": line, "quantity": 1}
    site.store("POST", f"/orders/{order}/refunds", {"items": [piece], "provider_id": "custom", "offline": True})
    site.until(lambda: site.documents(order) or None, "no credit memo was posted")
    site.becomes(order, "posted")
    [memo] = site.documents(order)
    assert memo["document_type"] == "DG"
    amounts = {(one["account"], one["tax_code"]): Decimal(one["amount"]) for one in memo["lines"]}
    assert amounts[REVENUE.zfill(10), "A1"] == Decimal("50.00")
    assert amounts["0000099000", ""] == Decimal("-59.50")

    days = ("--from", f"{SOLD:%Y-%m-%d}", "--to", f"{datetime.now(UTC):%Y-%m-%d}")
    for since in ((), ("--from", f"{SOLD:%Y-%m-%d}")):  # the document is read again by its number, then
        site.ask("readback", *since, "--json")
        rows = site.ask("reconciliation", *days, "--format", "json")
        assert not [row for row in rows if str(order) in row["what"] or named["--document"] in row["what"]], rows
    [totals] = site.ask("totals", *days, "--json")
    [row] = [one for one in totals["days"] if (one["day"], one["currency"]) == (f"{SOLD:%Y-%m-%d}", "EUR")]
    assert (row["posted"]["amount"], row["sap"]["amount"], row["difference"]) == ("119.00", "119.00", "0.00")

    other = sold_before(site)
    with pytest.raises(Exception, match=f"in the ledger already, of order {order}"):
        adopt(site, other, named)
    with pytest.raises(Exception, match=r"has document .* in the ledger"):
        adopt(site, order, named)
    ours = site.place()
    site.becomes(ours, "posted", "skipped", "parked")
    with pytest.raises(Exception, match=r"in the ledger|after the cut-over"):
        adopt(site, ours, posted_by_hand(site))


def test_what_is_not_the_orders_invoice_is_not_adopted(site: Site) -> None:
    """Another amount, another currency, one that was reversed, one that is not there: each told with its figures."""
    order = sold_before(site)
    wrong = posted_by_hand(site, "118.00")
    assert "owes EUR: 118.00 in SAP, 119.00 by the relay" in why_not(site, order, wrong)
    assert "it is in USD, the order in EUR" in why_not(site, order, posted_by_hand(site, currency="USD"))
    gone = posted_by_hand(site)
    what = {"company_code": "1000", "number": gone["--document"], "fiscal_year": gone["--year"], "user": "CLERK"}
    site.ecc("POST", "/reversals", what)
    assert "it was reversed by document" in why_not(site, order, gone)
    assert "SAP has no such document" in why_not(site, order, gone | {"--document": "9999999999"})
