"""Answers of a store kept for minutes, so that a flash sale does not fetch the same thing a thousand times; bounded."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final, Generic, TypeVar

from mlconnector_shared.runtime import Runtime

__all__ = ["Recent"]

K = TypeVar("K")
V = TypeVar("V")

IDS_PER_REQUEST: Final = 100
"""The longest address a store takes is not documented; a hundred ids are well below what clients send."""


class Recent(Generic[K, V]):
    """Values by key that are forgotten after a while, oldest first beyond a number."""

    def __init__(self, runtime: Runtime, seconds: float, most: int) -> None:
        self._runtime = runtime
        self._seconds = seconds
        self._most = most
        self._values: dict[K, tuple[float, V | None]] = {}

    async def get(self, keys: Collection[K], fetch: Callable[[Sequence[K]], Awaitable[dict[K, V]]]) -> dict[K, V]:
        """Return what is known of these keys, fetching what is not; a key the store does not know is absent."""
        now = self._runtime.monotonic()
        found: dict[K, V | None] = {}
        missing = []
        for key in dict.fromkeys(keys):
            until, value = self._values.get(key, (now, None))
            if until > now:
                found[key] = value
            else:
                missing.append(key)
        for start in range(0, len(missing), IDS_PER_REQUEST):
            chunk = missing[start : start + IDS_PER_REQUEST]
            fetched = await fetch(chunk)
            for key in chunk:
                found[key] = fetched.get(key)
                self._values.pop(key, None)
                self._values[key] = (now + self._seconds, found[key])
        while len(self._values) > self._most:
            del self._values[next(iter(self._values))]
        return {key: value for key, value in found.items() if value is not None}
