"""Z_MLC_DOCUMENT_POST: uniqueness on SAP's side."""

from typing import Any

from tests.support.ecc import Ecc, a_document, codes, find, until
from tests.support.rfc_wire import WireClient


def post(client: WireClient, reference: str, **changes: Any) -> dict[str, Any]:
    """Post without committing."""
    return client.call("Z_MLC_DOCUMENT_POST", **a_document(reference, **changes))


def commit(client: WireClient) -> str:
    """Commit; give the message number of RETURN."""
    return str(client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["NUMBER"])


def test_a_reference_is_posted_once(client: WireClient) -> None:
    """The second answer names the document; the standard BAPI still does not care."""
    first = post(client, "ONCE")["OBJ_KEY"]
    assert commit(client) == "000"
    again = post(client, "ONCE")

    assert (codes(again), again["OBJ_KEY"]) == (["RW 609", "ZMLC 020"], "$")
    assert again["RETURN"][1]["MESSAGE_V3"] == first[:10]
    assert codes(client.call("BAPI_ACC_DOCUMENT_POST", **a_document("ONCE"))) == ["RW 605"]
    assert codes(post(client, "ONCE", COMP_CODE="2000"))[-1] != "ZMLC 020"


def test_two_sessions_do_not_post_one_reference(ecc: Ecc, client: WireClient) -> None:
    """The lock stands from POST to the end of the update."""
    other = ecc.connect(user="MLC_RFC1")
    assert codes(post(other, "TWICE")) == ["RW 605"]
    assert codes(post(client, "TWICE")) == ["RW 609", "ZMLC 022"]
    assert codes(post(other, "TWICE")) == ["RW 609", "ZMLC 022"]  # nor one session twice
    commit(other)

    assert codes(post(client, "TWICE")) == ["RW 609", "ZMLC 020"]
    assert len(find(client, "TWICE")) == 1


def test_a_rollback_frees_the_reference(client: WireClient) -> None:
    """As if nothing had been."""
    post(client, "BACK")
    client.call("BAPI_TRANSACTION_ROLLBACK")

    assert codes(post(client, "BACK")) == ["RW 605"]


def test_a_refused_document_and_a_missing_reference(client: WireClient) -> None:
    """The checks of the BAPI come back as they are."""
    assert codes(post(client, "WRONG", ACCOUNTTAX=[]))[0] == "RW 609"
    assert codes(post(client, "")) == ["RW 609", "ZMLC 021"]


def test_a_failed_update_repeated_too_late_posts_nothing(ecc: Ecc, client: WireClient) -> None:
    """Basis restarts an update after the document was posted anew: the reference aborts it."""
    ecc.system.points.add(point="update.started", action="abort", reference="SM13")
    post(client, "SM13")
    assert commit(client) == "101"
    assert codes(post(client, "SM13")) == ["RW 605"]
    assert commit(client) == "000"
    (request, _) = ecc.system.books.requests()[0]
    passed = ecc.system.points.passed()["update.finished"]
    assert ecc.system.updates.repeat(request["VBKEY"])

    until(lambda: ecc.system.points.passed()["update.finished"] > passed)
    assert len(find(client, "SM13")) == 1
    assert [row["VBSTATE"] for row, _ in ecc.system.books.requests()] == [253]


def test_the_update_itself_refuses_a_reference_that_exists(ecc: Ecc, client: WireClient) -> None:
    """Who gets past lock and look-up fails in the commit, and the number goes with it."""
    post(client, "RACE")
    (change,) = [c for s in ecc.sessions.all() for c in s.changes]
    ecc.system.books.write([], [change])

    assert commit(client) == "101"
    assert find(client, "RACE") == []


def test_an_aborted_update_takes_the_reference_back(ecc: Ecc, client: WireClient) -> None:
    """What was visible for a moment does not keep the reference from being posted."""
    ecc.system.points.add(point="update.visible", action="abort", reference="ABORT")
    post(client, "ABORT")
    assert commit(client) == "101"

    assert codes(post(client, "ABORT")) == ["RW 605"]
    assert commit(client) == "000"
    assert len(find(client, "ABORT")) == 1
