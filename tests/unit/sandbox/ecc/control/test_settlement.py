"""Payments, clearing, its reset, and reversals by hand."""

from typing import Any

import pytest

from tests.support.ecc import DATE, Ecc, a_document, amounts, codes
from tests.support.rfc_wire import WireClient

YEAR = DATE[:4]
COLUMNS = ("BELNR", "BUZEI", "BSCHL", "SHKZG", "WRBTR", "AUGBL", "REBZG")


@pytest.fixture
def invoice(client: WireClient) -> dict[str, Any]:
    """Post an invoice of 119.00; give the key of its customer item."""
    return post(client, "SETTLE")


def post(client: WireClient, reference: str, **changes: Any) -> dict[str, Any]:
    """Post and commit; give the key of the customer item."""
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference, **changes))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return {"number": key[:10], "fiscal_year": key[14:]}


def items(client: WireClient, table: str) -> list[list[str]]:
    """Read customer items as the agent does."""
    fields = [{"FIELDNAME": name} for name in COLUMNS]
    rows = client.call("RFC_READ_TABLE", QUERY_TABLE=table, DELIMITER="|", FIELDS=fields)["DATA"]
    return sorted([cell.strip() for cell in row["WA"].split("|")] for row in rows)


def payment(*keys: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Describe a payment."""
    return {"company_code": "1000", "items": list(keys), "posting_date": DATE, "reference": "STATEMENT", **changes}


async def test_a_payment_in_full_clears_invoice_and_itself(
    client: WireClient, control: Any, invoice: dict[str, Any]
) -> None:
    """Both items are in BSAD, cleared by the payment; the bank has its money."""
    paid = await control("POST", "/payments", payment(invoice), 201)
    number = paid["number"]

    assert paid["document_type"] == "DZ"
    assert items(client, "BSID") == []
    assert [row[2:6] for row in items(client, "BSAD")] == [
        ["15", "H", "119.00", number],
        ["01", "S", "119.00", number],
    ]
    shown = await control("GET", f"/documents/1000/{number}/{YEAR}")
    assert [(line["account"], line["amount"]) for line in shown["lines"]] == [
        ("0000113100", "119.00"),
        ("0000004711", "-119.00"),
    ]


async def test_a_partial_payment_stays_beside_the_invoice(
    client: WireClient, control: Any, invoice: dict[str, Any]
) -> None:
    """Nothing is cleared; the payment names the invoice it belongs to."""
    paid = await control("POST", "/payments", payment(invoice, amount="20.00"), 201)

    assert items(client, "BSAD") == []
    assert [[row[0], *row[4:]] for row in items(client, "BSID")] == [
        [paid["number"], "20.00", "", invoice["number"]],
        [invoice["number"], "119.00", "", ""],
    ]


async def test_a_residual_payment_leaves_a_new_item(client: WireClient, control: Any, invoice: dict[str, Any]) -> None:
    """The invoice is cleared, and what is left stands on the payment."""
    paid = await control("POST", "/payments", payment(invoice, amount="100.00", short="residual"), 201)

    assert [row[1:] for row in items(client, "BSID")] == [["003", "06", "S", "19.00", "", invoice["number"]]]
    assert [[row[0], row[4]] for row in items(client, "BSAD")] == [
        [paid["number"], "119.00"],
        [invoice["number"], "119.00"],
    ]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"amount": "119.01"}, "F5 263"),
        ({"amount": "-1"}, "F5 263"),
        ({"amount": "much"}, "much is not an amount"),
        ({"posting_date": "2001-01-15"}, "F5 201"),
        ({"account": "999999"}, "F5 506"),
    ],
)
async def test_a_payment_is_refused(
    client: WireClient, control: Any, invoice: dict[str, Any], changes: dict[str, str], text: str
) -> None:
    """With the message; nothing is posted."""
    assert text in (await control("POST", "/payments", payment(invoice, **changes), 422))["error"]
    assert len(items(client, "BSID")) == 1


async def test_a_guest_pays(client: WireClient, control: Any) -> None:
    """The payment takes the address of the invoice."""
    line = [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000099000"}]
    address = {"NAME": "Guest", "CITY": "Bonn", "COUNTRY": "DE"}
    guest = post(client, "GUEST", ACCOUNTRECEIVABLE=line, CUSTOMERCPD=address)
    paid = await control("POST", "/payments", payment(guest), 201)
    shown = await control("GET", f"/documents/1000/{paid['number']}/{YEAR}")

    assert shown["lines"][1]["one_time"]["names"][0] == "Guest"


async def test_credit_and_invoice_clear_each_other_and_are_opened_again(client: WireClient, control: Any) -> None:
    """The clearing document has no items; after a reset it cannot be reversed either."""
    one = post(client, "CLEAR-1")
    two = post(client, "CLEAR-2", DOC_TYPE="DG", CURRENCYAMOUNT=amounts("-119.00", "100.00", "19.00", base="100.00"))
    wanted = {"company_code": "1000", "items": [one, two], "posting_date": DATE}
    made = await control("POST", "/clearings", wanted, 201)
    number = made["number"]
    assert {row[5] for row in items(client, "BSAD")} == {number}
    assert items(client, "BSID") == []
    refused = await control("POST", "/clearings", wanted, 422)
    assert "F5 265" in refused["error"]

    assert await control("DELETE", f"/clearings/1000/{number}/{YEAR}") == {"items": 2}
    assert len(items(client, "BSID")) == 2
    await control("DELETE", f"/clearings/1000/{number}/{YEAR}", status=404)
    again = await control("POST", "/reversals", {"company_code": "1000", "number": number, "fiscal_year": YEAR}, 422)
    assert "F5 360" in again["error"]


async def test_items_that_do_not_balance_are_not_cleared(
    client: WireClient, control: Any, invoice: dict[str, Any]
) -> None:
    """A difference is not written off."""
    wanted = {"company_code": "1000", "items": [invoice], "posting_date": DATE}

    assert "F5 263" in (await control("POST", "/clearings", wanted, 422))["error"]


async def test_a_paid_invoice_is_reversed_only_after_the_reset(
    client: WireClient, control: Any, invoice: dict[str, Any]
) -> None:
    """Cleared items refuse; with the clearing reset the reversal goes through, and that one cannot be reset."""
    reversal = {"company_code": "1000", **invoice}
    paid = await control("POST", "/payments", payment(invoice), 201)
    assert "F5 308" in (await control("POST", "/reversals", reversal, 422))["error"]
    await control("DELETE", f"/clearings/1000/{paid['number']}/{YEAR}")
    done = await control("POST", "/reversals", reversal, 201)

    shown = await control("GET", f"/documents/1000/{done['number']}/{YEAR}")
    assert (shown["transaction"], shown["user"], shown["document_type"]) == ("FB08", "FINANCE", "DA")
    refused = await control("DELETE", f"/clearings/1000/{done['number']}/{YEAR}", status=422)
    assert "F5 905" in refused["error"]
    assert "F5 361" in (await control("POST", "/reversals", reversal, 422))["error"]


async def test_a_reversal_by_hand_can_choose_reason_and_date(
    client: WireClient, control: Any, invoice: dict[str, Any]
) -> None:
    """As transaction FB08 asks for them."""
    wanted = {"company_code": "1000", **invoice, "reason": "02", "posting_date": f"{YEAR}-04-15"}
    done = await control("POST", "/reversals", wanted, 201)
    shown = await control("GET", f"/documents/1000/{invoice['number']}/{YEAR}")

    reversal = await control("GET", f"/documents/1000/{done['number']}/{YEAR}")
    assert (shown["reversed_by"], shown["reverses"], shown["reversal_reason"]) == (done["number"], "", "02")
    assert (reversal["reversed_by"], reversal["reverses"]) == ("", invoice["number"])
    assert reversal["posting_date"] == shown["lines"][0]["cleared_on"] == f"{YEAR}-04-15"
    assert shown["lines"][0]["cleared_by"] == done["number"]


async def test_nobody_pays_what_a_session_is_reversing(
    ecc: Ecc, client: WireClient, control: Any, invoice: dict[str, Any]
) -> None:
    """The lock of the open LUW holds at the desk as well."""
    given = {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": f"{invoice['number']}1000{YEAR}", "REASON_REV": "01"}
    other = ecc.connect()
    assert codes(other.call("BAPI_ACC_DOCUMENT_REV_POST", REVERSAL=given, BUS_ACT="RFBU")) == ["RW 605"]

    assert "F5 375" in (await control("POST", "/payments", payment(invoice), 422))["error"]


async def test_a_partial_payment_is_for_one_item_of_a_customer(
    client: WireClient, control: Any, invoice: dict[str, Any]
) -> None:
    """Two items, or an item of a G/L account, are refused."""
    other = post(client, "SETTLE-2")
    both = await control("POST", "/payments", payment(invoice, other, amount="20.00"), 422)
    assert both["error"] == "a partial payment refers to one item"
    deposit = post(
        client,
        "SETTLE-3",
        DOC_TYPE="DZ",
        ACCOUNTGL=[{"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000113100"}],
        ACCOUNTTAX=[],
        CURRENCYAMOUNT=amounts("-50.00", "50.00"),
    )

    refused = await control("POST", "/payments", payment({**deposit, "line": 2}), 422)
    assert refused["error"] == "only customers pay"
    assert len(items(client, "BSID")) == 3
