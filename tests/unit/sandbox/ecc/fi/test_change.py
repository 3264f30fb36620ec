"""Which fields of a posted item may be changed, and when."""

import re
from pathlib import Path

import pytest
from mlconnector_sandbox.ecc.books import DocumentKey, RowChange
from mlconnector_sandbox.ecc.fi.change import FIELDS, ItemChange, changes, check_change
from mlconnector_sandbox.ecc.fi.messages import MESSAGES
from mlconnector_sandbox.ecc.users import User

from tests.support.ecc import DATE, Ecc, a_document
from tests.support.rfc_wire import WireClient
from tests.support.sdk import ROOT

ABAP = ROOT / "deploy" / "sap" / "abap"
CUSTOMER, REVENUE = "001", "002"


@pytest.fixture
def document(client: WireClient) -> DocumentKey:
    """Post an invoice."""
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document("CHANGE"))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return "100", key[10:14], key[:10], key[14:]


def change(
    ecc: Ecc, document: DocumentKey, line: str, *wanted: tuple[str, str], old: str = "", company_codes: str = "*"
) -> ItemChange:
    """Check a change."""
    system = ecc.system
    rows = [{"FDNAME": name, "OLDVAL": old, "NEWVAL": value} for name, value in wanted]
    result = ItemChange(User("100", "MLC_RFC", (company_codes,), ()), system.master, system.books, document, line, rows)
    check_change(result)
    return result


def codes(change: ItemChange) -> list[str]:
    """List message numbers and fields."""
    return [f"{detail.number} {detail.field}".strip() for detail in change.details]


def test_all_fields_of_a_customer_item_change_at_once(ecc: Ecc, document: DocumentKey) -> None:
    """Each has its new value; the header knows the day of the change."""
    wanted = {
        "ZUONR": "A" * 18, "SGTXT": "shipped", "XREF1": "1", "XREF2": "2", "XREF3": "3" * 20,
        "ZFBDT": "20260501", "ZLSPR": "B", "MANSP": "",
    }  # fmt: skip
    checked = change(ecc, document, CUSTOMER, *wanted.items())
    assert checked.details == []
    ecc.system.books.write([], changes(checked))
    row, header = ecc.system.books.lines("BSEG", document)[0], ecc.system.books.header(document)

    assert {name: row[name] for name in wanted} == wanted
    assert set(wanted) == set(FIELDS)
    assert header is not None
    assert header["AEDAT"] != "00000000"
    assert changes(change(ecc, document, CUSTOMER, ("ZLSPR", "B"))) == []


@pytest.mark.parametrize(
    ("line", "wanted", "code"),
    [
        (CUSTOMER, ("WRBTR", "1"), "011 FDNAME"),
        (CUSTOMER, ("ZTERM", "ZB30"), "011 FDNAME"),
        (REVENUE, ("ZLSPR", "A"), "011 FDNAME"),
        (CUSTOMER, ("ZLSPR", "Q"), "015 NEWVAL"),
        (CUSTOMER, ("MANSP", "Q"), "015 NEWVAL"),
        (CUSTOMER, ("XREF1", "1234567890123"), "016 NEWVAL"),
        ("009", ("SGTXT", "x"), "012"),
    ],
)
def test_a_change_is_refused(ecc: Ecc, document: DocumentKey, line: str, wanted: tuple[str, str], code: str) -> None:
    """Unknown or forbidden fields, values that do not exist or do not fit, items that do not exist."""
    assert codes(change(ecc, document, line, wanted)) == [code]


def test_who_changes_says_what_and_may_do_it(ecc: Ecc, document: DocumentKey) -> None:
    """An empty list and a foreign company code are errors."""
    assert codes(change(ecc, document, CUSTOMER)) == ["018"]
    assert codes(change(ecc, document, CUSTOMER, ("SGTXT", "x"), company_codes="2000")) == ["010"]


def test_an_old_value_guards_against_others(ecc: Ecc, document: DocumentKey) -> None:
    """It is compared only if it is given."""
    assert codes(change(ecc, document, CUSTOMER, ("ZUONR", "B"), old="A")) == ["017 OLDVAL"]
    assert codes(change(ecc, document, CUSTOMER, ("ZUONR", "B"), old="BC1-1000123")) == []


def test_a_cleared_item_keeps_blocks_and_dates(ecc: Ecc, document: DocumentKey) -> None:
    """Texts and references may still change, and so may what already has the value wanted."""
    after = {"AUGBL": "1400000007", "AUGDT": DATE}
    ecc.system.books.write([], [RowChange("BSEG", (*document, CUSTOMER), {}, after, "")])
    refused = change(ecc, document, CUSTOMER, ("MANSP", "B"))

    assert codes(refused) == ["013 FDNAME"]
    assert refused.details[0].variables == ("MANSP", "1400000007", DATE)
    assert codes(change(ecc, document, CUSTOMER, ("MANSP", ""), ("SGTXT", "late"), ("XREF3", "1Z"))) == []


def _source(name: str) -> str:
    return Path(ABAP / name).read_text(encoding="utf-8")


def test_the_abap_source_allows_the_same_fields() -> None:
    """One list in two languages: names, lengths, account types and whether clearing ends it."""
    rows = re.findall(
        r"PERFORM allow USING '(\w+)'\s+(\d+)\s+'(D|DS)'\s+(abap_true|abap_false)\.", _source("lzmlcf01.abap")
    )
    expected = {
        (n, str(r.length), r.kinds, "abap_true" if r.until_cleared else "abap_false") for n, r in FIELDS.items()
    }

    assert set(rows) == expected
    assert len(rows) == len(FIELDS)


def test_the_message_class_is_complete() -> None:
    """What the simulator says is what the developer is told to create, and what the sources use exists."""
    listed = dict(re.findall(r"^\| (\d{3}) \| (.+?) \|$", _source("README.md"), re.MULTILINE))
    used = set(re.findall(r"USING '[SE]' '(\d{3})'", "".join(path.read_text() for path in ABAP.glob("*.abap"))))

    assert listed == {number: text for (name, number), text in MESSAGES.items() if name == "ZMLC"}
    assert used == set(listed)
