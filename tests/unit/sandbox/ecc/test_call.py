"""Calls: parameters, defaults, points."""

import pytest

from tests.support.ecc import Ecc, a_document, codes, find
from tests.support.rfc_wire import WireClient, WireError


def test_a_parameter_left_out_has_its_default(client: WireClient) -> None:
    """RFC_READ_TABLE without DELIMITER, ROWCOUNT and the like reads everything without delimiter."""
    rows = client.call("RFC_READ_TABLE", QUERY_TABLE="T001", FIELDS=[{"FIELDNAME": "BUKRS"}, {"FIELDNAME": "LAND1"}])[
        "DATA"
    ]

    assert [row["WA"] for row in rows] == ["1000DE", "2000US", "3000JP", "4000KW"]


def test_faults_can_be_scripted_for_one_order(ecc: Ecc, client: WireClient) -> None:
    """The reference of a document to be posted selects the call, and that of the open LUW its commit."""
    ecc.system.points.add(point="called", action="dump", function="BAPI_TRANSACTION_COMMIT", reference="BC1-7-I")
    for reference in ("BC1-6-I", "BC1-7-I"):
        assert codes(client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference))) == ["RW 605"]
        if reference == "BC1-6-I":
            client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    with pytest.raises(WireError, match="TIME_OUT"):
        client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    reader = ecc.connect()
    assert (len(find(reader, "BC1-6-I")), len(find(reader, "BC1-7-I"))) == (1, 0)


def test_faults_can_be_scripted_for_one_table(ecc: Ecc, client: WireClient) -> None:
    """Basis does not allow VBHDR, but everything else."""
    details = {"key": "NOT_AUTHORIZED"}
    ecc.system.points.add(point="called", action="exception", table="VBHDR", times=0, details=details)

    assert find(client, "X") == []
    for _ in range(2):
        with pytest.raises(WireError, match="NOT_AUTHORIZED"):
            client.call("RFC_READ_TABLE", QUERY_TABLE="VBHDR", FIELDS=[{"FIELDNAME": "VBKEY"}])


def test_a_lost_answer_leaves_the_work_done(ecc: Ecc, client: WireClient) -> None:
    """The document exists although the client saw the connection break: the case everything is about."""
    ecc.system.points.add(point="executed", action="drop", function="BAPI_TRANSACTION_COMMIT", reference="LOST")
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("LOST"))
    with pytest.raises((ConnectionError, OSError)):
        client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert len(find(ecc.connect(), "LOST")) == 1
