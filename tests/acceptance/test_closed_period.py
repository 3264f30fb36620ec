"""A posting period that SAP's books do not take: orders wait for it together and are posted once it is open."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.support.landscape import Site, reference

pytestmark = pytest.mark.timeout(400)

COMPANY = "1000"


def test_orders_wait_for_a_closed_period_and_are_posted_when_it_opens(site: Site) -> None:
    """Both under one cause; SAP is asked once; whoever opened the period releases them."""
    month = f"{datetime.now(ZoneInfo('Europe/Berlin')):%Y-%m}"
    year, number = month.split("-")
    cause = f"period:company_code={COMPANY},year={year},period=0{number}"
    switch(site, month, opened=False)
    try:
        first = site.place()
        assert "is closed in SAP" in site.becomes(first, "parked")["reason"]
        second = site.place()
        site.becomes(second, "parked")
        assert [one["cause"] for one in site.show(second)["waits_for"]] == [cause]
        assert site.show(second)["postings"] == [], "it was never sent"
        assert cause in [alert["key"] for alert in site.ask("alerts", "list", "--json")]
        [entry] = [one for one in site.ask("worklist", "list", "--json") if one["cause"] == cause]
        assert entry["orders"] == 2
    finally:
        switch(site, month, opened=True)

    site.landscape.relay_command("worklist", "release", cause, "--by", "ann", "--reason", "period opened")
    site.posted_once(first, second)


def test_a_late_order_is_posted_to_the_next_open_period(site: Site) -> None:
    """By rule; its document date, tax reporting date and exchange rate stay those of its own day."""
    rules = 'closed_period = "next_open"\ntax_reporting_date = true\nposting_date = "order"\n'
    company = f'company_code = "{COMPANY}"\n'
    site.change_mapping(company, company + rules)
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    first = now.replace(day=1, hour=12)
    late = first.replace(year=first.year - 1, month=12) if first.month == 1 else first.replace(month=first.month - 1)
    switch(site, f"{late:%Y-%m}", opened=False)
    try:
        order = site.place(date_created=f"{late:%a, %d %b %Y %H:%M:%S %z}")
        site.becomes(order, "posted")
    finally:
        switch(site, f"{late:%Y-%m}", opened=True)
    [document] = site.documents(order)
    assert document["reference"].startswith(reference(order)[:-1])
    assert (document["posting_date"], document["document_date"]) == (f"{first:%Y-%m-%d}", f"{late:%Y-%m-%d}")
    assert document["vat_date"] == document["translation_date"] == document["document_date"]


def switch(site: Site, month: str, *, opened: bool) -> None:
    """Open or close a month for all accounts, as in OB52."""
    wish = {"company_code": COMPANY, "period": month, "open": opened, "account_types": "+"}
    site.ecc("PUT", "/periods", wish)
