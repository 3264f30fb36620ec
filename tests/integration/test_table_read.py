"""Reading tables against the simulator: complete, in pages, wide rows joined, and whatever order SAP returns."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.rfc.pages import unpack
from mlconnector_shared.envelope import Predicate, ReadTable, ResultEnvelope

from tests.support.ecc import EccProcess, an_ecc_process
from tests.support.execution import Execution, an_execution
from tests.support.postings import an_envelope


@pytest.fixture(scope="module")
def ecc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EccProcess]:
    with an_ecc_process(tmp_path_factory.mktemp("ecc")) as process:
        yield process


async def _read(
    run: Execution, table: str, fields: tuple[str, ...], **work: Any
) -> tuple[list[list[str]], ResultEnvelope]:
    reading = run.executor.read(an_envelope(ReadTable(table, fields, **work), run.runtime.now()))
    rows = [row async for chunk in reading for row in unpack([chunk])]
    assert reading.result is not None
    return rows, reading.result


async def test_every_row_comes_once_in_key_order(ecc: EccProcess, tmp_path: Path) -> None:
    """A table of many pages is read completely; the result counts the rows and notes the calls as one step."""
    ecc.control("/bulk-table", "PUT", {"rows": 1000})
    async with an_execution(ecc.where["sysnr"], tmp_path) as run:
        rows, result = await _read(run, "ZMLC_BULK", ("MATNR",), key=("MATNR",), page_rows=99)
    assert [row[0] for row in rows] == [f"{number:018d}" for number in range(1, 1001)]
    assert (result.outcome, result.rows, result.cut) == ("read", 1000, False)
    (step,) = result.steps
    assert step.note.endswith("1000 rows")


async def test_wide_rows_are_joined_by_key(ecc: EccProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns too wide for one row are read in groups and come back in the order asked for."""
    ecc.control("/bulk-table", "PUT", {"rows": 120})
    monkeypatch.setattr("mlconnector_agent.luw.columns._WIDTH", 128)  # the simulator has no table beyond SAP's 512
    async with an_execution(ecc.where["sysnr"], tmp_path) as run:
        fields = (*(f"F{n:02d}" for n in range(38, 0, -1)), "MATNR", "MANDT")
        narrow, _ = await _read(run, "ZMLC_BULK", ("F01", "F38", "MATNR"), key=("MATNR",), page_rows=50)
        wide, result = await _read(run, "ZMLC_BULK", fields, key=("MATNR",), page_rows=50)
    assert result.outcome == "read"
    assert [[row[37], row[0], row[38]] for row in wide] == narrow
    assert {len(row) for row in wide} == {len(fields)}


async def test_a_read_ends_at_its_limit(ecc: EccProcess, tmp_path: Path) -> None:
    """More rows than asked for are cut, and the result says so."""
    ecc.control("/bulk-table", "PUT", {"rows": 100})
    async with an_execution(ecc.where["sysnr"], tmp_path) as run:
        cut, result = await _read(run, "ZMLC_BULK", ("MATNR",), key=("MATNR",), page_rows=30, max_rows=70)
        assert (len(cut), result.cut) == (70, True)
        exact, result = await _read(run, "ZMLC_BULK", ("MATNR",), key=("MATNR",), page_rows=30, max_rows=100)
        assert (len(exact), result.cut) == (100, False)
        keyless, result = await _read(run, "ZMLC_BULK", ("MATNR",), page_rows=30)
        assert (len(keyless), result.cut) == (30, True)


async def test_predicates_become_the_clause(ecc: EccProcess, tmp_path: Path) -> None:
    """Conditions are combined; a quote in a value stays a value."""
    async with an_execution(ecc.where["sysnr"], tmp_path) as run:
        where = (Predicate("BUKRS", "GE", "2000"), Predicate("WAERS", "NE", "KWD"))
        rows, _ = await _read(run, "T001", ("BUKRS", "WAERS"), where=where, key=("BUKRS",))
        assert rows == [["2000", "USD"], ["3000", "JPY"]]
        odd, result = await _read(run, "T001", ("BUKRS",), where=(Predicate("BUTXT", "EQ", "x' OR BUKRS <> '"),))
        assert (odd, result.outcome) == ([], "read")


async def test_rows_in_no_order_are_read_completely(ecc: EccProcess, tmp_path: Path) -> None:
    """RFC_READ_TABLE promises no order: documents entered in another order than their keys all come, each once."""
    async with an_execution(ecc.where["sysnr"], tmp_path, write_connections=2) as run:
        for number in range(60):
            kind = ("DR", "DZ", "DG")[number % 3]
            assert (await run.post(f"BC1-{number}-I", order=number, DOC_TYPE=kind)).outcome == "posted"
        key = ("BUKRS", "BELNR", "GJAHR")
        rows, result = await _read(run, "BKPF", (*key, "XBLNR"), key=key, page_rows=7)
    assert result.outcome == "read"
    assert [row[:3] for row in rows] == sorted(row[:3] for row in rows)
    assert {row[3] for row in rows} == {f"BC1-{number}-I" for number in range(60)}
    assert len(rows) == 60


@pytest.mark.parametrize(
    ("table", "fields", "work", "reason"),
    [
        ("T008X", ("A",), {}, "rfc_application"),
        ("T001", ("NOPE",), {}, "rfc_application"),
        ("T001", ("BUKRS",), {"key": ("LAND1",)}, "read_impossible"),
        ("T001", ("BUKRS", "KTOPL"), {"key": ("KTOPL",), "page_rows": 2}, "read_impossible"),
        ("T001", ("BUKRS",), {"where": (Predicate("BUKRS", "EQ", "x" * 80),)}, "read_impossible"),
        ("T001", ("BUKRS",), {"where": (Predicate("BUKRS OR", "EQ", "x"),)}, "read_impossible"),
    ],
)
async def test_an_impossible_read_says_why(
    ecc: EccProcess, tmp_path: Path, table: str, fields: tuple[str, ...], work: dict[str, Any], reason: str
) -> None:
    """SAP's refusals and ours end the read with a result, not with an exception."""
    async with an_execution(ecc.where["sysnr"], tmp_path) as run:
        rows, result = await _read(run, table, fields, **work)
    assert (rows, result.outcome, result.reason) == ([], "failed", reason)


async def test_numbers_come_with_the_sign_in_front(ecc: EccProcess, tmp_path: Path) -> None:
    """SAP writes the sign behind; whoever reads the rows gets it in front, and no blanks around texts."""
    async with an_execution(ecc.where["sysnr"], tmp_path) as run:
        rows, _ = await _read(run, "TCURX", ("CURRKEY", "CURRDEC"), where=(Predicate("CURRKEY", "EQ", "KWD"),))
    assert rows == [["KWD", "3"]]
