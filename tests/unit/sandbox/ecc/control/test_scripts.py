"""Faults and holds under control."""

import asyncio
from typing import Any

import pytest

from tests.support.ecc import Ecc, a_document, codes, find, until
from tests.support.rfc_wire import WireClient


def start(client: WireClient, function: str, **parameters: Any) -> None:
    """Begin a call that will be held."""
    client.interface(function)
    client.start_call(function, **parameters)


async def test_a_call_is_held_until_it_is_released(ecc: Ecc, control: Any) -> None:
    """A test learns that the point is reached, looks around, and lets go."""
    hold = await control(
        "POST", "/holds", {"point": "executed", "function": "BAPI_ACC_DOCUMENT_POST", "reference": "HOLD-*"}, status=201
    )
    waiting = asyncio.create_task(control("GET", f"/holds/{hold['id']}/wait?timeout=10"))
    client = ecc.connect()
    start(client, "BAPI_ACC_DOCUMENT_POST", **a_document("HOLD-1"))

    assert await waiting == {"reached": 1, "in_time": True}
    (held,) = (await control("GET", "/holds"))["held"]
    assert (held["hold"], held["point"], held["user"], held["references"]) == (
        hold["id"],
        "executed",
        "MLC_RFC",
        ["HOLD-1"],
    )
    assert len((await control("GET", "/number-ranges"))["locked"]) == 1
    assert await control("POST", f"/holds/{hold['id']}/release") == {"released": 1}
    assert codes(client.finish_call("BAPI_ACC_DOCUMENT_POST")) == ["RW 605"]


async def test_a_wait_ends_with_its_time(control: Any) -> None:
    """Too late is an answer, not an error."""
    hold = await control("POST", "/holds", {"point": "called"}, status=201)

    assert await control("GET", f"/holds/{hold['id']}/wait?timeout=0.01") == {"reached": 0, "in_time": False}
    await control("POST", f"/holds/{hold['id']}/release", status=404)


async def test_a_held_session_can_be_cut(ecc: Ecc, control: Any) -> None:
    """Before COMMIT runs: nothing was posted, the lock is free."""
    hold = await control("POST", "/holds", {"point": "called", "function": "BAPI_TRANSACTION_COMMIT"}, status=201)
    client = ecc.connect()
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("CUT"))
    start(client, "BAPI_TRANSACTION_COMMIT", WAIT="X")
    await control("GET", f"/holds/{hold['id']}/wait")
    await control("POST", f"/holds/{hold['id']}/release", {"action": "drop"})

    with pytest.raises((ConnectionError, OSError)):
        client.finish_call("BAPI_TRANSACTION_COMMIT")
    until(lambda: not ecc.system.ranges.leases())
    assert find(ecc.connect(), "CUT") == []


async def test_a_commit_survives_the_death_of_its_client(ecc: Ecc, control: Any) -> None:
    """SAP has the request: it commits although nobody waits any more. The case of an answer that never comes."""
    hold = await control("POST", "/holds", {"point": "called", "function": "BAPI_TRANSACTION_COMMIT"}, status=201)
    client = ecc.connect()
    client.call("BAPI_ACC_DOCUMENT_POST", **a_document("ORPHAN"))
    start(client, "BAPI_TRANSACTION_COMMIT", WAIT="X")
    await control("GET", f"/holds/{hold['id']}/wait")
    client.close()
    await control("POST", f"/holds/{hold['id']}/release")

    reader = ecc.connect()
    until(lambda: find(reader, "ORPHAN"))


async def test_a_hold_may_end_with_the_client(ecc: Ecc, control: Any) -> None:
    """After POST a dead client frees its lock within a moment, without anybody releasing it."""
    script = {"point": "executed", "function": "BAPI_ACC_DOCUMENT_POST", "on_disconnect": "drop"}
    hold = await control("POST", "/holds", script, status=201)
    client = ecc.connect()
    start(client, "BAPI_ACC_DOCUMENT_POST", **a_document("GONE"))
    await control("GET", f"/holds/{hold['id']}/wait")
    assert len(ecc.system.ranges.leases()) == 1
    client.close()

    until(lambda: not ecc.system.ranges.leases(), seconds=1)


async def test_faults_are_listed_counted_and_removed(ecc: Ecc, control: Any) -> None:
    """One or all; a fault can be waited for like a hold."""
    fault = await control("POST", "/faults", {"point": "called", "times": 0, "seconds": 0.01}, status=201)
    ecc.connect().call("RFC_PING")

    assert (await control("GET", f"/faults/{fault['id']}/wait"))["reached"] == 1
    assert [f["hits"] for f in (await control("GET", "/faults"))["faults"]] == [1]
    assert await control("DELETE", f"/faults/{fault['id']}") == {"removed": 1}
    await control("POST", "/faults", {"point": "called"}, status=201)
    assert await control("DELETE", "/faults") == {"removed": 1}
    assert (await control("GET", "/faults"))["faults"] == []


@pytest.mark.parametrize(
    ("script", "text"),
    [
        ({"point": "nowhere"}, "There is no point nowhere; there are open, opened,"),
        ({"point": "called", "action": "explode"}, "At called there is no action explode"),
        ({"point": "called", "action": "abort"}, "At called there is no action abort"),
        (
            {"point": "update.visible", "action": "drop"},
            "At update.visible there is no action drop; there are continue, abort.",
        ),
        ({"point": "called", "on_disconnect": "cry"}, "Invalid enum value 'cry'"),
    ],
)
async def test_impossible_scripts_are_refused(control: Any, script: dict[str, Any], text: str) -> None:
    """The answer names what there is."""
    assert text in (await control("POST", "/faults", script, status=400))["error"]


async def test_a_release_needs_a_known_action(control: Any) -> None:
    """A typing error does not let anybody go."""
    assert "no action cut" in (await control("POST", "/holds/r1/release", {"action": "cut"}, status=400))["error"]
