"""BAPI_TRANSACTION_COMMIT and BAPI_TRANSACTION_ROLLBACK."""

import pytest

from tests.support.ecc import Ecc, a_document, find
from tests.support.rfc_wire import WireClient

EMPTY = ["", "", "000", ""]


@pytest.mark.parametrize("function", ["BAPI_TRANSACTION_COMMIT", "BAPI_TRANSACTION_ROLLBACK"])
def test_an_empty_luw_ends_well(client: WireClient, function: str) -> None:
    """RETURN is empty on a session that has posted nothing."""
    row = client.call(function)["RETURN"]

    assert [row[k] for k in ("TYPE", "ID", "NUMBER", "MESSAGE")] == EMPTY


def test_a_rollback_forgets_the_document_and_frees_its_number(ecc: Ecc, client: WireClient) -> None:
    """The next document gets the number: a hit by number alone proves nothing."""
    first = client.call("BAPI_ACC_DOCUMENT_POST", **a_document("ROLL-1"))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_ROLLBACK")
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    second = ecc.connect().call("BAPI_ACC_DOCUMENT_POST", **a_document("ROLL-2"))["OBJ_KEY"]

    assert find(client, "ROLL-1") == []
    assert first == second


def test_a_failed_commit_can_be_scripted(ecc: Ecc, client: WireClient) -> None:
    """S& 101 is answered although the document exists, or although nothing was done."""
    details = {"RETURN": {"TYPE": "E", "ID": "S&", "NUMBER": "101"}}
    ecc.system.points.add(point="executed", action="return", function="BAPI_TRANSACTION_COMMIT", details=details)
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("ROLL-3"))

    assert client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["NUMBER"] == "101"
    assert len(find(client, "ROLL-3")) == 1
    ecc.system.points.add(point="called", action="return", function="BAPI_TRANSACTION_COMMIT", details=details)
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("ROLL-4"))
    assert client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["NUMBER"] == "101"
    assert find(client, "ROLL-4") == []
