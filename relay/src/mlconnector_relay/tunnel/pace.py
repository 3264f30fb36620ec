"""How often an agent may have something kept for good; pure, counted by this process over all sessions of an agent."""

from collections import deque
from collections.abc import Hashable
from typing import Final

__all__ = ["Pace", "Paces"]

ANCHORS_AN_HOUR: Final = 120
"""An agent that follows the protocol tells a head a minute, and one when it connects."""

RENEWALS_A_DAY: Final = 6
"""A certificate is renewed once in two months; more is for answers that were lost."""


class Pace:
    """At most so many in any stretch of so long, for each of those that are counted.

    Args:
        most: how many.
        seconds: in how long.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._taken: dict[Hashable, deque[float]] = {}
        self._over: dict[Hashable, bool] = {}

    def admits(self, key: Hashable, now: float) -> bool:
        """Tell whether one more is within the pace now, in seconds of one clock, and count it if so."""
        taken = self._taken.setdefault(key, deque())
        while taken and taken[0] <= now - self._seconds:
            taken.popleft()
        if len(taken) >= self._most:
            return False
        taken.append(now)
        return True

    def turned(self, key: Hashable, admitted: bool) -> bool:  # noqa: FBT001  what `admits` said
        """Tell whether this is the first beyond the pace, or the first of those well within it again.

        Well within is half: at the limit itself each would turn, and each turn is told to people.
        """
        before, over = self._over.get(key), not admitted
        if admitted and before and len(self._taken[key]) > self._most // 2:
            return False
        self._over[key] = over
        return before is not over


class Paces:
    """The paces of what agents have kept."""

    def __init__(self) -> None:
        self.anchors = Pace(ANCHORS_AN_HOUR, 3600.0)
        self.renewals = Pace(RENEWALS_A_DAY, 86400.0)
