"""The agent as a process between the relay's real tunnel and a simulated ECC: enrol, run, post, read, stop."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web
from mlconnector_agent.journal.audit import records
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_relay.tunnel.enrolment import Enrolment, issue_token
from mlconnector_relay.tunnel.registry import System
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Audience, CallEnvelope, Post, Predicate, ReadTable, Simulate

from tests.support.agent import AgentProcess, write_settings
from tests.support.ecc import EccProcess, an_ecc_process
from tests.support.landing import Landing
from tests.support.postings import a_call

SYSTEM = System("acme", "ECC", "100")


class Landscape:
    """Relay, ECC and agent."""

    def __init__(self, landing: Landing, agent: AgentProcess, ecc: EccProcess, url: str) -> None:
        self.landing = landing
        self.agent = agent
        self.ecc = ecc
        self.url = url

    async def enrol(self) -> None:
        token = await issue_token(
            self.landing.registry,
            self.landing.authority,
            self.landing.runtime,
            url=self.url,
            system=SYSTEM,
            instance="agent-1",
        )
        done = await asyncio.to_thread(self.agent.command, "enrol", token)
        assert done.returncode == 0, done.stderr

    async def post(self, order: int, **call: str) -> CallEnvelope:
        slot = await self.landing.dispatcher.acquire(*SYSTEM)
        now = self.landing.runtime.now()
        posting_id = f"acme/abc123/{order}/invoice/1/1"
        header = {"USERNAME": "", **call}
        envelope = CallEnvelope(
            envelope_id=f"{posting_id}#1",
            posting_id=posting_id,
            audience=Audience("acme", slot.instance, "ECC", "100"),
            issued_at=now,
            not_after=now + timedelta(seconds=60),
            fencing_token=slot.fencing_token,
            work=Post(a_call(f"B1-{order}-I", **header)),
        )
        await self.landing.dispatcher.send(slot, envelope)
        return envelope

    async def checked(self, hop: str) -> tuple[int, dict[str, str]]:
        done = await asyncio.to_thread(self.agent.command, "check", "--json")
        return done.returncode, next(finding for finding in json.loads(done.stdout) if finding["hop"] == hop)

    async def answered(self, count: int) -> None:
        async with asyncio.timeout(30):
            sink = self.landing.sink
            while len(sink.results) + len(sink.receipts) < count:
                await asyncio.sleep(0.02)


@pytest.fixture
async def landscape(tmp_path: Path) -> AsyncIterator[Landscape]:
    runtime = SystemRuntime()
    landing = Landing(tmp_path / "relay", runtime)
    port = await landing.endpoint.listen("127.0.0.1", 0, ["localhost", "127.0.0.1"])
    application = web.Application()
    Enrolment(landing.authority, landing.identity, landing.registry, runtime, f"wss://127.0.0.1:{port}").register(
        application
    )
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    with an_ecc_process(tmp_path / "ecc") as ecc:
        agent = AgentProcess(write_settings(tmp_path / "agent", sysnr=str(ecc.where["sysnr"])))
        yield Landscape(landing, agent, ecc, f"http://127.0.0.1:{runner.addresses[0][1]}")
        agent.kill()
    await landing.endpoint.drain(1)
    await runner.cleanup()


async def test_one_document_through_every_part(landscape: Landscape) -> None:
    """Enrolled by a token, the agent takes a posting under credit and answers with the document's number."""
    await landscape.enrol()
    landscape.agent.start()

    await landscape.post(1000123)
    await landscape.answered(1)

    (result,) = landscape.landing.sink.results
    assert (result.outcome, result.object_key[10:14]) == ("posted", "1000")
    assert await asyncio.to_thread(landscape.agent.stop) == 0
    kinds = [record.kind for record in records(landscape.agent.config.parent / "state" / "journal.db")]
    assert kinds[0] == "agent.started"
    assert {"envelope.admitted", "posting.phase", "rfc.step", "envelope.outcome"} <= set(kinds)
    verified = await asyncio.to_thread(landscape.agent.command, "audit", "verify", "--json")
    assert json.loads(verified.stdout)["intact"]


async def test_what_the_policy_forbids_is_refused_with_its_rule(landscape: Landscape) -> None:
    """A company code Basis did not name is refused by a signed receipt, and SAP never hears of it."""
    await landscape.enrol()
    landscape.agent.start()

    await landscape.post(1000123, COMP_CODE="2000")
    await landscape.answered(1)

    (receipt,) = landscape.landing.sink.receipts
    assert (receipt.rule, receipt.posting_id) == ("company_code", "acme/abc123/1000123/invoice/1/1")


async def test_reads_and_simulations(landscape: Landscape) -> None:
    """A simulation commits nothing, a read streams rows under credit, both through the same session."""
    await landscape.enrol()
    landscape.agent.start()
    await landscape.post(7)
    await landscape.answered(1)
    dispatcher = landscape.landing.dispatcher

    call = BapiCall("BAPI_ACC_DOCUMENT_CHECK", a_call("B1-8-I", USERNAME="").parameters)
    simulated = await dispatcher.simulate(*SYSTEM, Simulate(call))
    where = (Predicate("BUKRS", "EQ", "1000"),)
    read = dispatcher.read_table(*SYSTEM, ReadTable("BKPF", ("BUKRS", "BELNR", "GJAHR", "XBLNR"), where))
    rows = [row async for chunk in read for row in chunk]

    assert simulated.outcome == "simulated"
    assert [row[3] for row in rows] == ["B1-7-I"]


async def test_check_names_every_hop(landscape: Landscape) -> None:
    """`check` goes from the settings to SAP's function modules, and all is well."""
    await landscape.enrol()

    done = await asyncio.to_thread(landscape.agent.command, "check", "--json")

    findings = {finding["hop"]: finding for finding in json.loads(done.stdout)}
    hops = ["config", "state", "passwords", "journal", "audit", "rfc library", "identity", "relay", "sap", "functions"]
    assert {hop: finding["status"] for hop, finding in findings.items()} == dict.fromkeys(hops, "pass"), done.stdout
    assert done.returncode == 0


async def test_a_check_with_a_wrong_password_tries_once(landscape: Landscape) -> None:
    """The first one is refused by SAP, the second by the circuit it left open, until a person closes it."""
    await landscape.enrol()
    password = landscape.agent.config.with_name("sap-password")
    right = password.read_text()
    password.write_text("wrong")

    for remedy in ("credentials reset", "credentials reset"):
        code, sap = await landscape.checked("sap")
        assert (code, sap["status"], remedy in sap["remedy"]) == (2, "fail", True)
    logons = await asyncio.to_thread(landscape.ecc.control, "/counters")
    assert logons["logons"]["MLC_RFC"]["refused"] == 1

    password.write_text(right)
    assert (await asyncio.to_thread(landscape.agent.command, "credentials", "reset")).returncode == 0
    assert (await landscape.checked("sap"))[0] == 0


async def test_a_check_finds_the_wrong_system(landscape: Landscape) -> None:
    """Settings that name another client than the one reached are found before anything is posted there."""
    await landscape.enrol()
    landscape.agent.variables["MLCONNECTOR_AGENT_SAP__SYSID"] = "PRD"

    code, sap = await landscape.checked("sap")

    assert (code, sap["status"]) == (2, "fail")
    assert "ECC" in sap["detail"]
    assert "sysid" in sap["remedy"]


async def test_a_signal_lets_what_runs_finish(landscape: Landscape) -> None:
    """A posting under way at SIGTERM is committed, answered and acknowledged before the agent ends."""
    await landscape.enrol()
    landscape.agent.start()
    control = landscape.ecc.control
    hold = control("/holds", "POST", {"point": "called", "function": "BAPI_ACC_DOCUMENT_POST"})["id"]
    await landscape.post(5)
    await asyncio.to_thread(control, f"/holds/{hold}/wait?count=1&timeout=20")

    stopping = asyncio.create_task(asyncio.to_thread(landscape.agent.stop))
    await asyncio.sleep(0.5)
    assert not stopping.done()
    await asyncio.to_thread(control, f"/holds/{hold}/release", "POST", {})

    assert await stopping == 0
    assert [result.outcome for result in landscape.landing.sink.results] == ["posted"]


async def test_a_second_signal_cuts(landscape: Landscape) -> None:
    """Whoever cannot wait gets an end at once; what was under way is settled after the next start."""
    await landscape.enrol()
    landscape.agent.start()
    control = landscape.ecc.control
    hold = control("/holds", "POST", {"point": "called", "function": "BAPI_ACC_DOCUMENT_POST"})["id"]
    await landscape.post(6)
    await asyncio.to_thread(control, f"/holds/{hold}/wait?count=1&timeout=20")

    assert await asyncio.to_thread(landscape.agent.cut) == 0
    await asyncio.to_thread(control, f"/holds/{hold}", "DELETE")
    landscape.agent.start()
    await landscape.answered(1)

    (result,) = landscape.landing.sink.results
    assert (result.outcome, result.reason, result.retryable) == ("failed", "commit_never_sent", True)
