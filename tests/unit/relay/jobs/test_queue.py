"""The queue of one process leases, renews and settles under its own name and clock."""

import asyncio

import pytest
from mlconnector_relay.db import alerts, jobs
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Cause, Done, Failed, Outcome, Parked, Wish
from mlconnector_relay.jobs.queue import Queue

from tests.support.relay_state import add_store, key_of
from tests.support.runtime import FakeRuntime, VirtualLoop


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_job_is_worked_on_by_one_process_until_its_lease_ends(database_url: str) -> None:
    """On the virtual clock: a live owner renews and keeps its job, a dead one loses it after its lease."""
    runtime = FakeRuntime()

    async def story() -> list[object]:
        database = Database(database_url)
        await add_store(database)
        alive, other = (Queue(database, runtime, name, 60) for name in ("relay-1", "relay-2"))
        await database.write(lambda tx: jobs.enqueue(tx, key_of(1), runtime.now()))
        [job] = await alive.lease(5)
        seen: list[object] = []
        for _ in range(10):
            await runtime.sleep(50)
            seen.append(await alive.renew(job))
            seen += await other.lease(5)
        await runtime.sleep(61)
        [taken] = await other.lease(5)
        seen += [taken.lease_owner, await alive.settle(job, Done("posted", "late"))]
        seen += [await other.settle(taken, Done("posted", "document 1")), await other.lease(5)]
        await database.close()
        return seen

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(story()) == [True] * 10 + ["relay-2", False, True, []]


@pytest.mark.parametrize("in_vain", [0, 1, 3])
@pytest.mark.parametrize("dialect", ["sqlite"])
def test_a_backlog_leaves_a_share_to_new_orders(database_url: str, in_vain: int) -> None:
    """With many orders waiting since long, a new one is among the next few that are leased.

    Also where between two of them the agents have room for none, always as often.
    """
    runtime = FakeRuntime()

    async def story() -> list[int]:
        database = Database(database_url)
        await add_store(database)
        old = [Wish(key_of(order), runtime.now()) for order in range(1, 101)]
        await database.write(lambda tx: jobs.enqueue_many(tx, old, runtime.now()))
        await runtime.sleep(3600)
        await database.write(lambda tx: jobs.enqueue(tx, key_of(500), runtime.now()))
        queue = Queue(database, runtime, "relay-1", 60)
        leased = []
        for _ in range(8):
            leased += [job.order_id for job in await queue.lease(1)]
            for _ in range(in_vain):
                assert await queue.lease(1, [("acme", "abc123")]) == []
        await database.close()
        return leased

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        leased = runner.run(story())
    assert 500 in leased
    assert len([order for order in leased if order <= 100]) >= 6


async def test_closed_stores_are_passed_on(database: Database) -> None:
    """What is closed is left alone."""
    runtime = FakeRuntime()
    await add_store(database)
    await database.write(lambda tx: jobs.enqueue(tx, key_of(1), runtime.now()))
    queue = Queue(database, runtime, "relay-1", 60)

    assert await queue.lease(5, [("acme", "abc123")]) == []
    assert len(await queue.lease(5)) == 1


@pytest.mark.parametrize(
    ("outcome", "key", "owner"),
    [
        (Parked((Cause("tax:FOOD", "map it", "finance"),), "no tax code"), "tax:FOOD", "finance"),
        (Failed("defect: KeyError: 'total'", "relay"), "failed:defect", "relay"),
    ],
)
async def test_whoever_must_act_is_told_when_the_job_is_settled(
    database: Database, outcome: Outcome, key: str, owner: str
) -> None:
    """A parked or failed job opens its alert in the same transaction, unless the lease was lost."""
    runtime = FakeRuntime()
    await add_store(database)
    await database.write(lambda tx: jobs.enqueue(tx, key_of(1), runtime.now()))
    queue = Queue(database, runtime, "relay-1", 60)
    [job] = await queue.lease(1)

    assert await queue.settle(job, outcome)
    assert not await queue.settle(job, Failed("late"))
    async with database.read() as tx:
        assert [(alert.key, alert.owner) for alert in await alerts.find(tx, "acme")] == [(key, owner)]
