"""Every benchmark runs to its end at a tiny size, so that none rots unseen; how fast it was is not looked at."""

import importlib
from pathlib import Path
from typing import Any, Final

import pytest

from tests.bench import workers
from tests.bench.__main__ import BENCHMARKS
from tests.bench.figures import table
from tests.bench.mutual_tls import make_certificate
from tests.bench.workers import Worker

pytestmark = pytest.mark.timeout(300)

TINY: Final[dict[str, dict[str, Any]]] = {
    "intake": {"ROUNDS": 1, "SECONDS": 0.3, "WAITING": 1000},
    "tunnel": {"ROUNDS": 1, "SECONDS": 0.3},
    "bulk_read": {"ROUNDS": 1, "SECONDS": 0.3, "ROWS": 5000},
    "end_to_end": {"ROUNDS": 1, "ORDERS": 3, "FLOOR_ORDERS": 10, "STEADY_ORDERS": 3},
}


@pytest.fixture(autouse=True)
def unmeasured_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let coverage measure none of the processes, which doubles their work; other tests run the same."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs_to_its_end(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every figure was measured, and so was every floor there is."""
    module = importlib.import_module(f"tests.bench.{BENCHMARKS[name]}")
    for constant, value in TINY[BENCHMARKS[name]].items():
        monkeypatch.setattr(module, constant, value)

    figures = module.run(tmp_path / name)

    assert {figure.benchmark for figure in figures} == {name}
    unmeasured = [one for one in figures if one.unit.endswith("/s") and not (one.figure > 0 and one.floor)]
    assert not unmeasured, table(unmeasured)


def test_a_worker_that_is_stuck_ends_the_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which process gave no answer, instead of waiting for ever."""
    certificate = tmp_path / "floor.pem"
    make_certificate(certificate)
    relay = Worker("floor_relay", tmp_path, certificate=str(certificate))
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(workers, "STOP_SECONDS", 0.5)

    with pytest.raises(RuntimeError, match="floor_relay gave no answer within"):
        relay.ask("post", in_flight=1, seconds=1)  # no agent has dialled in

    relay.stop()
