"""BAPI_ACC_DOCUMENT_POST and BAPI_ACC_DOCUMENT_CHECK."""

from tests.support.ecc import Ecc, a_document, codes, find
from tests.support.rfc_wire import WireClient


def test_post_answers_the_key_of_the_document(client: WireClient) -> None:
    """Number, company code and year; RW 605 repeats them."""
    document = a_document()
    answer = client.call("BAPI_ACC_DOCUMENT_POST", **document)
    year = document["DOCUMENTHEADER"]["PSTNG_DATE"][:4]

    assert codes(answer) == ["RW 605"]
    assert answer["OBJ_KEY"] == f"18000000001000{year}"
    assert (answer["OBJ_TYPE"], answer["OBJ_SYS"]) == ("BKPFF", "ECCCLNT100")
    assert answer["RETURN"][0]["MESSAGE_V2"] == answer["OBJ_KEY"]


def test_tables_are_echoed(client: WireClient) -> None:
    """What the caller sent comes back unchanged, and tables it did not send stay away."""
    answer = client.call("BAPI_ACC_DOCUMENT_POST", **a_document())

    assert answer["ACCOUNTRECEIVABLE"][0]["CUSTOMER"] == "0000004711"
    assert answer["ACCOUNTGL"][0]["ITEM_TEXT"] == "Größe Ω"
    assert "ACCOUNTPAYABLE" not in answer


def test_return_rows_sent_by_the_caller_do_not_survive(client: WireClient) -> None:
    """RETURN holds what this call found."""
    answer = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(RETURN=[{"TYPE": "E", "ID": "ZZ", "NUMBER": "001"}]))

    assert codes(answer) == ["RW 605"]


def test_parameters_switched_off_are_not_answered(client: WireClient) -> None:
    """Who does not want the echo does not get it."""
    parameters = client.encode("BAPI_ACC_DOCUMENT_POST", a_document())
    (answer,) = client.request("call", "BAPI_ACC_DOCUMENT_POST", parameters, ["ACCOUNTGL", "OBJ_KEY"])

    assert set(answer) == {"OBJ_TYPE", "OBJ_SYS", "ACCOUNTRECEIVABLE", "ACCOUNTTAX", "CURRENCYAMOUNT", "RETURN"}


def test_check_takes_no_number_and_no_lock(ecc: Ecc, client: WireClient) -> None:
    """RW 614, and nothing to commit."""
    answer = client.call("BAPI_ACC_DOCUMENT_CHECK", **a_document("CHECK"))
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert codes(answer) == ["RW 614"]
    assert answer["RETURN"][0]["MESSAGE"] == "Document check - no errors: BKPFF $ ECCCLNT100"
    assert ecc.system.ranges.leases() == []
    assert find(client, "CHECK") == []


def test_references_can_be_overwritten(ecc: Ecc, client: WireClient) -> None:
    """Country versions and enhancements put their own XBLNR; other document types keep theirs."""
    ecc.system.options.rewrite("1000", "DR", "INV{number}")
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document("MINE"))["OBJ_KEY"]
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("MINE", DOC_TYPE="DG"))
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert len(find(client, f"INV{key[:10]}")) == 1
    assert find(client, "MINE", "BLART") == [["DG"]]


def test_a_scripted_error_refuses_the_document(ecc: Ecc, client: WireClient) -> None:
    """An account locked by another user, for one call."""
    rows = [
        {"TYPE": "E", "ID": "RW", "NUMBER": "609"},
        {"TYPE": "E", "ID": "F5", "NUMBER": "353", "MESSAGE": "Account 4711 1000 currently locked by user SMITH"},
    ]
    details = {"OBJ_KEY": "$", "RETURN": rows}
    ecc.system.points.add(point="called", action="return", reference="LOCKED*", details=details)

    assert codes(client.call("BAPI_ACC_DOCUMENT_POST", **a_document("LOCKED-1"))) == ["RW 609", "F5 353"]
    assert codes(client.call("BAPI_ACC_DOCUMENT_POST", **a_document("LOCKED-1"))) == ["RW 605"]
