"""Faults strike the requests they are meant for, as often as they are meant to."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from mlconnector_sandbox.store.app import StoreOptions, running_store
from mlconnector_sandbox.store.faults import Edit, Error, Faults, Hold, Latency, Missing, Stale
from mlconnector_sandbox.store.profile import load_profile
from mlconnector_sandbox.store.simulator import Simulator


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a store with one order, changed once."""
    async with running_store(StoreOptions("abc", load_profile("eu"))) as running:
        running.simulator.shop.place({"id": 700, "staff_notes": "old"})
        running.simulator.shop.edit(700, {"staff_notes": "new"})
        yield running.simulator


def notes(faults: Faults) -> str | None:
    """Read what a request would see of the order's notes."""
    record = faults.order_as_seen(700)
    return None if record is None else record.order["staff_notes"]


def test_errors_strike_matching_requests_a_number_of_times(simulator: Simulator) -> None:
    """Path and method decide, patterns with stars."""
    active = simulator.faults.add(Error(503, path="/v2/orders/*", method="GET", times=2))

    assert simulator.faults.error_for("GET", "/v3/hooks") is None
    assert simulator.faults.error_for("PUT", "/v2/orders/7") is None
    struck = [simulator.faults.error_for("GET", "/v2/orders/7/taxes") is not None for _ in range(3)]
    assert struck == [True, True, False]
    assert active.shown()["spent"] is True


def test_stale_reads_show_the_version_before(simulator: Simulator) -> None:
    """For so many reads, then the present one."""
    simulator.faults.add(Stale(700, times=2))

    assert [notes(simulator.faults) for _ in range(3)] == ["old", "old", "new"]


def test_time_ends_a_fault(simulator: Simulator) -> None:
    """With seconds of nothing it is spent at once."""
    simulator.faults.add(Stale(700, seconds=0))

    assert notes(simulator.faults) == "new"


def test_missing_orders_are_not_found(simulator: Simulator) -> None:
    """One order for some reads, or all while they are young."""
    simulator.faults.add(Missing(700, times=1))
    assert [notes(simulator.faults) for _ in range(2)] == [None, "new"]

    simulator.faults.add(Missing(701))
    assert notes(simulator.faults) == "new"
    simulator.faults.add(Missing(younger_than_seconds=60))
    assert notes(simulator.faults) is None


def test_edit_happens_after_so_many_fetches(simulator: Simulator) -> None:
    """Once, and with the date of modification moved as by a person."""
    simulator.faults.add(Edit(700, {"staff_notes": "edited"}, after=2))
    seen = []
    for _ in range(4):
        seen.append(notes(simulator.faults))
        simulator.faults.note_fetch(700)

    assert seen == ["new", "new", "edited", "edited"]


async def test_hold_keeps_requests_until_released(simulator: Simulator) -> None:
    """Those of before the release go on; the next is held again."""
    active = simulator.faults.add(Hold(path="/v2/orders/*"))
    first = asyncio.create_task(simulator.faults.delay("GET", "/v2/orders/700", after=False))
    await simulator.faults.delay("GET", "/v2/store", after=False)
    await asyncio.sleep(0)
    assert active.held == 1

    simulator.faults.release(active.number)
    await first
    second = asyncio.create_task(simulator.faults.delay("GET", "/v2/orders/700", after=False))
    await asyncio.sleep(0)
    assert active.held == 1

    simulator.faults.clear()
    await second
    assert active.held == 0


async def test_latency_comes_before_the_answer_only(simulator: Simulator) -> None:
    """After it nothing is waited for again."""
    active = simulator.faults.add(Latency(0.001))
    await simulator.faults.delay("GET", "/v2/time", after=False)
    await simulator.faults.delay("GET", "/v2/time", after=True)

    assert active.hits == 1


def test_removing_twice_says_so(simulator: Simulator) -> None:
    """The second time there is nothing."""
    active = simulator.faults.add(Latency(1))

    assert simulator.faults.remove(active.number)
    assert not simulator.faults.remove(active.number)
    assert not simulator.faults.release(active.number)
