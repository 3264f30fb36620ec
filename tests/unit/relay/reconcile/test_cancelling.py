"""A cancelled order is taken back by one document: SAP's reversal where it may be, else a credit memo that says why."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.reconcile.plan import Owe, Settled
from mlconnector_relay.sap.values import Built

from tests.support.building import posted
from tests.support.lives import Life, a_refund, an_item, entry_of
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Line, an_order

HALF = an_item("PRODUCT", 61, "59.50", 1)


def cancelled(*options: str, days: int = 2) -> Life:
    """Two lamps at 59.50, posted, cancelled some days later."""
    added = "\n".join(('language = "DE"', 'on_cancel = "reversal"', *options))
    life = Life(an_order(Line("59.50", 2)), a_mapping(('language = "DE"', added)))
    life.post()
    return life.now(status_id=5, date_modified=PLACED + timedelta(days=days))


def refused(life: Life, reason: str, state: Any = "rejected") -> Life:
    """SAP refuses what is owed."""
    owed = life.plan()
    assert isinstance(owed, Owe)
    life.entries.append(replace(entry_of(owed, life.snapshot, 0, state), reason=reason))
    return life


def why_not(document: Built) -> str:
    """Return why a credit memo was posted instead."""
    assert document.document_type == "DG"
    [said] = [one for one in document.decisions if one.startswith("on_cancel")]
    return said.removeprefix("on_cancel: a credit memo in place of the reversal: ")


def test_the_invoice_is_reversed_by_its_key() -> None:
    """With the reason of its own month and its own date; no reference travels, and nothing is left of it."""
    life = cancelled()
    document = life.post()
    assert document.call.function == "BAPI_ACC_DOCUMENT_REV_POST"
    assert document.call.parameters == {
        "REVERSAL": {
            "OBJ_TYPE": "BKPFF",
            "OBJ_KEY_R": "180000000010002026",
            "COMP_CODE": "1000",
            "REASON_REV": "01",
        },
        "BUS_ACT": "RFBU",
    }
    assert (document.reference, document.document_type, document.gross) == ("B1-1000123-V", "", Decimal("-119.00"))
    assert posted(document) == [
        ("customer", "99000", "", "-119.00"),
        ("product", "800000", "A1", "100.00"),
        ("tax", "", "A1", "19.00"),
    ]
    assert document.facts.day == "20260305"
    assert "on_cancel: document 180000000010002026 is reversed for reason 01" in document.decisions
    assert life.books() == {}
    assert isinstance(life.plan(), Settled)


def test_another_month_takes_its_own_reason_and_date() -> None:
    """The day it was cancelled."""
    options = ('reversal_reason_same_period = "03"', 'reversal_reason_other_period = "02"')
    document = cancelled(*options, days=28).post()
    given = document.call.parameters["REVERSAL"]
    assert (given["REASON_REV"], given["PSTNG_DATE"], document.facts.day) == ("02", "20260402", "20260402")
    assert cancelled(*options).post().call.parameters["REVERSAL"]["REASON_REV"] == "03"


def test_another_month_without_a_reason_is_a_credit_memo() -> None:
    """By default."""
    assert "another month" in why_not(cancelled(days=28).post())


def test_a_refund_record_is_a_credit_memo_even_if_it_was_declined() -> None:
    """What was paid back, or may have been, is no reversal's business."""
    payment = {"id": 30, "provider_id": "stripe", "amount": "59.50", "offline": False, "is_declined": True}
    life = cancelled().parts(refunds=[a_refund(7, "59.50", "9.50", HALF, payments=[payment])])
    assert why_not(life.post()) == "the order has a refund record"
    booked = cancelled().parts(refunds=[a_refund(7, "59.50", "9.50", HALF)])
    booked.post()
    assert booked.post().gross == Decimal("-59.50")
    assert booked.books() == {}


def test_an_order_of_several_documents_is_a_credit_memo() -> None:
    """One document takes back, never two."""
    life = Life(an_order(Line("59.50", 2)), cancelled('on_edit = "supplement"').mapping)
    life.post()
    life.snapshot = an_order(Line("59.50", 3))
    life.now(date_modified=PLACED + timedelta(days=1)).post()
    document = life.now(status_id=5, date_modified=PLACED + timedelta(days=2)).post()
    assert why_not(document) == "the order has more documents than its invoice"
    assert life.books() == {}


@pytest.mark.parametrize("message", ["F5 201", "F5 286", "F5 308"])
def test_what_sap_reverses_no_more_is_a_credit_memo_under_the_next_step(message: str) -> None:
    """Exactly one: the reversal is not tried again, also when the credit memo is refused in its turn."""
    life = refused(cancelled(), f"sap:{message}")
    document = life.plan()
    assert isinstance(document, Owe)
    assert why_not(document.built).startswith("SAP has refused it")
    assert (document.step.ordinal, document.built.reference) == (2, "B1-1000123-2V")
    refused(life, "sap:F5 351")
    assert life.post().reference == "B1-1000123-2V"
    assert life.books() == {}
    assert isinstance(life.plan(), Settled)


@pytest.mark.parametrize(("reason", "state"), [("sap:F5 375", "rejected"), ("proven_absent", "failed")])
def test_what_may_pass_is_tried_again_as_the_same_reversal(reason: str, state: str) -> None:
    """A document locked by somebody, an attempt proven to have done nothing."""
    life = refused(cancelled(), reason, state)
    again = life.plan()
    assert isinstance(again, Owe)
    assert (again.step.ordinal, again.built.document_type) == (1, "")


def test_a_credit_memo_that_is_refused_for_its_period_stays_one() -> None:
    """That message ends a reversal, and says nothing against a credit memo but that its period is closed."""
    life = cancelled(days=28)
    first = life.plan()
    refused(life, "sap:F5 201")
    again = life.plan()
    assert isinstance(first, Owe)
    assert isinstance(again, Owe)
    assert (again.step, again.built.call) == (first.step, first.built.call)


def test_a_refused_credit_memo_says_nothing_of_the_reversal() -> None:
    """Once the mapping has a reason for it, the invoice is reversed under the next step."""
    life = refused(cancelled(days=28), "sap:F5 201")
    life.mapping = cancelled('reversal_reason_other_period = "02"').mapping
    document = life.post()
    assert (document.call.function, document.reference) == ("BAPI_ACC_DOCUMENT_REV_POST", "B1-1000123-2V")
