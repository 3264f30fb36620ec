"""Virtual time for code that also works on a real SQLite file: what would run in a thread runs at once.

So a run is reproducible from its seed, database included, and hours of waiting take no time. On PostgreSQL this
cannot be: real sockets take real time. Tests on the virtual clock use SQLite.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from .virtual import VirtualLoop as BareLoop
from .virtual import VirtualRuntime

__all__ = ["FakeRuntime", "VirtualLoop"]

T = TypeVar("T")


class VirtualLoop(BareLoop):
    """An event loop whose time passes only when nothing else can happen, and in which no thread runs."""

    def run_in_executor(self, executor: Any, func: Callable[..., T], *args: Any) -> "asyncio.Future[T]":  # type: ignore[override]
        """Run the function now; the caller gets its result in the loop's next round."""
        del executor
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  it is the caller's, wherever it runs
            future.set_exception(error)
        return future


class FakeRuntime(VirtualRuntime):
    """A Runtime on the loop that runs it, seeded; with a loop of its own where code outside asyncio asks the time."""

    def __init__(self, seed: int = 0, loop: BareLoop | None = None) -> None:
        super().__init__(seed)
        self._loop = loop

    def monotonic(self) -> float:
        """Return the loop's seconds."""
        return (self._loop or asyncio.get_running_loop()).time()
