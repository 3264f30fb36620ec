"""The real Runtime of the relay: the operating system's clocks, randomness and waiting. Everything else receives it."""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Final, TypeVar

__all__ = ["SystemRuntime"]

T = TypeVar("T")

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ID_LENGTH: Final = 26


class SystemRuntime:
    """Implements `mlconnector_shared.runtime.Runtime` on the machine's own clocks."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds of a clock that never goes back; only differences mean anything."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for this many seconds."""
        await asyncio.sleep(seconds)

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        """Await with a deadline.

        Raises:
            TimeoutError: the deadline passed first; the awaitable was cancelled.
        """
        async with asyncio.timeout(seconds):
            return await awaitable

    def random(self) -> float:
        """Return a number in [0, 1) for jitter; not for secrets."""
        return random.random()  # noqa: S311 - jitter needs no cryptographic randomness

    def token(self, size: int) -> bytes:
        """Return this many bytes fit for secrets, salts and keys."""
        return secrets.token_bytes(size)

    def new_id(self) -> str:
        """Return a fresh identifier, 26 characters: 48 bits of milliseconds, then 80 random bits."""
        number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
        return "".join(_ALPHABET[number >> shift & 31] for shift in range(5 * (_ID_LENGTH - 1), -1, -5))
