"""Reading the parameters of the BAPI."""

from mlconnector_sandbox.ecc.fi.posting import shortened

from tests.support.ecc import a_document, amounts
from tests.support.rfc_wire import WireClient


def test_numbers_are_shown_without_leading_zeros() -> None:
    """Messages show 99, not 0000000099; a number of zeros stays."""
    assert [shortened(n) for n in ("0000000099", "K-1", "0000")] == ["99", "K-1", "0000"]


def test_items_are_numbered_in_the_callers_order(client: WireClient) -> None:
    """Lines come sorted by item number, whatever table they are in."""
    document = a_document(
        "ORDER",
        ACCOUNTRECEIVABLE=[{"ITEMNO_ACC": "0000000003", "CUSTOMER": "0000004711"}],
        ACCOUNTTAX=[{"ITEMNO_ACC": "0000000001", "TAX_CODE": "A1"}],
        CURRENCYAMOUNT=[{**row, "AMT_BASE": "-100.00"} for row in amounts("-19.00", "-100.00", "119.00")],
    )
    key = client.call("BAPI_ACC_DOCUMENT_POST", **document)["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    options = [{"TEXT": f"BUKRS = '1000' AND BELNR = '{key[:10]}'"}]
    rows = client.call("RFC_READ_TABLE", QUERY_TABLE="BSID", OPTIONS=options, FIELDS=[{"FIELDNAME": "BUZEI"}])["DATA"]

    assert [row["WA"] for row in rows] == ["003"]


def test_a_blank_currency_type_is_the_document_currency(client: WireClient) -> None:
    """CURR_TYPE may be left out."""
    document = a_document("BLANK")
    document["CURRENCYAMOUNT"] = [{**row, "CURR_TYPE": ""} for row in document["CURRENCYAMOUNT"]]

    assert client.call("BAPI_ACC_DOCUMENT_POST", **document)["RETURN"][0]["NUMBER"] == "605"
