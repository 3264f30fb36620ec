"""Long-lived tasks: their end is noticed, and they are started again."""

import asyncio
from itertools import pairwise

import pytest
from mlconnector_relay.supervision import LONGEST_PAUSE_SECONDS, supervise
from prometheus_client import REGISTRY

from tests.support.virtual import VirtualRuntime, virtual


async def starts(body_seconds: float, for_seconds: float, name: str, *, returns: bool = False) -> list[float]:
    loop, seen = asyncio.get_running_loop(), []

    async def body() -> None:
        seen.append(loop.time())
        await asyncio.sleep(body_seconds)
        if not returns:
            raise OSError("a defect")

    task = asyncio.create_task(supervise(name, body, VirtualRuntime()))
    await asyncio.sleep(for_seconds)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return seen


@virtual
async def test_a_loop_that_fails_is_started_again_at_growing_pauses() -> None:
    """Bounded, counted, for ever."""
    seen = await starts(1, 1000, "failing")
    pauses = [later - earlier - 1 for earlier, later in pairwise(seen)]

    assert pauses[0] < 1
    assert LONGEST_PAUSE_SECONDS / 2 <= pauses[-1] <= LONGEST_PAUSE_SECONDS
    assert REGISTRY.get_sample_value("mlconnector_task_restarts_total", {"task": "failing"}) == len(seen)


@virtual
async def test_a_loop_that_was_well_for_a_minute_starts_anew_at_once() -> None:
    """Old failures are forgotten."""
    seen = await starts(61, 2000, "healthy")

    assert all(later - earlier < 62 for earlier, later in pairwise(seen))


@virtual
async def test_a_loop_that_returns_is_a_failure() -> None:
    """A task that should run until stopped and does not is noticed."""
    assert len(await starts(1, 100, "returning", returns=True)) > 1
