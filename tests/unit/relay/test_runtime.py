"""The real Runtime keeps what the port promises."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from mlconnector_relay.runtime import SystemRuntime

RUNTIME = SystemRuntime()


def test_now_is_aware_and_in_utc() -> None:
    """Wall-clock times carry their zone."""
    assert RUNTIME.now().tzinfo is UTC
    assert abs(RUNTIME.now() - datetime.now(UTC)) < timedelta(seconds=5)


async def test_waiting_takes_as_long_as_said() -> None:
    """Sleep waits, and the monotonic clock shows it."""
    began = RUNTIME.monotonic()
    await RUNTIME.sleep(0.02)

    assert RUNTIME.monotonic() - began >= 0.019


async def test_a_deadline_cancels_what_is_late_and_passes_what_is_in_time() -> None:
    """Late work is cancelled; work in time gives its result."""
    late = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            late.set()
            raise

    with pytest.raises(TimeoutError):
        await RUNTIME.within(0.01, work())
    assert late.is_set()
    assert await RUNTIME.within(5, asyncio.sleep(0, "done")) == "done"


def test_randomness_is_in_its_range_and_tokens_differ() -> None:
    """Jitter lies in [0, 1); secrets have the length asked for."""
    assert all(0 <= RUNTIME.random() < 1 for _ in range(100))
    assert len(RUNTIME.token(32)) == 32
    assert RUNTIME.token(32) != RUNTIME.token(32)


def test_ids_are_unique_and_sort_by_time() -> None:
    """26 characters, later ones sort behind."""
    first = RUNTIME.new_id()
    time.sleep(0.002)
    second = RUNTIME.new_id()

    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", first)
    assert first < second
    assert len({RUNTIME.new_id() for _ in range(1000)}) == 1000
