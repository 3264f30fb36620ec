"""Which sessions are live: the newest of each slot, whatever order they come in."""

import asyncio
from typing import Any

import pytest
from mlconnector_relay.tunnel.registry import InstanceKey, System

from tests.support.landing import SYSTEM, Landing
from tests.support.tunnel import Closed
from tests.support.virtual import virtual

KEY = InstanceKey("acme", "agent-1")


@virtual
async def test_an_older_generation_that_arrives_late_is_fenced_itself(landing: Any) -> None:
    """Two hellos at once: the records counted one first, the other entered first; the higher generation stays."""
    relay = landing()
    relay.registry.relay, answers = relay.registry.relay, asyncio.Event()
    counted = relay.registry.greeted

    async def slow_for_the_first(*arguments: Any) -> int:
        generation: int = await counted(*arguments)
        if generation == 1:
            await answers.wait()
        return generation

    relay.registry.greeted = slow_for_the_first
    late = relay.agent("agent-1")
    welcome = asyncio.create_task(late.connect())
    await relay.runtime.sleep(0.1)
    newer = await relay.connected("agent-1")
    answers.set()

    with pytest.raises(Closed, match="fenced"):
        await welcome
    await relay.endings[late]
    assert [view.generation for view in relay.sessions.views()] == [2]
    assert newer.session.is_open


@virtual
async def test_a_session_that_ends_while_it_is_let_in_leaves_nothing(landing: Any) -> None:
    """The connection breaks while the records are asked: no ghost stays behind."""
    relay = landing()
    never = asyncio.Event()

    async def hanging(*_: Any) -> Any:
        await never.wait()

    relay.registry.claim = hanging
    agent = relay.agent("agent-1")
    await agent.connect()
    assert len(relay.sessions.all()) == 1
    await agent.leave()
    await relay.endings[agent]

    assert relay.sessions.all() == []


@virtual
async def test_a_session_that_ends_before_its_welcome_leaves_nothing(landing: Any) -> None:
    """Nobody is welcomed who is gone."""
    relay = landing()

    async def slow(*_: Any) -> int:
        await relay.runtime.sleep(5)
        return 1

    relay.registry.greeted = slow
    agent = relay.agent("agent-1")
    await agent.say(agent.hello())
    await relay.runtime.sleep(1)
    await agent.leave()
    await relay.runtime.sleep(10)

    assert relay.sessions.all() == []


@virtual
async def test_sessions_are_found_by_instance_and_system(landing: Any) -> None:
    """Of another tenant, instance or client there are none."""
    relay: Landing = landing("agent-1", "agent-2")
    await relay.connected("agent-1")
    await relay.connected("agent-1", slot=1)
    await relay.connected("agent-2", journal_sequence=9)

    assert len(relay.sessions.of(KEY)) == 2
    assert len(relay.sessions.of_system(System(*SYSTEM))) == 3
    assert relay.sessions.of(InstanceKey("rival", "agent-1")) == []
    assert relay.sessions.of_system(System("acme", "ECC", "200")) == []
    assert relay.sessions.highest_sequence(InstanceKey("acme", "agent-2")) == 9
    assert relay.sessions.highest_sequence(InstanceKey("acme", "agent-3")) == 0


@virtual
async def test_a_view_shows_what_people_ask_for(landing: Any) -> None:
    """Who, since when, with which credit, how far, how its clock stands."""
    relay = landing()
    await relay.connected("agent-1", writes=3)
    await relay.post()

    [view] = relay.sessions.views()

    assert (view.tenant, view.instance, view.slot, view.sysid, view.client) == ("acme", "agent-1", 0, "ECC", "100")
    assert (view.write_credit, view.in_flight, view.draining, view.quarantined) == (2, 1, False, "")
    assert (view.agent_version, view.generation, view.round_trip_seconds) == ("0.1.0", 1, 0.0)
