"""Reading a table: credit as it is consumed, chunks in order, and never more in memory than the window."""

import asyncio
from typing import Any

import pytest
from mlconnector_relay.tunnel.errors import CallFailed, CallRefused, SessionLost
from mlconnector_relay.tunnel.exchange import WINDOW_CHUNKS
from mlconnector_shared import frames
from mlconnector_shared.envelope import CallEnvelope, ReadTable

from tests.support.landing import SYSTEM, Landing
from tests.support.tunnel import AgentDouble
from tests.support.virtual import virtual

WORK = ReadTable("BKPF", ("BUKRS", "BELNR"), key=("BUKRS", "BELNR"))


def chunk(number: int) -> list[list[str]]:
    return [["1000", f"{number:010d}"], ["1000", f"{number:010d}x"]]


async def feed(agent: AgentDouble, call: CallEnvelope, chunks: int, **result: Any) -> None:
    """Send chunks as credit allows, then the result."""
    for number in range(chunks):
        while agent.session.row_credit(call.envelope_id) < 1:
            await agent._runtime.sleep(0.01)
        await agent.say(frames.Rows(call.envelope_id, number, chunk(number)))
    facts = {"outcome": "read", "rows": 2 * chunks}
    await agent.say(agent.result(call, **facts | result))


async def begun(relay: Landing) -> tuple[AgentDouble, Any, "asyncio.Task[Any]", CallEnvelope]:
    """Return a read whose call has arrived."""
    agent = await relay.connected("agent-1")
    read = relay.dispatcher.read_table(*SYSTEM, WORK)
    first = asyncio.create_task(anext(read))
    return agent, read, first, await agent.hear_call(relay.trust)


@virtual
async def test_a_whole_table_arrives_in_order(landing: Any) -> None:
    """Many more chunks than the window, each once; the signed answer tells that the limit did not cut it."""
    relay = landing()
    agent = await relay.connected("agent-1")
    read = relay.dispatcher.read_table(*SYSTEM, WORK)

    async def answer() -> None:
        await feed(agent, await agent.hear_call(relay.trust), 100)

    answering = asyncio.create_task(answer())
    chunks = [rows async for rows in read]
    await answering

    assert chunks == [chunk(number) for number in range(100)]
    assert read.result
    assert (read.result.rows, read.result.cut) == (200, False)
    assert relay.sessions.all()[0].exchanges == {}
    assert sum(isinstance(message, frames.GrantRows) for message in agent.heard) < 20


@virtual
async def test_an_empty_table_has_no_chunks(landing: Any) -> None:
    """The answer alone ends the read."""
    relay = landing()
    agent, read, first, call = await begun(relay)
    await agent.say(agent.result(call, outcome="read"))

    with pytest.raises(StopAsyncIteration):
        await first
    assert read.result


@virtual
async def test_a_reader_that_stalls_stops_the_agent(landing: Any) -> None:
    """Without consumption no credit: what waits here is bounded by the window, however large the table is."""
    relay = landing()
    agent, read, first, call = await begun(relay)
    feeding = asyncio.create_task(feed(agent, call, 100))
    await first
    await relay.runtime.sleep(100)

    exchange = relay.sessions.all()[0].exchanges[call.envelope_id]
    assert len(exchange._chunks) == WINDOW_CHUNKS - 1
    assert not feeding.done()

    rest = [rows async for rows in read]
    assert rest == [chunk(number) for number in range(1, 100)]


@virtual
async def test_a_reader_that_leaves_cancels(landing: Any) -> None:
    """The agent is told once; what still arrives is dropped, and the session goes on."""
    relay = landing()
    agent, read, first, call = await begun(relay)
    await agent.say(frames.Rows(call.envelope_id, 0, chunk(0)))
    await first

    await read.aclose()
    await read.aclose()
    await agent.hear(frames.Cancel)
    await agent.say(frames.Rows(call.envelope_id, 1, chunk(1)))
    await agent.say(agent.result(call, outcome="failed", reason="cancelled"))

    assert (await agent.hear(frames.Acknowledge)).envelope_id == call.envelope_id
    assert sum(isinstance(message, frames.Cancel) for message in agent.heard) == 1
    assert agent.session.is_open
    assert relay.sink.results == []


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        ({"outcome": "failed", "reason": "sap_away", "detail": "no connection"}, CallFailed, "sap_away: no connection"),
        ({"outcome": "read", "rows": 3}, CallFailed, "rows_missing: 2 rows arrived, the agent sent 3"),
    ],
)
@virtual
async def test_a_read_without_all_its_rows_fails(
    landing: Any, answer: dict[str, Any], error: type[Exception], says: str
) -> None:
    """A table that is not whole must not look whole."""
    relay = landing()
    agent, read, first, call = await begun(relay)
    await agent.say(frames.Rows(call.envelope_id, 0, chunk(0)), agent.result(call, **answer))
    await first

    with pytest.raises(error, match=says):
        await anext(read)
    assert read.result is None


@virtual
async def test_a_gap_in_the_chunks_fails(landing: Any) -> None:
    """A chunk lost by a defect of the agent is found, and the rest is cancelled."""
    relay = landing()
    agent, _, first, call = await begun(relay)
    await agent.say(frames.Rows(call.envelope_id, 1, chunk(1)))

    with pytest.raises(CallFailed, match="chunk 1 came where 0 was due"):
        await first
    await agent.hear(frames.Cancel)


@virtual
async def test_a_refused_read_names_the_rule(landing: Any) -> None:
    """Basis did not allow this table."""
    relay = landing()
    agent, _, first, call = await begun(relay)
    await agent.say(agent.refusal(call, "policy.table"))

    with pytest.raises(CallRefused, match=r"policy\.table"):
        await first


@virtual
async def test_a_read_ends_with_its_session(landing: Any) -> None:
    """Chunks that wait are not delivered any more: the table would not be whole."""
    relay = landing()
    agent, read, first, call = await begun(relay)
    for number in range(3):
        await agent.say(frames.Rows(call.envelope_id, number, chunk(number)))
    await first
    await agent.leave()
    await relay.endings[agent]

    with pytest.raises(SessionLost):
        await anext(read)


@virtual
async def test_a_silent_read_is_given_up(landing: Any) -> None:
    """The session lives, the read does not move: cancelled after minutes."""
    relay = landing()
    agent, _, first, _ = await begun(relay)

    with pytest.raises(CallFailed, match="no rows for 180 s"):
        await first
    await agent.hear(frames.Cancel)


@virtual
async def test_a_read_does_not_hold_a_posting_back(landing: Any) -> None:
    """While a stalled read has its window full, a posting goes through both ways."""
    relay = landing()
    agent, _, first, call = await begun(relay)
    await agent.grant(1)
    feeding = asyncio.create_task(feed(agent, call, 100))
    await first
    await relay.runtime.sleep(1)
    started = relay.runtime.monotonic()

    await relay.post()
    posting = await agent.hear_call(relay.trust)
    await agent.say(agent.result(posting))
    await agent.hear(frames.Acknowledge)

    assert relay.runtime.monotonic() - started < 0.1
    assert not feeding.done()
