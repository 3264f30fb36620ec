"""An order is mapped by what was in force for its day, as decided last."""

from dataclasses import replace
from datetime import date

import pytest
from mlconnector_relay.sap.schedule import Schedule, Step, changes_from

from tests.support.mappings import a_mapping


def named(version: str, effective_from: date | None = None) -> Step:
    return Step(effective_from, replace(a_mapping(), version=version))


NEW_YEAR = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("steps", "day", "version"),
    [
        ([named("a")], date(2020, 1, 1), "a"),
        ([named("a"), named("b", NEW_YEAR)], date(2026, 12, 31), "a"),
        ([named("a"), named("b", NEW_YEAR)], NEW_YEAR, "b"),
        ([named("a"), named("b", NEW_YEAR), named("c")], NEW_YEAR, "c"),
        ([named("a", NEW_YEAR), named("b", date(2028, 1, 1))], date(2026, 1, 1), "a"),
    ],
)
def test_the_last_decision_that_reaches_the_day_applies(steps: list[Step], day: date, version: str) -> None:
    """A dated one from its day on; an undated one for everything not posted yet; the first for what came before."""
    assert Schedule(tuple(steps)).at(day).version == version


def test_the_newest_is_the_last_one_decided() -> None:
    """Whatever its day."""
    assert Schedule((named("a"), named("b", NEW_YEAR))).newest.version == "b"


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ([None], [(date(2026, 6, 1), 0)]),
        ([None, NEW_YEAR], [(date(2026, 6, 1), 0), (NEW_YEAR, 1)]),
        ([None, NEW_YEAR, None], [(date(2026, 6, 1), 2)]),
        ([date(2026, 1, 1), NEW_YEAR, date(2026, 3, 1)], [(date(2026, 6, 1), 2)]),
        ([NEW_YEAR, date(2028, 1, 1)], [(date(2026, 6, 1), 0), (date(2028, 1, 1), 1)]),
    ],
)
def test_what_applies_today_and_what_will(starts: list[date | None], expected: list[tuple[date, int]]) -> None:
    """Only days on which something changes: what a later decision overrules never begins."""
    assert changes_from(starts, date(2026, 6, 1)) == expected
