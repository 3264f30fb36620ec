"""Connections and transactions: SQLite with one writer and group commit, or PostgreSQL with a pool; one code."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from .errors import DatabaseRefused, DatabaseUnavailable, translated
from .grouping import Grouped
from .sqlite import READERS, ReaderConnection, WriterConnection, sqlite_engine

__all__ = ["Database", "Transaction"]

T = TypeVar("T")

Transaction = AsyncConnection
"""What named queries take first: a connection inside a transaction."""

Work = Callable[[Transaction], Awaitable[Any]]

SQLITE: Final = "sqlite"
POSTGRESQL_CONNECTIONS: Final = 8
CONNECTION_WAIT_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 10.0
STATEMENT_SECONDS: Final = 60.0


class Database:
    """The relay's one durable state.

    Args:
        url: `sqlite:///path` (`sqlite+aiosqlite:///path` means the same) or
            `postgresql+asyncpg://user:password@host/database`.

    Raises:
        DatabaseRefused: the URL is neither.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            raise DatabaseRefused(f"database url: {error}") from error
        self.url = url
        self._threads = ThreadPoolExecutor(1 + READERS, thread_name_prefix="sqlite")
        if parsed.drivername in {"sqlite", "sqlite+aiosqlite"} and parsed.database not in {None, "", ":memory:"}:
            self.dialect = SQLITE
            self._writer = sqlite_engine(str(parsed.database), WriterConnection, self._threads)
            self._reader = sqlite_engine(str(parsed.database), ReaderConnection, self._threads)
        elif parsed.drivername == "postgresql+asyncpg":
            self.dialect = "postgresql"
            self._writer = _postgresql(url)
            self._reader = self._writer.execution_options(isolation_level="AUTOCOMMIT")
        else:
            raise DatabaseRefused(
                f"database url {parsed.render_as_string()!r} is neither sqlite:///path "
                "nor postgresql+asyncpg://user:password@host/database"
            )
        self._grouped: Grouped[Work, Any] = Grouped(self._commit_together)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction of one's own; committed, durably, when the block ends without an error.

        On SQLite it holds the only writer: await nothing but the database in it.

        Raises:
            DatabaseUnavailable: no connection, or the commit is not certain.
            DatabaseRefused: a constraint was violated.
        """
        try:
            async with self._writer.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise translated(error) from error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """Take a connection for reading; each statement sees what is committed by then, and never waits for writers.

        Raises:
            DatabaseUnavailable: no connection.
        """
        try:
            async with self._reader.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise translated(error) from error

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a transaction and return its result after the commit is durable.

        On SQLite works that wait at the same moment share one commit, each isolated by a savepoint: an error of one
        rolls back only its own. It may run in another task's context.

        Raises:
            DatabaseUnavailable: nothing was stored, or it cannot be told.
            DatabaseRefused: a constraint was violated.
        """
        if self.dialect == SQLITE:
            return cast("T", await self._grouped.submit(work))
        async with self.transaction() as tx:
            return await work(tx)

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        await self._reader.dispose()
        self._threads.shutdown()

    async def run_sync(self, work: Callable[[Connection], T]) -> T:
        """Run code that wants a synchronous connection, such as a migration, in one transaction."""
        async with self.transaction() as tx:
            return await tx.run_sync(work)

    async def _commit_together(self, works: Sequence[Work]) -> Sequence[Any]:
        async with self.transaction() as tx:
            if len(works) == 1:
                return [await works[0](tx)]
            raw = cast("WriterConnection", (await tx.get_raw_connection()).driver_connection)
            results = []
            for work in works:
                results.append(await _isolated(raw, tx, work))
                if not raw.in_transaction:
                    # As a full disk does; later works would then commit alone, earlier ones be lost.
                    raise DatabaseUnavailable("SQLite rolled back the whole commit; nothing of it was stored")
            return results


async def _isolated(raw: WriterConnection, tx: Transaction, work: Work) -> Any:
    try:
        with raw.isolated():
            return await work(tx)
    except (SQLAlchemyError, OSError) as error:
        failure = translated(error)
        failure.__cause__ = error
        return failure
    except Exception as error:  # noqa: BLE001  a defect in one work is that work's, not its neighbours'
        return error


def _postgresql(url: str) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=POSTGRESQL_CONNECTIONS,
        max_overflow=0,
        pool_timeout=CONNECTION_WAIT_SECONDS,
        pool_pre_ping=True,
        connect_args={"timeout": CONNECT_SECONDS, "command_timeout": STATEMENT_SECONDS},
    )
