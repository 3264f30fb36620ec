"""The journal's writer: shared commits, isolated failures, urgent writes first."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.journal.errors import JournalUnavailable
from mlconnector_agent.journal.writer import Writer


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path / "x.db", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (x INTEGER UNIQUE)")
    return connection


def _insert(number: int) -> Any:
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (number,)).rowcount


async def test_a_failing_write_leaves_the_others(tmp_path: Path) -> None:
    """Writes that share a commit fail each for itself; what a failed one wrote is undone."""
    writer = Writer(_connection(tmp_path))

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO t VALUES (100)")
        raise KeyError("mine")

    outcomes = await asyncio.gather(
        writer.run(_insert(1)),
        writer.run(broken),
        writer.run(_insert(1)),
        writer.run(_insert(2)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [int, KeyError, JournalUnavailable, int]
    assert await writer.run(lambda c: c.execute("SELECT x FROM t ORDER BY x").fetchall()) == [(1,), (2,)]
    await writer.close()


async def test_an_urgent_write_goes_first_and_alone(tmp_path: Path) -> None:
    """It waits for the commit under way and for nothing else."""
    writer = Writer(_connection(tmp_path))
    gate, order = threading.Event(), []

    def note(name: str) -> Any:
        return lambda _: order.append(name)

    blocking = asyncio.create_task(writer.run(lambda _: gate.wait(10)))
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(writer.run(note(f"waiting {n}"))) for n in range(3)]
    await asyncio.sleep(0)
    urgent = asyncio.create_task(writer.run(note("urgent"), urgent=True))
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(blocking, urgent, *waiting)
    assert order[0] == "urgent"
    await writer.close()


async def test_whoever_gave_up_does_not_disturb(tmp_path: Path) -> None:
    """A write whose caller has gone is still made, and its answer is dropped."""
    writer = Writer(_connection(tmp_path))
    task = asyncio.create_task(writer.run(_insert(1)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await writer.run(lambda c: c.execute("SELECT count(*) FROM t").fetchone()) == (1,)
    await writer.close()


async def test_a_locked_file_is_reported_to_all_who_wait(tmp_path: Path) -> None:
    """When the commit itself is impossible every write in it fails by name, and later ones may succeed."""
    writer = Writer(_connection(tmp_path))
    blocker = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    await writer.run(lambda c: c.execute("PRAGMA busy_timeout = 50"))
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailable, match="locked"):
        await writer.run(_insert(1))
    blocker.rollback()
    blocker.close()
    assert await writer.run(_insert(1)) == 1
    await writer.close()
