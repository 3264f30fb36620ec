"""Named points in the life of a session, a call and an update, where faults happen and where somebody can be held.

open, opened                      a logon: before it is checked, after it succeeded
called, executed                  a call: before the function module runs, after it ran and before it is answered
commit.requested                  COMMIT WORK: the update request is written, nothing of the document exists yet
update.started                    the update task has begun and nothing is written
update.visible                    rows are readable by others, although the update may still abort
update.finished                   all is done, but a waiting COMMIT does not know yet
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

__all__ = ["POINTS", "Arrival", "Effect", "Occurrence", "Points", "Rule"]

POINTS = (
    "open",
    "opened",
    "called",
    "executed",
    "commit.requested",
    "update.started",
    "update.visible",
    "update.finished",
)
_DISCONNECT_POLL = 0.05  # seconds between looks at the socket of somebody held


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Who passes a point, doing what."""

    point: str
    session: str = ""
    user: str = ""
    function: str = ""
    table: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to somebody at a point, with the details of the rule that says so."""

    action: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Rule:
    """A scripted fault or hold: where, for whom, how often, and what."""

    id: str
    point: str
    action: str
    function: str = ""
    user: str = ""
    table: str = ""
    reference: str = ""
    skip: int = 0
    times: int = 1
    seconds: float = 0.0
    hold: bool = False
    on_disconnect: str = "wait"
    details: dict[str, Any] = field(default_factory=dict)
    hits: int = 0

    def matches(self, occurrence: Occurrence) -> bool:
        """Tell whether the rule means this occurrence."""
        return (
            self.point == occurrence.point
            and self.function in {"", occurrence.function}
            and self.user in {"", occurrence.user}
            and self.table in {"", occurrence.table}
            and (not self.reference or any(fnmatchcase(r, self.reference) for r in occurrence.references))
        )


@dataclass(slots=True)
class Arrival:
    """Somebody held at a point."""

    id: str
    rule: str
    occurrence: Occurrence
    since: float
    effect: Effect | None = None


class Points:
    """The rules of a system, who is held where, and how often each point was passed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rules: list[Rule] = []
        self._held: list[Arrival] = []
        self._reached: Counter[str] = Counter()
        self._passed: Counter[str] = Counter()
        self._ids = itertools.count(1)
        self._closing = threading.Event()

    def close(self) -> None:
        """Let everybody go at once, now and later: the process ends."""
        self._closing.set()
        self.remove()

    def add(self, **fields: Any) -> Rule:
        """Add a rule."""
        with self._changed:
            rule = Rule(id=f"r{next(self._ids)}", **fields)
            self._rules.append(rule)
            return rule

    def rules(self) -> list[Rule]:
        """List the rules that may still apply."""
        with self._changed:
            return list(self._rules)

    def held(self) -> list[Arrival]:
        """List who is held."""
        with self._changed:
            return list(self._held)

    def passed(self) -> dict[str, int]:
        """Count how often each point was passed."""
        with self._changed:
            return dict(self._passed)

    def remove(self, rule_id: str = "") -> int:
        """Remove one rule or all, and let go whoever they hold; give the number of rules removed."""
        with self._changed:
            gone = [r for r in self._rules if rule_id in {"", r.id}]
            self._rules = [r for r in self._rules if r not in gone]
            self._let_go(rule_id, Effect("continue"))
            return len(gone)

    def release(self, rule_id: str, effect: Effect | None = None) -> int:
        """Let go whoever a rule holds, with its own effect or another one; give their number."""
        with self._changed:
            return self._let_go(rule_id, effect)

    def wait_until_reached(self, rule_id: str, count: int, timeout: float) -> int:
        """Wait until a rule has applied so often; give how often it has."""
        with self._changed:
            self._changed.wait_for(lambda: self._reached[rule_id] >= count or self._closing.is_set(), timeout)
            return self._reached[rule_id]

    def watches(self, prefix: str | tuple[str, ...]) -> bool:
        """Tell whether a rule waits at a point whose name begins like this."""
        return any(r.point.startswith(prefix) for r in self._rules)

    def at(self, occurrence: Occurrence, gone: Callable[[], bool] = lambda: False) -> Effect | None:
        """Pass a point: be held if a rule says so, and learn what happens here."""
        with self._changed:
            self._passed[occurrence.point] += 1
            rule = self._applying(occurrence)
            if rule is None:
                return None
            self._reached[rule.id] += 1
            self._changed.notify_all()
            effect = Effect(rule.action, rule.details)
            if rule.hold:
                effect = self._hold(rule, occurrence, effect, gone)
        if rule.seconds:
            self._closing.wait(rule.seconds)
        return effect

    def _applying(self, occurrence: Occurrence) -> Rule | None:
        if self._closing.is_set():
            return None
        for rule in self._rules:
            if rule.matches(occurrence):
                rule.hits += 1
                if rule.hits <= rule.skip:
                    continue
                if rule.times and rule.hits == rule.skip + rule.times:
                    self._rules.remove(rule)
                return rule
        return None

    def _hold(self, rule: Rule, occurrence: Occurrence, effect: Effect, gone: Callable[[], bool]) -> Effect:
        arrival = Arrival(f"h{next(self._ids)}", rule.id, occurrence, time.time())
        self._held.append(arrival)
        self._changed.notify_all()
        watching = rule.on_disconnect != "wait"
        while True:
            self._changed.wait_for(lambda: arrival.effect is not None, _DISCONNECT_POLL if watching else None)
            if arrival.effect is not None:
                break
            if gone():
                arrival.effect = Effect(rule.on_disconnect)
        self._held.remove(arrival)
        return effect if arrival.effect.action == "default" else arrival.effect

    def _let_go(self, rule_id: str, effect: Effect | None) -> int:
        held = [a for a in self._held if rule_id in {"", a.rule} and a.effect is None]
        for arrival in held:
            arrival.effect = effect or Effect("default")
        self._changed.notify_all()
        return len(held)
