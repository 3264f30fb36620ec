"""The call that reverses an invoice, and where there is none; how it is chosen stands in test_cancelling."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from mlconnector_relay.sap.facts import Books
from mlconnector_relay.sap.mapping_file import CompanyCode
from mlconnector_relay.sap.reversal import is_same_period, reversal_document, reversal_reason
from mlconnector_relay.sap.values import Built, Refusal

from tests.support.building import built
from tests.support.mappings import STEP, STORE, a_mapping
from tests.support.orders import PLACED, an_order, revised

COMPANY = a_mapping().file.company_codes[0]
INVOICE = built(an_order()).facts


def reversed_(company: CompanyCode = COMPANY, invoice: object = INVOICE, **order: object) -> Built | Refusal:
    snapshot = revised(an_order(), **order)
    return reversal_document([invoice], "180000000010002026", snapshot, a_mapping(), company, STORE, STEP)  # type: ignore[list-item]


def test_a_month_is_that_of_the_company_code_s_books() -> None:
    """The last evening of March is April already where the books are kept."""
    invoice = replace(INVOICE, day="20260331")
    late = revised(an_order(), date_modified=PLACED.replace(month=3, day=31, hour=22, minute=30))
    assert not is_same_period(invoice, late, COMPANY, STORE)
    assert is_same_period(invoice, late, COMPANY.model_copy(update={"timezone": "UTC"}), STORE)
    assert reversal_reason(invoice, late, COMPANY, STORE) == ""
    assert reversal_reason(invoice, late, COMPANY.model_copy(update={"timezone": "UTC"}), STORE) == "01"


def test_it_needs_no_address() -> None:
    """SAP mirrors the document with the address it has; a later one that would be refused does not matter."""
    document = reversed_(billing_address={}, date_modified=PLACED + timedelta(days=1))
    assert isinstance(document, Built)
    assert document.call.parameters["REVERSAL"]["OBJ_KEY_R"] == "180000000010002026"


def test_an_invoice_that_cannot_be_mirrored_is_refused() -> None:
    """Which no invoice that SAP took is: its tax would be more than its base."""
    [line, *rest] = INVOICE.lines
    broken = replace(INVOICE, lines=(replace(line, tax=line.net * 2), *rest))
    document = reversed_(invoice=broken)
    assert isinstance(document, Refusal)
    assert document.rule == "refused:tax_base"


def test_a_hold_of_the_close_calendar_holds_it() -> None:
    """As it holds every posting of the company code."""
    hold = "[[close_calendar]]\nhold_from = 2027-01-01\nhold_until = 2027-01-10\n"
    store = replace(STORE, books=Books(datetime(2027, 1, 5, tzinfo=UTC)))
    rules = (a_mapping(more=hold), COMPANY, store, STEP)
    found = reversal_document([INVOICE], "180000000010002026", an_order(), *rules)
    assert isinstance(found, Refusal)
    assert found.rule.startswith("hold:company_code=1000,until=2027-01-10")
