"""A backlog under a slow SAP and a small plan's quota, on the virtual clock: nothing is fetched or sent in vain."""

import os
import re
from collections import Counter

import pytest
from mlconnector_relay.db import audit, jobs, ledger
from mlconnector_relay.sap.mapping import load_mapping

from tests.support.landing import TENANT
from tests.support.mappings import MAPPING, a_mapping
from tests.support.world import FIRST_ORDER, Ground, World, run_world

NO_ACCOUNTS = load_mapping(re.sub(r"\[\[accounts\]\]\n(?:.+\n)+", "", MAPPING), "shop.toml")
STANDARD = 150
"""Requests in 30 seconds on the Standard and Plus plans."""

ORDERS = int(os.environ.get("MLCONNECTOR_BACKLOG", "300"))
"""A thousand take two minutes."""

SECONDS_OF_A_CALL = 0.09
"""On either way: two sessions make some five documents of four ways each in a second."""


FAILURES = 3
"""Requests in vain that open a store's circuit."""

PROBES = 24
"""What an hour of pauses that double from five seconds to five minutes has room for, and the first failures."""


async def backlog(world: World) -> None:
    """Place orders that no mapping knows an account for, and let the relay fetch them all."""
    world.store.quota = STANDARD
    world.directory.current = NO_ACCOUNTS
    for number in range(FIRST_ORDER, FIRST_ORDER + ORDERS):
        await world.place(number)
    while set(world.states().values()) != {"parked"}:
        await world.runtime.sleep(30)


async def release(world: World) -> None:
    """Let the mapping know all accounts, which releases every order at once."""
    world.directory.current = a_mapping()
    database = world.database
    assert database
    async with database.read() as tx:
        causes = {cause for cause, _ in await jobs.waiting_causes(tx, TENANT)}
    for cause in causes:
        await database.write(lambda tx, cause=cause: jobs.release(tx, TENANT, cause, world.runtime.now()))
    assert world.worker
    world.worker.wake()


async def assert_each_posted_once_at_the_first_try(world: World) -> None:
    """No second attempt, no refusal such as of an envelope that expired, no second document."""
    assert sorted(world.sap.references()) == [f"B1-{number}-I" for number in sorted(world.store.orders)]
    assert world.database
    async with world.database.read() as tx:
        for number in world.store.orders:
            assert [entry.attempt for entry in await ledger.of_order(tx, TENANT, "abc123", number)] == [1]
            kinds = {row.kind for row in await audit.of_subject(tx, TENANT, f"abc123/{number}")}
            assert "agent.refused" not in kinds


def test_a_backlog_that_was_fetched_is_not_fetched_again(ground: Ground) -> None:
    """SAP takes five documents a second, and far more orders are under way: each is looked at once more, or twice."""

    async def story(world: World) -> None:
        world.concurrency = 64
        await world.kill_relay()
        await world.start_relay()
        await backlog(world)
        world.sap.slow = SECONDS_OF_A_CALL
        before = Counter(world.store.asked)
        await release(world)
        await world.until_posted(hours=2)
        await assert_each_posted_once_at_the_first_try(world)
        again = Counter({number: world.store.asked[number] - before[number] for number in world.store.orders})
        assert max(again.values()) <= 2

    run_world(ground, 3_000_000, story)


@pytest.mark.parametrize("away", ["sap", "store"])
def test_behind_a_circuit_nothing_is_fetched_or_attempted(ground: Ground, away: str) -> None:
    """An hour without SAP asks the store nothing, one without the store asks it now and then; then all goes its way."""

    async def story(world: World) -> None:
        getattr(world, away).away = True
        await world.runtime.sleep(60)
        orders = range(FIRST_ORDER, FIRST_ORDER + 100)
        for number in orders:
            await world.place(number)
        await world.runtime.sleep(3600)
        asked = world.store.asked.total()
        if away == "sap":
            assert asked == 0
        else:
            assert FAILURES <= asked <= PROBES * world.concurrency
        assert set(world.states().values()) == {"waiting"}
        getattr(world, away).away = False
        await world.until_posted(hours=1)
        await assert_each_posted_once_at_the_first_try(world)

    run_world(ground, 3_000_001 + len(away), story)


def test_new_orders_have_a_share_while_a_backlog_is_released(ground: Ground) -> None:
    """They do not wait for its end, and cost it little."""

    async def story(world: World) -> None:
        await backlog(world)
        world.sap.slow = SECONDS_OF_A_CALL
        await release(world)
        await world.runtime.sleep(10)
        new = range(FIRST_ORDER + ORDERS, FIRST_ORDER + ORDERS + 5)
        for number in new:
            await world.place(number)
        while {world.states()[number] for number in new} != {"posted"}:
            await world.runtime.sleep(1)
        left = [state for state in world.states().values() if state != "posted"]
        assert len(left) > ORDERS / 4, "the backlog is far from done"
        await world.until_posted(hours=1)
        await assert_each_posted_once_at_the_first_try(world)

    run_world(ground, 3_000_002, story)
