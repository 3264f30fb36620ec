"""Relay and agent under one virtual clock: whatever goes wrong in whatever order, each order becomes one document.

A seed is a schedule of its own: how many orders, which faults at which moments, how long every request, message, commit
and update takes. No thread and no socket takes part, so the seed alone decides and a failing one fails again. Worlds
share nothing but compiled statements. MLCONNECTOR_WORLDS takes more of them; docs/explanation/exactly-once.md tells how
many seeds planted defects took.
"""

import asyncio
import os
from datetime import timedelta

import pytest

from tests.support.world import FIRST_ORDER, Ground, World, run_world

SEEDS = int(os.environ.get("MLCONNECTOR_WORLDS", "400"))
BLOCKS = 20


def assert_one_each(world: World) -> None:
    references = sorted(world.sap.references())
    assert references == sorted(f"B1-{number}-I" for number in world.store.orders)


def test_a_calm_day(ground: Ground) -> None:
    """Without trouble every order is posted once, at once."""

    async def story(world: World) -> None:
        for number in range(FIRST_ORDER, FIRST_ORDER + 5):
            await world.place(number)
        await world.until_posted(hours=0.1)
        assert_one_each(world)

    run_world(ground, 1_000_001, story)


@pytest.mark.parametrize("away", ["store", "sap", "relay", "agent", "wire"])
def test_hours_of_outage(ground: Ground, away: str) -> None:
    """Three hours without one part: afterwards everything is posted once, without anybody's help."""

    async def story(world: World) -> None:
        await world.place(FIRST_ORDER)
        await world.until_posted()
        await _take_away(world, away)
        placing = asyncio.create_task(_place(world, 3))
        await world.runtime.sleep(3 * 3600)
        await _bring_back(world, away)
        await placing
        await world.until_posted(hours=3)
        assert_one_each(world)

    run_world(ground, 2_000_000 + len(away), story)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_seeded_interleavings(ground: Ground, block: int) -> None:
    """Deaths, cut wires, lost answers, late updates and clocks set anew, as the seed says: one document per order."""
    for seed in range(block, SEEDS, BLOCKS):
        run_world(ground, seed, chaos)


async def chaos(world: World) -> None:
    world.sap.trouble, world.sap.late = world.dice.choice((0.0, 0.1, 0.3)), world.dice.choice((0.0, 0.5))
    placing = asyncio.create_task(_place(world, world.dice.randint(1, 3)))
    for _ in range(world.dice.randint(1, 5)):
        await _moment(world)
        match world.dice.randrange(6):
            case 0:
                await world.kill_agent()
                await world.runtime.sleep(world.dice.random() * 30)
                await world.start_agent()
            case 1:
                await world.kill_relay()
                await world.runtime.sleep(world.dice.random() * 30)
                await world.start_relay()
            case 2:
                await world.cut()
            case 3:
                world.sap.away = True
                await world.runtime.sleep(world.dice.random() * 60)
                world.sap.away = False
            case 4:
                world.runtime.skew += timedelta(seconds=world.dice.uniform(-900, 900))
            case _:
                world.store.away = True
                await world.runtime.sleep(world.dice.random() * 60)
                world.store.away = False
    await placing
    world.sap.trouble = world.sap.late = 0.0
    await world.until_posted()
    assert_one_each(world)


async def _moment(world: World) -> None:
    """Wait a while, or until SAP is in the midst of a call: most of a posting's life is waiting, its risks are not."""
    if world.dice.random() < 0.5:
        await world.runtime.sleep(world.dice.choice((0.05, 0.2, 1.0, 10.0)) * world.dice.random())
        return
    await world.sap.midst_of(world.dice.choice(("BAPI_ACC_DOCUMENT_POST", "BAPI_TRANSACTION_COMMIT")), within=20)
    await world.runtime.sleep(world.dice.random() * 0.03)


async def _place(world: World, count: int) -> None:
    for number in range(FIRST_ORDER + 1, FIRST_ORDER + 1 + count):
        await world.place(number)
        await world.runtime.sleep(world.dice.random())


async def _take_away(world: World, part: str) -> None:
    match part:
        case "store":
            world.store.away = True
        case "sap":
            world.sap.away = True
        case "relay":
            await world.kill_relay()
        case "agent":
            await world.kill_agent()
        case _:
            world.unplugged = True
            await world.cut()


async def _bring_back(world: World, part: str) -> None:
    match part:
        case "store":
            world.store.away = False
        case "sap":
            world.sap.away = False
        case "relay":
            await world.start_relay()
        case "agent":
            await world.start_agent()
        case _:
            world.unplugged = False
