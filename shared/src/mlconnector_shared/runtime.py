"""The one door to time, randomness and identifiers; nothing else may open it.

The loops of relay and agent receive a Runtime, so that they run unchanged under a seeded virtual clock.
"""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Protocol, TypeVar

import msgspec

__all__ = ["Moment", "Runtime", "backoff"]

T = TypeVar("T")

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time as it travels: a naive one is refused where it is decoded, not where it is first compared."""


class Runtime(Protocol):
    """Clocks, waiting, randomness and identifiers of one process."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds."""

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        """Await with a deadline.

        Raises:
            TimeoutError: the deadline passed first; the awaitable was cancelled.
        """

    def random(self) -> float:
        """Return a number in [0, 1) for jitter; not for secrets."""

    def token(self, size: int) -> bytes:
        """Return this many bytes fit for secrets, salts and keys."""

    def new_id(self) -> str:
        """Return a fresh identifier, 26 characters, unique for ever."""


def backoff(attempt: int, base: float, cap: float, jitter: float) -> float:
    """Return the seconds to wait before try `attempt` (from 1): doubled each time, capped, half of it random.

    Args:
        attempt: how many tries have failed, at least 1.
        base: seconds before the second try, before jitter.
        cap: never more than this.
        jitter: a number in [0, 1), from `Runtime.random`.
    """
    full = min(cap, base * 2.0 ** min(attempt - 1, 30))
    return full / 2 + full / 2 * jitter
