"""BAPI_ACC_DOCUMENT_REV_POST and BAPI_ACC_DOCUMENT_REV_CHECK in their LUW."""

from typing import Any

import pytest
from mlconnector_sandbox.ecc.update import UpdateTask

from tests.support.ecc import Ecc, a_document, codes, find, until
from tests.support.rfc_wire import WireClient, WireError


def post(client: WireClient, reference: str) -> str:
    """Post and commit an invoice; give its object key."""
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    return str(key)


def reverse(client: WireClient, key: str) -> dict[str, Any]:
    """Reverse without committing."""
    reversal = {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": key, "REASON_REV": "01"}
    return client.call("BAPI_ACC_DOCUMENT_REV_POST", REVERSAL=reversal, BUS_ACT="RFBU")


def commit(client: WireClient) -> str:
    """Commit; give the message number of RETURN."""
    return str(client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["NUMBER"])


def test_nothing_happens_before_the_commit(ecc: Ecc, client: WireClient) -> None:
    """The number range is locked, the original unchanged; a rollback leaves no trace."""
    original, reader = post(client, "LUW-1"), ecc.connect()
    first = reverse(client, original)["OBJ_KEY"]
    assert len(ecc.system.ranges.leases()) == 1
    assert find(reader, "LUW-1", "STBLG") == [[""]]
    client.call("BAPI_TRANSACTION_ROLLBACK")

    assert ecc.system.ranges.leases() == []
    assert find(reader, "LUW-1", "STBLG") == [[""]]
    assert reverse(client, original)["OBJ_KEY"] == first


def test_two_sessions_do_not_reverse_one_document(ecc: Ecc, client: WireClient) -> None:
    """The second hears who works on it, and after the commit that it is reversed; a dead session frees it."""
    original, other = post(client, "LUW-2"), ecc.connect(user="MLC_RFC1")
    assert codes(reverse(other, original)) == ["RW 605"]
    refused = reverse(client, original)
    assert codes(refused) == ["RW 609", "F5 375"]
    assert refused["RETURN"][1]["MESSAGE_V4"] == "MLC_RFC1"
    other.close()
    until(lambda: codes(reverse(client, original)) == ["RW 605"])
    assert codes(reverse(client, original)) == ["RW 609", "F5 375"]  # not twice in one LUW either
    commit(client)

    assert codes(reverse(ecc.connect(), original)) == ["RW 609", "F5 361"]
    assert len(find(client, "LUW-2")) == 2


def test_an_aborted_update_reverses_nothing(ecc: Ecc, client: WireClient) -> None:
    """What was visible for a moment is taken back on both documents, and the lock ends."""
    original = post(client, "LUW-3")
    ecc.system.points.add(point="update.visible", action="abort", reference="LUW-3")
    reverse(client, original)

    assert commit(client) == "101"
    assert find(client, "LUW-3", "STBLG", "STJAH", "STGRD") == [["", "0000", ""]]
    assert codes(reverse(client, original)) == ["RW 605"]


def test_a_waiting_update_keeps_the_lock(ecc: Ecc, client: WireClient) -> None:
    """The session is long gone when the document is reversed."""
    original = post(client, "LUW-4")
    ecc.system.updates.switch(running=False)
    reverse(client, original)
    client.call("BAPI_TRANSACTION_COMMIT")
    client.close()
    other = ecc.connect()
    assert codes(reverse(other, original)) == ["RW 609", "F5 375"]
    ecc.system.updates.switch(running=True)

    until(lambda: codes(reverse(other, original)) == ["RW 609", "F5 361"])


def test_an_update_interrupted_by_the_end_of_the_system_is_done_again(ecc: Ecc, client: WireClient) -> None:
    """A new life of the update task finds the request, locks its document and carries it out."""
    original = post(client, "LUW-5")
    system = ecc.system
    system.updates.switch(running=False)
    reverse(client, original)
    client.call("BAPI_TRANSACTION_COMMIT")
    system.updates.close()
    system.locks.clear()
    system.updates = UpdateTask(system.database, system.books, system.ranges, system.locks, system.points, 5)
    system.updates.switch(running=False)
    system.updates.start()
    other = ecc.connect()

    assert codes(reverse(other, original)) == ["RW 609", "F5 375"]
    system.updates.switch(running=True)
    until(lambda: codes(reverse(other, original)) == ["RW 609", "F5 361"])


@pytest.mark.parametrize(("point", "reversed_"), [("called", False), ("executed", False)])
def test_faults_are_scripted_by_the_reference_of_the_original(
    ecc: Ecc, client: WireClient, point: str, reversed_: bool
) -> None:
    """The reversal names no reference; the simulator knows it."""
    original = post(client, "LUW-6")
    ecc.system.points.add(point=point, action="dump", reference="LUW-6", function="BAPI_ACC_DOCUMENT_REV_POST")
    with pytest.raises(WireError, match="TIME_OUT"):
        reverse(client, original)

    assert bool(find(ecc.connect(), "LUW-6", "STBLG")[0][0]) is reversed_


def test_a_lost_answer_of_the_commit_leaves_a_reversal(ecc: Ecc, client: WireClient) -> None:
    """In doubt for the caller, done in the books: the original shows it."""
    original = post(client, "LUW-7")
    ecc.system.points.add(point="executed", action="drop", function="BAPI_TRANSACTION_COMMIT")
    number = reverse(client, original)["OBJ_KEY"][:10]
    with pytest.raises(ConnectionError):
        commit(client)

    assert [number] in find(ecc.connect(), "LUW-7", "STBLG")


def test_a_reversal_may_have_no_reference(ecc: Ecc, client: WireClient) -> None:
    """Whether it gets the original's depends on the release: both can be tried."""
    ecc.system.options.copy_references(copied=False)
    original = post(client, "LUW-8")
    reverse(client, original)
    commit(client)

    assert len(find(client, "LUW-8")) == 1


def test_a_missing_number_range_is_an_error(ecc: Ecc, client: WireClient) -> None:
    """NR 751, as for any posting; the document is free again after the rollback."""
    original = post(client, "LUW-9")
    ecc.system.master.delete("NRIV", "100", "RF_BELEG", "1000", "16")

    assert codes(reverse(client, original)) == ["RW 609", "NR 751"]


def test_check_locks_and_changes_nothing(ecc: Ecc, client: WireClient) -> None:
    """RW 614, no number, no lock."""
    original = post(client, "LUW-10")
    reversal = {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": original, "REASON_REV": "01"}
    answer = client.call("BAPI_ACC_DOCUMENT_REV_CHECK", REVERSAL=reversal, BUS_ACT="RFBU")

    assert codes(answer) == ["RW 614"]
    assert ecc.system.ranges.leases() == []
    assert codes(reverse(ecc.connect(), original)) == ["RW 605"]
