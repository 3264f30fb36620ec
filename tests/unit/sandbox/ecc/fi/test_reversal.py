"""Reversal: checks, the document that mirrors, and what it does to the original."""

from typing import Any

import pytest
from mlconnector_sandbox.ecc.books import RowChange
from mlconnector_sandbox.ecc.database import Row

from tests.support.ecc import DATE, Ecc, a_document, codes
from tests.support.rfc_wire import WireClient

YEAR = DATE[:4]
LATER = f"{YEAR}0415"


def post(client: WireClient, reference: str, **changes: Any) -> str:
    """Post and commit an invoice; give its object key."""
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference, **changes))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return str(key)


def parameters(key: str, **changes: str) -> dict[str, Any]:
    """Give the parameters of a reversal."""
    business = changes.pop("BUS_ACT", "RFBU")
    reversal = {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": key, "COMP_CODE": "1000", "REASON_REV": "01", **changes}
    return {"REVERSAL": reversal, "BUS_ACT": business}


def reverse(client: WireClient, key: str, **changes: str) -> dict[str, Any]:
    """Reverse a document and commit."""
    answer = client.call("BAPI_ACC_DOCUMENT_REV_POST", **parameters(key, **changes))
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return answer


def header(ecc: Ecc, key: str) -> Row:
    """Give the header of a document."""
    found = ecc.system.books.header(("100", key[10:14], key[:10], key[14:]))
    assert found is not None
    return found


def lines(ecc: Ecc, key: str, *columns: str, table: str = "BSEG") -> list[tuple[object, ...]]:
    """Give columns of a document's lines."""
    rows = ecc.system.books.lines(table, ("100", key[10:14], key[:10], key[14:]))
    return [tuple(row[c] for c in columns) for row in rows]


def rows_of(client: WireClient, table: str, *columns: str) -> list[list[str]]:
    """Read a table of line items as the agent does."""
    answer = client.call(
        "RFC_READ_TABLE", QUERY_TABLE=table, DELIMITER="|", FIELDS=[{"FIELDNAME": name} for name in columns]
    )
    return [[cell.strip() for cell in row["WA"].split("|")] for row in answer["DATA"]]


def clear(ecc: Ecc, key: str) -> None:
    """Clear a document's customer item."""
    document = ("100", key[10:14], key[:10], key[14:])
    change = RowChange("BSEG", (*document, "001"), {}, {"AUGBL": "1400000000", "AUGDT": DATE}, "")
    ecc.system.books.write([], [change])


def test_both_documents_point_at_each_other(ecc: Ecc, client: WireClient) -> None:
    """Number, year and reason stand on both sides; the reversal has a type, a number and a key of its own."""
    original = post(client, "REV-1")
    answer = reverse(client, original)
    reversal = answer["OBJ_KEY"]
    columns = ("STBLG", "STJAH", "STGRD", "XREVERSAL")

    assert codes(answer) == ["RW 605"]
    assert answer["OBJ_TYPE"] == "BKPFF"
    assert [header(ecc, original)[c] for c in columns] == [reversal[:10], YEAR, "01", "1"]
    assert [header(ecc, reversal)[c] for c in columns] == [original[:10], YEAR, "01", "2"]
    assert [header(ecc, reversal)[c] for c in ("BLART", "BUDAT", "AWKEY", "XBLNR", "USNAM")] == [
        "DA", DATE, reversal, "REV-1", "MLC_RFC"
    ]  # fmt: skip


def test_the_reversal_mirrors_all_lines(ecc: Ecc, client: WireClient) -> None:
    """Sides and posting keys are turned, amounts, accounts and objects are not; tax and its base as well."""
    original = post(client, "REV-2")
    reversal = reverse(client, original)["OBJ_KEY"]
    columns = ("BUZEI", "BSCHL", "SHKZG", "WRBTR", "DMBTR", "HKONT", "KOSTL", "ZUONR")

    assert lines(ecc, reversal, *columns) == [
        ("001", "12", "H", 11900, 11900, "0000140000", "", "BC1-1000123"),
        ("002", "40", "S", 10000, 10000, "0000800000", "0000004100", ""),
        ("003", "40", "S", 1900, 1900, "0000175000", "", ""),
    ]
    assert lines(ecc, reversal, "SHKZG", "FWBAS", "FWSTE", table="BSET") == [("S", 10000, 1900)]


def test_a_reversal_clears_the_open_items(client: WireClient) -> None:
    """Both customer items move from BSID to BSAD, cleared by the reversal."""
    original = post(client, "REV-3")
    assert rows_of(client, "BSID", "BELNR") == [[original[:10]]]
    number = reverse(client, original)["OBJ_KEY"][:10]

    assert rows_of(client, "BSID", "BELNR") == []
    assert sorted(rows_of(client, "BSAD", "BELNR", "AUGBL", "AUGDT")) == sorted(
        [[original[:10], number, DATE], [number, number, DATE]]
    )


def test_another_reason_allows_another_date(ecc: Ecc, client: WireClient) -> None:
    """Reason 02 posts on the date given, 04 marks the lines as negative postings; the rate's date stays."""
    other, negative = post(client, "REV-4"), post(client, "REV-5")
    first = reverse(client, other, REASON_REV="02", PSTNG_DATE=LATER)["OBJ_KEY"]
    second = reverse(client, negative, REASON_REV="04", PSTNG_DATE=LATER)["OBJ_KEY"]

    assert [header(ecc, first)[c] for c in ("BUDAT", "MONAT", "WWERT")] == [LATER, "04", DATE]
    assert {row[0] for row in lines(ecc, first, "XNEGP")} == {""}
    assert {row[0] for row in lines(ecc, second, "XNEGP")} == {"X"}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"OBJ_KEY_R": "18999999991000" + YEAR}, "RW 602", "OBJ_KEY_R"),
        ({"OBJ_KEY_R": ""}, "RW 004", "OBJ_KEY_R"),
        ({"OBJ_TYPE": ""}, "RW 004", "OBJ_KEY_R"),
        ({"OBJ_TYPE": "ZMLC"}, "RW 009", "OBJ_TYPE"),
        ({"COMP_CODE": "2000"}, "RW 602", "OBJ_KEY_R"),
        ({"OBJ_SYS": "QASCLNT100"}, "RW 020", "OBJ_SYS"),
        ({"REASON_REV": ""}, "00 055", "REASON_REV"),
        ({"REASON_REV": "99"}, "00 058", "REASON_REV"),
        ({"BUS_ACT": "RFST"}, "RW 010", "BUS_ACT"),
        ({"PSTNG_DATE": LATER}, "F5 362", "PSTNG_DATE"),
        ({"PSTNG_DATE": "20261399", "REASON_REV": "02"}, "RW 001", "PSTNG_DATE"),
        ({"PSTNG_DATE": "20010115", "REASON_REV": "02"}, "F5 201", "PSTNG_DATE"),
    ],
)
def test_a_reversal_is_refused(client: WireClient, changes: dict[str, str], code: str, field: str) -> None:
    """POST and CHECK say the same, with the caller's field, and nothing is posted."""
    original = post(client, "REV-6")
    checked = client.call("BAPI_ACC_DOCUMENT_REV_CHECK", **parameters(original, **changes))
    posted = reverse(client, original, **changes)

    assert codes(checked)[:2] == codes(posted)[:2] == ["RW 609", code]
    assert (posted["RETURN"][2]["PARAMETER"], posted["RETURN"][2]["FIELD"]) == ("REVERSAL", field)
    assert posted["OBJ_KEY"] == "$"
    assert rows_of(client, "BKPF", "STBLG") == [[""]]


def test_cleared_items_are_not_reversed(ecc: Ecc, client: WireClient) -> None:
    """The clearing has to be reset first."""
    original = post(client, "REV-7")
    clear(ecc, original)

    assert codes(reverse(client, original)) == ["RW 609", "F5 308"]


def test_nothing_is_reversed_twice(client: WireClient) -> None:
    """Neither the original again nor its reversal."""
    original = post(client, "REV-8")
    reversal = reverse(client, original)["OBJ_KEY"]
    again = reverse(client, original)

    assert codes(again) == ["RW 609", "F5 361"]
    assert reversal[:10] in again["RETURN"][1]["MESSAGE"]
    assert codes(reverse(client, reversal)) == ["RW 609", "F5 905"]


def test_a_clearing_document_is_not_reversed(ecc: Ecc, client: WireClient) -> None:
    """A document with status A has no items to mirror."""
    original = post(client, "REV-9")
    key = ("100", original[10:14], original[:10], original[14:])
    ecc.system.books.write([], [RowChange("BKPF", key, {}, {"BSTAT": "A"}, "")])

    assert codes(reverse(client, original)) == ["RW 609", "F5 360"]


def test_a_closed_period_is_named(ecc: Ecc, client: WireClient) -> None:
    """One message for each account type, with period, year and variant."""
    original = post(client, "REV-10")
    row = ecc.system.master.find("T001B", "100", "1000", "0", "D")
    assert row is not None
    ecc.system.master.put("T001B", {**row, "FRYE1": f"{int(YEAR):04d}", "FRPE1": "004"})
    answer = reverse(client, original)

    assert codes(answer) == ["RW 609", "F5 201"]
    assert answer["RETURN"][1]["MESSAGE_V3"] == "D"
    assert codes(reverse(client, original, REASON_REV="02", PSTNG_DATE=LATER)) == ["RW 605"]


def test_a_user_without_authority_reverses_nothing(ecc: Ecc, client: WireClient) -> None:
    """The company code is the original's, whatever the caller names."""
    original = post(client, "REV-11")
    answer = ecc.connect(user="MLC_DEMO").call("BAPI_ACC_DOCUMENT_REV_CHECK", **parameters(original, COMP_CODE=""))

    assert codes(answer) == ["RW 609", "F5 083"]


def test_a_document_is_found_by_its_own_object_key(ecc: Ecc, client: WireClient) -> None:
    """Who posted with an object type of its own reverses with it."""
    ecc.system.master.put("TTYP", {"AWTYP": "ZMLC"})
    post(client, "REV-12", OBJ_TYPE="ZMLC", OBJ_KEY="ORDER7")
    answer = reverse(client, "ORDER7", OBJ_TYPE="ZMLC")

    assert codes(answer) == ["RW 605"]
    assert header(ecc, answer["OBJ_KEY"])["XBLNR"] == "REV-12"


def test_a_one_time_customer_stays_on_the_reversal(ecc: Ecc, client: WireClient) -> None:
    """Its address is copied."""
    address = {"NAME": "Guest", "CITY": "Bonn", "COUNTRY": "DE"}
    line = [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000099000"}]
    original = post(client, "REV-13", ACCOUNTRECEIVABLE=line, CUSTOMERCPD=address)

    assert lines(ecc, reverse(client, original)["OBJ_KEY"], "NAME1", "ORT01", table="BSEC") == [("Guest", "Bonn")]
