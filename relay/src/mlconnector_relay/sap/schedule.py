"""Which mapping applies to an order: of those put in force for its day, the one put in force last."""

from dataclasses import dataclass
from datetime import date

from .mapping import Mapping

__all__ = ["Schedule", "Step"]


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
        for step in reversed(self.steps):
            if step.effective_from is None or step.effective_from <= day:
                return step.mapping
        return self.steps[0].mapping
