"""Live sessions in step with what is recorded: revocation, quarantine, clones, clocks, within seconds."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.db.errors import DatabaseUnavailable
from mlconnector_relay.tunnel.live import CHALLENGE_SECONDS
from mlconnector_relay.tunnel.registry import InstanceKey, JournalMark
from mlconnector_relay.tunnel.sink import Condition
from mlconnector_relay.tunnel.watch import WATCH_SECONDS
from mlconnector_shared import frames

from tests.support.landing import SYSTEM, Landing
from tests.support.tunnel import Closed
from tests.support.virtual import VirtualRuntime, virtual

KEY = InstanceKey("acme", "agent-1")


def watched(relay: Landing) -> Landing:
    relay.watching = asyncio.create_task(relay.watch.run())
    return relay


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"revoked": True}, "revoked"),
        ({"certificates": frozenset({"the renewed one"})}, "certificate_revoked"),
        ({"quarantined": "a person said so"}, "standing_changed"),
    ],
)
@virtual
async def test_a_change_of_standing_ends_the_session(landing: Any, change: dict[str, Any], reason: str) -> None:
    """Within seconds: a revoked agent is out; a quarantined one must hear it in its next welcome."""
    relay = watched(landing())
    agent = await relay.connected("agent-1", writes=1)
    await relay.runtime.sleep(10)
    relay.registry.change(KEY, **change)
    changed = relay.runtime.monotonic()

    with pytest.raises(Closed) as closed:
        await agent.hear(frames.Call)

    assert closed.value.reason == reason
    assert relay.runtime.monotonic() - changed <= WATCH_SECONDS
    assert not relay.dispatcher.available(*SYSTEM)


@virtual
async def test_an_agent_that_vanished_from_the_records_is_out(landing: Any) -> None:
    """A deleted tenant, for one."""
    relay = watched(landing())
    agent = await relay.connected("agent-1")
    del relay.registry.known[KEY]

    with pytest.raises(Closed, match="revoked"):
        await agent.hear(frames.Call)


@virtual
async def test_a_newer_session_at_another_relay_fences_ours(landing: Any) -> None:
    """The records count generations for all relays; the other slot is not touched."""
    relay = watched(landing())
    agent = await relay.connected("agent-1")
    other = await relay.connected("agent-1", slot=1)
    relay.registry.change(KEY, generations={0: 2, 1: 1})

    with pytest.raises(Closed, match="fenced"):
        await agent.hear(frames.Call)
    assert other.session.is_open


@virtual
async def test_a_released_agent_reconnects_to_post(landing: Any) -> None:
    """The welcome told it that it may only read; the next one will not."""
    relay = watched(landing())
    relay.registry.change(KEY, quarantined="journal went back")
    agent = await relay.connected("agent-1")
    relay.registry.change(KEY, quarantined="")

    with pytest.raises(Closed, match="released"):
        await agent.hear(frames.Call)


@virtual
async def test_a_regression_of_the_relay_does_not_end_sessions(landing: Any) -> None:
    """It concerns postings only, and nothing about the agent changed."""
    relay = watched(landing())
    agent = relay.agent("agent-1", relay_incarnation="incarnation-1", relay_high_water=999)
    await agent.connect()
    await relay.runtime.sleep(100)

    assert agent.session.is_open


@virtual
async def test_a_clone_at_another_relay_is_found(landing: Any) -> None:
    """Another relay recorded another boot of our agent, and ours still answers: two processes."""
    relay = watched(landing())
    agent = await relay.connected("agent-1", boot_id="boot-1")
    relay.registry.change(KEY, journal=JournalMark("boot-2", "journal-1", 0))

    with pytest.raises(Closed, match="standing_changed"):
        await agent.hear(frames.Call, seconds=30)

    assert relay.registry.known[KEY].quarantined == "two processes use one certificate: boots boot-1, boot-2"
    assert (KEY, Condition.QUARANTINE) in relay.sink.conditions


@virtual
async def test_a_session_left_behind_by_a_restart_is_no_clone(landing: Any) -> None:
    """The agent restarted and dialled another relay; ours does not answer any more."""
    relay = watched(landing())
    agent = await relay.connected("agent-1", boot_id="boot-1")
    agent.stop_listening()
    relay.registry.change(KEY, journal=JournalMark("boot-2", "journal-1", 0))
    await relay.runtime.sleep(120)

    assert relay.registry.known[KEY].quarantined == ""
    assert relay.sessions.all() == []
    assert (await relay.endings[agent]).reason == "silent"


@virtual
async def test_a_clock_that_drifts_stops_postings_and_says_so(landing: Any) -> None:
    """Measured by every ping; the alarm closes when the clock is mended."""
    relay = watched(landing())
    clock = VirtualRuntime()
    agent = relay.agent("agent-1", runtime=clock)
    await agent.connect()
    await agent.grant(1)
    await relay.runtime.sleep(30)
    assert relay.dispatcher.available(*SYSTEM)
    assert relay.sink.conditions == {}

    clock.skew = timedelta(minutes=2)
    await relay.runtime.sleep(30)
    assert not relay.dispatcher.available(*SYSTEM)
    assert "120 s off" in relay.sink.conditions[KEY, Condition.CLOCK]

    clock.skew = timedelta(seconds=10)
    await relay.runtime.sleep(30)
    assert relay.dispatcher.available(*SYSTEM)
    assert relay.sink.conditions == {}


@virtual
async def test_what_results_showed_reaches_the_records(landing: Any) -> None:
    """Without waiting for the session's end: this relay may be killed."""
    relay = watched(landing())
    agent = await relay.connected("agent-1", writes=1)
    agent.journal_sequence = 20
    await relay.post()
    await agent.say(agent.result(await agent.hear_call(relay.trust)))
    await relay.runtime.sleep(2 * WATCH_SECONDS)

    assert relay.registry.known[KEY].journal.sequence == 21


@virtual
async def test_live_agents_are_seen(landing: Any) -> None:
    """The writer lease stays with whoever was seen lately."""
    relay = watched(landing())
    await relay.connected("agent-1")
    await relay.runtime.sleep(300)

    assert relay.runtime.now() - relay.registry.last_seen[KEY] < timedelta(seconds=40)


@virtual
async def test_a_defect_met_at_one_agent_ends_its_session_alone(landing: Any) -> None:
    """The watch goes on over the others: a revocation must find them."""
    relay = landing("agent-1", "agent-2")
    bad = await relay.connected("agent-1")
    other = await relay.connected("agent-2")
    note = relay.sink.condition

    async def failing(agent: InstanceKey, condition: Condition, sentence: str) -> None:
        if agent == KEY:
            raise OverflowError("Python int too large to convert to SQLite INTEGER")
        await note(agent, condition, sentence)

    relay.sink.condition = failing
    watched(relay)

    with pytest.raises(Closed, match="internal_error"):
        await bad.hear(frames.Call)
    relay.registry.change(InstanceKey("acme", "agent-2"), revoked=True)
    with pytest.raises(Closed, match="revoked"):
        await other.hear(frames.Call)


@virtual
async def test_a_database_that_is_away_is_nobody_s_fault(landing: Any) -> None:
    """The watch is started again; the sessions stand."""
    relay = landing()
    agent = await relay.connected("agent-1")

    async def away(*_: object) -> None:
        raise DatabaseUnavailable("the disk is full")

    relay.sink.condition = away
    with pytest.raises(DatabaseUnavailable):
        await relay.watch.once()
    assert agent.session.is_open


@virtual
async def test_who_leaves_a_challenge_unanswered_holds_nobody_up(landing: Any) -> None:
    """All agents are looked at at once."""
    relay = landing(*(f"agent-{number}" for number in range(1, 9)))
    for number in range(1, 9):
        agent = await relay.connected(f"agent-{number}")
        agent.stop_listening()
        relay.registry.change(agent.key, journal=JournalMark("another boot", "journal-1", 0))
    began = relay.runtime.monotonic()

    await relay.watch.once()

    assert relay.runtime.monotonic() - began <= CHALLENGE_SECONDS + 1
