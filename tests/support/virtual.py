"""A virtual clock: real asyncio code, in which hours of waiting take no time and every run is reproducible.

The event loop never waits; when nothing is ready it jumps to the next timer. When nothing is ready and no timer is
set, the code under test is stuck, and the run fails by saying so.
"""

import asyncio
import functools
import random
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, TypeVar

__all__ = ["VirtualLoop", "VirtualRuntime", "run_virtual", "virtual"]

T = TypeVar("T")
P = ParamSpec("P")

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class _NeverWaits(selectors.SelectSelector):
    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("stuck: nothing is ready and no timer is set")
        if not ready and timeout:
            self.loop.elapsed += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when nothing else can happen."""

    def __init__(self) -> None:
        self.elapsed = 0.0
        selector = _NeverWaits()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.elapsed


class VirtualRuntime:
    """A Runtime on the virtual loop; `skew` lets its wall clock be wrong."""

    def __init__(self, seed: int = 0, skew: timedelta = timedelta(0)) -> None:
        self.skew = skew
        self._random = random.Random(seed)
        self._ids = 0

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.monotonic()) + self.skew

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def within(self, seconds: float, awaitable: Awaitable[T]) -> T:
        async with asyncio.timeout(seconds):
            return await awaitable

    def random(self) -> float:
        return self._random.random()

    def token(self, size: int) -> bytes:
        return self._random.randbytes(size)

    def new_id(self) -> str:
        self._ids += 1
        return f"{self._random.getrandbits(40):010X}{self._ids:016d}"


def run_virtual(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine function on a fresh virtual loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main())


def virtual(test: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, T]:
    """Let an async test run on a virtual loop of its own."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        return run_virtual(lambda: test(*args, **kwargs))

    return run
