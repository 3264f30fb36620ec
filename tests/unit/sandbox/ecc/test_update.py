"""The update task: stopped, delayed, aborting, interrupted."""

from pathlib import Path

import pytest

from tests.support.ecc import Ecc, a_document, an_ecc, find, until
from tests.support.rfc_wire import WireClient, WireError


def post(client: WireClient, reference: str) -> None:
    """Post without committing."""
    assert client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference))["RETURN"][0]["TYPE"] == "S"


def commit(client: WireClient, wait: str = "X") -> str:
    """Commit, and give message class and number of RETURN."""
    row = client.call("BAPI_TRANSACTION_COMMIT", WAIT=wait)["RETURN"]
    return f"{row['TYPE']} {row['ID']} {row['NUMBER']}".strip()


def update_requests(client: WireClient) -> list[list[str]]:
    """Read VBHDR as the agent does."""
    fields = ("VBUSR", "VBSTATE", "VBRC")
    rows = client.call(
        "RFC_READ_TABLE",
        QUERY_TABLE="VBHDR",
        DELIMITER="|",
        OPTIONS=[{"TEXT": "VBUSR = 'MLC_RFC' AND VBDATE >= '20200101000000'"}],
        FIELDS=[{"FIELDNAME": f} for f in fields],
    )["DATA"]
    return [[cell.strip() for cell in row["WA"].split("|")] for row in rows]


def test_a_commit_that_waits_ends_with_the_document(client: WireClient) -> None:
    """RETURN is empty, the document is there, no update request is left."""
    post(client, "UPD-1")

    assert commit(client) == "000"
    assert len(find(client, "UPD-1")) == 1
    assert update_requests(client) == []


def test_a_commit_that_does_not_wait_is_followed_by_the_document(client: WireClient) -> None:
    """The answer comes at once, the document a moment later."""
    post(client, "UPD-2")

    assert commit(client, wait="") == "000"
    until(lambda: find(client, "UPD-2"))
    until(lambda: not update_requests(client))


def test_a_stopped_update_keeps_its_request(ecc: Ecc, client: WireClient) -> None:
    """VBHDR shows it with user and time, the document comes when updates run again."""
    ecc.system.updates.switch(running=False)
    post(client, "UPD-3")
    commit(client, wait="")

    assert update_requests(client) == [["MLC_RFC", "255", "255"]]
    assert ecc.system.ranges.leases() == []  # the number range is free although the update waits
    assert find(client, "UPD-3") == []
    ecc.system.updates.switch(running=True)
    until(lambda: find(client, "UPD-3"))


def test_a_commit_waits_for_a_stopped_update(ecc: Ecc, client: WireClient) -> None:
    """The answer comes when the update is carried out."""
    ecc.system.updates.switch(running=False)
    post(client, "UPD-4")
    client.start_call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    until(ecc.system.books.requests)

    ecc.system.updates.switch(running=True)
    assert client.finish_call("BAPI_TRANSACTION_COMMIT")["RETURN"]["TYPE"] == ""
    assert len(find(client, "UPD-4")) == 1


def test_an_update_survives_its_client(ecc: Ecc, client: WireClient) -> None:
    """Who dies while its COMMIT waits has committed all the same."""
    ecc.system.updates.switch(running=False)
    post(client, "UPD-5")
    client.interface("BAPI_TRANSACTION_COMMIT")
    client.start_call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    until(ecc.system.books.requests)
    client.close()
    until(lambda: not ecc.sessions.all())

    ecc.system.updates.switch(running=True)
    reader = ecc.connect()
    until(lambda: find(reader, "UPD-5"))


def test_a_delayed_update_takes_its_time(ecc: Ecc, client: WireClient) -> None:
    """A COMMIT with WAIT takes as long as the update."""
    ecc.system.updates.delay = 0.1
    post(client, "UPD-6")

    assert commit(client) == "000"
    assert len(find(client, "UPD-6")) == 1


def test_a_failed_update_is_told_to_those_who_wait(ecc: Ecc, client: WireClient) -> None:
    """S& 101, an erroneous request, no document; repeated by hand it appears after all."""
    ecc.system.points.add(point="update.started", action="abort")
    post(client, "UPD-7")

    assert commit(client) == "E S& 101"
    assert find(client, "UPD-7") == []
    assert update_requests(client) == [["MLC_RFC", "253", "12"]]
    ((_, request),) = ecc.system.books.requests()
    assert ecc.system.updates.repeat(request.key)
    until(lambda: find(client, "UPD-7"))
    assert not ecc.system.updates.repeat(request.key)


def test_nobody_hears_of_a_failed_update_without_waiting(ecc: Ecc, client: WireClient) -> None:
    """RETURN is empty; only VBHDR knows."""
    ecc.system.points.add(point="update.started", action="abort")
    post(client, "UPD-8")

    assert commit(client, wait="") == "000"
    until(lambda: update_requests(client) == [["MLC_RFC", "253", "12"]])


def test_an_update_can_abort_after_it_was_visible(ecc: Ecc, client: WireClient) -> None:
    """A reader sees the document, and then it has never been."""
    hold = ecc.system.points.add(point="update.visible", action="abort", hold=True)
    reader = ecc.connect()
    post(client, "UPD-9")
    client.interface("BAPI_TRANSACTION_COMMIT")
    client.start_call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    ecc.system.points.wait_until_reached(hold.id, 1, 5)

    assert len(find(reader, "UPD-9")) == 1
    assert update_requests(reader) == [["MLC_RFC", "254", "1"]]
    ecc.system.points.release(hold.id)
    assert client.finish_call("BAPI_TRANSACTION_COMMIT")["RETURN"]["NUMBER"] == "101"
    assert find(reader, "UPD-9") == []


def test_a_connection_lost_inside_commit_leaves_the_document(ecc: Ecc, client: WireClient) -> None:
    """The request was written: the document comes although nobody was told."""
    ecc.system.points.add(point="commit.requested", action="drop")
    post(client, "UPD-10")
    client.interface("BAPI_TRANSACTION_COMMIT")
    client.start_call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    with pytest.raises((ConnectionError, WireError)):
        client.finish_call("BAPI_TRANSACTION_COMMIT")

    reader = ecc.connect()
    until(lambda: find(reader, "UPD-10"))


def test_a_deleted_request_never_becomes_a_document(ecc: Ecc, client: WireClient) -> None:
    """Basis deletes a request that waits; releasing the update does not bring it back."""
    ecc.system.updates.switch(running=False)
    post(client, "UPD-11")
    commit(client, wait="")
    ((_, request),) = ecc.system.books.requests()
    assert ecc.system.books.delete_request(request.key)

    ecc.system.updates.switch(running=True)
    post(client, "UPD-12")
    commit(client)
    assert find(client, "UPD-11") == []


def test_waiting_updates_survive_a_restart(tmp_path: Path) -> None:
    """A request is durable: the document appears in the next life of the system."""
    with an_ecc(tmp_path) as ecc:
        client = ecc.connect()
        ecc.system.updates.switch(running=False)
        post(client, "UPD-13")
        commit(client, wait="")
    with an_ecc(tmp_path) as ecc:
        client = ecc.connect()
        until(lambda: find(client, "UPD-13"))


def test_an_interrupted_update_starts_again(tmp_path: Path) -> None:
    """What it had made visible is rolled back with the end of the process, and done once more."""
    with an_ecc(tmp_path) as ecc:
        client = ecc.connect()
        hold = ecc.system.points.add(point="update.visible", action="continue", hold=True)
        post(client, "UPD-14")
        commit(client, wait="")
        ecc.system.points.wait_until_reached(hold.id, 1, 5)
        ((row, request),) = ecc.system.books.requests()
        assert row["VBSTATE"] == 254
        frozen = ecc.system.database.rows("SELECT * FROM VBHDR")[0], request
        ecc.system.points.release(hold.id)
        until(lambda: not ecc.system.books.requests())
        # As a kill at this moment would have left it: rows visible, request running.
        ecc.system.books.add_request(frozen[1])
        ecc.system.books.set_request(frozen[1].key, (254, 1))
    with an_ecc(tmp_path) as ecc:
        client = ecc.connect()
        until(lambda: not ecc.system.books.requests())
        assert len(find(client, "UPD-14")) == 1


def test_failed_updates_stay_failed_after_a_restart(tmp_path: Path) -> None:
    """Only a person repeats an erroneous request."""
    with an_ecc(tmp_path) as ecc:
        client = ecc.connect()
        ecc.system.points.add(point="update.started", action="abort")
        post(client, "UPD-15")
        commit(client)
    with an_ecc(tmp_path) as ecc:
        client = ecc.connect()
        assert update_requests(client) == [["MLC_RFC", "253", "12"]]
        post(client, "UPD-16")
        commit(client)
        assert find(client, "UPD-15") == []
