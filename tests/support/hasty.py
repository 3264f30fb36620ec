"""A Runtime for tests over real sockets whose waiting takes no time: the clock jumps instead."""

import asyncio
import random
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

__all__ = ["HastyRuntime"]

T = TypeVar("T")


class HastyRuntime:
    """Real time plus whatever was slept; what was slept is remembered."""

    def __init__(self, seed: int = 0) -> None:
        self.slept: list[float] = []
        self._random = random.Random(seed)
        self._ids = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=sum(self.slept))

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() + sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        # A minute guards against what hangs, on however busy a machine; less is waiting to be made short.
        async with asyncio.timeout(seconds if seconds >= 60 else min(seconds, 1.0)):
            return await awaitable

    def random(self) -> float:
        return self._random.random()

    def token(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def new_id(self) -> str:
        self._ids += 1
        return f"{self._ids:026d}"
