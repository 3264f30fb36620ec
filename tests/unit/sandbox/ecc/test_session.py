"""Sessions and their LUWs."""

from tests.support.ecc import Ecc, a_document, find, until


def test_a_document_is_invisible_until_it_is_committed(ecc: Ecc) -> None:
    """POST alone changes nothing that anybody could read."""
    poster, reader = ecc.connect(), ecc.connect()
    answer = poster.call("BAPI_ACC_DOCUMENT_POST", **a_document("LUW-1"))

    assert answer["RETURN"][0]["NUMBER"] == "605"
    assert find(poster, "LUW-1") == find(reader, "LUW-1") == []
    poster.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    assert find(reader, "LUW-1") == [[answer["OBJ_KEY"][:10], answer["OBJ_KEY"][14:]]]


def test_a_commit_reaches_only_its_own_luw(ecc: Ecc) -> None:
    """Another session's commit succeeds with an empty RETURN and commits nothing: the trap of a silent reconnect."""
    poster, other = ecc.connect(), ecc.connect()
    poster.call("BAPI_ACC_DOCUMENT_POST", **a_document("LUW-2"))
    answer = other.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert answer["RETURN"]["TYPE"] == ""
    assert find(other, "LUW-2") == []


def test_the_end_of_a_session_is_a_rollback(ecc: Ecc) -> None:
    """A client that dies between POST and COMMIT leaves neither document nor lock."""
    poster, reader = ecc.connect(), ecc.connect()
    poster.call("BAPI_ACC_DOCUMENT_POST", **a_document("LUW-3"))
    assert [lease.owner for _, lease in ecc.system.ranges.leases()] == ["s1"]
    poster.close()

    until(lambda: not ecc.system.ranges.leases(), seconds=1)
    assert find(reader, "LUW-3") == []


def test_a_short_dump_rolls_back(ecc: Ecc) -> None:
    """After anything but an ABAP exception the LUW is gone, and so is its lock."""
    ecc.system.points.add(point="called", action="dump", function="RFC_PING")
    poster = ecc.connect()
    poster.call("BAPI_ACC_DOCUMENT_POST", **a_document("LUW-4"))
    poster.start_call("RFC_PING")

    until(lambda: not ecc.system.ranges.leases())


def test_an_abap_exception_keeps_the_luw(ecc: Ecc) -> None:
    """The session goes on and can commit what it had posted."""
    ecc.system.points.add(point="called", action="exception", function="RFC_PING", details={"key": "NOT_AUTHORIZED"})
    poster = ecc.connect()
    poster.call("BAPI_ACC_DOCUMENT_POST", **a_document("LUW-5"))
    poster.send("call", "RFC_PING", {}, [])
    poster._read(int.from_bytes(poster._read(4)))
    poster.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert len(find(poster, "LUW-5")) == 1


def test_several_documents_of_one_luw_appear_together(ecc: Ecc) -> None:
    """One LUW may post more than once; the numbers follow each other."""
    client = ecc.connect()
    numbers = [client.call("BAPI_ACC_DOCUMENT_POST", **a_document(f"LUW-6-{n}"))["OBJ_KEY"][:10] for n in range(3)]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert numbers == ["1800000000", "1800000001", "1800000002"]
    assert [find(client, f"LUW-6-{n}")[0][0] for n in range(3)] == numbers


def test_a_repeated_reference_is_posted_again(ecc: Ecc) -> None:
    """SAP does not reject a REF_DOC_NO it has seen; nothing here may be nicer than that."""
    clients = [ecc.connect(), ecc.connect()]
    for client in clients:
        client.call("BAPI_ACC_DOCUMENT_POST", **a_document("TWICE"))
        client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert len(find(clients[0], "TWICE")) == 2
