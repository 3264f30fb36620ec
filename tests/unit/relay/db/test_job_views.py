"""What people, metrics and alerts see of the jobs."""

from datetime import timedelta

from mlconnector_relay.db import jobs
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Cause, Done, Outcome, Parked, Retry

from tests.support.relay_state import NOW, add_store, key_of, leased


async def settled(database: Database, order: int, outcome: Outcome | None, hours: int = 0) -> None:
    at = NOW + timedelta(hours=hours)
    await database.write(lambda tx: jobs.enqueue(tx, key_of(order), at))
    if outcome is not None:
        [job] = await leased(database, at)
        await database.write(lambda tx: jobs.settle(tx, job, outcome, at))


async def some_orders(database: Database) -> None:
    await add_store(database)
    await settled(database, 3, Done("posted", "document 1"), hours=1)
    await settled(database, 1, Parked((Cause("tax:FOOD", "map it"), Cause("account:x", "map x")), "gaps"), hours=2)
    await settled(database, 2, Parked((Cause("tax:FOOD", "map it"),), "gap"))
    await settled(database, 4, None, hours=3)


async def test_orders_are_counted_by_state(database: Database) -> None:
    """Only states that have any."""
    await some_orders(database)

    async with database.read() as tx:
        assert await jobs.count_by_state(tx, "acme") == {"posted": 1, "parked": 2, "waiting": 1}


async def test_orders_are_found_by_state_and_store_oldest_first(database: Database) -> None:
    """The longest in its state comes first; the list is bounded."""
    await some_orders(database)

    async with database.read() as tx:
        assert [job.order_id for job in await jobs.find(tx, "acme")] == [2, 3, 1, 4]
        assert [job.order_id for job in await jobs.find(tx, "acme", state="parked")] == [2, 1]
        assert [job.order_id for job in await jobs.find(tx, "acme", limit=1)] == [2]
        assert await jobs.find(tx, "acme", store_hash="other") == []


async def test_causes_are_counted_over_orders(database: Database) -> None:
    """Whoever can cure causes sees each once, with how many orders wait for it."""
    await some_orders(database)

    async with database.read() as tx:
        assert await jobs.waiting_causes(tx, "acme") == [("account:x", 1), ("tax:FOOD", 2)]
        assert [cause.key for cause in await jobs.causes_of(tx, key_of(1))] == ["account:x", "tax:FOOD"]


async def test_an_unknown_order_has_no_job(database: Database) -> None:
    """Never heard of is not the same as waiting."""
    async with database.read() as tx:
        assert await jobs.of_order(tx, "acme", "abc123", 99) is None


async def test_an_order_tried_in_vain_for_too_long_is_overdue(database: Database) -> None:
    """Retries do not hide an order: its state's age goes on counting. Waiting for the store is given longer."""
    await add_store(database)
    await settled(database, 1, Retry(NOW + timedelta(minutes=59), "away"))
    await settled(database, 2, Done("waiting", "not paid", "store"))

    async with database.read() as tx:
        assert await jobs.overdue(tx, "acme", NOW + timedelta(minutes=60)) == []
        late = await jobs.overdue(tx, "acme", NOW + timedelta(minutes=61))
        assert [job.order_id for job in late] == [1]
        assert len(await jobs.overdue(tx, "acme", NOW + timedelta(days=31))) == 2
