"""The RFC pool against the simulator: children that can be killed, die with their parent, and log on one at a time."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlconnector_agent.rfc.circuit import Circuit
from mlconnector_agent.rfc.errors import Kind, RfcError
from mlconnector_agent.rfc.pool import Purpose, RfcPool
from mlconnector_agent.rfc.settings import RfcSettings, RfcUser
from mlconnector_agent.runtime import SystemRuntime

from tests.support.ecc import EccProcess, an_ecc_process, until
from tests.support.execution import rfc_settings

RUNTIME = SystemRuntime()


@pytest.fixture(scope="module")
def ecc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EccProcess]:
    with an_ecc_process(tmp_path_factory.mktemp("ecc")) as process:
        yield process


@pytest.fixture(autouse=True)
def _forget(ecc: EccProcess) -> Iterator[None]:
    yield
    ecc.control("/faults", "DELETE")
    for user in ("MLC_RFC1", "MLC_RFC2"):
        ecc.control(f"/users/{user}", "PATCH", {"locked": False})


class _Pool:
    """A started pool for a test; closes what it opened."""

    def __init__(self, settings: RfcSettings) -> None:
        self.pool = RfcPool(settings, RUNTIME)

    async def __aenter__(self) -> RfcPool:
        await self.pool.start()
        return self.pool

    async def __aexit__(self, *exc: object) -> None:
        await self.pool.close()


def _is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


async def test_probe_tells_whom_we_reached(ecc: EccProcess, tmp_path: Path) -> None:
    """The pool reports system, client, user and the RFC library's patch level; the stand-in has 9999."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool:
        facts = await pool.probe()
    assert (facts.sysid, facts.client, facts.patch_level) == ("ECC", "100", 9999)


async def test_an_application_error_leaves_the_session_alive(ecc: EccProcess, tmp_path: Path) -> None:
    """After an exception of a function module the same session goes on; its key and message are passed on."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool, pool.session(Purpose.READ) as session:
        with pytest.raises(RfcError) as caught:
            await session.read_table("T008X", ["MANDT"], [], 1, 5)
        assert (caught.value.kind, caught.value.key) == (Kind.APPLICATION, "TABLE_NOT_AVAILABLE")
        assert not session.has_ended
        assert (await session.read_table("T000", ["MANDT"], [], 1, 5)).rows == [["100"]]


@pytest.mark.parametrize(
    ("fault", "kind", "key"),
    [
        ({"action": "drop"}, Kind.COMMUNICATION, "RFC_COMMUNICATION_FAILURE"),
        ({"action": "dump", "details": {"key": "TIME_OUT"}}, Kind.ABAP_RUNTIME, "TIME_OUT"),
    ],
)
async def test_any_other_error_ends_session_and_child(
    ecc: EccProcess, tmp_path: Path, fault: dict[str, object], kind: Kind, key: str
) -> None:
    """What SAP or the network did is named, the child is gone, and nobody logged on a second time behind our back."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool:
        await pool.probe()
        ecc.control("/faults", "POST", {"point": "called", "function": "STFC_CONNECTION", **fault})
        async with pool.session(Purpose.WRITE) as session:
            logons = _logons(ecc)
            with pytest.raises(RfcError) as caught:
                await session.call("STFC_CONNECTION", {"REQUTEXT": "x"}, 5)
            assert session.has_ended
            assert (caught.value.kind, caught.value.key) == (kind, key)
            assert _logons(ecc) == logons
            with pytest.raises(RfcError, match="gone"):
                await session.call("STFC_CONNECTION", {"REQUTEXT": "x"}, 5)
        async with pool.session(Purpose.WRITE) as session:
            assert (await session.call("STFC_CONNECTION", {"REQUTEXT": "again"}, 5))["ECHOTEXT"] == "again"


async def test_a_hanging_call_is_killed_in_time(ecc: EccProcess, tmp_path: Path) -> None:
    """A call past its deadline ends with the child's death, not with waiting."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool, pool.session(Purpose.READ) as session:
        ecc.control("/holds", "POST", {"point": "called", "function": "RFC_PING", "on_disconnect": "drop"})
        started = RUNTIME.monotonic()
        with pytest.raises(RfcError) as caught:
            await session.call("RFC_PING", {}, 0.3)
        assert caught.value.kind is Kind.TIMEOUT
        assert RUNTIME.monotonic() - started < 2
        assert not _is_alive(session.pid)


async def test_a_child_that_dies_is_replaced(ecc: EccProcess, tmp_path: Path) -> None:
    """A crash of the RFC library costs one call, not the agent."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool:
        async with pool.session(Purpose.READ) as session:
            os.kill(session.pid, signal.SIGSEGV)
            with pytest.raises(RfcError) as caught:
                await session.call("RFC_PING", {}, 5)
            assert caught.value.kind is Kind.CHILD_DIED
        await pool.probe()


async def test_a_cancelled_call_takes_its_session_along(ecc: EccProcess, tmp_path: Path) -> None:
    """An answer nobody read must not be taken for the answer of the next call."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool:
        hold = ecc.control("/holds", "POST", {"point": "called", "function": "RFC_PING", "on_disconnect": "drop"})

        async def call() -> None:
            async with pool.session(Purpose.READ) as session:
                await session.call("RFC_PING", {}, 30)

        task = asyncio.create_task(call())
        await asyncio.to_thread(ecc.control, f"/holds/{hold['id']}/wait?count=1&timeout=10")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with pool.session(Purpose.READ) as session:
            assert (await session.call("STFC_CONNECTION", {"REQUTEXT": "mine"}, 5))["ECHOTEXT"] == "mine"


async def test_a_wrong_password_is_tried_once(ecc: EccProcess, tmp_path: Path) -> None:
    """A full pool that asks at once makes one logon; after a restart none; after a person closed the circuit one."""
    users = (RfcUser("MLC_RFC1", "wrong"),)
    settings = rfc_settings(ecc.where["sysnr"], tmp_path, users=users, write_connections=4, read_connections=4)
    before = _logons(ecc)

    async def ask(pool: RfcPool) -> None:
        purposes = (Purpose.WRITE, Purpose.READ) * 4
        answers = await asyncio.gather(*(_open(pool, purpose) for purpose in purposes), return_exceptions=True)
        assert {type(answer) for answer in answers} == {RfcError}
        assert {answer.kind for answer in answers if isinstance(answer, RfcError)} == {Kind.LOGON}

    async with _Pool(settings) as pool:
        await ask(pool)
    assert _logons(ecc) - before == 1
    async with _Pool(settings) as pool:
        await ask(pool)
        assert _logons(ecc) - before == 1
        Circuit(tmp_path, RUNTIME).close()
        await ask(pool)
    assert _logons(ecc) - before == 2


async def test_a_changed_password_may_be_tried(ecc: EccProcess, tmp_path: Path) -> None:
    """The circuit holds for the credential that was refused, not for its successor."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path, users=(RfcUser("MLC_RFC1", "wrong"),))) as pool:
        with pytest.raises(RfcError, match="incorrect"):
            await pool.probe()
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool:
        assert (await pool.probe()).client == "100"


async def test_sap_away_is_not_hammered(ecc: EccProcess, tmp_path: Path) -> None:
    """After a failed connect the next ones fail at once for a while, and the pool says what is wrong."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool:
        ecc.control("/gateway", "PUT", {"open": False, "drop": True})
        try:
            for _ in range(5):
                with pytest.raises(RfcError) as caught:
                    await pool.probe()
                assert caught.value.kind is Kind.COMMUNICATION
            assert pool.outage is not None
        finally:
            ecc.control("/gateway", "PUT", {"open": True})
        await RUNTIME.sleep(1.1)
        await pool.probe()
        assert pool.outage is None


async def test_an_idle_connection_that_was_cut_is_replaced(ecc: EccProcess, tmp_path: Path) -> None:
    """A firewall that cut an idle connection costs nobody a call."""
    settings = rfc_settings(ecc.where["sysnr"], tmp_path, idle_ping_seconds=0.0)
    async with _Pool(settings) as pool:
        await pool.probe()
        ecc.control("/sessions", "DELETE")
        await pool.probe()


async def test_another_system_is_refused(ecc: EccProcess, tmp_path: Path) -> None:
    """A connection that leads elsewhere than the settings say is closed at once."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path, sysid="PRD")) as pool:
        with pytest.raises(RfcError, match="leads to system ECC"):
            await pool.probe()


async def test_a_missing_sdk_is_named(ecc: EccProcess, tmp_path: Path) -> None:
    """Without SAP's library the error says what is missing and where to name it."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path, sdk_home=str(tmp_path / "none"))) as pool:
        with pytest.raises(RfcError, match="sdk_home") as caught:
            await pool.probe()
    assert caught.value.key == "SDK_MISSING"


async def test_an_interface_is_described(ecc: EccProcess, tmp_path: Path) -> None:
    """Names, types and lengths of a function module's fields can be read, to compare them with what is mapped."""
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool, pool.session(Purpose.READ) as session:
        parameters = {p["name"]: p for p in await session.describe("BAPI_ACC_DOCUMENT_POST", 5)}
    header = {field["name"]: field["length"] for field in parameters["DOCUMENTHEADER"]["fields"]}
    assert header["REF_DOC_NO"] == 16


PARENT = """
import asyncio, sys
from pathlib import Path
from mlconnector_agent.rfc.pool import Purpose, RfcPool
from mlconnector_agent.runtime import SystemRuntime
from tests.support.execution import rfc_settings

async def main():
    pool = RfcPool(rfc_settings(sys.argv[1], Path(sys.argv[2])), SystemRuntime())
    await pool.start()
    async with pool.session(Purpose.WRITE) as session:
        print(session.pid, flush=True)
        await session.call("RFC_PING", {}, 600)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PDEATHSIG is Linux's")
async def test_children_die_with_their_parent(ecc: EccProcess, tmp_path: Path) -> None:
    """When the agent is killed its children are gone, also one that hangs in a call; a new pool waits for that."""
    hold = ecc.control("/holds", "POST", {"point": "called", "function": "RFC_PING", "on_disconnect": "drop"})
    command = [sys.executable, "-c", PARENT, ecc.where["sysnr"], str(tmp_path)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2])
    try:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        ecc.control(f"/holds/{hold['id']}/wait?count=1&timeout=10")
        assert _is_alive(pid)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    until(lambda: not _is_alive(pid), 2)
    async with _Pool(rfc_settings(ecc.where["sysnr"], tmp_path)) as pool:
        await pool.probe()


@pytest.mark.skipif(sys.platform != "linux", reason="holds a Linux lock")
async def test_a_pool_does_not_start_beside_children_of_another(
    ecc: EccProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While children of an earlier life hold their lock nothing may be proven, so the pool refuses to start."""
    monkeypatch.setattr("mlconnector_agent.rfc.pool._GONE_SECONDS", 0.2)
    settings = rfc_settings(ecc.where["sysnr"], tmp_path)
    async with _Pool(settings) as first:
        await first.probe()
        with pytest.raises(RfcError) as caught:
            await RfcPool(settings, RUNTIME).start()
    assert caught.value.key == "CHILDREN_ALIVE"


async def _open(pool: RfcPool, purpose: Purpose) -> None:
    async with pool.session(purpose):
        pass


def _logons(ecc: EccProcess) -> int:
    """Count the logons SAP has been asked for."""
    count: int = ecc.control("/counters")["points"].get("open", 0)
    return count
