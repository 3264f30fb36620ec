"""Logs: one JSON object a line, with stable names, and nothing secret or personal."""

import json
import re
import sys
from pathlib import Path

import pytest
import structlog
from mlconnector_agent.logs import configure
from mlconnector_agent.runtime import SystemRuntime

from tests.support.agent import ROOT
from tests.support.full_disk import full_disk

SOURCES = ROOT / "agent" / "src" / "mlconnector_agent"
REFERENCE = ROOT / "docs" / "reference" / "agent-events.md"


@pytest.fixture(autouse=True)
def restored() -> object:
    yield
    stream = getattr(getattr(structlog.get_config()["logger_factory"], "_file", None), "_stream", None)
    structlog.reset_defaults()
    if stream is not None and stream is not sys.stdout:
        stream.close()


def test_lines_are_json_with_level_and_time(tmp_path: Path) -> None:
    """What a log collector reads without being taught."""
    file = tmp_path / "logs" / "agent.jsonl"
    configure(SystemRuntime(), file=file)
    structlog.get_logger("x").warning("clock.warns", offset_seconds=7.5)

    (line,) = file.read_text().splitlines()
    event = json.loads(line)
    assert {name: event[name] for name in ("event", "level", "offset_seconds")} == {
        "event": "clock.warns",
        "level": "warning",
        "offset_seconds": 7.5,
    }
    assert event["at"].endswith("+00:00")


def test_secrets_and_personal_data_are_hidden_at_any_depth(tmp_path: Path) -> None:
    """Whoever logs a structure by mistake logs no password and no customer."""
    file = tmp_path / "agent.jsonl"
    configure(SystemRuntime(), file=file)
    structlog.get_logger("x").info("x", password="geheim", row={"NAME": "Erika", "rows": [{"street": "Allee 1"}]})

    text = file.read_text()
    assert not {"geheim", "Erika", "Allee"} & set(re.findall(r"\w+", text))


def test_the_level_is_a_limit_and_errors_carry_their_trace(tmp_path: Path) -> None:
    """Debug is off unless asked for."""
    file = tmp_path / "agent.jsonl"
    configure(SystemRuntime(), file=file, level="warning")
    log = structlog.get_logger("x")
    log.info("quiet")
    try:
        int("a defect")
    except ValueError:
        log.exception("task.failed")

    (line,) = file.read_text().splitlines()
    assert "ValueError: invalid literal" in json.loads(line)["exception"]


def test_a_full_disk_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    """Whoever tells of a full disk is at work to bear it."""
    file = tmp_path / "agent.jsonl"
    configure(SystemRuntime(), file=file)
    log = structlog.get_logger("x")
    log.info("before")
    with full_disk():
        for _ in range(1000):
            log.error("postings.halted", detail="x" * 100)
    log.info("after")

    assert [json.loads(line)["event"] for line in file.read_text().splitlines() if '"before"' in line] == ["before"]
    assert '"after"' in file.read_text().splitlines()[-1]


def test_standard_output_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    """systemd and containers take it from there."""
    configure(SystemRuntime())
    structlog.get_logger("x").info("agent.started")

    assert json.loads(capsys.readouterr().out)["event"] == "agent.started"


def documented() -> set[str]:
    return set(re.findall(r"^\| `([a-z_.]+)` \|", REFERENCE.read_text("utf-8"), re.MULTILINE))


def used() -> set[str]:
    names: set[str] = set()
    call = re.compile(r"(?:_log\.\w+|level|audit\.(?:record|written|note))\(\s*f?\"([a-z_.]+(?:\{state\})?)\"")
    for file in SOURCES.rglob("*.py"):
        names |= set(call.findall(file.read_text("utf-8")))
    names.discard("clock.{state}")
    return names | {"clock.good", "clock.warns", "clock.stops"}


def test_every_event_is_documented() -> None:
    """Other people's alerts hang on these names: none without a line in the reference, none there that is gone."""
    assert documented() == used()
