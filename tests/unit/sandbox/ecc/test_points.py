"""Named points: faults, holds, counters."""

import threading
import time
from collections.abc import Callable

import pytest
from mlconnector_sandbox.ecc.points import Effect, Occurrence, Points, Rule

from tests.support.ecc import until

CALLED = Occurrence("called", "s1", "MLC_RFC", "RFC_PING", references=("BC1-7-I",))


def in_background(work: Callable[[], object]) -> threading.Thread:
    """Start somebody who may be held."""
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_nothing_happens_where_nobody_scripted_anything() -> None:
    """Passing a point is only counted."""
    points = Points()

    assert points.at(CALLED) is None
    assert points.passed() == {"called": 1}


@pytest.mark.parametrize(
    ("rule", "applies"),
    [
        ({"point": "called"}, True),
        ({"point": "executed"}, False),
        ({"point": "called", "function": "RFC_PING"}, True),
        ({"point": "called", "function": "STFC_CONNECTION"}, False),
        ({"point": "called", "user": "OTHER"}, False),
        ({"point": "called", "table": "BKPF"}, False),
        ({"point": "called", "reference": "BC1-*"}, True),
        ({"point": "called", "reference": "BC2-*"}, False),
    ],
)
def test_a_rule_applies_where_all_its_filters_match(rule: dict[str, str], applies: bool) -> None:
    """A filter left out matches everything."""
    points = Points()
    points.add(action="drop", **rule)

    assert (points.at(CALLED) == Effect("drop")) is applies


def test_a_rule_applies_as_often_as_it_says() -> None:
    """It skips the first matches, applies, and is gone."""
    points = Points()
    points.add(point="called", action="drop", skip=1, times=2)

    assert [points.at(CALLED) is not None for _ in range(5)] == [False, True, True, False, False]
    assert points.rules() == []


def test_times_zero_means_for_ever() -> None:
    """The rule stays until it is removed."""
    points = Points()
    rule = points.add(point="called", action="drop", times=0)
    effects = [points.at(CALLED) for _ in range(3)]

    assert effects == [Effect("drop")] * 3
    assert points.remove(rule.id) == 1
    assert points.at(CALLED) is None


def test_somebody_can_wait_until_a_rule_has_applied() -> None:
    """The wait ends with the count, also when the time was too short."""
    points = Points()
    rule = points.add(point="called", action="continue", times=0)

    assert points.wait_until_reached(rule.id, 1, 0.01) == 0
    thread = in_background(lambda: points.at(CALLED))
    assert points.wait_until_reached(rule.id, 1, 5) == 1
    thread.join()


def held_by(
    points: Points, rule: Rule, gone: Callable[[], bool] = lambda: False
) -> tuple[threading.Thread, list[Effect | None]]:
    """Let somebody run into a hold."""
    effects: list[Effect | None] = []
    thread = in_background(lambda: effects.append(points.at(CALLED, gone)))
    points.wait_until_reached(rule.id, 1, 5)
    until(points.held)
    return thread, effects


@pytest.mark.parametrize(("release", "expected"), [(None, Effect("dump")), (Effect("drop"), Effect("drop"))])
def test_a_hold_keeps_until_it_is_released(release: Effect | None, expected: Effect) -> None:
    """Released with nothing its own action happens, else the one named."""
    points = Points()
    rule = points.add(point="called", action="dump", hold=True)
    thread, effects = held_by(points, rule)

    assert effects == []
    assert [a.occurrence for a in points.held()] == [CALLED]
    assert points.release(rule.id, release) == 1
    thread.join(5)
    assert effects == [expected]
    assert points.held() == []


def test_removing_a_hold_lets_go() -> None:
    """Whoever is held goes on as if nothing had been scripted."""
    points = Points()
    rule = points.add(point="called", action="drop", hold=True)
    thread, effects = held_by(points, rule)

    points.remove(rule.id)
    thread.join(5)

    assert effects == [Effect("continue")]


def test_a_hold_may_end_with_the_client() -> None:
    """With on_disconnect the session goes on by itself when its client has died."""
    points = Points()
    rule = points.add(point="called", action="continue", hold=True, on_disconnect="drop")
    client_died = threading.Event()
    thread, effects = held_by(points, rule, client_died.is_set)

    assert effects == []
    client_died.set()
    thread.join(5)
    assert effects == [Effect("drop")]


def test_a_delay_takes_its_time() -> None:
    """A slow call is a rule with seconds and no action."""
    points = Points()
    points.add(point="called", action="continue", seconds=0.05)
    start = time.monotonic()
    points.at(CALLED)

    assert time.monotonic() - start >= 0.05


def test_closing_lets_everybody_go() -> None:
    """The process does not hang on those it holds, delays or lets wait."""
    points = Points()
    hold = points.add(point="called", action="drop", hold=True)
    thread, _ = held_by(points, hold)
    points.add(point="called", action="continue", seconds=60, times=0)
    slow = in_background(lambda: points.at(CALLED))
    waiting = in_background(lambda: points.wait_until_reached(hold.id, 5, 60))

    points.close()
    for one in (thread, slow, waiting):
        one.join(5)
        assert not one.is_alive()
    assert points.at(CALLED) is None


def test_points_are_watched_by_prefix() -> None:
    """The update task takes its short way only while nothing is scripted inside it."""
    points = Points()
    points.add(point="update.visible", action="abort")

    assert points.watches("update.")
    assert points.watches(("commit.", "update.visible"))
    assert not points.watches("commit.")
