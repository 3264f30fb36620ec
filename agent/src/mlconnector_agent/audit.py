"""The agent's own audit: append-only records in sealed, chained batches; what is lost, changed or moved is named.

Records that arrive within a moment share a commit, and each commit seals them as one batch, so that no record is ever
on disk without its chain. Records hold no personal data; those are in the journal, encrypted.
"""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import structlog
from mlconnector_shared.chain import GENESIS, commitment, head, merkle_root
from mlconnector_shared.errors import ChainBroken, ConnectorError
from mlconnector_shared.runtime import Runtime

from .writer import Writer

__all__ = ["Audit", "AuditUnavailable", "Head", "records", "verify"]

_log = structlog.get_logger(__name__)

SCHEMA_VERSION: Final = 1
MAX_WAITING: Final = 10_000
"""Records waiting for the disk; beyond them the disk is gone, and nothing may be done unaudited."""

GATHER_SECONDS: Final = 0.05
"""How long records gather for one commit while nobody waits for them."""

SALT_BYTES: Final = 16

_TABLES: Final = """
CREATE TABLE records (
    sequence INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    salt BLOB NOT NULL,
    content BLOB NOT NULL,         -- JSON: sequence, at, kind, subject, facts
    commitment TEXT NOT NULL       -- salted digest of content: all the chain needs
);
CREATE INDEX records_batch ON records (batch);
CREATE TABLE batches (
    number INTEGER PRIMARY KEY,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL,
    root TEXT NOT NULL,            -- Merkle root over the commitments
    head TEXT NOT NULL             -- previous head, number, root, count
);
"""


class AuditUnavailable(ConnectorError):
    """A record could not be made durable; what it would tell of must not be done."""


class Record(msgspec.Struct, frozen=True):
    """One thing that happened."""

    sequence: int
    at: datetime
    kind: str
    subject: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: number of the last batch, its last record, its head."""

    batch: int
    sequence: int
    head: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    kind: str
    subject: str
    facts: dict[str, Any]
    at: datetime
    done: asyncio.Future[int]


class Audit:
    """Appends records; open one per file.

    Attributes:
        head: where the chain ends.
    """

    def __init__(self, connection: sqlite3.Connection, runtime: Runtime) -> None:
        self._runtime = runtime
        self.head = _head(connection)
        self._writer = Writer(connection, runtime, _unavailable)
        self._waiting: list[_Waiting] = []
        self._hurry = asyncio.Event()
        self._sealing: asyncio.Task[None] | None = None
        self._closed = False

    @classmethod
    def open(cls, path: Path, runtime: Runtime) -> Self:
        """Open the audit file, or make it, readable by the agent only.

        Raises:
            AuditUnavailable: it cannot be opened, or another version wrote it.
        """
        return cls(_connect(path), runtime)

    def record(self, kind: str, subject: str, **facts: Any) -> None:
        """Append a record that nobody waits for; it is on disk within a moment.

        Args:
            kind: a stable name from docs/reference/agent-events.md.
            subject: envelope id, or empty.
            facts: plain values without personal data.
        """
        self._append(kind, subject, facts).add_done_callback(_noticed)

    async def written(self, kind: str, subject: str, **facts: Any) -> int:
        """Append a record and return its number once it, and all before it, are on disk.

        Raises:
            AuditUnavailable: it could not be made durable; what it would tell of must not be done.
        """
        done = self._append(kind, subject, facts)
        self._hurry.set()
        return await done

    async def close(self) -> None:
        """Write what waits and close the file."""
        self._closed = True
        self._hurry.set()
        if self._sealing is not None:
            await asyncio.wait([self._sealing])
        await self._writer.close()

    def _append(self, kind: str, subject: str, facts: dict[str, Any]) -> asyncio.Future[int]:
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if self._closed or len(self._waiting) >= MAX_WAITING:
            done.set_exception(_unavailable("it is closed, or the disk is gone"))
            return done
        self._waiting.append(_Waiting(kind, subject, facts, self._runtime.now(), done))
        if self._sealing is None:
            self._sealing = asyncio.create_task(self._seal(), name="audit")
        return done

    async def _seal(self) -> None:
        while self._waiting:
            with contextlib.suppress(TimeoutError):
                await self._runtime.within(GATHER_SECONDS, self._hurry.wait())
            self._hurry.clear()
            batch, self._waiting = self._waiting, []
            try:
                reached = await self._writer.run(partial(self._extend, batch))
            except AuditUnavailable as error:
                _fail(batch, error)
            else:
                self._appended(batch, reached)
        self._sealing = None

    def _extend(self, batch: list[_Waiting], connection: sqlite3.Connection) -> Head:
        last = _head(connection)  # anew each time: the command line may append, too, while the agent runs
        leaves: list[str] = []
        rows: list[tuple[Any, ...]] = []
        for sequence, one in enumerate(batch, last.sequence + 1):
            record = Record(sequence, one.at, one.kind, one.subject, one.facts)
            content, salt = msgspec.json.encode(record), self._runtime.token(SALT_BYTES)
            leaves.append(commitment(salt, content))
            rows.append((sequence, last.batch + 1, salt, content, leaves[-1]))
        number, root = last.batch + 1, merkle_root(leaves)
        reached = Head(number, last.sequence + len(batch), head(last.head, number, root, len(batch)))
        connection.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?)", (number, last.sequence + 1, len(batch), root, reached.head)
        )
        return reached

    def _appended(self, batch: list[_Waiting], reached: Head) -> None:
        self.head = reached
        for sequence, one in enumerate(batch, reached.sequence - len(batch) + 1):
            if not one.done.done():
                one.done.set_result(sequence)


def records(path: Path, after: int = 0) -> Iterator[Record]:
    """Read the records of an audit file in order, also while an agent writes it."""
    connection = _connect(path)
    try:
        for (content,) in connection.execute(
            "SELECT content FROM records WHERE sequence > ? ORDER BY sequence", (after,)
        ):
            yield msgspec.json.decode(content, type=Record)
    finally:
        connection.close()


def verify(path: Path, expected: Head | None = None) -> Head:
    """Check every record and the whole chain, and return where it ends.

    Args:
        path: the audit file; it may be in use.
        expected: a head that a witness kept; the chain must contain it.

    Raises:
        ChainBroken: names the first record that was altered, removed or reordered.
    """
    connection = _connect(path)
    try:
        connection.execute("BEGIN")
        last = Head(0, 0, GENESIS)
        for number, first, count, root, claimed in connection.execute("SELECT * FROM batches ORDER BY number"):
            _check_batch(connection, last, number, first, count, root)
            reached = head(last.head, number, root, count)
            if reached != claimed:
                raise ChainBroken(first, f"the head of batch {number} does not follow from its predecessor")
            last = Head(number, first + count - 1, reached)
            if expected and expected.batch == number and expected.head != reached:
                raise ChainBroken(first, f"the head of batch {number} is not the one its witness keeps")
        (extra,) = connection.execute(
            "SELECT min(sequence) FROM records WHERE sequence > ?", (last.sequence,)
        ).fetchone()
        if extra is not None:
            raise ChainBroken(int(extra), "it belongs to no batch: the end of the chain was removed")
        if expected and expected.batch > last.batch:
            raise ChainBroken(
                last.sequence + 1, f"a witness keeps batch {expected.batch}, the chain ends at {last.batch}"
            )
        return last
    finally:
        connection.close()


def _check_batch(connection: sqlite3.Connection, last: Head, number: int, first: int, count: int, root: str) -> None:
    if (number, first) != (last.batch + 1, last.sequence + 1):
        raise ChainBroken(last.sequence + 1, f"batch {last.batch + 1} was removed or moved")
    leaves: list[str] = []
    rows = connection.execute(
        "SELECT sequence, salt, content, commitment FROM records WHERE batch = ? ORDER BY sequence", (number,)
    ).fetchall()
    for due, (sequence, salt, content, committed) in enumerate(rows, first):
        if sequence != due:
            raise ChainBroken(due, "it was removed")
        _check_record(due, salt, content, committed)
        leaves.append(committed)
    if len(leaves) != count:
        raise ChainBroken(first + min(len(leaves), count), "it was removed" if len(leaves) < count else "it was added")
    if merkle_root(leaves) != root:
        raise ChainBroken(first, f"a record of batch {number} ({first} to {first + count - 1}) was replaced")


def _check_record(due: int, salt: object, content: object, committed: object) -> None:
    # SQLite keeps whatever type somebody wrote.
    if not isinstance(salt, bytes) or not isinstance(content, bytes) or commitment(salt, content) != committed:
        raise ChainBroken(due, "it was altered")
    try:
        told = msgspec.json.decode(content, type=Record).sequence
    except msgspec.DecodeError as error:
        raise ChainBroken(due, f"it was altered: {error}") from error
    if told != due:
        raise ChainBroken(due, f"it was reordered: record {told} stands in its place")


def _connect(path: Path) -> sqlite3.Connection:
    try:
        new = not path.exists()
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        if new:
            path.chmod(0o600)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA busy_timeout = 5000")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        elif version != SCHEMA_VERSION:
            raise AuditUnavailable(f"the audit {path} has schema version {version}, this agent reads {SCHEMA_VERSION}")
    except sqlite3.Error as error:
        raise AuditUnavailable(f"the audit {path} cannot be opened: {error}") from error
    return connection


def _head(connection: sqlite3.Connection) -> Head:
    row = connection.execute(
        "SELECT number, first + count - 1, head FROM batches ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return Head(*row) if row else Head(0, 0, GENESIS)


def _fail(batch: list[_Waiting], failure: AuditUnavailable) -> None:
    for one in batch:
        if not one.done.done():
            one.done.set_exception(failure)


def _unavailable(cause: str) -> AuditUnavailable:
    return AuditUnavailable(f"the audit cannot be written: {cause}")


def _noticed(done: asyncio.Future[int]) -> None:
    if not done.cancelled() and (error := done.exception()):
        _log.error("audit.unavailable", error=str(error))
