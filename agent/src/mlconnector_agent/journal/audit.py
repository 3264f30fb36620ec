"""The agent's own audit: append-only records in sealed, chained batches; what is lost, changed or moved is named.

Its tables are in the journal's file: what the journal writes and the record of it are one transaction, and each commit
seals the records in it as one batch, so that none is ever on disk without its chain. A record of what needs no write
of its own waits for the next commit, a moment at most; what is written after it is never on disk before it, but for
the one urgent write. Records hold no personal data; those are in the journal, encrypted.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
from mlconnector_shared.chain import GENESIS, commitment, head, merkle_root
from mlconnector_shared.errors import ChainBroken, ConnectorError
from mlconnector_shared.runtime import Runtime

from ..writer import Writer
from .errors import JournalError
from .schema import connect

__all__ = ["Audit", "Head", "records", "verify"]

_log = structlog.get_logger(__name__)

MAX_WAITING: Final = 10_000
"""Records waiting for the disk; beyond them the disk is gone, and nothing may be done unaudited."""

SALT_BYTES: Final = 16


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


class _Told(msgspec.Struct, frozen=True):
    """A record without its number yet, its facts encoded: one that cannot be would fail every commit to come."""

    kind: str
    subject: str
    facts: msgspec.Raw
    at: datetime


class _Numbered(msgspec.Struct, frozen=True):
    """What `Record` reads."""

    sequence: int
    at: datetime
    kind: str
    subject: str
    facts: msgspec.Raw


class Audit:
    """Appends records to the transactions of the journal's writer; see `Journal.audit`.

    Args:
        writer: of the journal's file; its transactions are accompanied from now on.
        reader: a connection that sees what is durable.
        runtime: clock and salts.
    """

    def __init__(self, writer: Writer, reader: sqlite3.Connection, runtime: Runtime) -> None:
        self._writer = writer
        self._reader = reader
        self._runtime = runtime
        self._waiting: deque[_Told] = deque()
        self._taken = 0
        self._noted: list[_Told] = []
        self._flushing: asyncio.Future[None] | None = None
        writer.companion = self

    @property
    def head(self) -> Head:
        """Return where the chain on disk ends."""
        return _head(self._reader)

    @property
    def is_full(self) -> bool:
        """Tell whether as many records wait for the disk as may; then nothing that must be recorded may be done."""
        return len(self._waiting) >= MAX_WAITING

    def record(self, kind: str, subject: str, **facts: Any) -> None:
        """Append a record that nobody waits for; it is on disk within a moment, and with what is written next.

        Args:
            kind: a stable name from docs/reference/agent-events.md.
            subject: envelope id, or empty.
            facts: plain values without personal data.
        """
        if self.is_full:
            _log.error("audit.unavailable", error=f"{kind} {subject} is lost: {MAX_WAITING} records wait for the disk")
            return
        self._waiting.append(self._told(kind, subject, facts))
        if self._flushing is None:
            try:
                self._flushing = self._writer.submit(_nothing, patient=True)
            except ConnectorError as error:
                _log.error("audit.unavailable", error=str(error))
            else:
                self._flushing.add_done_callback(self._flushed)

    def note(self, kind: str, subject: str, **facts: Any) -> None:
        """Append a record to the transaction under way; to be called by what the writer runs in it."""
        self._noted.append(self._told(kind, subject, facts))

    async def written(self, kind: str, subject: str, **facts: Any) -> None:
        """Append a record and return once it, and all before it, are on disk.

        Raises:
            JournalUnavailable: it could not be made durable; what it would tell of must not be done.
        """
        await self._writer.run(lambda _: self.note(kind, subject, **facts))

    async def flush(self) -> None:
        """Return once all records are on disk.

        Raises:
            JournalUnavailable: they could not be made durable.
        """
        await self._writer.run(_nothing)

    def begin(self) -> None:
        """A transaction begins."""
        self._noted.clear()

    def finish(self, connection: sqlite3.Connection, *, urgent: bool) -> None:
        """Seal what the transaction noted and, but for an urgent one, all that waits."""
        waiting = [] if urgent else list(self._waiting)
        self._taken = len(waiting)
        if waiting or self._noted:
            self._extend([*waiting, *self._noted], connection)

    def ended(self, *, durable: bool) -> None:
        """Forget what is on disk."""
        for _ in range(self._taken if durable else 0):
            self._waiting.popleft()
        self._taken = 0

    def _told(self, kind: str, subject: str, facts: dict[str, Any]) -> _Told:
        plain = {name: _readable(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
        return _Told(kind, _readable(subject), msgspec.Raw(msgspec.json.encode(plain)), self._runtime.now())

    def _flushed(self, flushing: asyncio.Future[None]) -> None:
        self._flushing = None
        if not flushing.cancelled() and (error := flushing.exception()):
            _log.error("audit.unavailable", error=str(error))  # the records wait for the next commit

    def _extend(self, batch: list[_Told], connection: sqlite3.Connection) -> None:
        last = _head(connection)  # anew each time: the command line may append, too, while the agent runs
        number = last.batch + 1
        leaves: list[str] = []
        rows: list[tuple[Any, ...]] = []
        for sequence, one in enumerate(batch, last.sequence + 1):
            record = _Numbered(sequence, one.at, one.kind, one.subject, one.facts)
            content, salt = msgspec.json.encode(record), self._runtime.token(SALT_BYTES)
            leaves.append(commitment(salt, content))
            rows.append((sequence, number, salt, content, leaves[-1]))
        root = merkle_root(leaves)
        reached = head(last.head, number, root, len(batch))
        connection.executemany("INSERT INTO audit_records VALUES (?, ?, ?, ?, ?)", rows)
        connection.execute(
            "INSERT INTO audit_batches VALUES (?, ?, ?, ?, ?)", (number, last.sequence + 1, len(batch), root, reached)
        )


def records(path: Path, after: int = 0) -> Iterator[Record]:
    """Read the records of a journal's file in order, also while an agent writes it.

    Raises:
        JournalError: there is no such file, or it is no journal of ours.
        ChainBroken: names the first record that cannot be read.
    """
    reached = after
    try:
        with closing(_opened(path)) as connection:
            for (content,) in connection.execute(
                "SELECT content FROM audit_records WHERE sequence > ? ORDER BY sequence", (after,)
            ):
                record = msgspec.json.decode(content, type=Record)
                reached = record.sequence
                yield record
    except msgspec.DecodeError as error:
        raise ChainBroken(reached + 1, f"it was altered: {error}") from error
    except sqlite3.Error as error:
        raise ChainBroken(reached + 1, f"it cannot be read: {error}") from error


def verify(path: Path, expected: Head | None = None) -> Head:
    """Check every record and the whole chain, and return where it ends.

    Args:
        path: the journal's file; it may be in use.
        expected: a head that a witness kept; the chain must contain it.

    Raises:
        ChainBroken: names the first record that was altered, removed or reordered, or cannot be read.
        JournalError: there is no such file, or it is no journal of ours.
    """
    last = Head(0, 0, GENESIS)
    with closing(_opened(path)) as connection:
        try:
            connection.execute("BEGIN")
            for reached in _batches(connection):
                if expected and expected.batch == reached.batch and expected.head != reached.head:
                    about = f"the head of batch {reached.batch} is not the one its witness keeps"
                    raise ChainBroken(last.sequence + 1, about)
                last = reached
            (extra,) = connection.execute(
                "SELECT min(sequence) FROM audit_records WHERE sequence > ?", (last.sequence,)
            ).fetchone()
        except sqlite3.Error as error:
            raise ChainBroken(last.sequence + 1, f"it cannot be read: {error}") from error
    if extra is not None:
        raise ChainBroken(int(extra), "it belongs to no batch: the end of the chain was removed")
    if expected and expected.batch > last.batch:
        raise ChainBroken(last.sequence + 1, f"a witness keeps batch {expected.batch}, the chain ends at {last.batch}")
    return last


def _batches(connection: sqlite3.Connection) -> Iterator[Head]:
    """Yield where the chain stands after each batch that proved to be whole."""
    last = Head(0, 0, GENESIS)
    for number, first, count, root, claimed in connection.execute("SELECT * FROM audit_batches ORDER BY number"):
        _check_batch(connection, last, number, first, count, root)
        reached = head(last.head, number, root, count)
        if reached != claimed:
            raise ChainBroken(first, f"the head of batch {number} does not follow from its predecessor")
        last = Head(number, first + count - 1, reached)
        yield last


def _check_batch(connection: sqlite3.Connection, last: Head, number: int, first: int, count: int, root: str) -> None:
    if (number, first) != (last.batch + 1, last.sequence + 1):
        raise ChainBroken(last.sequence + 1, f"batch {last.batch + 1} was removed or moved")
    if not isinstance(count, int):  # SQLite keeps whatever type somebody wrote
        raise ChainBroken(first, f"batch {number} was altered")
    leaves: list[str] = []
    rows = connection.execute(
        "SELECT sequence, salt, content, commitment FROM audit_records WHERE batch = ? ORDER BY sequence", (number,)
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
    if not isinstance(salt, bytes) or not isinstance(content, bytes) or commitment(salt, content) != committed:
        raise ChainBroken(due, "it was altered")
    try:
        told = msgspec.json.decode(content, type=Record).sequence
    except msgspec.DecodeError as error:
        raise ChainBroken(due, f"it was altered: {error}") from error
    if told != due:
        raise ChainBroken(due, f"it was reordered: record {told} stands in its place")


def _opened(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise JournalError(f"there is no journal at {path} yet")
    return connect(path)


def _head(connection: sqlite3.Connection) -> Head:
    row = connection.execute(
        "SELECT number, first + count - 1, head FROM audit_batches ORDER BY number DESC LIMIT 1"
    ).fetchone()
    return Head(*row) if row else Head(0, 0, GENESIS)


def _readable(text: str) -> str:
    """Return a text that UTF-8 can spell: a command line may hold bytes that are none."""
    return text.encode("utf-8", "backslashreplace").decode()


def _nothing(_: sqlite3.Connection) -> None:
    return
