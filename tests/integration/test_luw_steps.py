"""Steps that build on a document which stands in SAP, against the simulator."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.rfc.errors import Kind
from mlconnector_shared.envelope import Base, Post, ResultEnvelope

from tests.support.ecc import DATE, EccProcess, amounts, an_ecc_process
from tests.support.execution import Execution, an_execution
from tests.support.postings import a_call

POST = "BAPI_ACC_DOCUMENT_POST"
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


def _pay(ecc: EccProcess, key: str) -> None:
    items = [{"number": key[:10], "fiscal_year": key[14:], "line": 1}]
    ecc.control("/payments", "POST", {"company_code": key[10:14], "items": items, "posting_date": DATE})


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
