"""Carrying connections: garbage, silence, floods, defects, and an orderly end."""

import asyncio
from typing import Any

import pytest
from mlconnector_relay.tunnel import endpoint as endpoint_module
from mlconnector_relay.tunnel.authority import Peer
from mlconnector_relay.tunnel.conversation import BACKLOG_MESSAGES, CLOSE_SECONDS
from mlconnector_relay.tunnel.errors import LinkClosed, NoCredit, SessionLost
from mlconnector_relay.tunnel.registry import InstanceKey
from mlconnector_shared import frames
from mlconnector_shared.envelope import ReadTable
from mlconnector_shared.protocol import DEAD_AFTER_SECONDS

from tests.support.landing import SYSTEM
from tests.support.tunnel import Closed, memory_links
from tests.support.virtual import virtual

KEY = InstanceKey("acme", "agent-1")
PEER = Peer(KEY, "certificate of agent-1")


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xc1",
        b"",
        frames.encode(frames.GrantWrites(1)),
        b"\x81\xa4type\xa5hello",
    ],
)
@virtual
async def test_garbage_ends_the_session_with_a_reason(landing: Any, data: bytes) -> None:
    """The peer is told, the link is closed, and the ending says why."""
    relay = landing()
    here, there = memory_links()
    serving = asyncio.create_task(relay.endpoint.serve(here, PEER))
    await there.send(data)

    ending = await serving

    assert ending.reason == "protocol_error"
    assert ending.detail
    assert here.closed_with == (1008, "protocol_error")
    close = frames.decode(await there.recv())
    assert isinstance(close, frames.Close)
    assert close.reason == "protocol_error"


@virtual
async def test_a_violation_in_an_open_session_ends_it(landing: Any) -> None:
    """A second hello, for one; what was under way is over."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    await agent.wire.send(frames.encode(agent.hello()))

    with pytest.raises(Closed, match="agent sent hello while open"):
        await agent.hear(frames.Call)

    assert (await relay.endings[agent]).reason == "protocol_error"
    assert relay.sessions.all() == []


@virtual
async def test_an_unknown_message_is_answered_and_the_session_goes_on(landing: Any) -> None:
    """A newer agent may know more than we do."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    await agent.wire.send(b"\x81\xa4type\xa9telepathy")

    assert await agent.hear(frames.Problem) == frames.Problem("telepathy", "unknown message type")
    await relay.post()
    assert await agent.hear_call(relay.trust)


@virtual
async def test_who_says_nothing_is_given_up(landing: Any) -> None:
    """Before its hello as well as after."""
    relay = landing()
    mute = relay.agent("agent-1")
    silent = await relay.connected("agent-1", slot=1)
    silent.stop_listening()

    assert (await relay.endings[mute]).reason == "silent"
    assert (await relay.endings[silent]).reason == "silent"
    assert relay.runtime.monotonic() < DEAD_AFTER_SECONDS + 30


@virtual
async def test_an_idle_session_lives_for_days(landing: Any) -> None:
    """Pings both ways keep it, and keep proxies from forgetting it."""
    relay = landing()
    agent = await relay.connected("agent-1")
    keeping = asyncio.create_task(tick(agent))
    await relay.runtime.sleep(3 * 86400)

    assert relay.sessions.views()[0].round_trip_seconds == 0
    assert agent.session.is_open
    keeping.cancel()


async def tick(agent: Any) -> None:
    while True:
        await agent._runtime.sleep(10)
        agent.session.tick(agent._runtime.monotonic(), agent._runtime.now())
        await agent.flush()


@virtual
async def test_a_peer_that_does_not_listen_is_not_listened_to(landing: Any) -> None:
    """It floods us with pings and takes no answer: our memory stays bounded, and in the end it is given up."""
    relay = landing()
    agent = relay.agent("agent-1", capacity=4)
    await agent.connect()
    agent.stop_listening()
    ping = frames.encode(frames.Ping(1, relay.runtime.now()))
    sent = 0

    async def flood() -> None:
        nonlocal sent
        while True:
            await agent.wire.send(ping)
            sent += 1

    flooding = asyncio.create_task(flood())
    await relay.runtime.sleep(1)
    session = relay.sessions.all()[0]
    assert sent < 2 * BACKLOG_MESSAGES
    assert session.conversation.protocol.backlog <= BACKLOG_MESSAGES + 4

    ending = await relay.endings[agent]
    flooding.cancel()

    assert ending.reason == "silent"
    assert relay.runtime.monotonic() < DEAD_AFTER_SECONDS + 4 * CLOSE_SECONDS


@virtual
async def test_closing_does_not_wait_for_a_peer_that_does_not_listen(landing: Any) -> None:
    """A revoked agent cannot hold its session by not reading."""
    relay = landing()
    agent = relay.agent("agent-1", capacity=1)
    await agent.connect()
    agent.stop_listening()
    await relay.runtime.sleep(0.1)
    session = relay.sessions.all()[0]
    for _ in range(5):
        session.conversation.send(frames.Problem("", ""))
    started = relay.runtime.monotonic()

    session.conversation.close("revoked")
    session.conversation.close("twice")

    assert (await relay.endings[agent]).reason == "revoked"
    assert relay.runtime.monotonic() - started <= 2 * CLOSE_SECONDS


@virtual
async def test_the_agents_goodbye_is_noted(landing: Any) -> None:
    """Its reason and sentence are in the ending."""
    relay = landing()
    agent = await relay.connected("agent-1")

    await agent.say(frames.Close("service_stop", "maintenance window"))

    ending = await relay.endings[agent]
    assert (ending.reason, ending.detail) == ("closed_by_agent", "service_stop maintenance window")


@virtual
async def test_a_defect_of_ours_ends_one_session_only(landing: Any) -> None:
    """The records cannot be written while an agent says hello: it is told, and may come again."""
    relay = landing("agent-1", "agent-2")
    other = await relay.connected("agent-2")

    async def broken(*_: object) -> int:
        raise OSError("the disk is full")

    working, relay.registry.greeted = relay.registry.greeted, broken
    agent = relay.agent("agent-1")
    with pytest.raises(Closed, match="internal_error"):
        await agent.connect()
    with pytest.raises(OSError, match="disk is full"):
        await relay.endings[agent]
    relay.registry.greeted = working

    assert (await relay.agent("agent-1").connect()).quarantined == ""
    assert other.session.is_open


@virtual
async def test_the_number_of_connections_has_a_limit(landing: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is asked to try again later."""
    monkeypatch.setattr(endpoint_module, "MAX_CONNECTIONS", 1)
    relay = landing()
    first = await relay.connected("agent-1")

    with pytest.raises(Closed, match="try_again_later"):
        await relay.agent("agent-1", slot=1).hear(frames.Welcome)
    assert first.session.is_open


@virtual
async def test_a_drain_finishes_what_runs(landing: Any) -> None:
    """Nothing new is sent or let in; the answer of what was sent is taken; then everybody is told to come back."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=2)
    await relay.post()
    call = await agent.hear_call(relay.trust)
    draining = asyncio.create_task(relay.endpoint.drain(30))
    assert (await agent.hear(frames.Drain)).reason == "shutdown"

    with pytest.raises(NoCredit):
        await relay.dispatcher.acquire(*SYSTEM, patience_seconds=1)
    with pytest.raises(Closed, match="try_again_later"):
        await relay.agent("agent-1", slot=1).hear(frames.Welcome)
    assert not draining.done()
    await agent.say(agent.result(call))
    await agent.hear(frames.Acknowledge)

    with pytest.raises(Closed, match="shutdown"):
        await agent.hear(frames.Call)
    await draining
    assert len(relay.sink.results) == 1
    assert relay.sessions.all() == []


@virtual
async def test_a_drain_does_not_wait_for_ever(landing: Any) -> None:
    """What SAP still works on is settled after the next start."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    await relay.post()
    started = relay.runtime.monotonic()

    await relay.endpoint.drain(5)

    assert relay.runtime.monotonic() - started < 10
    assert (await relay.endings[agent]).reason == "shutdown"


@virtual
async def test_the_listeners_certificate_is_made_anew_in_time(landing: Any) -> None:
    """Long before it expires, for as long as the relay runs; without a listener there is nothing to do."""
    relay = landing()
    made: list[float] = []
    relay.authority.refresh = lambda *_: made.append(relay.runtime.monotonic() / 86400)
    running = asyncio.create_task(relay.endpoint.run())
    await relay.runtime.sleep(31 * 86400)
    assert made == []

    relay.endpoint._context = object()
    await relay.runtime.sleep(60 * 86400)

    assert made == [60, 90]
    running.cancel()


@virtual
async def test_a_link_that_breaks_while_we_speak_ends_the_session(landing: Any) -> None:
    """Whichever loop notices first."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    session = relay.sessions.all()[0]

    async def broken(_: bytes) -> None:
        raise LinkClosed("broken pipe")

    session.conversation._link.send = broken
    await relay.post()

    assert (await relay.endings[agent]).reason == "link_lost"


@virtual
async def test_a_session_that_drains_takes_no_calls(landing: Any) -> None:
    """Neither reads nor simulations; a read begun late finds nobody."""
    relay = landing()
    agent = await relay.connected("agent-1")
    read = relay.dispatcher.read_table(*SYSTEM, ReadTable("BKPF", ("BELNR",)))
    await agent.say(frames.Drain("maintenance"))
    await relay.runtime.sleep(0.1)

    with pytest.raises(SessionLost, match="takes no calls"):
        await anext(read)


@virtual
async def test_one_agent_does_not_take_the_others_places(landing: Any) -> None:
    """However many connections its certificate opens."""
    relay = landing("agent-1", "agent-2")
    crowd = [relay.agent("agent-1") for _ in range(endpoint_module.MAX_CONNECTIONS_EACH + 1)]
    ending = await relay.endings[crowd[-1]]

    assert ending.reason == "try_again_later"
    assert not any(relay.endings[one].done() for one in crowd[:-1])
    other = await relay.connected("agent-2", writes=1)
    await relay.post()
    assert await other.hear_call(relay.trust)
