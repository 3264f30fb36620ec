"""Shipments in the books: blocks, fields and texts of a posted invoice through every real part."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.landscape import COMMIT, Site

pytestmark = pytest.mark.timeout(400)

CHANGE = "Z_MLC_DOCUMENT_CHANGE"
TEXT = "RFC_SAVE_TEXT"
RULES = """
[shipments]
payment_block = "B"
dunning_block = "B"
fields = { XREF3 = "{tracking}", ZUONR = "{carrier} {shipment}" }
text_id = "0001"
"""
ON_ACCOUNT = {"payment_method": "Bank Deposit", "payment_provider_id": "bankdeposit", "payment_status": ""}


def place(site: Site) -> tuple[int, dict[str, Any]]:
    """Place an unpaid order under the rules; give it with its posted invoice, which is blocked."""
    with site.landscape.mapping_file.open("a", encoding="utf-8") as mapping:
        mapping.write(RULES)
    for attempt in range(20):
        order = site.place(lines=[{"product_id": 112, "quantity": 2}], **ON_ACCOUNT)
        site.posted_once(order)
        found = customer_line(site, order)
        if found["payment_block"]:  # else it was posted before the file was read
            assert (found["payment_block"], found["dunning_block"]) == ("B", "B")
            return order, found
        assert attempt < 19, "the rules never came into force"
    raise AssertionError("unreachable")


def invoice(site: Site, order: int) -> dict[str, Any]:
    """The order's only document, with its lines."""
    [document] = site.documents(order)
    found: dict[str, Any] = document
    return found


def customer_line(site: Site, order: int) -> dict[str, Any]:
    """The customer's line of it."""
    document = invoice(site, order)
    key = f"{document['company_code']}/{document['number']}/{document['fiscal_year']}"
    line: dict[str, Any] = site.ecc("GET", f"/documents/{key}")["lines"][0]
    assert line["account_type"] == "D"
    return line


def texts(site: Site, order: int) -> list[str]:
    """The lines of the invoice's text."""
    document = invoice(site, order)
    name = f"{document['company_code']}{document['number']}{document['fiscal_year']}"
    found = site.ecc("GET", f"/texts?object=BELEG&name={name}")["texts"]
    return [line["text"] for text in found for line in text["lines"]]


def calls(site: Site, function: str) -> int:
    """How often SAP was called."""
    return int(site.ecc("GET", "/counters")["calls"].get(function, 0))


def ship(site: Site, order: int, **more: Any) -> dict[str, Any]:
    """Ship in the store."""
    made: dict[str, Any] = site.store("POST", f"/orders/{order}/ship", more)
    return made


def test_a_shipment_is_told_once_whatever_callbacks_come(site: Site) -> None:
    """A block that holds until the last shipment; three callbacks for each event change nothing more."""
    site.store("PATCH", "/callbacks", {"copies": 3})
    order, _ = place(site)
    line = site.store("GET", f"/orders/{order}")["products"][0]["id"]
    one = {"items": [{"order_product_id": line, "quantity": 1}]}
    before = calls(site, CHANGE), calls(site, TEXT)
    first = ship(site, order, tracking_number="JJD01", tracking_carrier="dhl", **one)
    site.until(lambda: texts(site, order) or None, "the text was not saved")
    site.becomes(order, "posted")
    line_ = customer_line(site, order)
    assert (line_["reference_keys"][2], line_["allocation"]) == ("JJD01", f"dhl {first['id']}")
    assert line_["payment_block"] == "B"
    assert (calls(site, CHANGE) - before[0], calls(site, TEXT) - before[1]) == (2, 1)

    second = ship(site, order, tracking_number="JJD02", tracking_carrier="ups")
    site.until(lambda: len(texts(site, order)) == 2 or None, "the second was not told")
    site.becomes(order, "posted")
    line_ = customer_line(site, order)
    assert (line_["payment_block"], line_["dunning_block"], line_["reference_keys"][2]) == ("", "", "JJD02")
    assert (calls(site, CHANGE) - before[0], calls(site, TEXT) - before[1]) == (5, 2)

    site.store("DELETE", f"/orders/{order}/shipments/{second['id']}")
    site.until(lambda: len(texts(site, order)) == 1 or None, "the deletion was not told")
    site.becomes(order, "posted")
    line_ = customer_line(site, order)
    assert (line_["payment_block"], line_["reference_keys"][2]) == ("", "JJD01")
    assert site.posted_once(order) is None
    assert f"shipment {first['id']} of " in site.trace(order)
    assert "JJD0" not in site.trace(order)


@pytest.mark.parametrize("point", ["executed", "called"])
def test_a_lost_answer_to_a_change_is_settled(site: Site, point: str) -> None:
    """In doubt, then looked for in the item itself: changed, or changed once more."""
    order, _ = place(site)
    site.fault(order, point, "drop", COMMIT)
    ship(site, order, tracking_number="JJD01")
    site.becomes(order, "in_doubt")
    site.until(lambda: texts(site, order) or None, "it was not settled")
    site.becomes(order, "posted")
    line = customer_line(site, order)
    assert (line["payment_block"], line["reference_keys"][2]) == ("", "JJD01")
    assert ("proven_present" if point == "executed" else "proven_absent") in site.trace(order)


def test_a_cleared_item_is_reported(site: Site) -> None:
    """Paid before it was shipped: the block and the assignment stay, the rest is told, nothing fails."""
    order, _ = place(site)
    document = invoice(site, order)
    items = [{"number": document["number"], "fiscal_year": document["fiscal_year"], "line": 1}]
    wanted = {"company_code": document["company_code"], "items": items, "posting_date": document["posting_date"]}
    site.ecc("POST", "/payments", wanted)
    ship(site, order, tracking_number="JJD01")
    site.until(lambda: texts(site, order) or None, "the shipment was not told")
    site.becomes(order, "posted")
    line = customer_line(site, order)
    assert (line["payment_block"], line["reference_keys"][2]) == ("B", "JJD01")
    assert "cleared" in site.trace(order)


def test_deferred_revenue_is_earned_by_shipments(site: Site) -> None:
    """SA documents without customer through the agent's policy into the books; the comparison finds nothing wrong."""
    text = site.landscape.mapping_file.read_text("utf-8")
    account = 'deferred_revenue = { gl_account = "249000", cost_center = "" }'
    deferred = f'one_time_customer = "99000"\nrevenue = "deferred"\n{account}'
    site.landscape.mapping_file.write_text(text.replace('one_time_customer = "99000"', deferred), "utf-8")
    for _ in range(20):
        order = site.place(lines=[{"product_id": 112, "quantity": 3}])
        site.posted_once(order)
        if any(line["account"] == "0000249000" for line in invoice(site, order)["lines"]):
            break
    line = site.store("GET", f"/orders/{order}")["products"][0]["id"]
    for pieces in (1, 2):
        ship(site, order, items=[{"order_product_id": line, "quantity": pieces}])
        site.until(lambda count=pieces: len(site.documents(order)) == count + 1 or None, "no revenue was posted")
        site.becomes(order, "posted")
    documents = site.documents(order)
    assert sorted(one["document_type"] for one in documents) == ["DR", "SA", "SA"]
    sums: dict[str, Decimal] = {}
    for document in documents:
        for row in document["lines"]:
            sums[row["account"]] = sums.get(row["account"], Decimal(0)) + Decimal(row["amount"])
    assert sums["0000249000"] == 0
    site.ask("readback", "--json")
    days = sorted(one["posting_date"] for one in documents)
    found = site.ask("reconciliation", "--format", "json", "--from", days[0], "--to", days[-1])
    references = {one["reference"] for one in documents}
    assert not [one for one in found if any(reference in one["what"] for reference in references)]
