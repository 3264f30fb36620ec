"""Where the store's documents outlive the process: one SQLite table of JSON bodies."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .wire import decode, encode

__all__ = ["Shelf"]

SCHEMA = "CREATE TABLE IF NOT EXISTS shelf (kind TEXT, key TEXT, body BLOB NOT NULL, PRIMARY KEY (kind, key)) STRICT"


class Shelf:
    """Bodies by kind and key; in memory only where no folder is given."""

    def __init__(self, folder: Path | None) -> None:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        # One thread, the event loop's, does all the work: the writes take microseconds.
        self._db = sqlite3.connect(":memory:" if folder is None else folder / "store.sqlite", isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(SCHEMA)

    def put(self, kind: str, key: object, body: Any) -> None:
        """Keep a body under a kind and key, in place of what was there."""
        self._db.execute("INSERT OR REPLACE INTO shelf VALUES (?, ?, ?)", (kind, str(key), encode(body)))

    def drop(self, kind: str, key: object) -> None:
        """Forget a body."""
        self._db.execute("DELETE FROM shelf WHERE kind = ? AND key = ?", (kind, str(key)))

    def read(self, kind: str) -> Iterator[tuple[str, Any]]:
        """Give all bodies of a kind with their keys."""
        for key, body in self._db.execute("SELECT key, body FROM shelf WHERE kind = ?", (kind,)).fetchall():
            yield key, decode(body)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
