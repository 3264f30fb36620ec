"""SQLite under asyncio: the disk never holds up the loop, and rows come back however they are asked for."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest
from mlconnector_relay.db import stores
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseUnavailable
from mlconnector_relay.db.tables import tenants
from sqlalchemy import select, text

from tests.support.relay_state import NOW

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


def path_of(database: Database) -> Path:
    return Path(database.url.removeprefix("sqlite:///"))


async def test_waiting_for_another_process_does_not_stop_the_loop(database: Database) -> None:
    """While another process holds the write lock, this one goes on with everything else."""
    blocker = sqlite3.connect(path_of(database), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(database.write(lambda tx: stores.add_tenant(tx, "acme", "Acme", NOW)))
    turns, until = 0, time.monotonic() + 0.3
    while time.monotonic() < until:
        await asyncio.sleep(0.001)
        turns += 1

    assert turns > 30
    assert not writing.done()
    blocker.execute("ROLLBACK")
    blocker.close()
    assert await writing


async def test_rows_come_one_by_one_in_parts_or_all(database: Database) -> None:
    """However a result is read, it is complete and in order."""
    names = [f"t{number}" for number in range(7)]
    for name in names:
        await database.write(lambda tx, name=name: stores.add_tenant(tx, name, name, NOW))
    query = select(tenants.c.tenant).order_by(tenants.c.tenant)

    async with database.read() as tx:
        result = await tx.execute(query)
        first = result.fetchone()
        some = [row[0] for row in result.fetchmany(2)]
        rest = [row[0] for row in result.fetchall()]
        parts = [[row[0] for row in part] for part in (await tx.execute(query)).partitions(3)]

    assert first is not None
    assert [first[0], *some, *rest] == names
    assert parts == [names[:3], names[3:6], names[6:]]


async def test_a_writer_cancelled_while_it_waits_leaves_the_connection_whole(database: Database) -> None:
    """Cancelling while the write lock is awaited ends cleanly once it can; the next write works."""
    blocker = sqlite3.connect(path_of(database), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with database.transaction() as tx:
            await stores.add_tenant(tx, "cancelled", "x", NOW)

    writing = asyncio.create_task(write())
    await asyncio.sleep(0.05)
    writing.cancel()
    await asyncio.sleep(0.05)
    blocker.execute("ROLLBACK")
    blocker.close()
    with pytest.raises(asyncio.CancelledError):
        await writing

    assert await database.write(lambda tx: stores.add_tenant(tx, "acme", "Acme", NOW))
    async with database.read() as tx:
        assert [tenant.tenant for tenant in await stores.all_tenants(tx)] == ["acme"]


async def test_a_transaction_that_sqlite_rolled_back_is_not_called_committed(database: Database) -> None:
    """Whoever goes on after such an error hears of it at the latest at COMMIT."""

    async def work() -> None:
        async with database.transaction() as tx:
            await stores.add_tenant(tx, "lost", "x", NOW)
            await tx.execute(text("ROLLBACK"))

    with pytest.raises(DatabaseUnavailable, match="rolled the transaction back"):
        await work()
    assert await database.write(lambda tx: stores.add_tenant(tx, "acme", "Acme", NOW))
