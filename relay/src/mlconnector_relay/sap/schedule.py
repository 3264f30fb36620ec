"""Which mapping applies to an order: of those put in force for its day, the one put in force last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from .mapping import Mapping

__all__ = ["Schedule", "Step", "changes_from", "place_at"]


@dataclass(frozen=True, slots=True)
class Step:
    """A mapping that was put in force.

    Attributes:
        effective_from: for orders placed from this day on; for every order not posted yet where `None`.
    """

    effective_from: date | None
    mapping: Mapping


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every mapping that was put in force, in that order; at least one."""

    steps: tuple[Step, ...]

    @property
    def newest(self) -> Mapping:
        """Return the mapping put in force last."""
        return self.steps[-1].mapping

    def at(self, day: date) -> Mapping:
        """Return the mapping for orders placed on a day; the first one for days before any."""
        return self.steps[place_at([step.effective_from for step in self.steps], day)].mapping


def place_at(starts: Sequence[date | None], day: date) -> int:
    """Return which of the mappings put in force applies to orders placed on a day.

    Args:
        starts: from which day on each applies, in the order they were put in force; at least one.
        day: the order's.
    """
    for place in reversed(range(len(starts))):
        start = starts[place]
        if start is None or start <= day:
            return place
    return 0


def changes_from(starts: Sequence[date | None], day: date) -> list[tuple[date, int]]:
    """Return which mapping applies on a day, and each later day on which another one begins to."""
    found: list[tuple[date, int]] = []
    for one in sorted({day, *(start for start in starts if start is not None and start > day)}):
        place = place_at(starts, one)
        if not found or found[-1][1] != place:
            found.append((one, place))
    return found
