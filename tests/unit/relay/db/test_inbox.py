"""The inbox keeps every delivery once and makes its order's job due in the same transaction."""

from datetime import timedelta

from mlconnector_relay.db import inbox, jobs
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.inbox import Delivery

from tests.support.relay_state import NOW, add_store, leased


def a_delivery(number: int, order: int | None = 7, **changes: object) -> Delivery:
    fields = {
        "tenant": "acme",
        "store_hash": "abc123",
        "delivery_id": f"d{number}",
        "scope": "store/order/updated",
        "order_id": order,
        "received_at": NOW,
        "trace": f"00-{number}",
    }
    return Delivery(**(fields | changes))


async def test_a_delivery_is_new_only_once(database: Database) -> None:
    """The same delivery id is stored once; a repeat does not bump the job."""
    for expected in (True, False):
        fresh = await database.write(lambda tx: inbox.accept(tx, "acme", "abc123", "d1", "store/order/created", 7, NOW))
        assert fresh is expected

    async with database.read() as tx:
        job = await jobs.of_order(tx, "acme", "abc123", 7)
    assert job is not None
    assert job.generation == 1


async def test_the_same_delivery_twice_in_one_group_is_new_once(database: Database) -> None:
    """Simultaneous duplicates that share a commit count once, the first of them as new."""
    fresh = await database.write(lambda tx: inbox.accept_many(tx, [a_delivery(1), a_delivery(1), a_delivery(2)]))

    assert fresh == [True, False, True]


async def test_nothing_delivered_is_nothing_stored(database: Database) -> None:
    """An empty group is no statement."""
    assert await database.write(lambda tx: inbox.accept_many(tx, [])) == []


async def test_many_deliveries_of_one_order_are_one_job(database: Database) -> None:
    """Callbacks of an order coalesce into one job that is leased once, with the newest trace."""
    await add_store(database)
    await database.write(lambda tx: inbox.accept_many(tx, [a_delivery(number) for number in range(5)]))

    found = await leased(database)
    assert [(job.order_id, job.trace) for job in found] == [(7, "00-4")]


async def test_an_event_without_an_order_makes_no_job(database: Database) -> None:
    """A validly signed event nobody wants is remembered, and nothing is to do."""
    await add_store(database)

    assert await database.write(lambda tx: inbox.accept_many(tx, [a_delivery(1, None)])) == [True]
    assert await leased(database) == []


async def test_the_order_waits_for_edits_that_follow_at_once(database: Database) -> None:
    """With a settling time, the job is due only after it."""
    await add_store(database)
    await database.write(lambda tx: inbox.accept_many(tx, [a_delivery(1)], timedelta(seconds=5)))

    assert await leased(database) == []
    assert len(await leased(database, NOW + timedelta(seconds=5))) == 1


async def test_delivery_ids_are_forgotten_after_seven_days(database: Database) -> None:
    """Pruning removes what is older than it is kept, and nothing else."""
    old = a_delivery(1, received_at=NOW - timedelta(days=7, seconds=1))
    kept = a_delivery(2, received_at=NOW - timedelta(days=7))
    await database.write(lambda tx: inbox.accept_many(tx, [old, kept]))

    assert await database.write(lambda tx: inbox.prune(tx, "acme", NOW)) == 1
    async with database.read() as tx:
        assert [one.delivery_id for one in await inbox.of_order(tx, "acme", "abc123", 7)] == ["d2"]
