"""The page about the relay's events says what the code does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "reference" / "relay-events.md"
SOURCES = ROOT / "relay" / "src" / "mlconnector_relay"
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}

Event = tuple[str, str, frozenset[str]]


def documented() -> list[Event]:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (\w+) \|[^|]*\|([^|]*)\|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return [(name, level, frozenset(filter(None, fields.strip().split(", ")))) for name, level, fields in rows]


def logged() -> Iterator[Event]:
    for file in SOURCES.rglob("*.py"):
        if "tunnel" in file.relative_to(SOURCES).parts:
            continue
        for call in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if isinstance(call.func.value, ast.Name) and call.func.value.id == "_log" and call.func.attr in LEVELS:
                [name] = call.args
                assert isinstance(name, ast.Constant), f"{file}: an event's name is written out"
                yield str(name.value), call.func.attr, frozenset(str(one.arg) for one in call.keywords)


def test_every_event_is_documented_with_its_level_and_fields() -> None:
    """Filters hang on the names, pagers on the levels, dashboards on the fields; none missing, none that is gone."""
    assert sorted(documented(), key=str) == sorted(set(logged()), key=str)


def test_no_event_has_two_meanings() -> None:
    """One name, one level, one set of fields."""
    names = [name for name, _, _ in documented()]
    assert len(names) == len(set(names))
