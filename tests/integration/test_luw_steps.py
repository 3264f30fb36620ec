"""Steps that build on a document which stands in SAP, against the simulator."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.journal.records import ChannelState, Phase
from mlconnector_agent.rfc.errors import Kind
from mlconnector_agent.rfc.settings import RfcUser
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Base, Post, ResultEnvelope, Reverse

from tests.support.agent_process import AgentProcess
from tests.support.ecc import DATE, EccProcess, amounts, an_ecc_process, until
from tests.support.execution import Execution, an_execution
from tests.support.postings import a_call, a_reversal

POST, REVERSE = "BAPI_ACC_DOCUMENT_POST", "BAPI_ACC_DOCUMENT_REV_POST"
COMMIT = "BAPI_TRANSACTION_COMMIT"
LOST_ANSWER = {"point": "executed", "function": COMMIT, "action": "drop"}
NEVER_BEGUN = {"point": "called", "function": COMMIT, "action": "drop"}
MEMO = amounts("-119.00", "100.00", "19.00", base="100.00")


@pytest.fixture(scope="module")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EccProcess]:
    with an_ecc_process(tmp_path_factory.mktemp("ecc")) as process:
        yield process


@pytest.fixture
def ecc(_process: EccProcess) -> EccProcess:
    _process.control("/reset", "POST", {})
    return _process


def _run(ecc: EccProcess, state: Path, **options: Any) -> Any:
    return an_execution(ecc.where["sysnr"], state, **options)


def _total(ecc: EccProcess, reference: str) -> int:
    total: int = ecc.control(f"/documents?reference={reference}")["total"]
    return total


def _names(key: str) -> dict[str, str]:
    return {"company_code": key[10:14], "number": key[:10], "fiscal_year": key[14:]}


def _pay(ecc: EccProcess, key: str) -> str:
    items = [{"number": key[:10], "fiscal_year": key[14:], "line": 1}]
    paid = ecc.control("/payments", "POST", {"company_code": key[10:14], "items": items, "posting_date": DATE})
    return f"{paid['company_code']}/{paid['number']}/{paid['fiscal_year']}"


def _reverse_by_hand(ecc: EccProcess, key: str) -> None:
    ecc.control("/reversals", "POST", {**_names(key), "reason": "01"})


async def _credit(run: Execution, base: Base, attempt: int = 1) -> ResultEnvelope:
    work = Post(a_call("BC1-1-R1", DOC_TYPE="DG", CURRENCYAMOUNT=MEMO), base)
    return await run.do(work, step="refund/1/1", attempt=attempt)


# --- the base of a posting ------------------------------------------------------------------------------------------


async def test_a_step_is_posted_on_a_base_that_stands(ecc: EccProcess, tmp_path: Path) -> None:
    """The base is read in the session that posts, before anything is posted."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        credited = await _credit(run, Base(key, "BC1-1-I", uncleared=True))
    assert credited.outcome == "posted"
    functions = [step.function for step in credited.steps]
    assert functions.index(POST) == len(functions) - 2
    assert [step.note for step in credited.steps][:3] == ["BKPF: 0 rows", "BKPF: 1 rows", "BSAD: 0 rows"]


@pytest.mark.parametrize(
    ("happened", "reason"),
    [("reversed", "base_reversed"), ("cleared", "base_cleared"), ("other", "base_other_reference"),
     ("missing", "base_missing")],
)  # fmt: skip
async def test_nothing_is_posted_on_a_base_that_does_not_stand(
    ecc: EccProcess, tmp_path: Path, happened: str, reason: str
) -> None:
    """Reversed or cleared by hand, another document's number, or no document: rejected, and nothing is left open."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        if happened == "reversed":
            _reverse_by_hand(ecc, key)
        if happened == "cleared":
            _pay(ecc, key)
        base = Base(f"9{key[1:]}" if happened == "missing" else key, "BC1-1-I", uncleared=True)
        if happened == "other":
            base = Base(key, "BC1-9-I")
        refused = await _credit(run, base)
        assert (refused.outcome, refused.reason, refused.retryable) == ("rejected", reason, False)
        assert POST not in [step.function for step in refused.steps]
        assert not await run.journal.open_postings()
    assert _total(ecc, "BC1-1-R1") == 0


async def test_a_cleared_base_is_one_where_that_is_not_asked(ecc: EccProcess, tmp_path: Path) -> None:
    """A credit memo for a paid invoice is the usual case; a base mended meanwhile is one at the next attempt."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        _pay(ecc, key)
        assert (await _credit(run, Base(key, "BC1-9-I"))).reason == "base_other_reference"
        assert (await _credit(run, Base(key, "BC1-1-I"), attempt=2)).outcome == "posted"
    assert _total(ecc, "BC1-1-R1") == 1


async def test_a_base_that_cannot_be_read_is_no_verdict(ecc: EccProcess, tmp_path: Path) -> None:
    """SAP away while the base is read: failed, to be tried again, nothing posted."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        ecc.control("/faults", "POST", {"point": "called", "table": "BSAD", "action": "drop"})
        result = await _credit(run, Base(key, "BC1-1-I", uncleared=True))
        assert (result.outcome, result.reason, result.retryable) == ("failed", f"rfc_{Kind.COMMUNICATION}", True)
    assert _total(ecc, "BC1-1-R1") == 0


# --- reversals ------------------------------------------------------------------------------------------------------


async def _reverse(
    run: Execution, key: str, reference: str = "BC1-1-I", attempt: int = 1, **given: str
) -> ResultEnvelope:
    return await run.do(a_reversal(key, reference, **given), step="reversal/1/1", attempt=attempt)


def _reversed_by(ecc: EccProcess, key: str) -> str:
    """Give the key of the document that reverses this one and says so itself; empty where there is none."""
    path = "/documents/{company_code}/{number}/{fiscal_year}"
    original = ecc.control(path.format(**_names(key)))
    if not original["reversed_by"]:
        return ""
    (standing,) = [one for one in _reversals(ecc) if one["number"] == original["reversed_by"]]
    assert standing["reverses"] == key[:10]
    return f"{standing['number']}{standing['company_code']}{standing['fiscal_year']}"


def _reversals(ecc: EccProcess) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = ecc.control("/documents?document_type=DA")["documents"]
    return documents


@pytest.mark.parametrize("copied", [True, False])
async def test_a_document_is_reversed_once(ecc: EccProcess, tmp_path: Path, *, copied: bool) -> None:
    """With its number, all phases in order, whether or not SAP copies the reference; repeats change nothing."""
    ecc.control("/reversal-references", "PUT", {"copied": copied})
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        run.phases.clear()
        result = await _reverse(run, key)
        again = await _reverse(run, key)
        later = await _reverse(run, key, attempt=2)
        assert [(one.document_type, one.state) for one in await run.journal.channels()] == [
            ("DR", ChannelState.OPEN),
            ("REVERSAL", ChannelState.OPEN),
        ]
    assert (result.outcome, result.object_key) == ("posted", _reversed_by(ecc, key))
    assert (again, later.outcome, later.object_key) == (result, "posted", result.object_key)
    assert [phase for _, phase in run.phases] == ["intent", "called", "returned", "commit_sent", "committed"]
    assert [step.function for step in result.steps] == ["RFC_READ_TABLE", "RFC_READ_TABLE", REVERSE, COMMIT]
    assert len(_reversals(ecc)) == 1


async def test_every_later_reversal_is_read_back(ecc: EccProcess, tmp_path: Path) -> None:
    """With the documents of its batch; one that cannot be found again stops further reversals, not postings."""
    async with _run(ecc, tmp_path) as run:
        keys = [(await run.post(f"BC1-{order}-I", order=order)).object_key for order in range(1, 4)]
        for order, key in enumerate(keys[:2], 1):
            await run.do(a_reversal(key, f"BC1-{order}-I"), order, step="reversal/1/1")
        assert await run.executor.channels.verify() == 3
        assert not await run.journal.unverified()
        row = {"TYPE": "S", "ID": "RW", "NUMBER": "605", "MESSAGE": "Document posted successfully"}
        wrong = {"OBJ_KEY": "179999999910002026", "RETURN": [row]}
        ecc.control("/faults", "POST", {"point": "executed", "function": REVERSE, "action": "return", "details": wrong})
        await run.do(a_reversal(keys[2], "BC1-3-I"), 3, step="reversal/1/1")
        assert await run.executor.channels.verify() == 1
        assert {one.document_type: one.state for one in await run.journal.channels()} == {
            "DR": ChannelState.OPEN,
            "REVERSAL": ChannelState.STOPPED,
        }
        assert (await run.do(a_reversal(keys[2], "BC1-3-I"), 3, step="reversal/2/1")).outcome == "conflict"
        fourth = await run.post("BC1-4-I", order=4)
        stopped = await run.do(a_reversal(fourth.object_key, "BC1-4-I"), 4, step="reversal/1/1")
        assert (fourth.outcome, stopped.reason) == ("posted", "channel_stopped")


async def test_the_original_s_posting_is_still_known(ecc: EccProcess, tmp_path: Path) -> None:
    """Two documents carry the reference now: the invoice's answer stays what it was, and nothing is posted again."""
    async with _run(ecc, tmp_path) as run:
        first = await run.post("BC1-1-I")
        assert (await _reverse(run, first.object_key)).outcome == "posted"
        again = await run.post("BC1-1-I", attempt=2)
        assert (again.outcome, again.object_key) == ("posted", first.object_key)
        memo = await _credit(run, Base(first.object_key, "BC1-1-I", uncleared=True))
        assert (memo.outcome, memo.reason) == ("rejected", "base_reversed")


async def test_a_cleared_document_is_not_reversed(ecc: EccProcess, tmp_path: Path) -> None:
    """SAP's own message says so; the document's lock is gone, and after FBRA the next attempt reverses it."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        clearing = _pay(ecc, key)
        work = a_reversal(key, "BC1-1-I")
        asked = Reverse(work.call, Base(key, "BC1-1-I", uncleared=True))
        refused = await run.do(asked, step="reversal/1/1")
        assert (refused.outcome, refused.reason) == ("rejected", "sap_message")
        assert "F5 308" in refused.detail
        ecc.control(f"/clearings/{clearing}", "DELETE")
        assert (await _reverse(run, key, attempt=2)).outcome == "posted"
    assert _reversed_by(ecc, key)


@pytest.mark.parametrize("copied", [True, False])
async def test_a_document_reversed_by_hand_is_done(ecc: EccProcess, tmp_path: Path, *, copied: bool) -> None:
    """Original and reversal name each other: what is wanted is in the books, seen twice; nothing is called."""
    ecc.control("/reversal-references", "PUT", {"copied": copied})
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        _reverse_by_hand(ecc, key)
        result = await _reverse(run, key)
    assert (result.outcome, result.object_key) == ("already_posted", _reversed_by(ecc, key))
    assert REVERSE not in [step.function for step in result.steps]
    assert len(_reversals(ecc)) == 1


async def test_only_our_document_is_reversed(ecc: EccProcess, tmp_path: Path) -> None:
    """Another reference or no document: rejected. Another posting that reverses the same document: a conflict."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        assert (await _reverse(run, key, "BC1-9-I")).reason == "base_other_reference"
        assert (await _reverse(run, f"9{key[1:]}", attempt=2)).reason == "other_content"
        missing = await run.do(a_reversal(f"9{key[1:]}", "BC1-1-I"), step="reversal/2/1")
        assert missing.reason == "base_missing"
        assert (await _reverse(run, key, attempt=3, posting_date="20260302")).reason == "other_content"
        other = await run.do(a_reversal(key, "BC1-1-I", "02", "20260302"), step="reversal/3/1")
        assert other.outcome == "posted"
        twice = await run.do(a_reversal(key, "BC1-1-I"), step="reversal/4/1")
        assert (twice.outcome, twice.reason) == ("conflict", "other_content")
    assert len(_reversals(ecc)) == 1


async def test_a_call_for_another_document_than_the_base_is_refused(ecc: EccProcess, tmp_path: Path) -> None:
    """What is looked at and what is reversed are one document, by one function module."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        call = a_reversal(key, "BC1-1-I").call
        for number, work in enumerate(
            [
                Reverse(call, Base(f"9{key[1:]}", "BC1-1-I")),
                Reverse(BapiCall(POST, call.parameters), Base(key, "BC1-1-I")),
                Reverse(BapiCall(REVERSE, {}), Base(key, "BC1-1-I")),
            ],
            1,
        ):
            assert (await run.do(work, step=f"reversal/{number}/1")).reason == "malformed_call"
    assert not _reversals(ecc)


async def test_a_document_somebody_works_on_is_tried_again(ecc: EccProcess, tmp_path: Path) -> None:
    """F5 375 passes by itself."""
    hold = {"point": "executed", "function": REVERSE, "user": "MLC_RFC1"}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    users = (RfcUser("MLC_RFC3", "mlc-secret"),)
    async with _run(ecc, tmp_path / "a") as run, _run(ecc, tmp_path / "b", users=users) as other:
        key = (await run.post("BC1-1-I")).object_key
        held = ecc.control("/holds", "POST", hold)
        first = asyncio.create_task(_reverse(run, key))
        await asyncio.to_thread(ecc.control, f"/holds/{held['id']}/wait?count=1&timeout=10")
        busy = await _reverse(other, key)
        assert (busy.outcome, busy.retryable) == ("rejected", True)
        assert "F5 375" in busy.detail
        ecc.control(f"/holds/{held['id']}/release", "POST", {})
        assert (await first).outcome == "posted"


async def test_a_lost_answer_to_commit_is_settled_by_both_documents(ecc: EccProcess, tmp_path: Path) -> None:
    """In doubt with the key, then posted by two sightings of both halves; never reversed again."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        ecc.control("/faults", "POST", LOST_ANSWER)
        doubt = await _reverse(run, key)
        assert (doubt.outcome, (await _reverse(run, key, attempt=2)).reason) == ("in_doubt", "under_way")
        (settled,) = await run.settled()
        assert (settled.outcome, settled.reason) == ("posted", "proven_present")
        assert settled.object_key == doubt.object_key == _reversed_by(ecc, key)
    assert len(_reversals(ecc)) == 1


async def test_a_reversal_whose_commit_never_began_is_settled_by_absence(ecc: EccProcess, tmp_path: Path) -> None:
    """The original shows no reversal over the whole window: absent, and the next attempt reverses it."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        ecc.control("/faults", "POST", NEVER_BEGUN)
        assert (await _reverse(run, key)).outcome == "in_doubt"
        (settled,) = await run.settled()
        assert (settled.outcome, settled.reason, settled.retryable) == ("failed", "proven_absent", True)
        assert (await _reverse(run, key, attempt=2)).outcome == "posted"
    assert len(_reversals(ecc)) == 1


async def test_a_reversal_whose_update_failed_is_left_to_a_person(ecc: EccProcess, tmp_path: Path) -> None:
    """Somebody may repeat the update in SM13: absence is not proven before the request is gone."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
        ecc.control("/faults", "POST", {"point": "update.started", "action": "abort"})
        assert (await _reverse(run, key)).outcome == "in_doubt"
        (told,) = await run.looks(2.5)
        assert (told.outcome, told.reason) == ("in_doubt", "needs_person")
        (request,) = ecc.control("/update")["requests"]
        ecc.control(f"/update/{request['key']}/repeat", "POST", {})
        assert (await run.settled())[-1].outcome == "posted"
    assert len(_reversals(ecc)) == 1


@pytest.mark.parametrize(
    ("point", "phase", "told"),
    [
        ("before_post", Phase.CALLED, ["commit_never_sent"]),
        ("after_post", Phase.CALLED, ["commit_never_sent"]),
        ("before_commit", Phase.COMMIT_SENT, ["commit_unanswered", "proven_absent"]),
        ("after_commit", Phase.COMMIT_SENT, ["commit_unanswered", "proven_present"]),
    ],
)
async def test_the_agent_is_killed_while_it_reverses(
    ecc: EccProcess, tmp_path: Path, point: str, phase: Phase, told: list[str]
) -> None:
    """Recovery tells the truth, the lock on the document is gone, and it is reversed once in the end."""
    async with _run(ecc, tmp_path) as run:
        key = (await run.post("BC1-1-I")).object_key
    agent = AgentProcess(ecc.where["sysnr"], tmp_path, point, "BC1-1-I", reverses=key)
    try:
        await asyncio.to_thread(until, agent.has_reached)
    finally:
        agent.kill()
    async with _run(ecc, tmp_path) as run:
        (posting,) = await run.journal.open_postings()
        assert posting.phase is phase
        results = [result async for result in run.executor.recover()] + await run.settled()
        assert [result.reason for result in results] == told
        assert (await _reverse(run, key, attempt=2)).outcome == "posted"
    assert len(_reversals(ecc)) == 1
