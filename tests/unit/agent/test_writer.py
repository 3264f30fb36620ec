"""Group commit: shared commits, isolated failures, urgent writes first and alone, a loop that never awaits the disk."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from mlconnector_agent.journal.errors import JournalUnavailable
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_agent.writer import Writer


def _connection(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path / "x.db", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE t (x INTEGER UNIQUE)")
    return connection


def _writer(path: Path, **options: float) -> Writer:
    return Writer(_connection(path), SystemRuntime(), JournalUnavailable, **options)


def _insert(number: int) -> Any:
    return lambda connection: connection.execute("INSERT INTO t VALUES (?)", (number,)).rowcount


async def test_a_failing_write_leaves_the_others(tmp_path: Path) -> None:
    """Writes that share a commit fail each for itself; what a failed one wrote is undone."""
    writer = _writer(tmp_path)

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


async def test_an_urgent_write_has_a_commit_of_its_own_before_all_that_wait(tmp_path: Path) -> None:
    """It came last; neither what gathers nor another urgent write, which may fail, is in its transaction."""
    writer, order = _writer(tmp_path), []
    seen = sqlite3.connect(tmp_path / "x.db", isolation_level=None)

    def durable() -> int:
        return int(seen.execute("SELECT count(*) FROM t").fetchone()[0])

    def urgent(number: int) -> Any:
        def work(connection: sqlite3.Connection) -> None:
            order.append(("urgent", durable()))
            connection.execute("INSERT INTO t VALUES (?)", (number,))

        return work

    def ordinary(_: sqlite3.Connection) -> None:
        order.append(("ordinary", durable()))

    waiting = [writer.run(ordinary) for _ in range(2)]
    first = [writer.run(urgent(number), urgent=True) for number in (1, 1, 2)]
    outcomes = await asyncio.gather(*waiting, *first, return_exceptions=True)

    assert order == [("urgent", 0), ("urgent", 1), ("urgent", 1), ("ordinary", 2), ("ordinary", 2)]
    assert [type(outcome) for outcome in outcomes[2:]] == [type(None), JournalUnavailable, type(None)]
    seen.close()
    await writer.close()


async def test_a_companion_ends_every_transaction_and_hears_what_became_of_it(tmp_path: Path) -> None:
    """It begins anew with the writes, writes last, and is told whether all of that is on disk."""
    writer, heard = _writer(tmp_path), []

    class Companion:
        def begin(self) -> None:
            heard.append("begin")

        def finish(self, connection: sqlite3.Connection, *, urgent: bool) -> None:
            heard.append("urgent" if urgent else "finish")
            if connection.execute("SELECT count(*) FROM t").fetchone()[0] == 3:
                raise sqlite3.OperationalError("the companion cannot write")

        def ended(self, *, durable: bool) -> None:
            heard.append("durable" if durable else "lost")

    writer.companion = Companion()

    await asyncio.gather(writer.run(_insert(1)), writer.run(_insert(1)), return_exceptions=True)
    assert heard == ["begin", "begin", "finish", "durable"]
    heard.clear()
    await writer.run(_insert(2), urgent=True)
    with pytest.raises(JournalUnavailable, match="companion"):
        await writer.run(_insert(3))
    assert heard == ["begin", "urgent", "durable", "begin", "finish", "lost"]
    assert await writer.run(lambda c: c.execute("SELECT count(*) FROM t").fetchone()) == (2,)
    await writer.close()


async def test_a_companion_that_breaks_costs_its_commit_and_no_later_one(tmp_path: Path) -> None:
    """Whatever it raises reaches those who wait for that commit; nobody waits for ever."""
    writer = _writer(tmp_path)

    class Companion:
        broken = True

        def begin(self) -> None: ...

        def finish(self, connection: sqlite3.Connection, *, urgent: bool) -> None:
            if self.broken:
                raise UnicodeError("no text")

        def ended(self, *, durable: bool) -> None: ...

    writer.companion = companion = Companion()
    outcomes = await asyncio.wait_for(
        asyncio.gather(writer.run(_insert(1)), writer.run(_insert(2)), return_exceptions=True), 10
    )
    assert [type(outcome) for outcome in outcomes] == [UnicodeError, UnicodeError]
    companion.broken = False
    await asyncio.wait_for(writer.run(_insert(1)), 10)
    await writer.close()


async def test_a_patient_write_shares_the_next_commit_and_waits_only_a_moment(tmp_path: Path) -> None:
    """It costs no commit of its own while others write, and needs none of them to become durable."""
    writer, order = _writer(tmp_path), []
    seen = sqlite3.connect(tmp_path / "x.db", isolation_level=None)

    def durable() -> int:
        return int(seen.execute("SELECT count(*) FROM t").fetchone()[0])

    patient = asyncio.create_task(writer.run(_insert(1), patient=True))
    await asyncio.sleep(0)
    await writer.run(lambda _: order.append(durable()))
    assert (order, durable()) == ([0], 1)
    assert await patient == 1
    assert await asyncio.wait_for(writer.run(_insert(2), patient=True), 5) == 1
    assert durable() == 2
    left = asyncio.create_task(writer.run(_insert(3), patient=True))
    await asyncio.sleep(0)
    await writer.close()
    assert (await left, durable()) == (1, 3)
    seen.close()


async def test_the_loop_goes_on_while_another_process_holds_the_file(tmp_path: Path) -> None:
    """A write waits for it; nothing else does."""
    writer = _writer(tmp_path)
    blocker = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(writer.run(_insert(1)))
    turns = 0
    while turns < 20:
        await asyncio.sleep(0.005)
        turns += 1
    assert not writing.done()
    blocker.rollback()
    blocker.close()
    assert await writing == 1
    await writer.close()


async def test_a_closed_writer_takes_no_more(tmp_path: Path) -> None:
    """What waits is still written; what comes later is refused by name."""
    writer = _writer(tmp_path)
    waiting = asyncio.create_task(writer.run(_insert(1)))
    await asyncio.sleep(0)
    await writer.close()
    assert await waiting == 1
    with pytest.raises(JournalUnavailable, match="closed"):
        await writer.run(_insert(2))


async def test_whoever_gave_up_does_not_disturb(tmp_path: Path) -> None:
    """A write whose caller has gone is still made, and its answer is dropped."""
    writer = _writer(tmp_path)
    task = asyncio.create_task(writer.run(_insert(1)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await writer.run(lambda c: c.execute("SELECT count(*) FROM t").fetchone()) == (1,)
    await writer.close()


async def test_a_locked_file_is_reported_to_all_who_wait(tmp_path: Path) -> None:
    """When the commit itself is impossible every write in it fails by name, and later ones may succeed."""
    writer = _writer(tmp_path, busy_seconds=0.05)
    blocker = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailable, match="locked"):
        await writer.run(_insert(1))
    blocker.rollback()
    blocker.close()
    assert await writer.run(_insert(1)) == 1
    await writer.close()
