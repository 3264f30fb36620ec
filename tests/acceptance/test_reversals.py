"""A cancelled order's invoice is reversed by SAP itself, once, whatever is lost or killed on the way; else credited."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.landscape import COMMIT, Site

pytestmark = pytest.mark.timeout(400)

REVERSE = "BAPI_ACC_DOCUMENT_REV_POST"
COMPANY = 'company_code = "1000"\n'


def sold(site: Site) -> int:
    """Place and post an order under a mapping that reverses; give its number."""
    file = site.landscape.mapping_file
    text = file.read_text("utf-8").replace('name = "demo"', 'name = "reversing"', 1)
    if "on_cancel" not in text:
        file.write_text(text.replace(COMPANY, f'{COMPANY}on_cancel = "reversal"\n', 1), "utf-8")

    def look() -> int | None:
        order = site.place()
        site.posted_once(order)
        return order if "reversing" in site.show(order)["postings"][0]["mapping"] else None

    return site.until(look, "the mapping is not read again")


def cancel(site: Site, order: int) -> None:
    site.store("POST", f"/orders/{order}/cancel")


def taken_back(site: Site, order: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Wait until an order has its invoice and exactly one document that takes all of it back; give both."""
    site.until(lambda: len(site.documents(order)) > 1 or None, f"order {order} was not taken back")
    site.becomes(order, "posted")
    invoice, other = sorted(site.documents(order), key=lambda one: one["document_type"] != "DR")
    sums: dict[str, Decimal] = {}
    for document in (invoice, other):
        for line in document["lines"]:
            sums[line["account"]] = sums.get(line["account"], Decimal(0)) + Decimal(line["amount"])
    assert set(sums.values()) == {Decimal(0)}
    return invoice, other


def reversed_once(site: Site, order: int) -> None:
    """The two documents name each other, and the relay shows the reversal's number."""
    invoice, reversal = taken_back(site, order)
    assert (reversal["document_type"], invoice["reversed_by"]) == ("DA", reversal["number"])
    [_, posting] = site.show(order)["postings"]
    assert posting["document"].startswith(reversal["number"])
    assert posting["state"] == "posted"


def test_the_invoice_of_a_cancelled_order_is_reversed(site: Site) -> None:
    """Trace and explain tell it; looking again changes nothing."""
    order = sold(site)
    cancel(site, order)
    reversed_once(site, order)
    assert REVERSE in site.trace(order)
    told = site.ask("explain", str(order), "--json")[-1]
    assert (told["about"], told["document_type"]) == ("cancellation", "reversal")
    assert sum(Decimal(line["amount"]) for line in told["lines"]) == 0


@pytest.mark.parametrize(("point", "said"), [("executed", "proven_present"), ("called", "proven_absent")])
def test_the_answer_to_its_commit_is_lost(site: Site, point: str, said: str) -> None:
    """Done is: the invoice names its reversal, and that one the invoice; proven absent, it is reversed anew."""
    order = sold(site)
    site.fault(order, point, "drop", COMMIT)
    cancel(site, order)
    reversed_once(site, order)
    assert said in site.trace(order)


@pytest.mark.parametrize("point", ["after_post", "after_commit"])
def test_the_agent_is_killed_at_its_points(site: Site, point: str) -> None:
    """Before and after COMMIT; after the restart the invoice is reversed once."""
    order = sold(site)
    site.failpoint(site.agent, point)
    cancel(site, order)
    site.is_held(site.agent, point)
    site.agent.kill()
    site.start_again(site.agent)
    reversed_once(site, order)


def test_the_relay_is_killed_before_it_records_the_reversal(site: Site) -> None:
    """The agent tells it again."""
    order = sold(site)
    site.failpoint(site.relay, "before_result")
    cancel(site, order)
    site.is_held(site.relay, "before_result")
    site.relay.kill()
    site.start_again(site.relay)
    reversed_once(site, order)


def test_a_paid_invoice_is_credited_instead(site: Site) -> None:
    """SAP reverses no cleared items: one credit memo takes the reversal's place without anybody's doing."""
    order = sold(site)
    [invoice] = site.documents(order)
    items = [{"number": invoice["number"], "fiscal_year": invoice["fiscal_year"], "line": 1}]
    payment = {"company_code": "1000", "items": items, "posting_date": invoice["posting_date"]}
    site.ecc("POST", "/payments", payment)
    cancel(site, order)
    _, credit_memo = taken_back(site, order)
    assert (credit_memo["document_type"], credit_memo["reference"]) == ("DG", f"B1-{order}-2V")
    postings = site.show(order)["postings"]
    assert [one["state"] for one in postings] == ["posted", "rejected", "posted"]
    assert postings[1]["reason"] == "sap:F5 308"


def test_an_invoice_reversed_by_hand_counts_as_reversed(site: Site) -> None:
    """What is wanted is in the books, whoever brought it there."""
    order = sold(site)
    [invoice] = site.documents(order)
    by_hand = {"company_code": "1000", "number": invoice["number"], "fiscal_year": invoice["fiscal_year"]}
    site.ecc("POST", "/reversals", by_hand | {"reason": "01", "user": "MUELLER"})
    cancel(site, order)
    site.until(lambda: len(site.show(order)["postings"]) > 1 or None, "no reversal was tried")
    reversed_once(site, order)
    assert "already_posted" in site.trace(order)
