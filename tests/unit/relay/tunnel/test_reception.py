"""Letting sessions in: identity, fencing, journals that went back, clones, and a relay that went back itself."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.tunnel.errors import NoCredit
from mlconnector_relay.tunnel.registry import InstanceKey, RelayState
from mlconnector_relay.tunnel.sink import Condition
from mlconnector_shared import frames

from tests.support.landing import SYSTEM
from tests.support.tunnel import Closed
from tests.support.virtual import VirtualRuntime, virtual

KEY = InstanceKey("acme", "agent-1")


@virtual
async def test_a_welcome_tells_what_was_agreed(landing: Any) -> None:
    """Version, features by name, generation, and how far the relay's own state has come."""
    relay = landing()

    welcome = await relay.agent("agent-1", features=frozenset({"rows", "teleport"})).connect()

    assert (welcome.version, welcome.features, welcome.generation) == (1, frozenset({"rows"}), 1)
    assert (welcome.incarnation, welcome.high_water, welcome.quarantined) == ("incarnation-1", 10, "")
    assert relay.sessions.views()[0].session_id == welcome.session_id


@pytest.mark.parametrize(
    ("hello", "reason"),
    [
        ({"instance": "agent-2"}, "wrong_instance"),
        ({"sysid": "QAS"}, "wrong_system"),
        ({"client": "200"}, "wrong_system"),
        ({"protocol_min": 7, "protocol_max": 9}, "protocol_error"),
    ],
)
@virtual
async def test_a_hello_must_fit_the_certificate(landing: Any, hello: dict[str, Any], reason: str) -> None:
    """Who says something else than it was enrolled as is sent away with a reason, and leaves no session."""
    relay = landing()

    with pytest.raises(Closed) as closed:
        await relay.agent("agent-1", **hello).connect()

    assert closed.value.reason == reason
    assert relay.sessions.all() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"revoked": True}, "revoked"), ({"certificates": frozenset({"another"})}, "certificate_revoked")],
)
@virtual
async def test_a_revoked_agent_is_sent_away_before_its_hello(landing: Any, change: dict[str, Any], reason: str) -> None:
    """It learns why, and that it takes a new enrolment."""
    relay = landing()
    relay.registry.change(KEY, **change)

    with pytest.raises(Closed, match="new token") as closed:
        await relay.agent("agent-1").hear(frames.Welcome)

    assert closed.value.reason == reason


@virtual
async def test_an_agent_nobody_enrolled_is_sent_away(landing: Any) -> None:
    """Its certificate may be ours; what is not recorded does not exist."""
    relay = landing()
    del relay.registry.known[KEY]

    with pytest.raises(Closed, match="unknown_instance"):
        await relay.agent("agent-1").hear(frames.Welcome)


@virtual
async def test_a_newer_session_fences_the_older_of_its_slot(landing: Any) -> None:
    """Generations count per instance and slot; the other slot is not touched."""
    relay = landing()
    first, other = await relay.connected("agent-1"), await relay.connected("agent-1", slot=1)

    second = await relay.connected("agent-1")

    with pytest.raises(Closed, match="fenced"):
        await first.hear(frames.Call)
    assert (second.session.welcome.generation, other.session.welcome.generation) == (2, 1)
    assert {view.slot: view.generation for view in relay.sessions.views()} == {0: 2, 1: 1}
    assert other.session.is_open
    assert (await relay.endings[first]).reason == "fenced"


# Rule 19: a journal that went back.


@pytest.mark.parametrize(
    ("hello", "reason"),
    [
        ({"journal_sequence": 6}, "journal went back from 7 to 6"),
        ({"journal_id": "journal-2", "journal_sequence": 7}, "journal changed from journal-1 to journal-2"),
        ({"journal_sequence": 7, "acknowledged_sequence": 8}, "journal says 8 acknowledged, but ends at 7"),
    ],
)
@virtual
async def test_a_journal_that_went_back_quarantines(landing: Any, hello: dict[str, Any], reason: str) -> None:
    """A restored machine or a copied database may read, and nothing else, until a person releases it."""
    relay = landing()
    before = await relay.connected("agent-1", journal_sequence=7)
    await before.leave()
    await relay.endings[before]

    agent = relay.agent("agent-1", **hello)
    welcome = await agent.connect()
    await agent.grant(1)
    await relay.runtime.sleep(1)

    assert welcome.quarantined == reason
    assert relay.registry.known[KEY].quarantined == reason
    assert relay.sink.conditions[KEY, Condition.QUARANTINE] == reason
    assert not relay.dispatcher.available(*SYSTEM)
    with pytest.raises(NoCredit):
        await relay.dispatcher.acquire(*SYSTEM)
    with pytest.raises(NoCredit):
        await relay.dispatcher.acquire(*SYSTEM, instance="agent-1")


@virtual
async def test_quarantine_outlives_the_session(landing: Any) -> None:
    """Reconnecting with a plausible journal does not release; only a person does, and then the alert closes."""
    relay = landing()
    relay.registry.change(KEY, quarantined="journal went back")
    assert (await relay.agent("agent-1", journal_sequence=100).connect()).quarantined == "journal went back"
    assert (KEY, Condition.QUARANTINE) in relay.sink.conditions

    relay.registry.change(KEY, quarantined="")
    agent = await relay.connected("agent-1", journal_sequence=100)

    assert agent.session.welcome.quarantined == ""
    assert relay.sink.conditions == {}


@virtual
async def test_an_acknowledged_result_raises_what_is_known(landing: Any) -> None:
    """A journal restored to before an acknowledged result is found, though no hello ever told that position."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    agent.journal_sequence = 40
    envelope = await relay.post()
    await agent.say(agent.result(await agent.hear_call(relay.trust)))
    await agent.hear(frames.Acknowledge)
    await agent.leave()
    await relay.endings[agent]

    restored = await relay.agent("agent-1", journal_sequence=40).connect()

    assert relay.sink.results[0].envelope_id == envelope.envelope_id
    assert restored.quarantined == "journal went back from 41 to 40"


@virtual
async def test_a_result_that_overtakes_a_hello_proves_nothing(landing: Any) -> None:
    """The second slot's hello was composed before a result of the first slot was recorded: no regression."""
    relay = landing()
    first = await relay.connected("agent-1", writes=1)
    second = relay.agent("agent-1", slot=1, journal_sequence=0)
    await relay.runtime.sleep(0.1)
    await relay.post()
    await first.say(first.result(await first.hear_call(relay.trust)))
    await first.hear(frames.Acknowledge)

    assert (await second.connect()).quarantined == ""


@virtual
async def test_a_result_before_the_connection_counts(landing: Any) -> None:
    """What was recorded before the connection was accepted must be in the hello, also before it reached the records."""
    relay = landing()
    first = await relay.connected("agent-1", writes=1)
    await relay.post()
    await first.say(first.result(await first.hear_call(relay.trust)))
    await first.hear(frames.Acknowledge)

    assert (await relay.agent("agent-1", slot=1, journal_sequence=0).connect()).quarantined


# Rule 19: two live processes of one certificate.


@virtual
async def test_two_live_processes_of_one_certificate_are_quarantined(landing: Any) -> None:
    """The older one answers a ping sent after the newer one said hello: both exist."""
    relay = landing()
    original = await relay.connected("agent-1", boot_id="boot-1", slot=1)

    welcome = await relay.agent("agent-1", boot_id="boot-2").connect()

    assert welcome.quarantined == "two processes use one certificate: boots boot-1 and boot-2"
    assert relay.registry.known[KEY].quarantined == welcome.quarantined
    with pytest.raises(Closed, match="fenced"):
        await original.hear(frames.Call)


@virtual
async def test_a_restarted_agent_is_no_clone(landing: Any) -> None:
    """The old process is gone, though its connection still stands: it does not answer, and is fenced."""
    relay = landing()
    dead = await relay.connected("agent-1", boot_id="boot-1")
    dead.stop_listening()

    welcome = await relay.agent("agent-1", boot_id="boot-2").connect()

    assert welcome.quarantined == ""
    assert (await relay.endings[dead]).reason == "fenced"


@virtual
async def test_a_restarted_agent_whose_old_connection_ends_is_let_in_at_once(landing: Any) -> None:
    """Nobody waits for a challenge whose session is over."""
    relay = landing()
    dead = await relay.connected("agent-1", boot_id="boot-1")
    dead.stop_listening()
    started = relay.runtime.monotonic()
    newer = relay.agent("agent-1", boot_id="boot-2")
    welcome = asyncio.create_task(newer.connect())
    await relay.runtime.sleep(0.5)
    await dead.wire.close(1001, "")

    assert (await welcome).quarantined == ""
    assert relay.runtime.monotonic() - started < 1


# Rule 20: the relay's own state went back.


@virtual
async def test_a_relay_that_went_back_does_not_post(landing: Any) -> None:
    """An agent remembers more than we do: our database was restored. Nothing is posted; everybody is told."""
    relay = landing()
    relay.registry.relay = RelayState("incarnation-1", 10)

    agent = relay.agent("agent-1", relay_incarnation="incarnation-1", relay_high_water=11)
    welcome = await agent.connect()
    await agent.grant(1)
    await relay.runtime.sleep(1)

    assert "remembers our high-water mark 11, we are at 10" in welcome.quarantined
    assert relay.registry.known[KEY].quarantined == ""
    assert (KEY, Condition.RELAY_REGRESSION) in relay.sink.conditions
    assert not relay.dispatcher.available(*SYSTEM)


@pytest.mark.parametrize("remembered", [("incarnation-1", 10), ("incarnation-0", 99), ("", 0)])
@virtual
async def test_a_relay_that_came_further_posts(landing: Any, remembered: tuple[str, int]) -> None:
    """The same mark, another incarnation (a recovery), or an agent that never met us: nothing went back."""
    relay = landing()

    agent = relay.agent("agent-1", relay_incarnation=remembered[0], relay_high_water=remembered[1])

    assert (await agent.connect()).quarantined == ""


# The clock.


@pytest.mark.parametrize(("seconds", "writable"), [(0, True), (-59, True), (59, True), (61, False), (-3600, False)])
@virtual
async def test_a_clock_far_off_stops_postings(landing: Any, seconds: int, writable: bool) -> None:
    """Measured at hello already; beyond a minute the agent would take dead envelopes for alive."""
    relay = landing()

    agent = relay.agent("agent-1", runtime=VirtualRuntime(skew=timedelta(seconds=seconds)))
    await agent.connect()
    await agent.grant(1)
    await relay.runtime.sleep(1)

    assert relay.dispatcher.available(*SYSTEM) is writable
    [view] = relay.sessions.views()
    assert view.clock_offset_seconds == pytest.approx(seconds, abs=0.1)
