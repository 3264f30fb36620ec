"""What customer lines name: payment terms, reasons for blocks."""

import pytest

from tests.support.ecc import Ecc, a_document, codes
from tests.support.rfc_wire import WireClient

ITEM = {"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000004711"}
DAYS = ("ZTERM", "ZBD1T", "ZBD2T", "ZBD3T")


@pytest.mark.parametrize(
    ("field", "value", "table"),
    [("PMNTTRMS", "ZZ99", "T052"), ("PMNT_BLOCK", "Q", "T008"), ("DUNN_BLOCK", "Q", "T040S")],
)
def test_an_entry_that_nobody_maintained_is_refused(client: WireClient, field: str, value: str, table: str) -> None:
    """The message names value and table, and where in the caller's data the value stands."""
    document = a_document(ACCOUNTRECEIVABLE=[{**ITEM, field: value}])
    rows = client.call("BAPI_ACC_DOCUMENT_CHECK", **document)["RETURN"]

    assert [row["ID"] + row["NUMBER"] for row in rows] == ["RW609", "00058", "00058"]
    assert rows[2]["MESSAGE"] == f"Entry {value}   does not exist in {table} (check entry)"
    assert (rows[2]["PARAMETER"], rows[2]["ROW"], rows[2]["FIELD"]) == ("ACCOUNTRECEIVABLE", 1, field)


def test_a_dunning_area_belongs_to_its_company_code(client: WireClient) -> None:
    """Another's is none."""
    rows = client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document(ACCOUNTRECEIVABLE=[{**ITEM, "DUNN_AREA": "09"}]))[
        "RETURN"
    ]
    assert rows[-1]["MESSAGE"] == "Entry 1000 09  does not exist in T047M (check entry)"


def test_known_entries_pass(client: WireClient) -> None:
    """Each of them has a row in its table."""
    line = {**ITEM, "PMNTTRMS": "ZB14", "PMNT_BLOCK": "B", "DUNN_BLOCK": "B", "DUNN_AREA": "01"}

    assert codes(client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document(ACCOUNTRECEIVABLE=[line]))) == ["RW 614"]


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ({"PMNTTRMS": "ZB14"}, ("ZB14", 14, 0, 30)),
        ({"PMNTTRMS": "ZB14", "NETTERMS": "45"}, ("ZB14", 0, 0, 45)),
        ({}, ("", 0, 0, 0)),
    ],
)
def test_days_come_from_the_terms_or_the_caller(
    ecc: Ecc, client: WireClient, given: dict[str, str], days: tuple[object, ...]
) -> None:
    """Days that the caller sends replace all days of the key."""
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(ACCOUNTRECEIVABLE=[{**ITEM, **given}]))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    (line, *_) = ecc.system.books.lines("BSEG", ("100", key[10:14], key[:10], key[14:]))

    assert tuple(line[name] for name in DAYS) == days
