"""SQLite under asyncio without a thread hop per statement.

A statement on a local file takes some ten microseconds, handing it to another thread and back several times that.
So the writer's statements run where they are called, and only what waits for the disk or for another process
(BEGIN IMMEDIATE, COMMIT, ROLLBACK) goes to a thread. Readers may scan, so theirs run in a thread, fetch included.
"""

# mypy: disable-error-code="explicit-override"
# typing.override comes with Python 3.12.

import asyncio
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import URL, DateTime, event
from sqlalchemy import Connection as CoreConnection
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util import await_only

from .types import SqliteMoment

__all__ = ["READERS", "InlineDialect", "ReaderConnection", "WriterConnection", "sqlite_engine"]

T = TypeVar("T")

DRIVER: Final = "sqlite+mlconnector"
READERS: Final = 4
BUSY_SECONDS: Final = 10.0
"""How long a writer waits for another process, such as a command beside the service."""
WAIT_SECONDS: Final = 15.0
"""How long a task waits for its turn on a connection."""

BEGIN_WRITING: Final = "BEGIN IMMEDIATE"


class InlineDialect(SQLiteDialect_pysqlite):
    """SQLAlchemy's dialect of the standard library's driver, for connections that wait by themselves."""

    driver = "mlconnector"
    is_async = True
    supports_statement_cache = True
    colspecs = {**SQLiteDialect_pysqlite.colspecs, DateTime: SqliteMoment}  # noqa: RUF012  SQLAlchemy's way

    @classmethod
    def get_pool_class(cls, url: Any) -> Any:  # noqa: ARG003
        """Return the pool that waits in asyncio."""
        return AsyncAdaptedQueuePool

    def get_driver_connection(self, connection: Any) -> Any:
        """Return the connection itself: nothing adapts it."""
        return connection


registry.register("sqlite.mlconnector", __name__, "InlineDialect")


class _Cursor(sqlite3.Cursor):
    """Fetches everything when it executes, so that no statement is left half done."""

    connection: "WriterConnection"

    def execute(self, sql: str, parameters: Any = (), /) -> "_Cursor":
        """Execute and fetch, here or in a thread."""
        work = partial(self._execute_and_fetch, sql, parameters)
        self._rows = deque(self.connection.perform(work, waits=sql == BEGIN_WRITING))
        return self

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> "_Cursor":
        """Execute for each set of parameters."""
        self._rows = deque(self.connection.perform(partial(self._execute_for_each, sql, parameters), waits=False))
        return self

    def fetchone(self) -> Any:
        """Return the next row, or None."""
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = 1) -> list[Any]:
        """Return the next rows."""
        return [self._rows.popleft() for _ in range(min(size or 1, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        """Return the rest."""
        rows = list(self._rows)
        self._rows.clear()
        return rows

    def _execute_and_fetch(self, sql: str, parameters: Any) -> list[Any]:
        super().execute(sql, parameters)
        return super().fetchall()

    def _execute_for_each(self, sql: str, parameters: Iterable[Any]) -> list[Any]:
        super().executemany(sql, parameters)
        return []

    async def _async_soft_close(self) -> None:
        """Satisfy SQLAlchemy: the rows are here, nothing is open."""


class WriterConnection(sqlite3.Connection):
    """The one connection that writes: statements run where they are called."""

    threads: ThreadPoolExecutor

    def perform(self, work: Callable[[], T], *, waits: bool) -> T:
        """Run a piece of work: here, or in a thread where it waits for the disk or for another process."""
        if waits:
            return _elsewhere(self.threads, work)
        # SQLAlchemy takes a driver that never waits for a mistake.
        await_only(_nothing())
        return work()

    def cursor(self, factory: Any = _Cursor) -> Any:
        """Return a cursor of ours."""
        return super().cursor(factory)

    def commit(self) -> None:
        """Commit in a thread; the driver would pass over a transaction that SQLite has already rolled back."""
        if not self.in_transaction:
            raise sqlite3.OperationalError("SQLite rolled the transaction back; nothing of it was stored")
        _elsewhere(self.threads, super().commit)

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Undo what the block wrote if it raises, and nothing else of the transaction."""
        cursor = sqlite3.Cursor(self)  # SQLAlchemy's own savepoints cost more than most blocks
        cursor.execute("SAVEPOINT isolated")
        try:
            yield
        except BaseException:
            if self.in_transaction:
                cursor.execute("ROLLBACK TO isolated")
            raise
        finally:
            if self.in_transaction:
                cursor.execute("RELEASE isolated")

    def rollback(self) -> None:
        """Roll back in a thread."""
        if self.in_transaction:
            _elsewhere(self.threads, super().rollback)


class ReaderConnection(WriterConnection):
    """A connection that only reads: its statements may take long, so each runs in a thread."""

    def perform(self, work: Callable[[], T], *, waits: bool) -> T:  # noqa: ARG002
        """Run a piece of work in a thread."""
        return _elsewhere(self.threads, work)


def sqlite_engine(path: str, kind: type[WriterConnection], threads: ThreadPoolExecutor) -> AsyncEngine:
    """Return the engine of the one writer, or of the readers, of a database file."""
    writes = kind is WriterConnection

    def connection(*arguments: Any, **options: Any) -> WriterConnection:
        # SQLite would let everybody read the file. One that exists is not opened here: to close it again would give
        # up the locks that other connections of this process hold.
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        made = kind(*arguments, **options)
        made.threads = threads
        return made

    engine = create_async_engine(
        URL.create(DRIVER, database=path),
        pool_size=1 if writes else READERS,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        connect_args={"timeout": BUSY_SECONDS, "factory": connection, "isolation_level": None},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _prepare(raw: Any, _record: Any) -> None:
        # SQLite has one of its own only since 3.41.
        raw.create_function("unhex", 1, _unhex, deterministic=True)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-32768"):
            raw.execute(f"PRAGMA {pragma}")
        if not writes:
            raw.execute("PRAGMA query_only=ON")

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(tx: CoreConnection) -> None:
        if writes:
            tx.exec_driver_sql(BEGIN_WRITING)

    return engine


def _unhex(digits: str | None) -> bytes | None:
    return None if digits is None else bytes.fromhex(digits)


async def _nothing() -> None:
    """Complete at once."""


def _elsewhere(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    result: T = await_only(_in_thread(threads, work))
    return result


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    future = asyncio.get_running_loop().run_in_executor(threads, work)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        # The connection may not be touched while the thread uses it.
        await asyncio.wait((future,))
        raise
