"""The simulated system's database: one SQLite file, one connection, one lock."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .schema import TableSchema, create, load_schemas

__all__ = ["Database", "Row"]

Row = dict[str, Any]
_Parameters = Sequence[Any] | Mapping[str, Any]


class Database:
    """Reads and writes tables. It survives the end of the process, however that comes, but not a power cut."""

    def __init__(self, path: Path) -> None:
        self.schemas: dict[str, TableSchema] = load_schemas()
        self._inserts = {name: schema.insert() for name, schema in self.schemas.items()}
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
        # A restart or a kill loses nothing that was written; only a power cut could, and nobody's money is in here.
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "case_sensitive_like=ON", "wal_autocheckpoint=4000"):
            self._connection.execute(f"PRAGMA {pragma}")
        create(self._connection, self.schemas)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the statements inside one transaction; other threads wait."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def execute(self, statement: str, parameters: _Parameters = ()) -> int:
        """Run a statement and give the number of rows it changed."""
        with self._lock:
            return self._connection.execute(statement, parameters).rowcount

    def insert(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert complete rows."""
        with self._lock:
            self._connection.executemany(self._inserts[table], rows)

    def replace(self, table: str, values: Mapping[str, str | int]) -> None:
        """Insert a row, completed with initial values, or replace the one with the same key."""
        with self._lock:
            statement = self._inserts[table].replace("INSERT", "INSERT OR REPLACE", 1)
            self._connection.execute(statement, self.schemas[table].row(values))

    def tuples(self, statement: str, parameters: _Parameters = ()) -> list[tuple[Any, ...]]:
        """Run a query and give its rows."""
        with self._lock:
            return self._connection.execute(statement, parameters).fetchall()

    def rows(self, statement: str, parameters: _Parameters = ()) -> list[Row]:
        """Run a query and give its rows by column name."""
        with self._lock:
            cursor = self._connection.execute(statement, parameters)
            names = [d[0] for d in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def clear(self) -> None:
        """Empty all tables."""
        with self.transaction():
            names = self.tuples("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (name,) in names:
                self._connection.execute(f"DELETE FROM {name}")  # noqa: S608 - our own names

    def setting(self, name: str) -> str:
        """Give a remembered setting; empty if it was never set."""
        found = self.tuples("SELECT value FROM sandbox_setting WHERE name = ?", (name,))
        return str(found[0][0]) if found else ""

    def remember(self, name: str, value: str) -> None:
        """Remember a setting."""
        self.execute("INSERT OR REPLACE INTO sandbox_setting VALUES (?, ?)", (name, value))
