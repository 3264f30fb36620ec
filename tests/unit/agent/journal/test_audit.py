"""The agent's audit: whatever is altered, removed or reordered is named; what is not on disk is not said to be."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.journal.audit import Head, records, verify
from mlconnector_agent.journal.errors import JournalError, JournalUnavailable
from mlconnector_agent.journal.journal import Journal
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_shared.chain import GENESIS, commitment
from mlconnector_shared.envelope import CallEnvelope, ReadTable
from mlconnector_shared.errors import ChainBroken

from tests.support.postings import an_envelope


def a_read() -> CallEnvelope:
    return an_envelope(ReadTable("T000", ("MANDT",)), SystemRuntime().now())


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """An audit of twelve records in four batches."""
    path = tmp_path / "journal.db"
    journal = await Journal.open(path, SystemRuntime())
    for batch in range(4):
        await asyncio.gather(*(journal.audit.written("test", f"{batch}", number=number) for number in range(3)))
    await journal.close()
    return path


def tamper(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def broken_at(path: Path, expected: Head | None = None) -> tuple[int, str]:
    with pytest.raises(ChainBroken) as raised:
        verify(path, expected)
    return raised.value.sequence, str(raised.value)


def test_an_intact_chain_verifies(path: Path) -> None:
    """Every record, in order, up to its head."""
    assert verify(path).sequence == 12
    assert [record.subject for record in records(path)][::3] == ["0", "1", "2", "3"]
    assert [record.sequence for record in records(path, after=10)] == [11, 12]


async def test_an_empty_audit_is_intact(tmp_path: Path) -> None:
    """Nothing happened, nothing is missing; but a file that is not there is no empty one."""
    with pytest.raises(JournalError, match="no journal at"):
        verify(tmp_path / "journal.db")
    await (await Journal.open(tmp_path / "journal.db", SystemRuntime())).close()
    assert verify(tmp_path / "journal.db") == Head(0, 0, GENESIS)


async def test_records_that_arrive_together_share_a_batch_and_the_next_run_goes_on(path: Path) -> None:
    """A restart continues the chain; two writers do not fork it."""
    first, second = await Journal.open(path, SystemRuntime()), await Journal.open(path, SystemRuntime())
    await asyncio.gather(*(journal.audit.written("test", "") for journal in (first, second) for _ in range(10)))
    await asyncio.gather(first.close(), second.close())

    end = verify(path)

    assert end.sequence == 32
    assert end.batch < 24


@pytest.mark.parametrize(
    ("name", "statements", "record"),
    [
        ("altered", ["UPDATE audit_records SET content = replace(content, 'test', 'tess') WHERE sequence = 5"], 5),
        ("altered", ["UPDATE audit_records SET salt = x'00' WHERE sequence = 7"], 7),
        ("removed", ["DELETE FROM audit_records WHERE sequence = 5"], 5),
        ("removed", ["DELETE FROM audit_records WHERE sequence = 4"], 4),
        ("removed", ["DELETE FROM audit_records WHERE sequence = 6"], 6),
        ("removed", ["DELETE FROM audit_records WHERE sequence = 12"], 12),
        ("removed", ["DELETE FROM audit_records WHERE batch = 2", "DELETE FROM audit_batches WHERE number = 2"], 4),
        ("removed", ["DELETE FROM audit_batches WHERE number = 4"], 10),
        ("moved", ["DELETE FROM audit_batches WHERE number = 1"], 1),
        (
            "reordered",
            [
                "UPDATE audit_records SET sequence = 99 WHERE sequence = 5",
                "UPDATE audit_records SET sequence = 5 WHERE sequence = 6",
                "UPDATE audit_records SET sequence = 6 WHERE sequence = 99",
            ],
            5,
        ),
        (
            "head",
            ["UPDATE audit_batches SET head = (SELECT head FROM audit_batches WHERE number = 1) WHERE number = 3"],
            7,
        ),
        (
            "added",
            [
                "INSERT INTO audit_records SELECT 13, 4, salt, content, commitment FROM audit_records LIMIT 1",
            ],
            13,
        ),
    ],
)
def test_the_first_damaged_record_is_named(path: Path, name: str, statements: list[str], record: int) -> None:
    """Whoever looks knows where to begin."""
    tamper(path, *statements)

    sequence, sentence = broken_at(path)

    assert sequence == record, sentence


def test_a_record_replaced_with_its_commitment_is_found_by_its_batch(path: Path) -> None:
    """Who recomputes the commitment too is caught by the Merkle root; the batch says where."""
    content = b'{"sequence":5,"at":"2026-01-01T00:00:00Z","kind":"test","subject":"1","facts":{"number":9}}'
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(
        "UPDATE audit_records SET content = ?, salt = x'00', commitment = ? WHERE sequence = 5",
        (content, commitment(b"\0", content)),
    )
    connection.close()

    assert broken_at(path)[0] == 4


def test_content_that_is_no_record_is_altered(path: Path) -> None:
    """Also with a commitment that fits."""
    nothing = commitment(b"\0", b"\0")
    tamper(path, f"UPDATE audit_records SET content = x'00', salt = x'00', commitment = '{nothing}' WHERE sequence = 2")

    assert broken_at(path)[0] == 2


def test_a_witness_finds_a_chain_that_was_cut_or_written_anew(path: Path) -> None:
    """Cutting whole batches off the end leaves an intact chain; the relay's anchors remember the longer one."""
    whole = verify(path)
    assert verify(path, whole) == whole
    assert broken_at(path, Head(2, 6, "0" * 64))[0] == 4
    tamper(path, "DELETE FROM audit_records WHERE batch = 4", "DELETE FROM audit_batches WHERE number = 4")

    assert verify(path).sequence == 9
    assert broken_at(path, whole)[0] == 10


async def test_what_cannot_be_written_is_not_said_to_be(path: Path) -> None:
    """Nothing may be done on its strength; and what the journal writes is undone with it."""
    journal = await Journal.open(path, SystemRuntime())
    tamper(path, "DROP TABLE audit_batches")

    with pytest.raises(JournalUnavailable):
        await journal.audit.written("test", "")
    journal.audit.record("test", "")
    with pytest.raises(JournalUnavailable):
        await journal.remember(a_read())
    assert not journal._reader.execute("SELECT * FROM envelopes").fetchall()
    await journal.close()
    with pytest.raises(JournalUnavailable):
        await journal.audit.written("test", "")
    journal.audit.record("test", "")  # said in the log: nobody waits for it


def test_a_damaged_file_names_the_first_record_that_cannot_be_read(path: Path) -> None:
    """Whatever page of the file is overwritten: an intact chain, or a sentence; never a defect of ours."""
    whole = path.read_bytes()
    found = []
    for start in range(4096, len(whole), 4096):
        path.write_bytes(whole[:start] + b"\xff" * 4096 + whole[start + 4096 :])
        try:
            assert (verify(path).sequence, len(list(records(path)))) == (12, 12)
        except ChainBroken as error:
            found.append((error.sequence, "cannot be read" in str(error)))

    assert (1, True) in found


def test_a_batch_of_another_type_was_altered(path: Path) -> None:
    """SQLite keeps a text where a number belongs."""
    tamper(path, "UPDATE audit_batches SET count = 'three' WHERE number = 2")

    assert broken_at(path) == (4, "audit chain breaks at record 4: batch 2 was altered")


def test_showing_stops_at_a_record_that_cannot_be_read(path: Path) -> None:
    """And names it; those before it were shown."""
    tamper(path, "UPDATE audit_records SET content = x'00' WHERE sequence = 3")
    shown = records(path)

    assert [next(shown).sequence, next(shown).sequence] == [1, 2]
    with pytest.raises(ChainBroken, match="record 3: it was altered"):
        next(shown)


async def test_a_text_that_is_no_utf_8_holds_up_no_record(path: Path) -> None:
    """A reason typed at a prompt of another encoding is kept spelled out, and what follows it is written."""
    journal = await Journal.open(path, SystemRuntime())

    await asyncio.wait_for(journal.audit.written("test", "no\udce9", reason="re\udce7u"), 5)
    await asyncio.wait_for(journal.audit.written("test", "next"), 5)
    await journal.close()

    told = [(record.subject, record.facts) for record in records(path, after=12)]
    assert told == [("no\\udce9", {"reason": "re\\udce7u"}), ("next", {})]
    assert verify(path).sequence == 14


async def test_records_waiting_for_the_disk_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that hangs must not eat the memory; what waited is written once it is back."""
    monkeypatch.setattr("mlconnector_agent.journal.audit.MAX_WAITING", 2)
    journal = await Journal.open(path, SystemRuntime())
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    for number in range(5):
        assert journal.audit.is_full == (number >= 2)
        journal.audit.record("waits", f"{number}")
    await asyncio.sleep(0.3)
    blocker.execute("ROLLBACK")
    blocker.close()

    await journal.audit.flush()

    assert not journal.audit.is_full
    assert [record.subject for record in records(path) if record.kind == "waits"] == ["0", "1"]
    await journal.close()


async def test_a_record_that_found_no_disk_is_written_with_the_next_commit(path: Path) -> None:
    """It is not lost with the transaction it was to be in."""
    journal = await Journal.open(path, SystemRuntime())
    tamper(path, "ALTER TABLE audit_batches RENAME TO away")
    journal.audit.record("waits", "")
    with pytest.raises(JournalUnavailable):
        await journal.audit.flush()
    tamper(path, "ALTER TABLE away RENAME TO audit_batches")

    await journal.remember(a_read())

    assert [record.kind for record in records(path, after=12)] == ["waits"]
    assert verify(path).sequence == 13
    await journal.close()


async def test_a_record_nobody_waits_for_is_on_disk_within_a_moment(path: Path) -> None:
    """It gathers with others for a commit, and nobody has to ask."""
    journal = await Journal.open(path, SystemRuntime())
    for number in range(3):
        journal.audit.record("alone", f"{number}")
    await asyncio.sleep(1)

    assert [record.subject for record in records(path) if record.kind == "alone"] == ["0", "1", "2"]
    assert journal.audit.head == verify(path)
    await journal.close()


async def test_what_is_recorded_before_a_write_is_on_disk_with_it(path: Path) -> None:
    """An admitted envelope is told of before anything is done; but the one urgent write waits for no record."""
    journal = await Journal.open(path, SystemRuntime())
    journal.audit.record("envelope.admitted", "read-1")
    await journal.remember(a_read())

    assert [record.kind for record in records(path, after=12)] == ["envelope.admitted"]
    await journal.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"no database" * 100),
        lambda path: tamper(path, "PRAGMA user_version = 9"),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_a_file_that_is_no_audit_of_ours_is_refused(path: Path, damage: Callable[[Path], Any]) -> None:
    """Nothing is repaired silently."""
    damage(path)

    with pytest.raises(JournalError):
        verify(path)


def test_nobody_else_may_read_it(path: Path) -> None:
    """Mode 0600, whatever the umask."""
    assert path.stat().st_mode & 0o077 == 0
