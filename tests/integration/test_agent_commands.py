"""The command line as Basis uses it: what it prints, and the exit codes scripts rely on."""

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.identity import ClientKey, Enrolled, Identity
from mlconnector_agent.journal.alone import alone
from mlconnector_agent.journal.audit import records
from mlconnector_agent.journal.journal import Journal
from mlconnector_agent.journal.records import ChannelState, Document, Phase, Witness
from mlconnector_agent.rfc.circuit import Circuit
from mlconnector_agent.rfc.errors import Kind, RfcError
from mlconnector_agent.rfc.settings import RfcUser
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_relay.tunnel.authority import Authority
from mlconnector_relay.tunnel.registry import InstanceKey
from mlconnector_shared.envelope import Post

from tests.support.agent import AgentProcess, write_settings
from tests.support.postings import a_call, an_envelope, sealed

RUNTIME = SystemRuntime()


class Installed:
    """An agent on disk."""

    def __init__(self, folder: Path, **sections: Any) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.process = AgentProcess(write_settings(folder, **sections))

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        done = await asyncio.to_thread(self.process.command, *arguments)
        return done.returncode, done.stdout, done.stderr

    def enrol(self, tunnel_url: str = "wss://127.0.0.1:1", **changes: str) -> None:
        authority = Authority.load(self.folder / "relay", RUNTIME)
        self.state.mkdir(mode=0o700, exist_ok=True)
        facts = {"tenant": "acme", "instance": "agent-1", "sysid": "ECC", "client": "100"} | changes
        enrolled = Enrolled(**facts, tunnel_url=tunnel_url, ca_certificate=authority.certificate_pem, relay_keys={})
        key = ClientKey()
        issued = authority.issue_client(key.request("agent-1", "acme"), InstanceKey("acme", "agent-1"))
        Identity.save(self.state, enrolled, key.with_certificate(issued.pem), b"s" * 32)


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[Installed]:
    installed = Installed(tmp_path)
    yield installed
    installed.process.kill()


async def a_journal(state: Path) -> str:
    """Leave an open posting and a stopped channel; return the posting's id."""
    state.mkdir(mode=0o700, exist_ok=True)
    journal = await Journal.open(state / "journal.db", RUNTIME)
    envelope = an_envelope(Post(a_call("B1-1000123-I")), RUNTIME.now())
    await journal.admit(envelope, sealed(envelope), Document("digest", "1000", "DR", "B1-1000123-I"))
    await journal.set_channel("1000", "DR", ChannelState.STOPPED, "190000000110002026", "not found again")
    await journal.close()
    return envelope.posting_id


async def test_wrong_settings_end_every_command_with_all_errors(installed: Installed) -> None:
    """Exit code 2, file and keys on standard error."""
    installed.process.config.write_text("[agent]\ninstance = 'X'\n")

    for command in (["run"], ["check"], ["journal", "list"], ["audit", "verify"], ["enrol", "x"]):
        code, _, error = await installed.run(*command)
        assert code == 2
        assert "agent.toml" in error
        assert "agent.instance" in error
        assert "agent.state_dir: missing" in error


async def test_an_agent_that_was_not_enrolled_says_what_to_do(installed: Installed) -> None:
    """The sentence names the command."""
    code, _, error = await installed.run("run")

    assert code == 2
    assert "mlconnector-agent enrol" in error


@pytest.mark.parametrize(
    ("sections", "enrolled", "sentence"),
    [
        ({"agent": {"environment": "production"}}, {}, "stand-in"),
        ({"agent": {"environment": "production"}}, {"tunnel_url": "ws://127.0.0.1:1"}, "wss"),
        ({}, {"client": "200"}, "enrolled for"),
        ({}, {"instance": "agent-2"}, "enrolled for"),
    ],
)
async def test_what_may_not_run_refuses_to_start(
    tmp_path: Path, sections: dict[str, Any], enrolled: dict[str, str], sentence: str
) -> None:
    """Test helps in production, and settings that are not those of the enrolment."""
    installed = Installed(tmp_path, **sections)
    installed.enrol(**enrolled)

    code, _, error = await installed.run("run")

    assert code == 2
    assert sentence in error


async def test_check_without_anything_in_place_names_each_remedy(installed: Installed) -> None:
    """Every hop has its line; what depends on a missing hop is skipped, not failed."""
    code, output, _ = await installed.run("check", "--json")
    found = {finding["hop"]: finding for finding in json.loads(output)}

    assert code == 2
    assert found["state"]["status"] == found["identity"]["status"] == "fail"
    assert "enrol" in found["identity"]["remedy"]
    assert found["relay"]["status"] == "skip"
    assert found["sap"]["status"] == "skip"

    code, text, _ = await installed.run("check")
    assert code == 2
    assert "-> mlconnector-agent enrol TOKEN" in text


async def test_check_says_why_sap_was_not_reached(installed: Installed) -> None:
    """The remedy is where to look, not the library's return code."""
    installed.enrol()

    _, output, _ = await installed.run("check", "--json")

    found = {finding["hop"]: finding for finding in json.loads(output)}["sap"]
    assert found["status"] == "fail"
    assert "sysnr" in found["remedy"]
    assert found["detail"].startswith("MLC_RFC at 127.0.0.1 ")


async def test_check_tells_what_run_would_refuse(tmp_path: Path) -> None:
    """Settings of another client than this agent was enrolled for."""
    installed = Installed(tmp_path)
    installed.enrol(client="200")

    code, output, _ = await installed.run("check", "--json")

    found = {finding["hop"]: finding for finding in json.loads(output)}["enrolment"]
    assert code == 2
    assert found["status"] == "fail"
    assert "agent-1 ECC 100, the agent was enrolled for agent-1 ECC 200" in found["detail"]


async def test_check_finds_what_is_wrong_with_files(tmp_path: Path) -> None:
    """Exposed secrets, an unsettled journal, a broken audit, a missing library, a relay that is away."""
    installed = Installed(tmp_path, sap={"sdk_home": str(tmp_path / "nowhere")}, pool={"write_connections": 2})
    installed.enrol()
    installed.state.chmod(0o755)
    (tmp_path / "sap-password").chmod(0o644)
    await a_journal(installed.state)
    book = await Journal.open(installed.state / "journal.db", RUNTIME)
    await book.audit.written("test", "")
    await book.close()
    connection = sqlite3.connect(installed.state / "journal.db", isolation_level=None)
    connection.execute("DELETE FROM audit_records")
    connection.close()

    code, output, _ = await installed.run("check", "--json")

    found = {finding["hop"]: finding for finding in json.loads(output)}
    assert code == 2
    assert {hop for hop, finding in found.items() if finding["status"] == "fail"} == {
        "state", "passwords", "journal", "audit", "rfc library", "relay"
    }  # fmt: skip
    assert found["sap"]["status"] == "skip"
    assert "channel release" in found["journal"]["remedy"]

    (tmp_path / "sap-password").chmod(0o600)
    _, output, _ = await installed.run("check", "--json")
    assert {finding["hop"]: finding["status"] for finding in json.loads(output)}["passwords"] == "warn"


async def test_the_journal_is_shown(installed: Installed) -> None:
    """What is open, what was not told, which channels are stopped; one posting in full."""
    assert (await installed.run("journal", "list"))[0] == 2
    posting_id = await a_journal(installed.state)

    code, output, _ = await installed.run("journal", "list", "--json")
    found = json.loads(output)
    assert code == 0
    assert [(one["posting_id"], one["phase"]) for one in found["open"]] == [(posting_id, "intent")]
    assert [one["state"] for one in found["channels"]] == ["stopped"]
    code, output, _ = await installed.run("journal", "list")
    assert posting_id in output

    code, output, _ = await installed.run("journal", "show", posting_id, "--json")
    assert (code, json.loads(output)["reference"]) == (0, "B1-1000123-I")
    assert "B1-1000123-I" in (await installed.run("journal", "show", posting_id))[1]
    assert (await installed.run("journal", "show", "acme/x/1/invoice/1/1"))[0] == 2


async def test_a_person_releases_a_stopped_channel(installed: Installed) -> None:
    """With a reason, which journal and audit keep; only a stopped one."""
    await a_journal(installed.state)

    for reason in ("no\udce9", "fine\nposted"):
        code, _, told = await installed.run("channel", "release", "1000", "DR", "--reason", reason)
        assert (code, "printable" in told) == (2, True)
    code, _, _ = await installed.run("channel", "release", "1000", "DR", "--reason", "user exit corrected")
    assert code == 0
    assert (await installed.run("channel", "release", "1000", "DR", "--reason", "again"))[0] == 2

    found = json.loads((await installed.run("journal", "list", "--json"))[1])
    assert found["channels"] == []
    record = list(records(installed.state / "journal.db"))[-1]
    assert (record.kind, record.facts["reason"]) == ("channel.released", "user exit corrected")


async def test_a_person_decides_what_no_look_can_settle(installed: Installed) -> None:
    """Present or absent, with a reason; only a posting that is in doubt, and nothing in between."""
    posting_id = await a_journal(installed.state)
    why = ("--reason", "seen in FB03")

    assert (await installed.run("journal", "decide", posting_id, "--absent", *why))[0] == 2
    journal = await Journal.open(installed.state / "journal.db", RUNTIME)
    await journal.record(posting_id, Phase.IN_DOUBT)
    await journal.close()
    for wrong in ([], ["--absent", "--posted", "x"], ["--posted", "123"]):
        assert (await installed.run("journal", "decide", posting_id, *wrong, *why))[0] == 2
    code, _, _ = await installed.run("journal", "decide", posting_id, "--posted", "190000000110002026", *why)

    assert code == 0
    shown = json.loads((await installed.run("journal", "show", posting_id, "--json"))[1])
    assert (shown["phase"], shown["object_key"]) == ("committed", "190000000110002026")
    assert "posting.decided" in {record.kind for record in records(installed.state / "journal.db")}


async def test_a_person_closes_the_logon_circuit(installed: Installed) -> None:
    """After a refused logon nobody tries again until this; who did it is in the audit."""
    installed.state.mkdir(mode=0o700)
    assert "closed already" in (await installed.run("credentials", "reset"))[1]
    Circuit(installed.state, RUNTIME).open(
        RfcUser("MLC_RFC", "wrong"), RfcError(Kind.LOGON, "Name or password is incorrect")
    )

    code, output, _ = await installed.run("credentials", "reset")

    assert code == 0
    assert "MLC_RFC" in output
    assert Circuit(installed.state, RUNTIME).state() is None
    assert [record.kind for record in records(installed.state / "journal.db")] == ["credentials.reset"]


async def test_audit_verify_names_the_first_damaged_record(installed: Installed) -> None:
    """Intact is 0, broken is 2 with the record's number."""
    assert (await installed.run("audit", "verify"))[0] == 2
    assert (await installed.run("audit", "show"))[0] == 2
    installed.state.mkdir(mode=0o700)
    book = await Journal.open(installed.state / "journal.db", RUNTIME)
    for number in range(5):
        await book.audit.written("test", f"{number}")
    await book.close()
    assert (await installed.run("audit", "verify"))[:1] == (0,)
    assert len((await installed.run("audit", "show", "--after", "3"))[1].splitlines()) == 2

    connection = sqlite3.connect(installed.state / "journal.db", isolation_level=None)
    connection.execute("UPDATE audit_records SET content = x'00' WHERE sequence = 4")
    connection.close()
    code, _, error = await installed.run("audit", "verify")
    assert (code, "record 4" in error) == (2, True)
    code, output, _ = await installed.run("audit", "verify", "--json")
    assert (code, json.loads(output)["record"]) == (2, 4)


async def test_it_stops_on_a_signal_also_without_a_relay(installed: Installed) -> None:
    """SIGTERM ends it in order while it dials; the log says so."""
    installed.enrol()
    installed.process.start()
    await asyncio.to_thread(wait_for, installed.process.log, "relay.unreachable")

    assert await asyncio.to_thread(installed.process.stop) == 0

    events = [json.loads(line)["event"] for line in installed.process.log.read_text().splitlines()]
    assert events[0] == "agent.started"
    assert "agent.draining" in events
    assert events[-1] == "agent.stopped"


async def test_help_and_version() -> None:
    """Both answer without settings."""
    process = AgentProcess(Path("/nowhere/agent.toml"))

    assert "Exit codes" in (await asyncio.to_thread(process.command, "--help")).stdout
    assert "0.1.0" in (await asyncio.to_thread(process.command, "--version")).stdout


def wait_for(log: Path, event: str) -> None:
    end = time.monotonic() + 20
    while event not in log.read_text():
        if time.monotonic() > end:
            raise TimeoutError(log.read_text())
        time.sleep(0.02)


async def test_what_is_remembered_of_the_relay_is_forgotten_by_a_person(installed: Installed) -> None:
    """Audited with all it was; neither while a posting is open, nor under a running agent, which has it in mind."""
    path, reason = installed.state / "journal.db", ("--reason", "recovered")
    installed.state.mkdir(mode=0o700)
    assert (await installed.run("relay", "forget", *reason))[0] == 2, "there is no journal yet"
    journal = await Journal.open(path, RUNTIME)
    await journal.witness_relay(Witness("life", 10**9, 7, "ab"))
    await journal.close()
    with alone(path):
        code, _, error = await installed.run("relay", "forget", *reason)
        assert (code, "stop that process" in error) == (2, True)

    code, out, _ = await installed.run("relay", "forget", *reason)
    assert (code, "1000000000 audit records, batch 7" in out) == (0, True)
    journal = await Journal.open(path, RUNTIME)
    assert journal.witness == Witness()
    await journal.close()
    [record] = [one for one in records(path) if one.kind == "relay.forgotten"]
    told = {"reason": "recovered", "incarnation": "life", "high_water": 10**9, "batch": 7, "head": "ab"}
    assert told.items() <= record.facts.items()

    posting = await a_journal(installed.state)
    code, _, error = await installed.run("relay", "forget", *reason)
    assert (code, posting in error) == (2, True)


async def test_a_second_agent_on_the_journal_is_refused(installed: Installed) -> None:
    """However early in the first one's life: nothing of it was started."""
    installed.enrol()
    with alone(installed.state / "journal.db"):
        code, _, error = await installed.run("run")
    assert code == 2
    assert "an agent works with the journal" in error
    assert not (installed.state / "journal.db").exists()
