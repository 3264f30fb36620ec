"""The update task and number ranges under control."""

from typing import Any

from tests.support.ecc import Ecc, a_document, codes, find, until


async def test_updates_can_be_stopped_and_released(ecc: Ecc, control: Any) -> None:
    """The requests that wait are listed with user and references."""
    assert (await control("PUT", "/update", {"running": False}))["running"] is False
    client = ecc.connect()
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document("STOPPED"))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT")
    (request,) = (await control("GET", "/update"))["requests"]

    assert (request["user"], request["state"], request["references"]) == ("MLC_RFC", "waiting", ["STOPPED"])
    assert request["documents"] == [key[:10]]
    await control("PUT", "/update", {"running": True})
    until(lambda: find(client, "STOPPED"))


async def test_failed_requests_are_repeated_or_deleted(ecc: Ecc, control: Any) -> None:
    """A repeated one becomes a document, a deleted one never does."""
    await control("POST", "/faults", {"point": "update.started", "action": "abort", "times": 2}, status=201)
    client = ecc.connect()
    for reference in ("FAIL-1", "FAIL-2"):
        client.call("BAPI_ACC_DOCUMENT_POST", **a_document(reference))
        client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")
    requests = {r["references"][0]: r for r in (await control("GET", "/update"))["requests"]}
    assert requests["FAIL-1"]["state"] == "failed"

    await control("POST", f"/update/{requests['FAIL-1']['key']}/repeat")
    await control("DELETE", f"/update/{requests['FAIL-2']['key']}")
    until(lambda: find(client, "FAIL-1"))
    assert find(client, "FAIL-2") == []
    await control("POST", "/update/NOWHERE/repeat", status=404)
    await control("DELETE", "/update/NOWHERE", status=404)


async def test_updates_can_be_delayed(control: Any) -> None:
    """By seconds, not by less than none."""
    assert (await control("PUT", "/update", {"delay": 0.5}))["delay"] == 0.5
    await control("PUT", "/update", {"delay": -1}, status=400)


async def test_locked_number_ranges_are_shown(ecc: Ecc, control: Any) -> None:
    """With the session that holds them."""
    ecc.connect().call("BAPI_ACC_DOCUMENT_POST", **a_document("LOCK"))
    (locked,) = (await control("GET", "/number-ranges"))["locked"]

    assert (locked["company_code"], locked["number"], locked["session"], locked["level"]) == (
        "1000",
        "18",
        "s1",
        "1800000000",
    )


async def test_number_ranges_are_deleted_and_created(ecc: Ecc, control: Any) -> None:
    """NR 751 without one; with a new one its first number."""
    document = a_document("RANGE")
    path = f"/number-ranges/1000/18/{document['DOCUMENTHEADER']['PSTNG_DATE'][:4]}"
    client = ecc.connect()
    await control("DELETE", path)
    await control("DELETE", path, status=404)
    assert codes(client.call("BAPI_ACC_DOCUMENT_POST", **document)) == ["RW 609", "NR 751"]

    await control("PUT", path, {"first": "1850000000", "last": "1850000009"})
    assert client.call("BAPI_ACC_DOCUMENT_POST", **document)["OBJ_KEY"].startswith("1850000000")
