"""Killed at the point, not near it: agent and RFC child, at every phase. In the end SAP has exactly one document."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.journal.records import Phase

from tests.support.agent_process import AgentProcess
from tests.support.ecc import EccProcess, an_ecc_process, until
from tests.support.execution import an_execution

POST, COMMIT = "BAPI_ACC_DOCUMENT_POST", "BAPI_TRANSACTION_COMMIT"


@pytest.fixture(scope="module")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EccProcess]:
    with an_ecc_process(tmp_path_factory.mktemp("ecc")) as process:
        yield process


@pytest.fixture
def ecc(_process: EccProcess) -> EccProcess:
    _process.control("/reset", "POST", {})
    return _process


def _count(ecc: EccProcess, reference: str) -> int:
    total: int = ecc.control(f"/documents?reference={reference}")["total"]
    return total


async def _qualify(ecc: EccProcess, state: Path) -> None:
    async with an_execution(ecc.where["sysnr"], state) as run:
        assert (await run.post("BC1-999-I", order=999)).outcome == "posted"


async def _recovered(ecc: EccProcess, state: Path) -> list[Any]:
    """Start anew on the state folder, recover, settle, send again what failed; give what was told."""
    async with an_execution(ecc.where["sysnr"], state) as run:
        told = [result async for result in run.executor.recover()]
        told += await run.settled()
        again = await run.post("BC1-1-I", attempt=2)
        assert again.outcome == "posted"
        assert {stored.envelope_id for stored in await run.journal.results_unacknowledged()} >= {
            result.envelope_id for result in told
        }
    return told


@pytest.mark.parametrize(
    ("point", "phase", "told"),
    [
        ("after_intent", Phase.INTENT, [("failed", "commit_never_sent")]),
        ("before_post", Phase.CALLED, [("failed", "commit_never_sent")]),
        ("after_post", Phase.CALLED, [("failed", "commit_never_sent")]),
        ("before_commit", Phase.COMMIT_SENT, [("in_doubt", "commit_unanswered"), ("failed", "proven_absent")]),
        ("after_commit", Phase.COMMIT_SENT, [("in_doubt", "commit_unanswered"), ("posted", "proven_present")]),
    ],
)
async def test_the_agent_is_killed(
    ecc: EccProcess, tmp_path: Path, point: str, phase: Phase, told: list[tuple[str, str]]
) -> None:
    """The journal shows the phase that was reached; recovery tells the truth; the document exists once in the end."""
    await _qualify(ecc, tmp_path)
    agent = AgentProcess(ecc.where["sysnr"], tmp_path, point, "BC1-1-I")
    try:
        await asyncio.to_thread(until, agent.has_reached)
    finally:
        agent.kill()
    async with an_execution(ecc.where["sysnr"], tmp_path) as run:
        (posting,) = await run.journal.open_postings()
        assert posting.phase is phase
    results = await _recovered(ecc, tmp_path)
    assert [(result.outcome, result.reason) for result in results] == told
    assert all(result.retryable is (result.outcome == "failed") for result in results)
    assert _count(ecc, "BC1-1-I") == 1


async def test_the_agent_is_killed_before_it_wrote_anything(ecc: EccProcess, tmp_path: Path) -> None:
    """Killed before the intent: nobody knows of the posting, and it can be sent as if for the first time."""
    await _qualify(ecc, tmp_path)
    hold = ecc.control("/holds", "POST", {"point": "open", "on_disconnect": "drop"})
    agent = AgentProcess(ecc.where["sysnr"], tmp_path, "none", "BC1-1-I")
    try:
        await asyncio.to_thread(ecc.control, f"/holds/{hold['id']}/wait?count=1&timeout=20")
    finally:
        agent.kill()
    assert await _recovered(ecc, tmp_path) == []
    assert _count(ecc, "BC1-1-I") == 1


async def test_sap_is_free_at_once_when_the_agent_dies_between_post_and_commit(ecc: EccProcess, tmp_path: Path) -> None:
    """Killed between POST and COMMIT: the number range's lock is gone within a second, and others post there."""
    await _qualify(ecc, tmp_path)
    agent = AgentProcess(ecc.where["sysnr"], tmp_path, "after_post", "BC1-1-I")
    try:
        await asyncio.to_thread(until, agent.has_reached)
        assert ecc.control("/number-ranges")["locked"]
    finally:
        agent.kill()
    killed = time.monotonic()
    until(lambda: not ecc.control("/number-ranges")["locked"], 1.0)
    assert time.monotonic() - killed < 1.0
    other = tmp_path / "other"
    other.mkdir()
    async with an_execution(ecc.where["sysnr"], other) as run:
        assert (await run.post("BC1-2-I", order=2)).outcome == "posted"


@pytest.mark.parametrize(
    ("hold", "first", "settled"),
    [
        ({"point": "called", "function": "RFC_READ_TABLE"}, ("failed", "rfc_child_died"), []),
        ({"point": "called", "function": POST}, ("failed", "rfc_child_died"), []),
        ({"point": "executed", "function": POST}, ("failed", "rfc_child_died"), []),
        ({"point": "called", "function": COMMIT}, ("in_doubt", "commit_unanswered"), ["proven_absent"]),
        ({"point": "executed", "function": COMMIT}, ("in_doubt", "commit_unanswered"), ["proven_present"]),
    ],
)
async def test_the_rfc_child_is_killed(
    ecc: EccProcess, tmp_path: Path, hold: dict[str, str], first: tuple[str, str], settled: list[str]
) -> None:
    """A crash inside SAP's library costs one session; what it did is told apart by COMMIT; one document in the end."""
    await _qualify(ecc, tmp_path)
    async with an_execution(ecc.where["sysnr"], tmp_path) as run:
        await run.executor.channels.verify()
        held = ecc.control("/holds", "POST", {**hold, "on_disconnect": "drop"})
        posting = asyncio.create_task(run.post("BC1-1-I"))
        await asyncio.to_thread(ecc.control, f"/holds/{held['id']}/wait?count=1&timeout=20")
        for pid in _children_with_sessions(ecc):
            os.kill(pid, signal.SIGKILL)
        result = await posting
        assert (result.outcome, result.reason) == first, result
        assert [told.reason for told in await run.settled()] == settled
        if settled != ["proven_present"]:
            assert (await run.post("BC1-1-I", attempt=2)).outcome == "posted"
    assert _count(ecc, "BC1-1-I") == 1


async def test_killed_again_and_again(ecc: EccProcess, tmp_path: Path) -> None:
    """Killed at some moment, time after time, with a new attempt each time: still one document."""
    await _qualify(ecc, tmp_path)
    for attempt in range(1, 7):
        agent = AgentProcess(ecc.where["sysnr"], tmp_path, "none", "BC1-1-I", attempt)
        await asyncio.to_thread(agent.await_ready)
        await asyncio.sleep(attempt * 0.006)
        agent.kill()
        async with an_execution(ecc.where["sysnr"], tmp_path) as run:
            _ = [result async for result in run.executor.recover()]
            await run.settled()
    async with an_execution(ecc.where["sysnr"], tmp_path) as run:
        assert (await run.post("BC1-1-I", attempt=99)).outcome == "posted"
    assert _count(ecc, "BC1-1-I") == 1


def _children_with_sessions(ecc: EccProcess) -> list[int]:
    """Find our RFC children that have a connection to the simulator and are in a call."""
    port = f":{int(ecc.where['rfc_port']):04X}"
    inodes = {
        line.split()[9]
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
        if line.split()[2].endswith(port) and line.split()[3] == "01"
    }
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            links = [str(link.readlink()) for link in (stat.parent / "fd").iterdir()] if parent == os.getpid() else []
        except OSError:
            continue
        if any(f"socket:[{inode}]" in links for inode in inodes):
            found.append(int(stat.parent.name))
    return found
