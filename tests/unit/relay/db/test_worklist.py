"""The worklist adds up what parked orders wait for."""

from datetime import datetime, timedelta
from decimal import Decimal

from mlconnector_relay.db import jobs, worklist
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Cause, Done, Outcome, Parked, Retry, Sight
from mlconnector_relay.db.worklist import Entry

from tests.support.relay_state import NOW, add_store, key_of, leased


async def settle(
    database: Database, order: int, outcome: Outcome, sight: Sight | None = None, at: datetime = NOW
) -> None:
    await database.write(lambda tx: jobs.enqueue(tx, key_of(order), at))
    [job] = await leased(database, at)
    assert await database.write(lambda tx: jobs.settle(tx, job, outcome, at, sight))


def parked(*causes: str) -> Parked:
    return Parked(tuple(Cause(cause, f"cure {cause}") for cause in causes), "waits")


def seen(total: str, currency: str = "EUR") -> Sight:
    return Sight(NOW, NOW, Decimal(total), currency)


async def test_each_cause_is_one_entry_with_what_it_blocks(database: Database) -> None:
    """By currency, the oldest first; an order with two causes counts in both; a posted one in none."""
    await add_store(database)
    later = NOW + timedelta(hours=1)
    await settle(database, 1, parked("tax:a"), seen("10.50"))
    await settle(database, 2, parked("tax:a", "tax:b"), seen("20.25"), later)
    await settle(database, 3, parked("tax:b"), seen("100", "JPY"), later)
    await settle(database, 4, parked("tax:b"), at=later)
    await settle(database, 5, Done("posted", "document 1"), seen("99"))

    async with database.read() as tx:
        assert await worklist.entries(tx, "acme") == [
            Entry("tax:a", "cure tax:a", "finance", 2, {"EUR": Decimal("30.75")}, NOW),
            Entry("tax:b", "cure tax:b", "finance", 3, {"EUR": Decimal("20.25"), "JPY": Decimal(100)}, later),
        ]
        assert [one.order_id for one in await worklist.orders_waiting(tx, "acme", "tax:b")] == [2, 3, 4]
        [first, *_] = await worklist.orders_waiting(tx, "acme", "tax:a")
        assert (first.total, first.currency, first.placed_at) == (Decimal("10.50"), "EUR", NOW)


async def test_of_an_order_that_waits_in_part_that_part_is_blocked(database: Database) -> None:
    """A refund, beside an order that waits as a whole; behind several questions of one key the largest."""
    await add_store(database)
    refund = Cause("period:1", "closed", amount=Decimal("19.90"))
    await settle(database, 1, Parked((refund,), "waits"), seen("119"))
    await settle(database, 2, Parked((Cause("period:1", "closed"),), "waits"), seen("50"))
    asked = (Cause("tax:a", "x", question=str(amount), amount=Decimal(amount)) for amount in (3, 7, 5))
    await settle(database, 3, Parked(tuple(asked), "waits"), seen("80"))
    async with database.read() as tx:
        entries = {one.cause: one.blocked for one in await worklist.entries(tx, "acme")}
        assert entries == {"period:1": {"EUR": Decimal("69.90")}, "tax:a": {"EUR": Decimal(7)}}
        assert [one.blocked for one in await worklist.orders_waiting(tx, "acme", "period:1")] == [
            Decimal("19.90"),
            Decimal(50),
        ]
        assert [one.amount for one in await jobs.causes_of(tx, key_of(1))] == [Decimal("19.90")]


async def test_a_posted_order_may_be_listed_and_blocks_nothing(database: Database) -> None:
    """As long as the last look says so; a failed one says nothing."""
    await add_store(database)
    listed = Done("posted", "document 1", listed=(Cause("archived:s", "archived", choices=("leave",)),))
    await settle(database, 1, listed, seen("10.50"))
    await settle(database, 2, listed, seen("20"))
    later = NOW + timedelta(hours=1)
    await settle(database, 2, Retry(later, "store away"))
    async with database.read() as tx:
        assert await worklist.entries(tx, "acme") == [
            Entry("archived:s", "archived", "finance", 2, {"EUR": Decimal(0)}, NOW, "leave")
        ]
        [first, _] = await worklist.orders_waiting(tx, "acme", "archived:s")
        assert (first.total, first.state) == (Decimal("10.50"), "posted")
    await settle(database, 1, Done("posted", "document 1"), seen("10.50"))
    await database.write(lambda tx: worklist.unlist(tx, key_of(2), "other"))
    async with database.read() as tx:
        assert [one.order_id for one in await worklist.orders_waiting(tx, "acme", "archived:s")] == [2]
    await database.write(lambda tx: worklist.unlist(tx, key_of(2), "archived:s"))
    async with database.read() as tx:
        assert await worklist.entries(tx, "acme") == []


async def test_what_was_seen_stays_until_it_is_seen_anew(database: Database) -> None:
    """A failed fetch takes nothing away."""
    await add_store(database)
    await settle(database, 1, parked("tax:a"), seen("10.50"))
    await settle(database, 1, Retry(NOW, "store away"))
    async with database.read() as tx:
        job = await jobs.of_order(tx, *key_of(1))
    assert job is not None
    assert (job.total, job.currency, job.placed_at) == (Decimal("10.50"), "EUR", NOW)
