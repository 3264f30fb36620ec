"""Operating the system."""

from typing import Any

import pytest

from tests.support.ecc import Ecc, a_document, find, until
from tests.support.rfc_wire import WireClient, WireError


async def test_health_shows_ports_and_numbers(control: Any) -> None:
    """Scripts learn where RFC listens and whether updates run."""
    health = await control("GET", "/health")

    assert (health["status"], health["rfc_port"], health["documents"]) == ("ok", control.listener.port, 0)
    assert health["rfc_port"] == 3300 + int(health["sysnr"])
    assert health["update_running"]
    assert health["gateway_open"]


async def test_a_closed_gateway_refuses_connections(control: Any) -> None:
    """Existing sessions stay unless they are cut; an open gateway accepts again."""
    with WireClient.dial(control.listener.port) as session:
        assert await control("PUT", "/gateway", {"open": False}) == {"open": False, "dropped": 0}
        session.call("RFC_PING")
        with pytest.raises(ConnectionRefusedError):
            WireClient.dial(control.listener.port)
        assert await control("PUT", "/gateway", {"open": False, "drop": True}) == {"open": False, "dropped": 1}
        with pytest.raises((ConnectionError, OSError)):
            session.call("RFC_PING")
    await control("PUT", "/gateway", {"open": True})
    WireClient.dial(control.listener.port).close()


async def test_sessions_show_their_open_documents(control: Any) -> None:
    """Who is logged on, and what is posted but not committed; all can be cut at once."""
    with WireClient.dial(control.listener.port) as session:
        session.call("BAPI_ACC_DOCUMENT_POST", **a_document("OPEN"))
        (shown,) = (await control("GET", "/sessions"))["sessions"]
        assert (shown["user"], shown["calls"], shown["open_references"]) == ("MLC_RFC", 1, ["OPEN"])
        assert await control("DELETE", "/sessions") == {"dropped": 1}
        until(lambda: not control.listener.sessions.all())


async def test_users_can_be_locked(ecc: Ecc, control: Any) -> None:
    """Failed logons are shown; a lock and a new password hold at once."""
    with pytest.raises(WireError):
        ecc.connect(passwd="wrong")
    users = {u["name"]: u for u in (await control("GET", "/users"))["users"]}
    assert users["MLC_RFC"] == {"name": "MLC_RFC", "failed_logons": 1, "locked": False}

    await control("PATCH", "/users/MLC_RFC", {"locked": True, "password": "new"})
    with pytest.raises(WireError):
        ecc.connect(passwd="new")
    await control("PATCH", "/users/MLC_RFC", {"locked": False})
    ecc.connect(passwd="new")
    assert "user NOBODY" in (await control("PATCH", "/users/NOBODY", {"locked": True}, status=404))["error"]


async def test_counters_count_calls_points_and_logons(ecc: Ecc, control: Any) -> None:
    """Single-flight logons are proven by these."""
    ecc.connect().call("RFC_PING")
    counters = await control("GET", "/counters")

    assert counters["calls"] == {"RFC_PING": 1}
    assert counters["points"]["called"] == 1
    assert counters["logons"] == {"MLC_RFC": {"accepted": 1, "refused": 0}}
    await control("DELETE", "/counters")
    assert (await control("GET", "/counters"))["calls"] == {}


async def test_metadata_can_be_truncated(ecc: Ecc, control: Any) -> None:
    """For sessions that log on from now on; unknown names are refused."""
    whole = ecc.connect().repository
    changed = await control("POST", "/metadata/truncations", {"structure": "BAPIACAR09", "fields": ["PAYMT_REF"]})
    assert ecc.connect().repository == changed["repository"] != whole
    await control("POST", "/metadata/truncations", {"structure": "NOWHERE", "fields": []}, status=404)
    wrong = await control("POST", "/metadata/truncations", {"structure": "BAPIACAR09", "fields": ["NO"]}, status=400)
    assert wrong["error"] == "BAPIACAR09 has no field NO."

    assert (await control("DELETE", "/metadata/truncations"))["repository"] == whole


async def test_references_can_be_rewritten(ecc: Ecc, control: Any) -> None:
    """The pattern is checked when it is set."""
    wanted = {"company_code": "1000", "document_type": "DR", "pattern": "X{number}"}
    assert (await control("PUT", "/reference-rewrites", wanted))["reference_rewrites"] == [wanted]
    assert (
        "{reference}"
        in (await control("PUT", "/reference-rewrites", {**wanted, "pattern": "{x}"}, status=400))["error"]
    )
    client = ecc.connect()
    key = client.call("BAPI_ACC_DOCUMENT_POST", **a_document("MINE"))["OBJ_KEY"]
    client.call("BAPI_TRANSACTION_COMMIT", WAIT="X")

    assert len(find(client, f"X{key[:10]}")) == 1


async def test_the_bulk_table_can_be_sized(ecc: Ecc, control: Any) -> None:
    """As many rows as a test needs."""
    await control("PUT", "/bulk-table", {"rows": 3})

    assert len(ecc.connect().call("RFC_READ_TABLE", QUERY_TABLE="ZMLC_BULK")["DATA"]) == 3


async def test_reset_starts_again(ecc: Ecc, control: Any) -> None:
    """Everything is as on the first day."""
    await control("PUT", "/bulk-table", {"rows": 3})
    await control("POST", "/reset")

    assert ecc.system.options.bulk_rows == 100_000


async def test_reversals_can_lose_their_reference(ecc: Ecc, control: Any) -> None:
    """A switch, because systems differ; it survives a restart."""
    assert ecc.system.options.reversal_reference("BC1") == "BC1"
    assert await control("PUT", "/reversal-references", {"copied": False}) == {"copied": False}
    assert ecc.system.options.reversal_reference("BC1") == ""
    ecc.system.options.reload()
    assert ecc.system.options.reversal_reference("BC1") == ""
