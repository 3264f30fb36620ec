"""A call that is no posting: chunks in order, one answer."""

from datetime import UTC, datetime

import pytest
from mlconnector_relay.tunnel.errors import CallFailed, SessionLost
from mlconnector_relay.tunnel.exchange import Exchange
from mlconnector_shared.envelope import ResultEnvelope

READ = ResultEnvelope("e", "", "agent-1", "read", datetime(2026, 1, 1, tzinfo=UTC))


async def test_chunks_come_before_the_answer() -> None:
    """However early the answer was there."""
    exchange = Exchange()
    exchange.chunk(0, [["a"]])
    exchange.chunk(1, [["b"]])
    exchange.finish(READ)

    assert [await exchange.next_chunk() for _ in range(3)] == [[["a"]], [["b"]], None]
    assert exchange.result() is READ


async def test_the_first_answer_stands() -> None:
    """A session that ends after the answer changes nothing."""
    exchange = Exchange()
    exchange.finish(READ)
    exchange.finish(SessionLost("gone"))

    assert exchange.result() is READ


async def test_a_failure_comes_before_chunks_that_wait() -> None:
    """The table will not be whole: nobody should go on working on it."""
    exchange = Exchange()
    exchange.chunk(0, [["a"]])
    exchange.finish(SessionLost("gone"))

    with pytest.raises(SessionLost):
        await exchange.next_chunk()


async def test_an_answer_that_is_not_there_is_an_error() -> None:
    """Asking too early is a defect, and looks like one."""
    with pytest.raises(CallFailed, match="no answer yet"):
        Exchange().result()
