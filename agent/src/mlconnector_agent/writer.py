"""One thread writes the journal. Writes that arrive together share a commit; an urgent one goes first and alone."""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, TypeVar

from .errors import JournalUnavailable

__all__ = ["Writer"]

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

_BATCH: Final = 256
"""Writes per commit; bounds how long one of them waits for the others."""


class Writer:
    """Runs functions over the one connection, each atomic, in a thread of its own; `run` returns once it is durable."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._arrived = threading.Condition()
        self._waiting: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._urgent: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._closing = False
        self._thread = threading.Thread(target=self._serve, name="journal-writer", daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[sqlite3.Connection], T], *, urgent: bool = False) -> T:
        """Run a function in a transaction and return its value when that is durable.

        Raises:
            JournalUnavailable: it could not be made durable.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        with self._arrived:
            if self._closing:
                raise JournalUnavailable("the journal is closed")
            (self._urgent if urgent else self._waiting).append((work, future))
            self._arrived.notify()
        return await future

    async def close(self) -> None:
        """Write what waits, then end the thread and close the file."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    def _serve(self) -> None:
        while batch := self._next():
            answers = self._commit(batch)
            self._loop.call_soon_threadsafe(_resolve, answers)

    def _next(self) -> list[tuple[Work, asyncio.Future[Any]]]:
        with self._arrived:
            while not (self._urgent or self._waiting or self._closing):
                self._arrived.wait()
            if self._urgent:
                return [self._urgent.popleft()]
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]

    def _commit(self, batch: list[tuple[Work, asyncio.Future[Any]]]) -> list[tuple[asyncio.Future[Any], Any]]:
        answers: list[tuple[asyncio.Future[Any], Any]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            answers.extend((future, self._attempt(work)) for work, future in batch)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return [(future, _unavailable(error)) for _, future in batch]
        return answers

    def _attempt(self, work: Work) -> Any:
        """Run one function; its failure undoes its own writes and leaves those of the others."""
        self._connection.execute("SAVEPOINT one")
        try:
            value = work(self._connection)
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits this write
            self._connection.execute("ROLLBACK TO one")
            value = _unavailable(error) if isinstance(error, sqlite3.Error) else error
        self._connection.execute("RELEASE one")
        return value


def _unavailable(error: sqlite3.Error) -> JournalUnavailable:
    return JournalUnavailable(f"the journal cannot be written: {error}; nothing is posted until it can")


def _resolve(answers: list[tuple[asyncio.Future[Any], Any]]) -> None:
    for future, value in answers:
        if future.done():  # whoever awaited it has given up
            continue
        if isinstance(value, Exception):
            future.set_exception(value)
        else:
            future.set_result(value)
