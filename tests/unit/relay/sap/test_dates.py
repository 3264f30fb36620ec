"""Every date of a document comes from its own fact, in the company code's time zone."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from mlconnector_relay.sap.document import ar_document
from mlconnector_relay.sap.facts import Books
from mlconnector_relay.sap.frozen import frozen_text, read_frozen, read_head
from mlconnector_relay.sap.mapping import Mapping
from mlconnector_relay.sap.values import Built, Refusal

from tests.support.building import with_parts
from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import STEP, STORE, a_mapping
from tests.support.orders import Line, an_order, revised

NEXT_OPEN = ('language = "DE"', 'language = "DE"\nclosed_period = "next_open"\ntax_reporting_date = true')
LATER = datetime(2027, 1, 8, 9, tzinfo=UTC)


def placed(moment: str, *transactions: dict[str, Any]) -> Any:
    """An order placed then."""
    return with_parts(revised(an_order(), date_created=moment), transactions=list(transactions))


def paid(moment: str | None, **more: Any) -> dict[str, Any]:
    """A transaction that took the money then."""
    row = {"id": 5, "event": "capture", "status": "ok", "amount": "119", "currency": "EUR", "date_created": moment}
    return row | more


def document(snapshot: Any, mapping: Mapping | None = None, books: Books | None = None) -> Built:
    """Build the invoice."""
    store = replace(STORE, books=books or Books())
    found = ar_document(snapshot, mapping or a_mapping(), store, STEP)
    assert isinstance(found, Built), found
    return found


def dates(built: Built) -> tuple[str, ...]:
    """Document, posting, tax and translation date; empty where SAP decides."""
    header = built.call.parameters["DOCUMENTHEADER"]
    return tuple(header.get(name, "") for name in ("DOC_DATE", "PSTNG_DATE", "VATDATE", "TRANS_DATE"))


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Europe/Helsinki", "2026-10-31T23:30:00Z", "20261101"),
        ("Europe/Helsinki", "2026-10-31T21:59:00Z", "20261031"),
        ("America/Los_Angeles", "2026-11-01T06:59:00Z", "20261031"),
        ("Europe/Berlin", "2026-12-31T23:30:00Z", "20270101"),
        ("", "2026-12-31T23:30:00Z", "20261231"),
    ],
)
def test_the_company_code_s_time_zone_decides_the_day(zone: str, moment: str, day: str) -> None:
    """At the ends of months and years; where it names none, the store's (London's)."""
    mapping = a_mapping(('timezone = "Europe/Berlin"', f'timezone = "{zone}"'))
    assert dates(document(placed(moment), mapping)) == (day, day, "", "")


def test_an_invoice_is_posted_on_the_day_it_was_paid() -> None:
    """Document date is the order's; authorisations are no payment, a certificate's counts where there is no other."""
    tried = [
        paid("2026-11-02T08:00:00Z"),
        paid("2026-11-03T08:00:00Z", id=6),
        paid("2026-10-31T20:00:00Z", id=7, event="authorization"),
        paid("2026-10-31T20:00:00Z", id=8, test=True),
        paid(None, id=9),
    ]
    built = document(placed("2026-10-31T20:00:00Z", *tried))
    assert dates(built) == ("20261031", "20261102", "", "")
    assert "document date 20261031, posting date 20261102: the payment's, in Europe/Berlin" in built.decisions
    early = paid("2026-11-01T08:00:00Z", id=4, method="gift_certificate")
    assert dates(document(placed("2026-10-31T20:00:00Z", early, *tried)))[1] == "20261102"
    assert dates(document(placed("2026-10-31T20:00:00Z", early)))[1] == "20261101"
    by_order = a_mapping(('language = "DE"', 'language = "DE"\nposting_date = "order"'))
    assert dates(document(placed("2026-10-31T20:00:00Z", *tried), by_order)) == ("20261031", "20261031", "", "")


@pytest.mark.parametrize(
    ("trigger", "status", "shipped", "day", "whose"),
    [
        ("shipped", 2, ["2026-11-05T10:00:00Z", "2026-11-07T10:00:00Z", None], "20261107", "the last shipment's"),
        ("shipped", 2, [], "20261106", "the last shipment's"),
        ("shipped", 5, [], "20261102", "the payment's"),
        ("captured", 2, ["2026-11-07T10:00:00Z"], "20261102", "the payment's"),
        ("ordered", 2, ["2026-11-07T10:00:00Z"], "20261031", "the order's"),
    ],
)
def test_an_invoice_is_posted_on_the_day_of_what_made_it_owed(
    trigger: str, status: int, shipped: list[str | None], day: str, whose: str
) -> None:
    """Of the last shipment, where that is what is invoiced; the order says it where no shipment has a date."""
    mapping = a_mapping(more=f'[[triggers]]\ninvoice_on = "{trigger}"\n')
    order = revised(placed("2026-10-31T20:00:00Z"), status_id=status, date_shipped="2026-11-06T10:00:00Z")
    rows = [{"id": place, "date_created": moment} for place, moment in enumerate(shipped, 1)]
    built = document(with_parts(order, transactions=[paid("2026-11-02T08:00:00Z")], shipments=rows), mapping)
    assert dates(built)[:2] == ("20261031", day)
    assert any(f": {whose}, in Europe/Berlin" in said for said in built.decisions)


def test_a_moved_posting_keeps_tax_date_document_date_and_rate() -> None:
    """Over the end of a year: the period is another, the facts are not."""
    books = Books(LATER, {("1000", "20261231"): "012/2026"})
    built = document(placed("2026-12-31T10:00:00Z"), a_mapping(NEXT_OPEN), books)
    assert dates(built) == ("20261231", "20270101", "20261231", "20261231")
    assert "moved from 20261231, whose period 012/2026 is closed; tax and exchange rate stay that day's" in (
        built.decisions
    )
    assert (built.facts.day, built.facts.posted, built.facts.rate_day) == ("20261231", "20270101", "20261231")
    text = frozen_text(built.facts)
    assert read_frozen(text) == built.facts
    assert (read_head(text).posting_day, read_head(text).day) == ("20270101", "20261231")


def test_the_tax_reporting_date_is_sent_where_sap_keeps_one() -> None:
    """Also of what is not moved; a company code without one leaves it out."""
    order = placed("2026-10-30T10:00:00Z")
    assert dates(document(order, a_mapping(NEXT_OPEN))) == ("20261030", "20261030", "20261030", "")
    moved = document(
        order,
        a_mapping(('language = "DE"', 'language = "DE"\nclosed_period = "next_open"')),
        Books(LATER, {("1000", "20261030"): "010/2026"}),
    )
    assert dates(moved) == ("20261030", "20261101", "", "20261030")


def test_a_closed_period_or_a_hold_refuses_the_document() -> None:
    """With the cause to wait for."""
    order = placed("2026-10-30T10:00:00Z")
    store = replace(STORE, books=Books(LATER, {("1000", "20261030"): "010/2026"}))
    found = ar_document(order, a_mapping(), store, STEP)
    assert isinstance(found, Refusal)
    assert found.rule == "period:company_code=1000,year=2026,period=010"
    hold = "[[close_calendar]]\nhold_from = 2027-01-01\nhold_until = 2027-01-10\n"
    found = ar_document(order, a_mapping(more=hold), store, STEP)
    assert isinstance(found, Refusal)
    assert found.rule.startswith("hold:company_code=1000,until=2027-01-10")


# --- later documents ---


def moved_life(**refund: Any) -> Life:
    """An order of 31 December, posted on 1 January, with a refund of 2 January."""
    life = Life(an_order(Line("59.50", 2)), mapping=a_mapping(NEXT_OPEN))
    life.now(date_created="2026-12-31T10:00:00Z")
    life.store = replace(life.store, books=Books(LATER, {("1000", "20261231"): "012/2026"}))
    life.post()
    item = an_item("PRODUCT", 61, "59.50", 1)
    return life.now(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", item, **refund)])


def test_a_credit_memo_has_the_refund_s_dates_and_by_rule_the_rate_of_the_invoice() -> None:
    """The rate the invoice was translated with, which is of the day before it was posted."""
    life = moved_life(created="2027-01-02T10:00:00Z")
    assert dates(life.post()) == ("20270102", "20270102", "20270102", "")
    life = moved_life(created="2027-01-02T10:00:00Z")
    life.mapping = a_mapping(
        ('language = "DE"', f'{NEXT_OPEN[1]}\ncredit_memo_rate = "original"'),
    )
    assert dates(life.post()) == ("20270102", "20270102", "20270102", "20261231")


def test_a_moved_credit_memo_keeps_the_rate_of_the_refund() -> None:
    """Its own date is what it would have been translated with."""
    life = moved_life(created="2026-12-31T10:00:00Z")
    assert dates(life.post()) == ("20261231", "20270101", "20261231", "20261231")


def test_what_is_reversed_and_posted_anew_keeps_the_original_s_rate() -> None:
    """An edit is no reason for another exchange rate."""
    rule = ('language = "DE"', 'language = "DE"\non_edit = "reverse_and_repost"')
    life = Life(an_order(Line("59.50", 2)), mapping=a_mapping(rule))
    life.post()
    life.snapshot = revised(an_order(Line("59.50", 1)), date_modified="2026-04-02T10:00:00Z")
    assert dates(life.post()) == ("20260402", "20260402", "", "20260305")
    assert dates(life.post()) == ("20260402", "20260402", "", "20260305")
