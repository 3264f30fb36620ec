"""Group commit over one SQLite connection: writes that arrive together share a commit; urgent ones go first, alone.

Theory of operation. The statements of a write touch pages in memory and run on the event loop, microseconds each; only
what waits for the disk, the commit, runs in a thread. While it does, the next writes gather. Statements in the thread
would cost more than they take: each gives up the interpreter and has to wait for the loop to get it back.

An urgent write waits for the commit under way, since SQLite has one writer, and for nothing else: not for what gathers,
nor for another urgent one that waits with it. What is urgent holds a lock elsewhere that lets few of its kind be under
way at once, so that sharing would gain nothing, while one that fails would make the others run again.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, Protocol, TypeVar

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

__all__ = ["Companion", "Writer"]

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]
Answers = list[tuple[asyncio.Future[Any], Any]]

BATCH: Final = 256
"""Writes per commit; bounds how long one of them waits for the others."""

BUSY_SECONDS: Final = 5.0
"""How long another process, such as a command at the prompt, may hold the file."""

LOOK_SECONDS: Final = 0.01

PATIENCE_SECONDS: Final = 0.1
"""How long a patient write waits for others to share its commit with."""


class Companion(Protocol):
    """Adds to every transaction of a writer, as its last statements."""

    def begin(self) -> None:
        """A transaction begins, or begins anew because one of its writes failed."""

    def finish(self, connection: sqlite3.Connection, *, urgent: bool) -> None:
        """Every write of the transaction was made; it is committed next."""

    def ended(self, *, durable: bool) -> None:
        """The transaction is on disk, or nothing of it is."""


class Writer:
    """Runs functions over one connection, each atomic; `run` returns once what one wrote is durable.

    Args:
        connection: used by nobody else from now on; closed by `close`.
        runtime: clocks and waiting.
        unavailable: makes the error that says what cannot be written.
        busy_seconds: how long another process may hold the file before writes fail.

    Attributes:
        companion: what adds to every transaction, if anything does.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        runtime: Runtime,
        unavailable: Callable[[str], ConnectorError],
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._connection = connection
        self._connection.execute("PRAGMA busy_timeout = 0")  # the loop must not wait; `_begin` does
        self._runtime = runtime
        self._unavailable = unavailable
        self._busy_seconds = busy_seconds
        self._thread = ThreadPoolExecutor(1, "commit")
        self._waiting: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._urgent: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._patient: deque[tuple[Work, asyncio.Future[Any]]] = deque()
        self._lingering: asyncio.Task[None] | None = None
        self._serving: asyncio.Task[None] | None = None
        self._closed = False
        self.companion: Companion | None = None

    async def run(self, work: Callable[[sqlite3.Connection], T], *, urgent: bool = False, patient: bool = False) -> T:
        """Run a function in a transaction and return its value when that is durable; it may have to run again.

        Args:
            work: the function.
            urgent: it goes before all that wait, in a commit of its own.
            patient: it waits a moment for others to share its commit with.

        Raises:
            ConnectorError: it could not be made durable; see `unavailable`.
        """
        return await self.submit(work, urgent=urgent, patient=patient)

    def submit(
        self, work: Callable[[sqlite3.Connection], T], *, urgent: bool = False, patient: bool = False
    ) -> asyncio.Future[T]:
        """Do as `run` does, without waiting; the future brings its value or its error.

        Raises:
            ConnectorError: the writer is closed.
        """
        if self._closed:
            raise self._unavailable("it is closed")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if patient:
            self._patient.append((work, future))
            if self._lingering is None:
                self._lingering = asyncio.create_task(self._linger(), name="writer-lingers")
        else:
            (self._urgent if urgent else self._waiting).append((work, future))
            self._start()
        return future

    async def close(self) -> None:
        """Write what waits and close the connection."""
        self._closed = True
        if self._lingering is not None:
            self._lingering.cancel()
        self._waiting.extend(self._patient)
        self._patient.clear()
        self._start()
        if self._serving is not None:
            await asyncio.wait([self._serving])
        self._thread.shutdown()
        self._connection.close()

    def _start(self) -> None:
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve(), name="writer")

    async def _linger(self) -> None:
        await self._runtime.sleep(PATIENCE_SECONDS)
        self._lingering = None
        self._waiting.extend(self._patient)
        self._patient.clear()
        self._start()

    async def _serve(self) -> None:
        while self._urgent or self._waiting:
            urgent = bool(self._urgent)
            batch = [self._urgent.popleft()] if urgent else self._gathered()
            for future, value in await self._commit(batch, urgent=urgent):
                if future.done():  # whoever awaited it has given up
                    continue
                if isinstance(value, Exception):
                    future.set_exception(value)
                else:
                    future.set_result(value)
        self._serving = None

    def _gathered(self) -> list[tuple[Work, asyncio.Future[Any]]]:
        """Take what shares the next commit."""
        self._waiting.extend(self._patient)
        self._patient.clear()
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH))]

    async def _commit(self, batch: list[tuple[Work, asyncio.Future[Any]]], *, urgent: bool) -> Answers:
        connection = self._connection
        failed: Answers = []
        try:
            while True:
                await self._begin()
                answers, failure = self._attempt(batch)
                if failure is None:
                    break
                # Rare: what it wrote is undone with all the rest, and the rest is written again.
                connection.execute("ROLLBACK")
                failed.append(failure)
                batch = [one for one in batch if one[1] is not failure[0]]
            if self.companion is not None:
                self.companion.finish(connection, urgent=urgent)
            await asyncio.get_running_loop().run_in_executor(self._thread, connection.execute, "COMMIT")
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits these writes; those to come must be served
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._ended(durable=False)
            told = self._unavailable(str(error)) if isinstance(error, sqlite3.Error) else error
            return failed + [(future, told) for _, future in batch]
        self._ended(durable=True)
        return failed + answers

    def _ended(self, *, durable: bool) -> None:
        if self.companion is not None:
            self.companion.ended(durable=durable)

    async def _begin(self) -> None:
        until = self._runtime.monotonic() + self._busy_seconds
        while True:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or self._runtime.monotonic() >= until:
                    raise
                await self._runtime.sleep(LOOK_SECONDS)
            else:
                return

    def _attempt(
        self, batch: list[tuple[Work, asyncio.Future[Any]]]
    ) -> tuple[Answers, tuple[asyncio.Future[Any], Exception] | None]:
        """Run functions until one fails; return what they gave, and the one that failed."""
        answers: Answers = []
        if self.companion is not None:
            self.companion.begin()
        for work, future in batch:
            try:
                answers.append((future, work(self._connection)))
            except sqlite3.Error as error:
                return answers, (future, self._unavailable(str(error)))
            except Exception as error:  # noqa: BLE001 - handed to whoever awaits this write
                return answers, (future, error)
        return answers, None
