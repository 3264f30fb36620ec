"""Exchange rates."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.ecc import Ecc, a_document, amounts, codes


def gift_card(currency: str, amount: str, **fields: str) -> dict[str, Any]:
    """Give a document without taxes."""
    return a_document(
        ACCOUNTGL=[{"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000176500"}],
        ACCOUNTTAX=[],
        CURRENCYAMOUNT=amounts(amount, f"-{amount}", currency=currency),
        **fields,
    )


def local(ecc: Ecc, document: dict[str, Any]) -> list[int]:
    """Post and give the amounts in local currency."""
    client = ecc.connect()
    key = client.call("BAPI_ACC_DOCUMENT_POST", **document)["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return [row["DMBTR"] for row in ecc.system.books.lines("BSEG", ("100", "1000", key[:10], key[14:]))]


@pytest.mark.parametrize(
    ("currency", "amount", "expected"), [("EUR", "100", 10000), ("USD", "100", 9200), ("JPY", "10000", 6100)]
)
def test_amounts_are_converted_at_the_rate_of_the_day(ecc: Ecc, currency: str, amount: str, expected: int) -> None:
    """Local amounts are in the company code's currency; small rates are kept with a factor."""
    assert local(ecc, gift_card(currency, amount)) == [expected, expected]


def test_the_callers_rate_wins(ecc: Ecc) -> None:
    """EXCH_RATE replaces the table."""
    document = gift_card("USD", "100")
    document["CURRENCYAMOUNT"] = [{**row, "EXCH_RATE": Decimal("0.50000")} for row in document["CURRENCYAMOUNT"]]

    assert local(ecc, document) == [5000, 5000]


def test_local_amounts_balance(ecc: Ecc) -> None:
    """The largest line takes the difference that rounding leaves."""
    document = gift_card("USD", "0.03")
    document["ACCOUNTGL"] = [{"ITEMNO_ACC": f"000000000{n}", "GL_ACCOUNT": "0000176500"} for n in (2, 3, 4)]
    document["CURRENCYAMOUNT"] = amounts("0.03", "-0.01", "-0.01", "-0.01", currency="USD")
    document["CURRENCYAMOUNT"] = [{**row, "EXCH_RATE": Decimal("0.60000")} for row in document["CURRENCYAMOUNT"]]

    debit, *credits_ = local(ecc, document)
    assert debit == sum(credits_)


def test_without_a_rate_nothing_is_posted(ecc: Ecc) -> None:
    """SG 105 asks for the rate; one valid on the translation date is enough."""
    client = ecc.connect()
    old = gift_card("USD", "100", PSTNG_DATE="20260401", TRANS_DATE="19991231")

    assert codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **old)) == ["RW 609", "SG 105"]
    assert codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **gift_card("USD", "100"))) == ["RW 614"]


def test_one_document_has_one_rate(ecc: Ecc) -> None:
    """F5 701."""
    document = gift_card("USD", "100")
    first, second = document["CURRENCYAMOUNT"]
    document["CURRENCYAMOUNT"] = [
        {**first, "EXCH_RATE": Decimal("0.50000")},
        {**second, "EXCH_RATE": Decimal("0.60000")},
    ]

    assert codes(ecc.connect().call("BAPI_ACC_DOCUMENT_CHECK", **document)) == ["RW 609", "F5 701"]


@pytest.mark.parametrize(
    ("company_code", "currency", "amount", "local_amount", "shown"),
    [
        ("3000", "EUR", "10.00", 1639, ["10.00", "16.39"]),  # 10.00 EUR are 1,639 JPY
        ("4000", "JPY", "1000", 2047, ["10.00", "20.47"]),  # 1,000 JPY are 2.047 KWD
        ("1000", "KWD", "1.234", 368, ["12.34", "3.68"]),  # 1.234 KWD are 3.68 EUR
    ],
)
def test_tables_shift_amounts_of_other_decimals(
    ecc: Ecc, company_code: str, currency: str, amount: str, local_amount: int, shown: list[str]
) -> None:
    """Document and local currency, each by its own decimals, shown with two."""
    client = ecc.connect()
    key = client.call("BAPI_ACC_DOCUMENT_POST", **gift_card(currency, amount, COMP_CODE=company_code))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    rows = ecc.system.books.lines("BSEG", ("100", company_code, key[:10], key[14:]))
    fields = [{"FIELDNAME": "WRBTR"}, {"FIELDNAME": "DMBTR"}]
    options = [{"TEXT": f"BUKRS = '{company_code}'"}]
    data = client.call("RFC_READ_TABLE", QUERY_TABLE="BSID", OPTIONS=options, FIELDS=fields)["DATA"]

    assert {row["DMBTR"] for row in rows} == {local_amount}
    assert data[0]["WA"].split() == shown
