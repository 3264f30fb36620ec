"""Many waiting writers share one durable commit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, TypeVar

__all__ = ["Grouped"]

T = TypeVar("T")
R = TypeVar("R")

MAX_GROUP: Final = 256
"""Items per commit: beyond this a commit takes longer without gaining anything per item."""

MAX_WAITING: Final = 8192
"""Items waiting for their commit: some seconds' worth; beyond this writers wait before they are queued."""


class Grouped(Generic[T, R]):
    """Collects items while a commit is under way and hands all of them to the next.

    Args:
        apply: makes a group durable and returns one result per item, in order; it returns only after the commit.
    """

    def __init__(self, apply: Callable[[Sequence[T]], Awaitable[Sequence[R | Exception]]]) -> None:
        self._apply = apply
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._places = asyncio.Semaphore(MAX_WAITING)
        self._flush: asyncio.Task[None] | None = None

    async def submit(self, item: T) -> R:
        """Return the item's result once it is durable.

        Raises:
            Exception: the item's own failure, or that of the whole commit.
        """
        async with self._places:
            future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
            self._waiting.append((item, future))
            if self._flush is None:
                self._flush = asyncio.create_task(self._run(), name="group commit")
            return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
                await self._commit([(item, future) for item, future in group if not future.cancelled()])
        except BaseException:
            # Only the end of the process comes here: nobody is left to commit what waits.
            for _, future in self._waiting:
                future.cancel()
            self._waiting.clear()
            raise
        finally:
            self._flush = None

    async def _commit(self, group: list[tuple[T, "asyncio.Future[R]"]]) -> None:
        if not group:
            return
        results: Sequence[R | BaseException]
        try:
            results = await self._apply([item for item, _ in group])
        except BaseException as error:  # every waiter must hear of it, whatever it is
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), result in zip(group, results, strict=True):
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)
