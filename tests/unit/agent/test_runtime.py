"""The real Runtime."""

import asyncio

import pytest
from mlconnector_agent.runtime import SystemRuntime

RUNTIME = SystemRuntime()


def test_ids_are_unique_and_grow_with_time() -> None:
    """26 characters, no two alike, later ones sort after those of an earlier millisecond."""
    ids = [RUNTIME.new_id() for _ in range(1000)]
    assert {len(one) for one in ids} == {26}
    assert len(set(ids)) == 1000
    assert [one[:10] for one in ids] == sorted(one[:10] for one in ids)


async def test_within_cancels_what_takes_too_long() -> None:
    """The deadline raises TimeoutError and leaves nothing running."""
    ended = asyncio.Event()

    async def slow() -> None:
        try:
            await RUNTIME.sleep(60)
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        await RUNTIME.within(0.01, slow())
    assert ended.is_set()


def test_clocks_and_randomness() -> None:
    """Wall clock aware, monotonic clock forward, randomness in range, tokens of the size asked for."""
    assert RUNTIME.now().utcoffset() is not None
    assert RUNTIME.monotonic() <= RUNTIME.monotonic()
    assert 0 <= RUNTIME.random() < 1
    assert len(RUNTIME.token(32)) == 32
    assert RUNTIME.token(32) != RUNTIME.token(32)
