"""A log whose rows share a durable SQLite commit when they wait together: what the floors are made durable with."""

import asyncio
import sqlite3
from pathlib import Path

__all__ = ["GroupedLog"]


class GroupedLog:
    """Appends rows; `append` returns once its row is on the disk."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("CREATE TABLE log (key TEXT PRIMARY KEY, body BLOB)")
        self._waiting: list[tuple[str, bytes, asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None

    async def append(self, key: str, body: bytes) -> None:
        """Append a row, durably; one key is kept once."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, body, future))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit())
        await future

    async def _commit(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            await asyncio.to_thread(self._write, [(key, body) for key, body, _ in taken])
            for _, _, future in taken:
                future.set_result(None)
        self._committing = None

    def _write(self, rows: list[tuple[str, bytes]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany("INSERT OR IGNORE INTO log VALUES (?, ?)", rows)
        self._connection.execute("COMMIT")
