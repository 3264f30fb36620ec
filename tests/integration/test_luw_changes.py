"""Changes of posted documents, against the simulator: done once, done already, needless, or refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.luw.decision import decide
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Base, Change

from tests.support.ecc import DATE, EccProcess, an_ecc_process
from tests.support.execution import Execution, an_execution, luw_settings
from tests.support.postings import a_change, a_text

CHANGE, COMMIT = "Z_MLC_DOCUMENT_CHANGE", "BAPI_TRANSACTION_COMMIT"
TEXT = "RFC_SAVE_TEXT"
BLOCKED = [{"ITEMNO_ACC": "0000000001", "CUSTOMER": "0000004711", "DUNN_BLOCK": "A", "PMNT_BLOCK": "A"}]


@pytest.fixture(scope="module")
def _process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EccProcess]:
    with an_ecc_process(tmp_path_factory.mktemp("ecc")) as process:
        yield process


@pytest.fixture
def ecc(_process: EccProcess) -> EccProcess:
    _process.control("/reset", "POST", {})
    _process.control("/counters", "DELETE")
    return _process


def _run(ecc: EccProcess, state: Path, **options: Any) -> Any:
    return an_execution(ecc.where["sysnr"], state, **options)


def _line(ecc: EccProcess, key: str) -> dict[str, Any]:
    line: dict[str, Any] = ecc.control(f"/documents/{key[10:14]}/{key[:10]}/{key[14:]}")["lines"][0]
    return line


def _calls(ecc: EccProcess, function: str = CHANGE) -> int:
    count: int = ecc.control("/counters")["calls"].get(function, 0)
    return count


def _pay(ecc: EccProcess, key: str) -> None:
    items = [{"number": key[:10], "fiscal_year": key[14:], "line": 1}]
    ecc.control("/payments", "POST", {"company_code": key[10:14], "items": items, "posting_date": DATE})


async def _invoice(run: Execution) -> str:
    posted = await run.post("BC1-1-I", ACCOUNTRECEIVABLE=BLOCKED)
    assert posted.outcome == "posted", posted
    return posted.object_key


async def test_blocks_are_released_and_fields_set_once(ecc: EccProcess, tmp_path: Path) -> None:
    """In one LUW with the journal's phases; asked again under any envelope nothing more is called."""
    async with _run(ecc, tmp_path) as run:
        key = await _invoice(run)
        run.phases.clear()
        work = a_change(key, "BC1-1-I", MANSP="", ZLSPR="", XREF3="1Z999", SGTXT="shipped")
        first = await run.do(work, step="shipment/9/1")
        assert (first.outcome, first.object_key, first.reason) == ("done", key, "")
        assert [phase for _, phase in run.phases] == ["intent", "called", "returned", "commit_sent", "committed"]
        assert await run.do(work, step="shipment/9/1") == first
        assert (await run.do(work, step="shipment/9/1", attempt=2)).outcome == "done"
        other = await run.do(work, step="shipment/10/1")
        assert (other.outcome, CHANGE in [step.function for step in other.steps]) == ("done", False)
        assert await run.executor.channels.verify() == 0
    line = _line(ecc, key)
    assert (line["dunning_block"], line["payment_block"], line["text"]) == ("", "", "shipped")
    assert _calls(ecc) == 1


async def test_a_cleared_item_needs_no_release(ecc: EccProcess, tmp_path: Path) -> None:
    """Paid before it was shipped: told as done with its reason, not as a failure, and nothing stays locked."""
    async with _run(ecc, tmp_path) as run:
        key = await _invoice(run)
        _pay(ecc, key)
        result = await run.do(a_change(key, "BC1-1-I", MANSP=""), step="shipment/9/1")
        assert (result.outcome, result.reason, result.object_key) == ("done", "cleared", "")
        assert "ZMLC 013" in result.detail
        assert not await run.journal.open_postings()
        text = await run.do(a_change(key, "BC1-1-I", SGTXT="shipped"), step="shipment/10/1")
        assert (text.outcome, text.reason) == ("done", "")
    assert _line(ecc, key)["text"] == "shipped"


async def test_what_sap_refuses_is_told(ecc: EccProcess, tmp_path: Path) -> None:
    """A value that is not customized is finance's; a document in work is tried again; silence is no success."""
    async with _run(ecc, tmp_path) as run:
        key = await _invoice(run)
        refused = await run.do(a_change(key, "BC1-1-I", MANSP="Z"), step="shipment/9/1")
        assert (refused.outcome, refused.reason, refused.retryable) == ("rejected", "sap_message", False)
        assert "ZMLC 015" in refused.detail
        row = {"TYPE": "E", "ID": "ZMLC", "NUMBER": "014", "MESSAGE": "is being processed"}
        for number, answer, again in ((10, [row], True), (11, [], False)):
            fault = {"point": "called", "function": CHANGE, "action": "return", "details": {"RETURN": answer}}
            ecc.control("/faults", "POST", fault)
            busy = await run.do(a_change(key, "BC1-1-I", MANSP=""), step=f"shipment/{number}/1")
            assert (busy.outcome, busy.retryable) == ("rejected", again)
    assert _line(ecc, key)["dunning_block"] == "A"


async def test_only_an_item_of_our_document_is_changed(ecc: EccProcess, tmp_path: Path) -> None:
    """The base is checked as for any step; a call for another item than the base's is refused."""
    async with _run(ecc, tmp_path) as run:
        key = await _invoice(run)
        other = await run.do(a_change(key, "BC1-9-I", MANSP=""), step="shipment/9/1")
        assert (other.outcome, other.reason) == ("rejected", "base_other_reference")
        call = a_change(key, "BC1-1-I", MANSP="").call
        wrong = [
            Change(call, Base(f"9{key[1:]}", "BC1-1-I"), "0000004711"),
            Change(call, Base(key, "BC1-1-I")),
            Change(BapiCall("RFC_PING", call.parameters), Base(key, "BC1-1-I"), "0000004711"),
            Change(BapiCall(CHANGE, {}), Base(key, "BC1-1-I"), "0000004711"),
        ]
        for number, work in enumerate(wrong, 10):
            assert (await run.do(work, step=f"shipment/{number}/1")).reason == "malformed_call"
    assert _calls(ecc) == 0


@pytest.mark.parametrize(
    ("point", "reason", "block"), [("executed", "proven_present", ""), ("called", "proven_absent", "A")]
)
async def test_a_lost_answer_to_commit_is_settled_by_the_item(
    ecc: EccProcess, tmp_path: Path, point: str, reason: str, block: str
) -> None:
    """In doubt, then by looks at the item itself; in the end it is changed."""
    async with _run(ecc, tmp_path) as run:
        key = await _invoice(run)
        ecc.control("/faults", "POST", {"point": point, "function": COMMIT, "action": "drop"})
        work = a_change(key, "BC1-1-I", MANSP="")
        assert (await run.do(work, step="shipment/9/1")).outcome == "in_doubt"
        (settled,) = await run.settled()
        assert (settled.outcome, settled.reason) == ("failed" if block else "done", reason)
        assert _line(ecc, key)["dunning_block"] == block
        assert (await run.do(work, step="shipment/9/1", attempt=2)).outcome == "done"
    assert _line(ecc, key)["dunning_block"] == ""


async def test_a_person_decides_about_a_change(ecc: EccProcess, tmp_path: Path) -> None:
    """It is told as done, like one that was proven."""
    async with _run(ecc, tmp_path, luw=luw_settings(update_requests_readable=False)) as run:
        key = await _invoice(run)
        ecc.control("/faults", "POST", {"point": "called", "function": COMMIT, "action": "drop"})
        doubt = await run.do(a_change(key, "BC1-1-I", MANSP=""), step="shipment/9/1")
        told = await decide(run.journal, "agent-1", run.runtime, doubt.posting_id, key, "M. Muster")
    assert (told.outcome, told.reason) == ("done", "decided_by_person")


async def test_a_text_is_saved_over_what_was_there(ecc: EccProcess, tmp_path: Path) -> None:
    """At once, without COMMIT; a later shipment's text replaces it."""
    async with _run(ecc, tmp_path) as run:
        key = await _invoice(run)
        run.phases.clear()
        first = await run.do(a_text(key, "BC1-1-I", "DHL 1"), step="shipment/9/1")
        assert (first.outcome, first.object_key) == ("done", key)
        assert COMMIT not in [step.function for step in first.steps]
        assert [phase for _, phase in run.phases] == ["intent", "called", "committed"]
        assert (await run.do(a_text(key, "BC1-1-I", "DHL 1", "DHL 2"), step="shipment/10/1")).outcome == "done"
    (text,) = ecc.control("/texts?object=BELEG")["texts"]
    assert [line["text"] for line in text["lines"]] == ["DHL 1", "DHL 2"]


async def test_a_text_whose_answer_is_lost_is_saved_again(ecc: EccProcess, tmp_path: Path) -> None:
    """Saving it twice is saving it once; an id that is not customized is no matter of patience."""
    async with _run(ecc, tmp_path) as run:
        key = await _invoice(run)
        ecc.control("/faults", "POST", {"point": "executed", "function": TEXT, "action": "drop"})
        lost = await run.do(a_text(key, "BC1-1-I", "DHL 1"), step="shipment/9/1")
        assert (lost.outcome, lost.retryable) == ("failed", True)
        assert (await run.do(a_text(key, "BC1-1-I", "DHL 1"), step="shipment/9/1", attempt=2)).outcome == "done"
        unknown = await run.do(a_text(key, "BC1-1-I", "DHL 1", text_id="ZZZZ"), step="shipment/10/1")
        assert (unknown.outcome, unknown.retryable) == ("failed", False)
