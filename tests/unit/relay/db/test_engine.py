"""Transactions are all or nothing and durable; works that share a commit do not share their errors."""

import asyncio
from pathlib import Path

import pytest
from mlconnector_relay.db import stores
from mlconnector_relay.db.engine import Database, Transaction
from mlconnector_relay.db.errors import DatabaseRefused, DatabaseUnavailable
from sqlalchemy import event, text

from tests.support.relay_state import NOW, a_store

ON_SQLITE = pytest.mark.parametrize("dialect", ["sqlite"])
ON_POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"])


async def add(tx: Transaction, tenant: str) -> None:
    await stores.add_tenant(tx, tenant, tenant, NOW)


async def tenants(database: Database) -> list[str]:
    async with database.read() as tx:
        return [tenant.tenant for tenant in await stores.all_tenants(tx)]


def commits_of(database: Database) -> list[int]:
    counted: list[int] = []
    event.listen(database._writer.sync_engine, "commit", lambda _connection: counted.append(1))
    return counted


async def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    """An error in the block leaves nothing behind."""

    async def broken() -> None:
        async with database.transaction() as tx:
            await add(tx, "acme")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await broken()

    assert await tenants(database) == []


async def test_what_was_written_is_there_for_another_process(database_url: str) -> None:
    """After the write returned, a process that opens the database sees it."""
    one = Database(database_url)
    await one.write(lambda tx: add(tx, "acme"))
    two = Database(database_url)

    assert await tenants(two) == ["acme"]
    await one.close()
    await two.close()


async def test_waiting_writers_keep_their_results_and_errors_apart(database: Database) -> None:
    """Of many works at once one that fails loses only its own rows, and hears of its own error."""

    async def broken(tx: Transaction) -> None:
        await add(tx, "broken")
        raise ZeroDivisionError

    async def refused(tx: Transaction) -> None:
        await add(tx, "refused")
        await tx.execute(text("INSERT INTO tenants (tenant) VALUES ('acme')"))

    works = [lambda tx, number=number: add(tx, f"t{number}") for number in range(10)]
    told = await asyncio.gather(
        *(database.write(work) for work in (*works[:5], broken, refused, *works[5:])), return_exceptions=True
    )

    assert sorted(await tenants(database)) == [f"t{number}" for number in range(10)]
    assert [type(one) for one in told if one is not None] == [ZeroDivisionError, DatabaseRefused]


@ON_SQLITE
async def test_waiting_writers_share_commits(database: Database) -> None:
    """On SQLite a hundred writers need a few commits, not a hundred."""
    commits = commits_of(database)

    await asyncio.gather(*(database.write(lambda tx, n=n: add(tx, f"t{n}")) for n in range(100)))

    assert len(await tenants(database)) == 100
    assert len(commits) <= 3


@ON_SQLITE
async def test_a_full_disk_is_unavailable(database: Database) -> None:
    """A write that finds no room is refused for now, and smaller ones still go through."""
    async with database.transaction() as tx:
        pages = (await tx.execute(text("PRAGMA page_count"))).scalar_one()
        await tx.execute(text(f"PRAGMA max_page_count = {pages + 2}"))

    with pytest.raises(DatabaseUnavailable, match="full"):
        await database.write(lambda tx: stores.add_tenant(tx, "large", "x" * 1_000_000, NOW))
    await database.write(lambda tx: add(tx, "small"))
    assert await tenants(database) == ["small"]


@ON_SQLITE
async def test_when_sqlite_rolls_a_shared_commit_back_every_writer_hears_of_it(database: Database) -> None:
    """Some errors make SQLite roll back all at once: nothing is stored then, and nobody is told otherwise."""

    async def rolls_back(tx: Transaction) -> None:
        await tx.execute(text("ROLLBACK"))

    told = await asyncio.gather(
        database.write(lambda tx: add(tx, "first")),
        database.write(lambda tx: add(tx, "before")),
        database.write(rolls_back),
        database.write(lambda tx: add(tx, "behind")),
        return_exceptions=True,
    )

    names = ("first", "before", "rolls_back", "behind")
    assert [name for name, one in zip(names, told, strict=True) if one is None] == await tenants(database)
    assert all(isinstance(one, DatabaseUnavailable) for one in told if one is not None)


async def test_a_cancelled_writer_leaves_the_database_usable(database: Database) -> None:
    """Cancelling a task in its transaction rolls it back and gives the connection back."""
    inside = asyncio.Event()

    async def work() -> None:
        async with database.transaction() as tx:
            await add(tx, "cancelled")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await database.write(lambda tx: add(tx, "acme"))
    assert await tenants(database) == ["acme"]


async def test_a_waiter_that_gives_up_does_not_harm_the_others(database: Database) -> None:
    """A cancelled wait for a shared commit leaves its neighbours' writes alone."""
    tasks = [asyncio.create_task(database.write(lambda tx, n=n: add(tx, f"t{n}"))) for n in range(6)]
    await asyncio.sleep(0)
    tasks[3].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert {f"t{n}" for n in (0, 1, 2, 4, 5)} <= set(await tenants(database))


async def test_a_violated_constraint_is_refused(database: Database) -> None:
    """What the database refuses is no matter of trying again."""
    async with database.transaction() as tx:
        await stores.save(tx, a_store())

    with pytest.raises(DatabaseRefused) as caught:
        async with database.transaction() as tx:
            await stores.save(tx, a_store(store_hash="other"))
    assert not caught.value.retryable


async def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    """No file, no server: retryable, in our own words."""
    urls = [
        f"sqlite:///{tmp_path}/missing/relay.db",
        f"postgresql+asyncpg://postgres@/postgres?host={tmp_path}",
    ]
    for url in urls:
        database = Database(url)
        with pytest.raises(DatabaseUnavailable) as caught:
            await database.write(lambda tx: add(tx, "acme"))
        assert caught.value.retryable
        with pytest.raises(DatabaseUnavailable):
            await tenants(database)
        await database.close()


@ON_SQLITE
async def test_a_read_only_database_cannot_write_but_reads(database: Database) -> None:
    """A database that cannot write says so, so that a callback is answered 503."""
    async with database.transaction() as tx:
        await tx.execute(text("PRAGMA query_only=ON"))

    with pytest.raises(DatabaseUnavailable):
        await database.write(lambda tx: add(tx, "acme"))
    assert await tenants(database) == []


@ON_SQLITE
async def test_readers_neither_wait_nor_see_half_a_write(database: Database) -> None:
    """A reader beside an open write sees the state before it."""
    async with database.transaction() as tx:
        await add(tx, "acme")
        assert await tenants(database) == []
    assert await tenants(database) == ["acme"]


@ON_SQLITE
async def test_sqlite_is_durable(database: Database) -> None:
    """Commits are synchronised to the disk: WAL with synchronous FULL."""
    async with database.transaction() as tx:
        assert (await tx.execute(text("PRAGMA journal_mode"))).scalar_one() == "wal"
        assert (await tx.execute(text("PRAGMA synchronous"))).scalar_one() == 2


@pytest.mark.parametrize(
    "url", ["mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "nonsense", "postgresql:///x"]
)
def test_other_databases_are_refused(url: str) -> None:
    """Only a SQLite file and PostgreSQL by asyncpg; the message says how they are written."""
    with pytest.raises(DatabaseRefused, match="url"):
        Database(url)


def test_a_password_is_not_shown() -> None:
    """The message about a wrong URL hides its password."""
    with pytest.raises(DatabaseRefused) as caught:
        Database("mysql://user:secret@localhost/x")
    assert "secret" not in str(caught.value)


@ON_POSTGRESQL
async def test_a_deadlock_may_be_tried_again(database: Database) -> None:
    """A transaction PostgreSQL sacrifices is retryable."""
    for name in ("a", "b"):
        await database.write(lambda tx, name=name: add(tx, name))
    both_locked = asyncio.Barrier(2)

    async def cross(first: str, second: str) -> None:
        async with database.transaction() as tx:
            await tx.execute(text("UPDATE tenants SET name = 'x' WHERE tenant = :t"), {"t": first})
            await both_locked.wait()
            await tx.execute(text("UPDATE tenants SET name = 'x' WHERE tenant = :t"), {"t": second})

    told = await asyncio.gather(cross("a", "b"), cross("b", "a"), return_exceptions=True)

    failures = [one for one in told if one is not None]
    assert len(failures) == 1
    assert isinstance(failures[0], DatabaseUnavailable)
