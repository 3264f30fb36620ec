"""One LUW against the simulator: every way a posting can end, and that SAP has exactly one document or none."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.journal.errors import JournalUnavailable
from mlconnector_agent.journal.journal import Journal
from mlconnector_agent.journal.records import ChannelState, Phase
from mlconnector_agent.luw.decision import Undecidable, decide
from mlconnector_agent.rfc.settings import RfcUser
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Post, Simulate

from tests.support.ecc import EccProcess, amounts, an_ecc_process
from tests.support.execution import Execution, an_execution, luw_settings
from tests.support.postings import a_call, an_envelope, sealed

POST, COMMIT = "BAPI_ACC_DOCUMENT_POST", "BAPI_TRANSACTION_COMMIT"
LOST_ANSWER = {"point": "executed", "function": COMMIT, "action": "drop"}
NEVER_BEGUN = {"point": "called", "function": COMMIT, "action": "drop"}


@pytest.fixture(scope="module")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EccProcess]:
    with an_ecc_process(tmp_path_factory.mktemp("ecc")) as process:
        yield process


@pytest.fixture
def ecc(_process: EccProcess) -> EccProcess:
    _process.control("/reset", "POST", {})
    return _process


def _documents(ecc: EccProcess, reference: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ecc.control(f"/documents?reference={reference}")["documents"]
    return found


def _is_unlocked(ecc: EccProcess) -> bool:
    return not ecc.control("/number-ranges")["locked"]


def _run(ecc: EccProcess, state: Path, **options: Any) -> Any:
    return an_execution(ecc.where["sysnr"], state, **options)


# --- the straight way ---------------------------------------------------------------------------------------------


async def test_a_document_is_posted_once(ecc: EccProcess, tmp_path: Path) -> None:
    """A posting ends with the document's key, under the slot's SAP user, all phases durable in order, SAP unlocked."""
    async with _run(ecc, tmp_path) as run:
        result = await run.post("BC1-1-I")
        assert (result.outcome, result.instance) == ("posted", "agent-1")
        (document,) = _documents(ecc, "BC1-1-I")
        assert document["user"] == "MLC_RFC1"
        assert result.object_key == f"{document['number']}1000{document['fiscal_year']}"
        assert [phase for _, phase in run.phases] == ["intent", "called", "returned", "commit_sent", "committed"]
        assert [step.function for step in result.steps] == ["RFC_READ_TABLE", POST, COMMIT]
        assert result.journal_sequence == run.journal.sequence == 5
    assert _is_unlocked(ecc)


async def test_a_repeated_envelope_gets_the_same_answer(ecc: EccProcess, tmp_path: Path) -> None:
    """The same envelope, at once or later or after a restart, posts nothing more and is answered alike."""
    async with _run(ecc, tmp_path) as run:
        envelope = an_envelope(Post(a_call("BC1-1-I")), run.runtime.now())
        both = await asyncio.gather(*(run.executor.post(envelope, sealed(envelope)) for _ in range(2)))
        later = await run.executor.post(envelope, sealed(envelope))
    async with _run(ecc, tmp_path) as run:
        restarted = await run.executor.post(envelope, sealed(envelope))
    assert both[0] == both[1] == later == restarted
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_another_attempt_at_a_posted_document(ecc: EccProcess, tmp_path: Path) -> None:
    """A further envelope of a posted posting is told of the document that is there."""
    async with _run(ecc, tmp_path) as run:
        first, second = await run.post("BC1-1-I"), await run.post("BC1-1-I", attempt=2)
    assert (second.outcome, second.object_key) == ("posted", first.object_key)
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_other_content_under_the_same_posting_is_a_conflict(ecc: EccProcess, tmp_path: Path) -> None:
    """The same posting id with another digest is never 'already posted'; nor may two postings share a reference."""
    async with _run(ecc, tmp_path) as run:
        await run.post("BC1-1-I")
        changed = await run.post("BC1-1-I", attempt=2, HEADER_TXT="other")
        shared = await run.post("BC1-1-I", order=2)
    assert (changed.outcome, shared.outcome) == ("conflict", "conflict")
    assert "other content" in changed.detail
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_what_sap_rejects_is_rolled_back(ecc: EccProcess, tmp_path: Path) -> None:
    """SAP's no is final for the attempt, names the cause, frees the number range; the same content may come again."""
    async with _run(ecc, tmp_path) as run:
        ecc.control("/customers/4711", "PATCH", {"blocked": True})
        rejected = await run.post("BC1-1-I")
        assert (rejected.outcome, rejected.reason, rejected.retryable) == ("rejected", "sap_message", False)
        assert "F5 351" in rejected.detail
        assert _is_unlocked(ecc)
        ecc.control("/customers/4711", "PATCH", {"blocked": False})
        assert (await run.post("BC1-1-I", attempt=2)).outcome == "posted"
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_a_lock_held_by_somebody_is_passing(ecc: EccProcess, tmp_path: Path) -> None:
    """A customer being changed by a dialog user is worth another try."""
    row = {"TYPE": "E", "ID": "F5", "NUMBER": "353", "MESSAGE": "Account is currently locked"}
    details = {"OBJ_KEY": "$", "RETURN": [row]}
    ecc.control("/faults", "POST", {"point": "called", "function": POST, "action": "return", "details": details})
    async with _run(ecc, tmp_path) as run:
        result = await run.post("BC1-1-I")
    assert (result.outcome, result.retryable) == ("rejected", True)


async def test_an_answer_without_a_document_is_no_success(ecc: EccProcess, tmp_path: Path) -> None:
    """No RETURN row and no key is treated as a refusal: nothing is committed on a hunch."""
    details: dict[str, Any] = {"OBJ_KEY": "", "RETURN": []}
    ecc.control("/faults", "POST", {"point": "executed", "function": POST, "action": "return", "details": details})
    async with _run(ecc, tmp_path) as run:
        result = await run.post("BC1-1-I")
    assert result.outcome == "rejected"
    assert not _documents(ecc, "BC1-1-I")
    assert _is_unlocked(ecc)


async def test_a_call_that_could_not_be_recognised_is_refused(ecc: EccProcess, tmp_path: Path) -> None:
    """Other function modules and calls without a reference are not posted."""
    async with _run(ecc, tmp_path) as run:
        other = await run.post_call(BapiCall("BAPI_ACC_DOCUMENT_REV_POST", {}))
        nameless = await run.post("", order=2)
    assert {other.reason, nameless.reason} == {"malformed_call"}


# --- looking up before posting ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("company_code", "currency", "gross", "net", "tax", "changes"),
    [
        ("1000", "EUR", "119.00", "100.00", "19.00", {}),
        ("3000", "JPY", "1100", "1000", "100", {"TAX_CODE": "J1", "COSTCENTER": "0000006100"}),
    ],
)
async def test_a_document_the_journal_forgot_is_found(
    ecc: EccProcess,
    tmp_path: Path,
    company_code: str,
    currency: str,
    gross: str,
    net: str,
    tax: str,
    changes: dict[str, str],
) -> None:
    """With the journal lost the same call finds its document by reference, seen twice and compared: already posted."""
    code = changes.get("TAX_CODE", "A1")
    center = changes.get("COSTCENTER", "0000004100")
    line = {"ITEMNO_ACC": "0000000002", "GL_ACCOUNT": "0000800000", "TAX_CODE": code, "COSTCENTER": center}
    call: dict[str, Any] = {
        "COMP_CODE": company_code,
        "ACCOUNTGL": [line],
        "ACCOUNTTAX": [{"ITEMNO_ACC": "0000000003", "TAX_CODE": code, "COND_KEY": "MWAS", "ACCT_KEY": "MWS"}],
        "CURRENCYAMOUNT": amounts(gross, f"-{net}", f"-{tax}", currency=currency, base=f"-{net}"),
    }
    for folder, outcome in (("a", "posted"), ("b", "already_posted")):
        (tmp_path / folder).mkdir()
        async with _run(ecc, tmp_path / folder) as run:
            result = await run.post("BC1-1-I", **call)
        assert result.outcome == outcome, result
    (document,) = _documents(ecc, "BC1-1-I")
    assert result.object_key == f"{document['number']}{company_code}{document['fiscal_year']}"


@pytest.mark.parametrize(("company_code", "amount", "tax_code"), [("1000", "50.00", "A0"), ("2000", "119.00", "O0")])
async def test_a_foreign_document_with_our_reference_is_a_conflict(
    ecc: EccProcess, tmp_path: Path, company_code: str, amount: str, tax_code: str
) -> None:
    """A hit that is not ours, in whatever company code the policy allows, forbids posting; a person decides."""
    center = "4100" if company_code == "1000" else "5100"
    lines = [
        {"customer": "4711", "amount": amount},
        {"account": "800000", "amount": f"-{amount}", "tax_code": tax_code, "cost_center": center},
        {"tax_code": tax_code, "amount": "0.00", "base": f"-{amount}"},
    ]
    document = {"company_code": company_code, "document_type": "DR", "posting_date": "2026-03-01"}
    currency = "EUR" if company_code == "1000" else "USD"
    ecc.control("/documents", "POST", {**document, "reference": "BC1-1-I", "currency": currency, "lines": lines})
    async with _run(ecc, tmp_path) as run:
        result = await run.post("BC1-1-I")
        assert (result.outcome, result.reason) == ("conflict", "reference_taken")
        assert not await run.journal.open_postings()
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_a_document_that_vanishes_again_is_not_taken_for_posted(ecc: EccProcess, tmp_path: Path) -> None:
    """A row seen once may be an update that aborts: the posting is put off, neither posted nor called posted."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    ecc.control("/faults", "POST", {"point": "update.visible", "action": "abort", "seconds": 1})
    ecc.control("/faults", "POST", {"point": "commit.requested", "action": "drop"})
    async with _run(ecc, tmp_path / "a") as lost, _run(ecc, tmp_path / "b", luw=luw_settings()) as run:
        assert (await lost.post("BC1-1-I")).outcome == "in_doubt"
        while not _documents(ecc, "BC1-1-I"):
            await run.runtime.sleep(0.02)
        result = await run.post("BC1-1-I")
        assert (result.outcome, result.reason, result.retryable) == ("failed", "sighting_unsettled", True)
        while _documents(ecc, "BC1-1-I"):  # the next test's document may get the number this update still takes back
            await run.runtime.sleep(0.05)


# --- failures around POST -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "retryable"),
    [
        ({"point": "executed", "action": "drop"}, True),
        ({"point": "executed", "action": "dump", "details": {"key": "TIME_OUT"}}, True),
        ({"point": "called", "action": "dump", "details": {"key": "RFC_NO_AUTHORITY"}}, False),
        ({"point": "executed", "action": "message", "details": {"class": "F5", "number": "999"}}, False),
        ({"point": "called", "action": "exception", "details": {"key": "SOMETHING"}}, False),
    ],
)
async def test_a_failed_post_has_posted_nothing(
    ecc: EccProcess, tmp_path: Path, fault: dict[str, Any], *, retryable: bool
) -> None:
    """Whatever POST dies of, the LUW is gone with its session; the next attempt posts the one document."""
    ecc.control("/faults", "POST", {"function": POST, **fault})
    async with _run(ecc, tmp_path) as run:
        result = await run.post("BC1-1-I")
        assert (result.outcome, result.retryable) == ("failed", retryable), result
        assert not _documents(ecc, "BC1-1-I")
        assert (await run.post("BC1-1-I", attempt=2)).outcome == "posted"
    assert len(_documents(ecc, "BC1-1-I")) == 1
    assert _is_unlocked(ecc)


async def test_a_post_past_its_deadline_is_killed(ecc: EccProcess, tmp_path: Path) -> None:
    """A POST that hangs ends with its session; SAP frees the number range as soon as it notices."""
    hold = {"point": "executed", "function": POST, "on_disconnect": "drop"}
    ecc.control("/holds", "POST", hold)
    async with _run(ecc, tmp_path, luw=luw_settings(post_timeout_seconds=0.5)) as run:
        result = await run.post("BC1-1-I")
        assert (result.outcome, result.reason, result.retryable) == ("failed", "rfc_timeout", True)
        assert (await run.post("BC1-1-I", attempt=2)).outcome == "posted"
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_sap_away_is_no_failure_of_the_document(ecc: EccProcess, tmp_path: Path) -> None:
    """Nobody to ask: failed, may be retried, nothing open."""
    ecc.control("/gateway", "PUT", {"open": False, "drop": True})
    async with _run(ecc, tmp_path) as run:
        result = await run.post("BC1-1-I")
        assert (result.outcome, result.reason, result.retryable) == ("failed", "rfc_communication", True)
        assert not await run.journal.open_postings()
    ecc.control("/gateway", "PUT", {"open": True})


# --- between POST and COMMIT --------------------------------------------------------------------------------------


async def test_an_envelope_that_expires_during_post_is_not_committed(ecc: EccProcess, tmp_path: Path) -> None:
    """Its life is checked again right before COMMIT: past it the LUW is rolled back."""
    ecc.control("/faults", "POST", {"point": "called", "function": POST, "action": "continue", "seconds": 1})
    async with _run(ecc, tmp_path) as run:
        result = await run.post_call(a_call("BC1-1-I"), life=0.9)
    assert (result.outcome, result.reason) == ("failed", "expired")
    assert not _documents(ecc, "BC1-1-I")
    assert _is_unlocked(ecc)


async def test_an_expired_envelope_is_not_posted(ecc: EccProcess, tmp_path: Path) -> None:
    """Its life is spent by monotonic time too, whatever the wall clock says."""
    async with _run(ecc, tmp_path) as run:
        envelope = an_envelope(Post(a_call("BC1-1-I")), run.runtime.now())
        result = await run.executor.post(envelope, sealed(envelope), run.runtime.monotonic() - 1)
        assert (result.outcome, result.reason) == ("failed", "expired")
    assert POST not in [step.function for step in result.steps]


async def test_a_newer_fencing_token_stops_the_older_posting(ecc: EccProcess, tmp_path: Path) -> None:
    """When the writer lease has moved on during POST the LUW is rolled back; an older token is refused at once."""
    hold = ecc.control("/holds", "POST", {"point": "executed", "function": POST})
    async with _run(ecc, tmp_path, write_connections=2) as run:
        old = asyncio.create_task(run.post_call(a_call("BC1-1-I"), token=1))
        await asyncio.to_thread(ecc.control, f"/holds/{hold['id']}/wait?count=1&timeout=10")
        newer = asyncio.create_task(run.post_call(a_call("BC1-2-I", DOC_TYPE="DG"), order=2, token=2))
        while run.journal.fencing_token < 2:
            await run.runtime.sleep(0.01)
        ecc.control(f"/holds/{hold['id']}/release", "POST", {})
        assert ((await old).reason, (await newer).outcome) == ("fenced", "posted")
        late = await run.post_call(a_call("BC1-3-I"), order=3, token=1)
        assert (late.outcome, late.reason) == ("failed", "fenced")
    assert not _documents(ecc, "BC1-1-I")
    assert not _documents(ecc, "BC1-3-I")


async def test_a_slow_journal_costs_the_posting_not_the_number_range(ecc: EccProcess, tmp_path: Path) -> None:
    """The one record between POST and COMMIT has a deadline; past it the LUW is rolled back and SAP is free again."""
    hold = ecc.control("/holds", "POST", {"point": "executed", "function": POST})
    async with _run(ecc, tmp_path, luw=luw_settings(record_deadline_seconds=0.3)) as run:
        posting = asyncio.create_task(run.post("BC1-1-I"))
        await asyncio.to_thread(ecc.control, f"/holds/{hold['id']}/wait?count=1&timeout=10")
        blocker = sqlite3.connect(tmp_path / "journal.db")
        blocker.execute("BEGIN IMMEDIATE")
        ecc.control(f"/holds/{hold['id']}/release", "POST", {})
        while not _is_unlocked(ecc):
            await run.runtime.sleep(0.05)
        blocker.rollback()
        blocker.close()
        result = await posting
        assert (result.outcome, result.reason, result.retryable) == ("failed", "record_late", True)
        assert not await run.journal.open_postings()
    assert not _documents(ecc, "BC1-1-I")


async def test_a_journal_that_fails_ends_the_session(
    ecc: EccProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the record between POST and COMMIT nothing is committed; SAP is free, the posting is settled later."""
    monkeypatch.setattr("mlconnector_agent.journal.schema._BUSY_MILLISECONDS", 100)
    hold = ecc.control("/holds", "POST", {"point": "executed", "function": POST})
    async with _run(ecc, tmp_path) as run:
        posting = asyncio.create_task(run.post("BC1-1-I"))
        await asyncio.to_thread(ecc.control, f"/holds/{hold['id']}/wait?count=1&timeout=10")
        blocker = sqlite3.connect(tmp_path / "journal.db")
        blocker.execute("BEGIN IMMEDIATE")
        ecc.control(f"/holds/{hold['id']}/release", "POST", {})
        with pytest.raises(JournalUnavailable):
            await posting
        blocker.rollback()
        blocker.close()
        while not _is_unlocked(ecc):
            await run.runtime.sleep(0.05)
        (settled,) = await run.settled()
        assert (settled.outcome, settled.reason) == ("failed", "commit_never_sent")
        assert (await run.post("BC1-1-I", attempt=2)).outcome == "posted"
    assert len(_documents(ecc, "BC1-1-I")) == 1


# --- COMMIT in doubt ----------------------------------------------------------------------------------------------


async def _qualified(run: Execution) -> None:
    """Post a first document: it opens the channel and is the one known to exist."""
    assert (await run.post("BC1-999-I", order=999)).outcome == "posted"


async def test_a_lost_answer_to_commit_is_settled_by_presence(ecc: EccProcess, tmp_path: Path) -> None:
    """COMMIT carried out, answer lost: in doubt with the key, then posted by two sightings; never posted again."""
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        ecc.control("/faults", "POST", LOST_ANSWER)
        doubt = await run.post("BC1-1-I")
        assert (doubt.outcome, doubt.retryable) == ("in_doubt", False)
        again = await run.post("BC1-1-I", attempt=2)
        assert (again.outcome, again.reason) == ("in_doubt", "under_way")
        (settled,) = await run.settled()
        assert (settled.outcome, settled.object_key) == ("posted", doubt.object_key)
        assert settled.envelope_id == doubt.envelope_id
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_a_commit_that_never_began_is_settled_by_absence(ecc: EccProcess, tmp_path: Path) -> None:
    """Nothing found over the window, a known document found each time, no update request: absent, may be sent again."""
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        ecc.control("/faults", "POST", NEVER_BEGUN)
        assert (await run.post("BC1-1-I")).outcome == "in_doubt"
        started = run.runtime.monotonic()
        (settled,) = await run.settled()
        assert (settled.outcome, settled.reason, settled.retryable) == ("failed", "proven_absent", True)
        assert run.runtime.monotonic() - started >= 1.0
        assert (await run.post("BC1-1-I", attempt=2)).outcome == "posted"
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_a_failed_update_is_left_to_a_person(ecc: EccProcess, tmp_path: Path) -> None:
    """S& 101: somebody may repeat the update in SM13, so absence is not proven until the request is gone."""
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        ecc.control("/faults", "POST", {"point": "update.started", "action": "abort"})
        doubt = await run.post("BC1-1-I")
        assert doubt.outcome == "in_doubt"
        assert "S& 101" in doubt.detail
        (told,) = await run.looks(2.5)
        assert (told.outcome, told.reason) == ("in_doubt", "needs_person")
        assert "SM13" in told.detail
        (request,) = ecc.control("/update")["requests"]
        ecc.control(f"/update/{request['key']}/repeat", "POST", {})
        (settled,) = await run.settled()
        assert settled.outcome == "posted"
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_a_row_whose_update_aborts_is_not_posted(ecc: EccProcess, tmp_path: Path) -> None:
    """SAP shows the row, then the update aborts: the sighting does not count; absent once the request is deleted."""
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        ecc.control("/faults", "POST", {"point": "update.visible", "action": "abort", "seconds": 1.5})
        ecc.control("/faults", "POST", {"point": "commit.requested", "action": "drop"})
        assert (await run.post("BC1-1-I")).outcome == "in_doubt"
        told = await run.looks(3)
        assert {result.outcome for result in told} == {"in_doubt"}
        (request,) = ecc.control("/update")["requests"]
        ecc.control(f"/update/{request['key']}", "DELETE")
        assert (await run.settled())[-1].reason == "proven_absent"


async def test_a_stopped_update_is_waited_for(ecc: EccProcess, tmp_path: Path) -> None:
    """Update stopped far beyond the settle window: still in doubt; released: posted, once."""
    ecc.control("/faults", "POST", {"point": "called", "function": "STFC_CONNECTION", "action": "continue"})
    async with _run(ecc, tmp_path, luw=luw_settings(commit_timeout_seconds=0.5, settle_window_seconds=0.5)) as run:
        await _qualified(run)
        ecc.control("/update", "PUT", {"running": False})
        assert (await run.post("BC1-1-I")).outcome == "in_doubt"
        assert await run.looks(3) == []
        assert [posting.phase for posting in await run.journal.open_postings()] == [Phase.IN_DOUBT]
        ecc.control("/update", "PUT", {"running": True})
        assert (await run.settled())[-1].outcome == "posted"
    assert len(_documents(ecc, "BC1-1-I")) == 1


async def test_a_foreign_failed_update_does_not_hold_us_up(ecc: EccProcess, tmp_path: Path) -> None:
    """An update request of another SAP user says nothing about our posting."""
    (tmp_path / "other").mkdir()
    async with _run(ecc, tmp_path / "other", users=(RfcUser("MLC_RFC3", "mlc-secret"),)) as other:
        ecc.control("/faults", "POST", {"point": "update.started", "action": "abort"})
        assert (await other.post("BC1-8-I", order=8)).outcome == "in_doubt"
    (tmp_path / "ours").mkdir()
    async with _run(ecc, tmp_path / "ours") as run:
        await _qualified(run)
        ecc.control("/faults", "POST", NEVER_BEGUN)
        assert (await run.post("BC1-1-I")).outcome == "in_doubt"
        assert (await run.settled())[-1].reason == "proven_absent"


async def test_a_look_into_the_wrong_client_proves_nothing(ecc: EccProcess, tmp_path: Path) -> None:
    """A read pool on another client finds not even the known document: still in doubt, at last a person's."""
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        ecc.control("/faults", "POST", LOST_ANSWER)
        assert (await run.post("BC1-1-I")).outcome == "in_doubt"
    async with _run(ecc, tmp_path, client="200", luw=luw_settings(doubt_limit_seconds=1.5)) as run:
        (told,) = await run.looks(3)
        assert (told.outcome, told.reason) == ("in_doubt", "needs_person")
        assert "not trusted" in told.detail
    async with _run(ecc, tmp_path) as run:
        assert (await run.settled())[-1].outcome == "posted"


async def test_without_vbhdr_absence_is_never_proven(ecc: EccProcess, tmp_path: Path) -> None:
    """Where Basis does not allow VBHDR a person decides; presence is proven all the same."""
    denied = {
        "point": "called",
        "table": "VBHDR",
        "action": "exception",
        "times": 0,
        "details": {"key": "NOT_AUTHORIZED"},
    }
    ecc.control("/faults", "POST", denied)
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        ecc.control("/faults", "POST", NEVER_BEGUN)
        assert (await run.post("BC1-1-I")).outcome == "in_doubt"
        (told,) = await run.looks(2.5)
        assert (told.outcome, told.reason) == ("in_doubt", "needs_person")
        ecc.control("/faults", "POST", LOST_ANSWER)
        half = amounts("59.50", "-50.00", "-9.50", base="-50.00")
        assert (await run.post("BC1-2-I", order=2, CURRENCYAMOUNT=half)).outcome == "in_doubt"
        assert [result.outcome for result in await run.looks(1.5)] == ["posted"]


async def test_a_number_that_another_document_took_is_not_ours(ecc: EccProcess, tmp_path: Path) -> None:
    """After our rollback SAP gives the number to another document; that one does not make ours present."""
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        ecc.control("/faults", "POST", NEVER_BEGUN)
        doubt = await run.post("BC1-1-I")
        other = await run.post("BC1-2-I", order=2, CURRENCYAMOUNT=amounts("59.50", "-50.00", "-9.50", base="-50.00"))
        assert other.object_key == doubt.object_key
        assert (await run.settled())[-1].reason == "proven_absent"


async def test_a_number_given_to_another_document_of_ours(ecc: EccProcess, tmp_path: Path) -> None:
    """A twin of ours, of the same amount, under the number we gave back, is known by the journal: absent after all."""
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        ecc.control("/faults", "POST", NEVER_BEGUN)
        doubt = await run.post("BC1-1-I")
        assert (await run.post("BC1-2-I", order=2)).object_key == doubt.object_key
        assert (await run.settled())[-1].reason == "proven_absent"


async def test_our_number_under_another_reference_is_never_absent(ecc: EccProcess, tmp_path: Path) -> None:
    """Our user, date and amount under our number, but with an overwritten reference: in doubt, for a person."""
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        rewrite = {"company_code": "1000", "document_type": "DR", "pattern": "X{number}"}
        ecc.control("/reference-rewrites", "PUT", rewrite)
        ecc.control("/faults", "POST", LOST_ANSWER)
        assert (await run.post("BC1-1-I")).outcome == "in_doubt"
        (told,) = await run.looks(2.5)
        assert (told.outcome, told.reason) == ("in_doubt", "needs_person")
        assert "reference X" in told.detail


async def test_the_resolver_leaves_running_postings_alone(ecc: EccProcess, tmp_path: Path) -> None:
    """A posting whose attempt is under way in this process is nobody's to settle."""
    hold = ecc.control("/holds", "POST", {"point": "executed", "function": POST})
    async with _run(ecc, tmp_path) as run:
        posting = asyncio.create_task(run.post("BC1-1-I"))
        await asyncio.to_thread(ecc.control, f"/holds/{hold['id']}/wait?count=1&timeout=10")
        assert await run.looks(0.3) == []
        assert [result async for result in run.executor.recover()] == []
        ecc.control(f"/holds/{hold['id']}/release", "POST", {})
        assert (await posting).outcome == "posted"


@pytest.mark.parametrize("is_present", [True, False])
async def test_a_person_decides(ecc: EccProcess, tmp_path: Path, *, is_present: bool) -> None:
    """What no look settles a person does, through another opening of the journal; the running agent tells the relay."""
    async with _run(ecc, tmp_path, luw=luw_settings(update_requests_readable=False)) as run:
        await _qualified(run)
        ecc.control("/faults", "POST", NEVER_BEGUN)
        doubt = await run.post("BC1-1-I")
        (told,) = await run.looks(1)
        assert told.reason == "needs_person"
        beside = await Journal.open(tmp_path / "journal.db", run.runtime)
        key = doubt.object_key if is_present else ""
        with pytest.raises(Undecidable, match="not number"):
            await decide(beside, "agent-1", run.runtime, doubt.posting_id, "123", "M. Muster")
        await decide(beside, "agent-1", run.runtime, doubt.posting_id, key, "M. Muster")
        with pytest.raises(Undecidable, match="not in doubt"):
            await decide(beside, "agent-1", run.runtime, doubt.posting_id, key, "M. Muster")
        await beside.close()
        (noticed,) = await run.looks(1)
        assert (noticed.reason, noticed.object_key) == ("decided_by_person", key)
        assert noticed.outcome == ("posted" if is_present else "failed")
        assert "M. Muster" in noticed.detail


# --- qualification ------------------------------------------------------------------------------------------------


async def test_a_first_document_not_found_again_stops_its_channel(ecc: EccProcess, tmp_path: Path) -> None:
    """Where SAP overwrites references the first document is posted, the next refused, until a person releases."""
    ecc.control("/reference-rewrites", "PUT", {"company_code": "1000", "document_type": "DR", "pattern": "X{number}"})
    async with _run(ecc, tmp_path) as run:
        results = await asyncio.gather(*(run.post(f"BC1-{n}-I", order=n) for n in range(1, 4)))
        assert sorted(result.outcome for result in results) == ["failed", "failed", "posted"]
        assert {result.reason for result in results} == {"", "channel_stopped"}
        other = await run.post("BC1-7-I", order=7, DOC_TYPE="DG")
        assert other.outcome == "posted"
        ecc.control("/reference-rewrites", "PUT", {"company_code": "1000", "document_type": "DR", "pattern": ""})
    async with _run(ecc, tmp_path) as run:
        assert (await run.post("BC1-8-I", order=8)).reason == "channel_stopped"
        await run.journal.release_channel("1000", "DR")
        assert (await run.post("BC1-8-I", order=8, attempt=2)).outcome == "posted"
        states = {channel.document_type: channel.state for channel in await run.journal.channels()}
    assert states == {"DR": ChannelState.OPEN, "DG": ChannelState.OPEN}


async def test_every_later_document_is_read_back(ecc: EccProcess, tmp_path: Path) -> None:
    """A document that is not found again in the batch stops its channel; those found do not."""
    async with _run(ecc, tmp_path) as run:
        await _qualified(run)
        for number in range(1, 8):
            assert (await run.post(f"BC1-{number}-I", order=number)).outcome == "posted"
        assert await run.executor.channels.verify() == 7
        assert not await run.journal.unverified()
        rewrite = {"company_code": "1000", "document_type": "DR", "pattern": "X{number}"}
        ecc.control("/reference-rewrites", "PUT", rewrite)
        assert (await run.post("BC1-9-I", order=9)).outcome == "posted"
        await run.executor.channels.verify()
        assert (await run.post("BC1-10-I", order=10)).reason == "channel_stopped"
    assert not _documents(ecc, "BC1-10-I")


async def test_a_qualification_that_cannot_be_read_back_waits(ecc: EccProcess, tmp_path: Path) -> None:
    """Until the first document could be read back the next one is not posted, and no channel is stopped for it."""
    async with _run(ecc, tmp_path) as run:
        fault = {"point": "called", "table": "BKPF", "action": "exception", "skip": 1, "times": 2}
        ecc.control("/faults", "POST", {**fault, "details": {"key": "NOT_AUTHORIZED"}})
        assert (await run.post("BC1-1-I", order=1)).outcome == "posted"
        assert (await run.post("BC1-2-I", order=2)).reason == "channel_stopped"
        assert (await run.post("BC1-2-I", order=2, attempt=2)).outcome == "posted"


# --- without effect -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["BAPI_ACC_DOCUMENT_CHECK", POST])
async def test_a_simulation_leaves_nothing(ecc: EccProcess, tmp_path: Path, function: str) -> None:
    """SAP's messages come back, no document and no lock stays, even where a posting function was simulated."""
    async with _run(ecc, tmp_path) as run:
        call = BapiCall(function, a_call("BC1-1-I").parameters)
        result = await run.executor.simulate(an_envelope(Simulate(call), run.runtime.now()))
        assert (result.outcome, result.reason) == ("simulated", "")
        wrong = BapiCall(function, a_call("BC1-1-I", COMP_CODE="9999").parameters)
        refused = await run.executor.simulate(an_envelope(Simulate(wrong), run.runtime.now()))
        assert (refused.outcome, refused.reason) == ("simulated", "sap_message")
        assert _is_unlocked(ecc)
    assert not _documents(ecc, "BC1-1-I")


async def test_a_simulation_that_fails_says_so(ecc: EccProcess, tmp_path: Path) -> None:
    """SAP's failure is a failed result, not an exception."""
    async with _run(ecc, tmp_path) as run:
        result = await run.executor.simulate(an_envelope(Simulate(BapiCall("Z_NOPE", {})), run.runtime.now()))
    assert (result.outcome, result.reason) == ("failed", "rfc_application")


@pytest.mark.parametrize("slots", [2])
async def test_many_postings_share_the_pool(ecc: EccProcess, tmp_path: Path, slots: int) -> None:
    """Postings of different orders run side by side, each exactly once, each with a number of its own."""
    async with _run(ecc, tmp_path, write_connections=slots) as run:
        results = await asyncio.gather(*(run.post(f"BC1-{n}-I", order=n) for n in range(1, 31)))
    assert {result.outcome for result in results} == {"posted"}
    assert len({result.object_key for result in results}) == 30
    assert ecc.control("/documents")["total"] == 30
