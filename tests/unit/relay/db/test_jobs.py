"""Jobs are level-triggered: leased by one at a time, never lost, parked until cured, released exactly."""

import asyncio
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from mlconnector_relay.db import jobs, worklist
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Cause, Done, Failed, Job, Outcome, Parked, Retry, Sight, Wish

from tests.support.relay_state import NOW, add_store, key_of, leased

LATER = NOW + timedelta(seconds=90)


async def enqueue(database: Database, *orders: int, at: datetime = NOW, store: str = "abc123") -> None:
    for order in orders:
        await database.write(lambda tx, order=order: jobs.enqueue(tx, key_of(order, store_hash=store), at))


async def settle(database: Database, job: Job, outcome: Outcome, at: datetime = NOW) -> bool:
    return await database.write(lambda tx: jobs.settle(tx, job, outcome, at))


async def state_of(database: Database, order: int) -> Job:
    async with database.read() as tx:
        job = await jobs.of_order(tx, "acme", "abc123", order)
    assert job is not None
    return job


async def park(database: Database, order: int, *causes: str, at: datetime = NOW) -> None:
    await enqueue(database, order, at=at)
    [job] = await leased(database, at)
    parked = Parked(tuple(Cause(cause, f"add {cause}") for cause in causes), "a mapping is missing")
    await settle(database, job, parked, at)


async def test_a_job_is_leased_once_at_a_time(database: Database) -> None:
    """A leased job is nobody else's until the lease ends."""
    await add_store(database)
    await enqueue(database, 1)

    assert [job.order_id for job in await leased(database)] == [1]
    assert await leased(database, owner="relay-2") == []


async def test_what_was_fetched_is_used_until_an_event_comes(database: Database) -> None:
    """Also one that comes during the look; a release changes nothing about it, unless it says so."""
    await add_store(database)
    sight = Sight(NOW, NOW, Decimal(119), "EUR", "record-1")
    parked = Parked((Cause("tax:FOOD", "map it"),), "no code")

    async def looked(seen: Sight | None, *, told: bool = False) -> str | None:
        [job] = await leased(database)
        if told:
            await enqueue(database, 1)
        await database.write(lambda tx: jobs.settle(tx, job, parked, NOW, seen))
        return (await state_of(database, 1)).fetched_as

    await enqueue(database, 1)
    assert await looked(sight) == "record-1"
    await database.write(lambda tx: jobs.release(tx, "acme", "tax:FOOD", NOW))
    assert await looked(None) == "record-1"
    await database.write(lambda tx: jobs.release(tx, "acme", "tax:FOOD", NOW))
    assert await looked(sight, told=True) is None
    assert await looked(sight) == "record-1"
    await database.write(lambda tx: jobs.release(tx, "acme", "tax:FOOD", NOW, anew=True))
    assert await looked(None) is None
    await database.write(lambda tx: jobs.release(tx, "acme", "tax:FOOD", NOW))
    assert await looked(sight) == "record-1"
    await enqueue(database, 1)
    assert await looked(None) is None


async def test_two_processes_never_lease_the_same_job(database_url: str) -> None:
    """Leasing at the same moment from two connections shares the jobs out, each once."""
    one, two = Database(database_url), Database(database_url)
    await add_store(one)
    await one.write(lambda tx: jobs.enqueue_many(tx, [Wish(key_of(order), NOW) for order in range(1, 41)], NOW))

    taken = await asyncio.gather(
        *(leased(database, limit=5, owner=f"relay-{turn}") for turn in range(4) for database in (one, two))
    )
    await one.close()
    await two.close()

    orders = [job.order_id for batch in taken for job in batch]
    assert len(orders) == 40
    assert len(set(orders)) == 40


async def test_an_expired_lease_makes_the_job_due_and_counts_as_a_try(database: Database) -> None:
    """When its process died, a job is worked on again, and the death is counted."""
    await add_store(database)
    await enqueue(database, 1)
    await leased(database)

    [again] = await leased(database, NOW + timedelta(seconds=60), owner="relay-2")

    assert (again.attempts, again.lease_owner) == (1, "relay-2")


async def test_a_lease_that_was_lost_cannot_settle_or_renew(database: Database) -> None:
    """Whoever paused past the end of its lease changes nothing any more, even under the same name."""
    await add_store(database)
    await enqueue(database, 1)
    [lost] = await leased(database)
    [held] = await leased(database, NOW + timedelta(seconds=61))

    assert not await settle(database, lost, Done("posted", "late"), LATER)
    assert not await database.write(lambda tx: jobs.renew(tx, lost, LATER, 60))
    assert await settle(database, held, Done("posted", "done"), LATER)


async def test_renewing_prolongs_the_lease(database: Database) -> None:
    """A renewed job stays leased past the first lease's end."""
    await add_store(database)
    await enqueue(database, 1)
    [job] = await leased(database)

    assert await database.write(lambda tx: jobs.renew(tx, job, NOW + timedelta(seconds=40), 60))
    assert await leased(database, NOW + timedelta(seconds=90)) == []


@pytest.mark.parametrize(
    "outcome",
    [
        Done("posted", "document 1"),
        Done("waiting", "not paid yet", "store"),
        Done("skipped", "cut-over: older"),
        Parked((Cause("account:category=1", "map it"),), "no account"),
        Failed("defect"),
        Retry(NOW + timedelta(hours=1), "the store is away"),
    ],
    ids=lambda outcome: f"{type(outcome).__name__}-{getattr(outcome, 'state', '')}",
)
async def test_a_bump_while_leased_is_never_lost(database: Database, outcome: Outcome) -> None:
    """A newer event than the one planned from leaves the job due, whatever the outcome was."""
    await add_store(database)
    await enqueue(database, 1)
    [job] = await leased(database)
    await database.write(lambda tx: jobs.bump(tx, job.key, NOW))
    assert await leased(database) == []

    assert await settle(database, job, outcome, NOW)

    assert [again.order_id for again in await leased(database)] == [1]


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Done("posted", "document 1"), "posted"),
        (Parked((), "a person must look"), "parked"),
        (Failed("defect"), "failed"),
    ],
)
async def test_a_settled_job_rests_until_it_is_bumped(database: Database, outcome: Outcome, state: str) -> None:
    """Without a newer event a settled job is not due; the next event makes it so, parked or not."""
    await add_store(database)
    await enqueue(database, 1)
    [job] = await leased(database)
    await settle(database, job, outcome)

    assert await leased(database, NOW + timedelta(days=30)) == []
    assert (await state_of(database, 1)).state == state
    await enqueue(database, 1, at=LATER)
    assert len(await leased(database, LATER)) == 1


async def test_a_retry_waits_counts_and_keeps_the_state(database: Database) -> None:
    """A failed try is due again at its time; success clears the count."""
    await add_store(database)
    await enqueue(database, 1)
    [job] = await leased(database)
    await settle(database, job, Retry(LATER, "store_unavailable: 503"))

    waiting = await state_of(database, 1)
    assert (waiting.state, waiting.attempts, waiting.reason) == ("waiting", 1, "store_unavailable: 503")
    assert await leased(database, LATER - timedelta(seconds=1)) == []
    [again] = await leased(database, LATER)
    await settle(database, again, Done("posted", "document 1"), LATER)
    assert (await state_of(database, 1)).attempts == 0


async def test_an_event_does_not_wait_for_a_later_retry(database: Database) -> None:
    """A new event makes a job due at once that was waiting for its next try."""
    await add_store(database)
    await enqueue(database, 1)
    [job] = await leased(database)
    await settle(database, job, Retry(NOW + timedelta(hours=2), "away"))
    await enqueue(database, 1, at=LATER)

    assert len(await leased(database, LATER)) == 1


async def test_a_posting_without_an_answer_is_looked_at_again(database: Database) -> None:
    """A state may name when it is looked at again although nothing happens."""
    await add_store(database)
    await enqueue(database, 1)
    [job] = await leased(database)
    await settle(database, job, Done("posting", "sent", "agent", LATER))

    assert await leased(database, LATER - timedelta(seconds=1)) == []
    assert len(await leased(database, LATER)) == 1


async def test_curing_a_cause_releases_exactly_its_jobs_in_order(database: Database) -> None:
    """Orders that wait for the cause become due, first seen first; all others stay parked."""
    await add_store(database)
    for minutes, order in enumerate((30, 10, 20)):
        await park(database, order, "account:category=1", at=NOW + timedelta(minutes=minutes))
    await park(database, 40, "tax:FOOD", at=NOW + timedelta(minutes=5))
    cured = NOW + timedelta(hours=1)

    released = await database.write(lambda tx: jobs.release(tx, "acme", "account:category=1", cured))

    assert released == 3
    in_order = [(await leased(database, cured, limit=1))[0].order_id for _ in range(3)]
    assert in_order == [30, 10, 20]
    assert await leased(database, cured) == []
    assert (await state_of(database, 40)).due_at is None


async def test_only_so_many_are_released_at_a_time(database: Database) -> None:
    """The first seen first; those that are under way already count in, and another store's wait on."""
    await add_store(database)
    for minutes, order in enumerate((30, 10, 20, 40)):
        await park(database, order, "reversals:abc123", at=NOW + timedelta(minutes=minutes))
    await park(database, 50, "tax:FOOD", at=NOW)
    later = NOW + timedelta(hours=1)

    async def release(most: int, store_hash: str = "abc123") -> int:
        return await database.write(
            lambda tx: jobs.release_some(tx, "acme", store_hash, "reversals:abc123", later, most)
        )

    assert [await release(0), await release(2, "other"), await release(2), await release(2)] == [0, 0, 2, 0]
    assert await release(3) == 1
    assert {job.order_id for job in await leased(database, later)} == {30, 10, 20}
    assert (await state_of(database, 40)).due_at is None


async def test_a_cure_while_the_order_is_planned_with_the_old_mapping_is_not_lost(database: Database) -> None:
    """A parked order that is being looked at when its cause is cured is looked at once more."""
    await add_store(database)
    await park(database, 1, "account:category=1")
    await enqueue(database, 1)
    [job] = await leased(database)
    await database.write(lambda tx: jobs.release(tx, "acme", "account:category=1", NOW))
    await settle(database, job, Parked((Cause("account:category=1", "map it"),), "still none"))

    assert len(await leased(database)) == 1


async def test_causes_are_those_of_the_last_look(database: Database) -> None:
    """What a job waits for is replaced when it parks again, and gone when it is done."""
    await add_store(database)
    await park(database, 1, "account:category=1", "tax:FOOD")
    await park(database, 1, "tax:FOOD")

    async with database.read() as tx:
        assert [cause.key for cause in await jobs.causes_of(tx, key_of(1))] == ["tax:FOOD"]
        assert await jobs.waiting_causes(tx, "acme") == [("tax:FOOD", 1)]
    await enqueue(database, 1)
    [job] = await leased(database)
    await settle(database, job, Done("posted", "document 1"))
    async with database.read() as tx:
        assert await jobs.waiting_causes(tx, "acme") == []


async def test_a_failed_try_keeps_what_a_parked_job_waits_for(database: Database) -> None:
    """A retry of a parked order leaves it parked with its causes."""
    await add_store(database)
    await park(database, 1, "tax:FOOD")
    await enqueue(database, 1)
    [job] = await leased(database)
    await settle(database, job, Retry(LATER, "away"))

    async with database.read() as tx:
        assert [cause.key for cause in await jobs.causes_of(tx, key_of(1))] == ["tax:FOOD"]
    assert (await state_of(database, 1)).state == "parked"


async def test_leasing_is_fair_over_stores(database: Database) -> None:
    """A flash sale of one store does not keep another store's order waiting."""
    await add_store(database)
    await add_store(database, store_hash="small", store_code="B1")
    wishes = [Wish(key_of(order), NOW - timedelta(hours=1)) for order in range(1, 200)]
    await database.write(lambda tx: jobs.enqueue_many(tx, wishes, NOW))
    await enqueue(database, 5, store="small")

    taken = await leased(database, limit=4)

    assert len(taken) == 4
    assert ("small", 5) in [(job.store_hash, job.order_id) for job in taken]


async def test_closed_and_inactive_stores_are_left_alone(database: Database) -> None:
    """Jobs behind a circuit, or of a store that is switched off, are not even attempted."""
    await add_store(database)
    await add_store(database, store_hash="off", store_code="B1", active=False)
    await enqueue(database, 1)
    await enqueue(database, 2, store="off")

    assert await leased(database, closed={("acme", "abc123")}) == []
    assert [job.order_id for job in await leased(database)] == [1]


async def test_a_tenant_s_orders_are_leased_into_its_room(database: Database) -> None:
    """All its stores share it; whoever is not named has no limit of its own."""
    await add_store(database)
    await add_store(database, store_hash="second", store_code="B1")
    await add_store(database, "other", "def456", store_code="C1")
    await enqueue(database, 1, 2, 3)
    await enqueue(database, 4, 5, 6, store="second")
    await database.write(lambda tx: jobs.enqueue(tx, key_of(7, "other", "def456"), NOW))
    assert [job.order_id for job in await leased(database, room={"acme": 0})] == [7]
    assert len(await leased(database, room={"acme": 4, "other": 1})) == 4
    assert await leased(database, room={"acme": -1}) == []
    assert len(await leased(database)) == 2


async def test_the_newest_can_be_leased_first(database: Database) -> None:
    """New orders get their share of a backlog."""
    await add_store(database)
    for minutes, order in enumerate((1, 2, 3)):
        await enqueue(database, order, at=NOW + timedelta(minutes=minutes))

    assert [job.order_id for job in await leased(database, NOW + timedelta(hours=1), limit=1, newest_first=True)] == [3]


async def test_marking_changes_only_what_people_see(database: Database) -> None:
    """A mark leaves lease and due time alone."""
    await add_store(database)
    await enqueue(database, 1)
    [job] = await leased(database)
    await database.write(lambda tx: jobs.mark(tx, job.key, "posting", "sent", "agent", LATER))

    seen = await state_of(database, 1)
    assert (seen.state, seen.state_since, seen.lease_owner, seen.due_at) == ("posting", LATER, "relay-1", job.due_at)


async def test_the_state_is_as_old_as_its_first_moment(database: Database) -> None:
    """Confirming a state keeps its age; changing it starts anew."""
    await add_store(database)
    await park(database, 1, "tax:FOOD")
    await park(database, 1, "tax:FOOD", at=LATER)
    assert (await state_of(database, 1)).state_since == NOW

    await enqueue(database, 1, at=LATER)
    [job] = await leased(database, LATER)
    await settle(database, job, Done("posted", "document 1"), LATER)
    assert (await state_of(database, 1)).state_since == LATER


async def test_what_an_order_still_waits_for_keeps_its_age(database: Database) -> None:
    """Another cause, and one that comes back after it was cured, begin anew."""

    async def since() -> dict[str, datetime]:
        async with database.read() as tx:
            return {entry.cause: entry.oldest for entry in await worklist.entries(tx, "acme")}

    await add_store(database)
    await park(database, 1, "tax:FOOD")
    await park(database, 1, "tax:FOOD", "account:X", at=LATER)
    assert await since() == {"tax:FOOD": NOW, "account:X": LATER}

    await park(database, 1, "account:X", at=LATER)
    await park(database, 1, "tax:FOOD", at=LATER)
    assert await since() == {"tax:FOOD": LATER}


async def test_a_parked_job_may_be_looked_at_again_by_itself(database: Database) -> None:
    """It stays parked until then; releasing its cause does not wait for that."""
    await add_store(database)
    again = NOW + timedelta(hours=1)
    await enqueue(database, 1)
    [job] = await leased(database)
    await settle(database, job, Parked((Cause("company:abc123", "not there"),), "not there", again_at=again))

    parked = await state_of(database, 1)
    assert (parked.state, parked.due_at) == ("parked", again)
    assert await leased(database, LATER) == []
    assert [job.order_id for job in await leased(database, again)] == [1]
    await settle(
        database, (await state_of(database, 1)), Parked((Cause("company:abc123", "no"),), "no", again_at=again)
    )

    assert await database.write(lambda tx: jobs.release(tx, "acme", "company:abc123", LATER)) == 1
    assert [job.order_id for job in await leased(database, LATER)] == [1]
