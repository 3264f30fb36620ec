"""Choosing one rule out of many: the most specific wins, an unresolved tie is an error that names both.

A rule's selectors are weighed in one fixed order; only where two rules weigh the same does their priority count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Rule", "Tie", "choose"]


class Rule(Protocol):
    """What choosing needs to know of a rule."""

    @property
    def priority(self) -> int:
        """Return the rank among rules of the same weight; the higher wins."""


@dataclass(frozen=True, slots=True)
class Tie:
    """Two rules of the same weight and priority, as their places in the list."""

    first: int
    second: int


def choose(rules: Sequence[Rule], weights: Sequence[tuple[int, ...] | None]) -> int | Tie | None:
    """Return the place of the rule that applies, the tie between two, or `None` when none applies.

    Args:
        rules: in the order of the mapping file.
        weights: per rule how specifically it fits, the weightiest selector first; `None` where it does not fit.
    """
    fitting = [(weight, rules[place].priority, -place) for place, weight in enumerate(weights) if weight is not None]
    if not fitting:
        return None
    ranked = sorted(fitting, reverse=True)
    best = ranked[0]
    if len(ranked) > 1 and ranked[1][:2] == best[:2]:
        return Tie(first=-best[2], second=-ranked[1][2])
    return -best[2]
