"""Checks of header, items, amounts and balance."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.ecc import DATE, a_document, amounts, codes
from tests.support.rfc_wire import WireClient


def check(client: WireClient, **document: Any) -> list[str]:
    """Check a document, and give its messages behind RW 609."""
    found = codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **document))
    assert found[0] == ("RW 609" if len(found) > 1 else "RW 614")
    return found[1:]


@pytest.mark.parametrize("field", ["BUS_ACT", "USERNAME", "COMP_CODE", "DOC_TYPE"])
def test_the_header_needs_its_fields(client: WireClient, field: str) -> None:
    """A blank mandatory field is no unique header."""
    assert check(client, **a_document(**{field: ""})) == ["RW 001"]


@pytest.mark.parametrize(("field", "value"), [("DOC_DATE", "00000000"), ("PSTNG_DATE", "20260231"), ("PSTNG_DATE", "")])
def test_dates_have_to_be_dates(client: WireClient, field: str, value: str) -> None:
    """Initial dates and days that do not exist are refused."""
    assert check(client, **a_document(**{field: value})) == ["RW 001"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"COMP_CODE": "9999"}, ["F5 001"]),
        ({"DOC_TYPE": "XX"}, ["F5 002"]),
        ({"OBJ_TYPE": "ZMLC", "OBJ_KEY": "1"}, ["RW 009"]),
        ({"OBJ_TYPE": "ZMLC"}, ["RW 009", "RW 004"]),
        ({"OBJ_TYPE": "BKPFF"}, []),
    ],
)
def test_header_values_are_checked(client: WireClient, fields: dict[str, str], expected: list[str]) -> None:
    """Company code, document type and object type have to exist; an own object type needs a key."""
    assert check(client, **a_document(**fields)) == expected


def test_a_document_has_items_and_amounts(client: WireClient) -> None:
    """Nothing to post is an error."""
    nothing: dict[str, Any] = {"ACCOUNTRECEIVABLE": [], "ACCOUNTGL": [], "ACCOUNTTAX": [], "CURRENCYAMOUNT": []}

    assert check(client, **a_document(**nothing)) == ["RW 002", "RW 003"]


def test_every_item_has_one_amount(client: WireClient) -> None:
    """A missing amount, one given twice, one for an item that does not exist, an item given twice."""
    rows = amounts("119.00", "-100.00", "-19.00", base="-100.00")
    item = {"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000004711"}

    assert check(client, **a_document(CURRENCYAMOUNT=rows[:2])) == ["RW 021", "RW 022", "F5 702"]
    assert check(client, **a_document(CURRENCYAMOUNT=[*rows, {**rows[0], "AMT_DOCCUR": Decimal(0)}])) == ["RW 018"]
    assert check(
        client, **a_document(CURRENCYAMOUNT=[*rows, {**rows[0], "ITEMNO_ACC": "9", "AMT_DOCCUR": Decimal(0)}])
    ) == ["RW 008"]
    assert check(client, **a_document(ACCOUNTRECEIVABLE=[item, item])) == ["RW 014"]


def test_a_document_has_one_known_currency(client: WireClient) -> None:
    """Two currencies of one type, or one that is not maintained."""
    mixed = [*amounts("119.00", "-100.00"), {**amounts("0", "0", "-19.00", base="-100.00", currency="USD")[2]}]
    unknown = amounts("119.00", "-100.00", "-19.00", base="-100.00", currency="XXX")

    assert check(client, **a_document(CURRENCYAMOUNT=mixed)) == ["RW 008"]
    assert check(client, **a_document(CURRENCYAMOUNT=unknown)) == ["RW 008", "SG 105"]


def test_the_balance_is_zero_to_the_cent(client: WireClient) -> None:
    """RW 022 and F5 702 come together; the latter says by how much."""
    document = a_document(CURRENCYAMOUNT=amounts("119.01", "-100.00", "-19.00", base="-100.00"))
    answer = client.call("BAPI_ACC_DOCUMENT_POST", **document)

    assert codes(answer) == ["RW 609", "RW 022", "F5 702"]
    assert [answer["RETURN"][-1][f"MESSAGE_V{i}"] for i in (1, 2, 3)] == ["00", "0.01", "EUR"]


def test_local_amounts_balance_and_have_the_same_sign(client: WireClient) -> None:
    """CURR_TYPE 10 is checked like 00 where it is sent."""

    def local(*values: str) -> list[dict[str, Any]]:
        rows = amounts(*values)
        return [{**row, "CURR_TYPE": "10"} for row in rows]

    document = amounts("119.00", "-100.00", "-19.00", base="-100.00")
    assert check(client, **a_document(CURRENCYAMOUNT=[*document, *local("119.00", "-100.00", "-19.01")])) == ["F5 703"]
    assert check(client, **a_document(CURRENCYAMOUNT=[*document, *local("-119.00", "100.00", "19.00")])) == ["F5 704"]
    assert check(client, **a_document(CURRENCYAMOUNT=[*document, *local("119.00", "-100.00", "-19.00")])) == []


@pytest.mark.parametrize(
    ("company_code", "currency", "amount", "expected"),
    [
        ("1000", "EUR", "10.005", ["RW 628"]),
        ("3000", "JPY", "1000.5", ["RW 628"]),
        ("3000", "JPY", "1000", []),
        ("4000", "KWD", "1.234", []),
        ("4000", "KWD", "1.2345", ["RW 628"]),
    ],
)
def test_amounts_have_the_decimals_of_their_currency(
    client: WireClient, company_code: str, currency: str, amount: str, expected: list[str]
) -> None:
    """Yen have none, Kuwaiti dinars have three."""
    document = a_document(
        COMP_CODE=company_code,
        ACCOUNTGL=[{"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000176500"}],
        ACCOUNTTAX=[],
        CURRENCYAMOUNT=amounts(amount, f"-{amount}", currency=currency),
    )

    assert [code for code in check(client, **document) if code != "F5 102"] == expected


@pytest.mark.parametrize(("lines", "expected"), [(999, []), (1000, ["F5 727"])])
def test_a_document_has_at_most_999_lines(client: WireClient, lines: int, expected: list[str]) -> None:
    """Item numbers of a document have three digits; customer, G/L and tax lines all count."""
    values = ["1.00"] * (lines - 1)
    document = a_document(
        ACCOUNTGL=[{"ITEMNO_ACC": f"{n:010d}", "GL_ACCOUNT": "0000176500"} for n in range(2, lines + 1)],
        ACCOUNTTAX=[],
        CURRENCYAMOUNT=amounts(f"-{lines - 1}.00", *values),
    )

    assert check(client, **document) == expected


def test_errors_are_listed_twice_if_they_have_a_place(client: WireClient) -> None:
    """RW 609 first, then each message without and with PARAMETER, ROW and FIELD."""
    answer = client.call(
        "BAPI_ACC_DOCUMENT_POST",
        **a_document(ACCOUNTRECEIVABLE=[{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000000099"}], PSTNG_DATE=DATE),
    )
    shown = [(r["ID"], r["NUMBER"], r["MESSAGE"], r["PARAMETER"], r["ROW"], r["FIELD"]) for r in answer["RETURN"]]

    assert shown == [
        ("RW", "609", "Error in document: BKPFF $ ECCCLNT100", "", 0, ""),
        ("F5", "102", "Customer 99 is not defined in company code 1000", "", 0, ""),
        ("F5", "102", "Customer 99 is not defined in company code 1000", "ACCOUNTRECEIVABLE", 1, "CUSTOMER"),
    ]
    assert (answer["OBJ_KEY"], answer["OBJ_TYPE"]) == ("$", "BKPFF")
