"""Sums and customer items over HTTP."""

from typing import Any

import pytest

from tests.support.ecc import DATE, Ecc, a_document, amounts

YEN = amounts("1100", "-1000", "-100", currency="JPY", base="-1000")


def post(ecc: Ecc, reference: str, **changes: Any) -> str:
    """Post and commit; give the number."""
    client = ecc.connect()
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference, **changes))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return str(key[:10])


@pytest.fixture
def numbers(ecc: Ecc) -> list[str]:
    """Post an invoice, its credit memo, and an invoice in a currency without decimals."""
    credit = amounts("-23.80", "20.00", "3.80", base="20.00")
    return [
        post(ecc, "BC1-1-I"),
        post(ecc, "BC1-R1", DOC_TYPE="DG", CURRENCYAMOUNT=credit),
        post(ecc, "BC1-2-I", CURRENCYAMOUNT=YEN),
    ]


@pytest.mark.usefixtures("numbers")
async def test_sums_are_decimal_texts_in_their_currency(control: Any) -> None:
    """Yen have no decimals, their local amounts have two."""
    answer = await control("GET", "/sums?by=company_code,account&reference=BC1-*")
    shown = {(s["account"], s["currency"]): s for s in answer["sums"]}

    assert shown["0000140000", "EUR"]["amount"] == "95.20"
    assert shown["0000140000", "JPY"] == {
        "company_code": "1000",
        "account": "0000140000",
        "currency": "JPY",
        "local_currency": "EUR",
        "documents": 1,
        "items": 1,
        "debits": "1100",
        "credits": "0",
        "amount": "1100",
        "local_amount": "6.71",
    }


@pytest.mark.usefixtures("numbers")
async def test_totals_by_user_and_day(control: Any) -> None:
    """What the tie-out compares: our users, by the day of entry, without what was reversed."""
    wanted = "/sums?by=user,entry_date,document_type&standing=true&currency=EUR&user=MLC_RFC"
    rows = (await control("GET", wanted))["sums"]

    assert [(r["document_type"], r["documents"], r["debits"]) for r in rows] == [
        ("DG", 1, "23.80"),
        ("DR", 1, "119.00"),
    ]
    assert all(len(r["entry_date"]) == len("2026-03-01") for r in rows)


@pytest.mark.usefixtures("numbers")
async def test_taxes_by_code(control: Any) -> None:
    """Base and tax, in both currencies."""
    rows = (await control("GET", "/tax-sums?by=tax_code&currency=JPY"))["sums"]

    assert [(r["tax_code"], r["base"], r["tax"], r["local_base"]) for r in rows] == [("A1", "-1000", "-100", "-6.10")]


async def test_open_items_of_a_customer(control: Any, numbers: list[str]) -> None:
    """Cleared ones are elsewhere; the balance is by currency."""
    year = DATE[:4]
    payment = {
        "company_code": "1000",
        "items": [{"number": numbers[0], "fiscal_year": year}],
        "posting_date": DATE,
        "reference": "BANK",
    }
    opened = await control("GET", "/customer-items?customer=4711&reference=BC1-*")
    assert [(i["reference"], i["amount"]) for i in opened["items"]] == [
        ("BC1-R1", "-23.80"),
        ("BC1-1-I", "119.00"),
        ("BC1-2-I", "1100"),
    ]
    assert opened["balance"] == {"EUR": "95.20", "JPY": "1100"}
    paid = await control("POST", "/payments", payment, 201)

    cleared = await control("GET", "/customer-items?company_code=1000&state=cleared")
    assert {i["cleared_by"] for i in cleared["items"]} == {paid["number"]}
    assert cleared["balance"] == {"EUR": "0.00"}
    assert len((await control("GET", "/customer-items?state=open"))["items"]) == 2
    assert len((await control("GET", "/customer-items?state=all"))["items"]) == 4
    assert (await control("GET", "/customer-items?customer=4712"))["items"] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/sums?by=nothing", "Cannot add up by nothing; there are company_code"),
        ("/sums?order_id=X", "Unknown filter order_id=X"),
        ("/tax-sums?by=cost_center", "Cannot add up by cost_center"),
        ("/customer-items?state=paid", "state=paid: there are open, cleared, all"),
    ],
)
async def test_misspelt_queries_are_errors(control: Any, path: str, text: str) -> None:
    """They name what there is."""
    assert text in (await control("GET", path, status=400))["error"]
