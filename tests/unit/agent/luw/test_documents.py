"""What a posting call expects to find, and when a found document is it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from mlconnector_agent.luw.documents import Found, Unfit, difference, expect, object_key_parts
from mlconnector_shared.bapi import BapiCall

from tests.support.ecc import DATE, amounts
from tests.support.postings import a_call

CALL = a_call("BC1-1-I")
EXPECTED = expect(CALL)
FOUND = Found("1000", "1800000000", "2026", "DR", DATE, DATE, "EUR", "MLC_RFC1", "", "0000", "BC1-1-I")
AMOUNTS = {"0000004711": Decimal("119.00")}


def test_the_same_document() -> None:
    """Type, dates, currency, customer and amount are the call's; the amount's decimals do not matter."""
    assert difference(EXPECTED, FOUND, AMOUNTS) == ""
    assert difference(EXPECTED, FOUND, {"0000004711": Decimal("119.0000")}) == ""
    assert FOUND.object_key == "180000000010002026"
    assert object_key_parts(FOUND.object_key) == ("1800000000", "1000", "2026")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"reference": "X"}, "reference"),
        ({"company_code": "2000"}, "company code"),
        ({"document_type": "DG"}, "document type"),
        ({"document_date": "20250101"}, "document date"),
        ({"posting_date": "20250101"}, "posting date"),
        ({"currency": "USD"}, "currency"),
        ({"reversed_by": "1700000000"}, "reversed by"),
    ],
)
def test_any_other_fact_is_named(change: dict[str, str], named: str) -> None:
    """A document that differs in one fact is not ours; a reversed one neither. The user does not matter."""
    assert named in difference(EXPECTED, replace(FOUND, **change), AMOUNTS)
    assert difference(EXPECTED, replace(FOUND, user="SOMEBODY"), AMOUNTS) == ""


@pytest.mark.parametrize("found", [{}, {"0000004711": Decimal("118.99")}, {"0000004711": Decimal("-119.00")}])
def test_another_amount_is_another_document(found: dict[str, Decimal]) -> None:
    """Amount and sign must be the same, per customer."""
    assert "0000004711" in difference(EXPECTED, FOUND, found)


def test_receivable_lines_of_a_customer_are_summed() -> None:
    """SAP may be asked for several lines of one customer; they are compared as one sum, padded as SAP stores it."""
    lines = [{"ITEMNO_ACC": "1", "CUSTOMER": "4711"}, {"ITEMNO_ACC": "2", "CUSTOMER": "4711"}]
    call = a_call("BC1-1-I", ACCOUNTRECEIVABLE=lines, CURRENCYAMOUNT=amounts("100.00", "19.00", "-119.00"))
    assert expect(call).amounts == {"0000004711": Decimal("119.00")}


@pytest.mark.parametrize(
    "call",
    [
        BapiCall("BAPI_ACC_DOCUMENT_REV_POST", CALL.parameters),
        a_call(""),
        a_call("X", COMP_CODE=" "),
        BapiCall(CALL.function, {**CALL.parameters, "CURRENCYAMOUNT": []}),
        BapiCall(CALL.function, {name: value for name, value in CALL.parameters.items() if name != "DOCUMENTHEADER"}),
        BapiCall(CALL.function, {**CALL.parameters, "ACCOUNTRECEIVABLE": [{"ITEMNO_ACC": "9", "CUSTOMER": "1"}]}),
        BapiCall(
            CALL.function,
            {**CALL.parameters, "CURRENCYAMOUNT": [{"ITEMNO_ACC": "1", "CURRENCY": "EUR", "AMT_DOCCUR": "x"}]},
        ),
    ],
)
def test_a_call_that_could_not_be_recognised_is_unfit(call: BapiCall) -> None:
    """Without reference, dates, currency and amounts no document could be told from another."""
    with pytest.raises(Unfit):
        expect(call)
