"""A store's request quota as its own headers tell it: asked within it, one 429 is enough to stop everybody."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from mlconnector_shared.runtime import Runtime

__all__ = ["LONGEST_WAIT_SECONDS", "TOO_MANY", "Allowance", "Quota", "asked_seconds"]

LONGEST_WAIT_SECONDS: Final = 35.0
"""A little more than one window of the quota (30 s); a store that names a longer one is asked again before it ends."""

TOO_MANY: Final = 429

_NUMBER: Final = re.compile(r"[0-9]{1,12}")


class Allowance(NamedTuple):
    """A documented quota of an interface whose answers say nothing of it: requests in so many seconds."""

    requests: int
    seconds: float


class Quota:
    """What is left of a store's quota, shared by everybody who asks it from this process.

    Args:
        runtime: clocks.
        allowance: what is known of the quota beforehand.
    """

    def __init__(self, runtime: Runtime, allowance: Allowance | None = None) -> None:
        self._runtime = runtime
        self._allowance = allowance
        self._left: int | None = None
        self._until = 0.0
        self._in_flight = 0

    @property
    def is_used_up(self) -> bool:
        """Tell whether a request would have to wait now."""
        return self._left == 0 and self._runtime.monotonic() < self._until

    async def begin(self) -> None:
        """Wait until a request fits into the quota, and count it."""
        while self.is_used_up:
            await self._runtime.sleep(self._until - self._runtime.monotonic())
        if self._allowance is not None and self._runtime.monotonic() >= self._until:
            self._left, self._until = self._allowance.requests, self._runtime.monotonic() + self._allowance.seconds
        if self._left is not None:
            # Spent by whoever asks next; once it is used up and the window over, the store has to say anew.
            self._left = self._left - 1 if self._left else None
        self._in_flight += 1

    def end(self) -> None:
        """Note that a request is over."""
        self._in_flight -= 1

    def learn(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the store at its word."""
        left, seconds = _number(headers, "X-Rate-Limit-Requests-Left"), _reset_seconds(headers)
        if status == TOO_MANY:
            usual = None if self._allowance is None else self._allowance.seconds
            left, seconds = 0, asked_seconds(headers) or usual
        if left is None or seconds is None:
            return
        # What is under way may not be counted yet.
        self._left = max(0, left - self._in_flight)
        self._until = self._runtime.monotonic() + min(seconds, LONGEST_WAIT_SECONDS)


def asked_seconds(headers: Mapping[str, str]) -> float | None:
    """Return how long the store asks us to wait; `None` where it does not say."""
    seconds = _number(headers, "X-Retry-After")
    known = [one for one in (None if seconds is None else float(seconds), _reset_seconds(headers)) if one is not None]
    return max(known, default=None)


def _reset_seconds(headers: Mapping[str, str]) -> float | None:
    milliseconds = _number(headers, "X-Rate-Limit-Time-Reset-Ms")
    return None if milliseconds is None else milliseconds / 1000


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "")
    return int(text) if _NUMBER.fullmatch(text) else None
