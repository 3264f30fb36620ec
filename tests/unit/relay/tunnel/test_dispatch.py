"""Sending: write credit and who gets it, the writer lease, and what happens to slots when sessions end."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.tunnel.dispatch import ENOUGH_WAITING, MAX_WAITING
from mlconnector_relay.tunnel.errors import CallFailed, CallRefused, NoCredit, SessionLost
from mlconnector_relay.tunnel.live import MAX_EXCHANGES
from mlconnector_relay.tunnel.registry import InstanceKey
from mlconnector_shared import frames
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import ReadTable, Simulate
from mlconnector_shared.errors import LocalProtocolError
from mlconnector_shared.signing import open_

from tests.support.landing import SYSTEM
from tests.support.virtual import virtual

KEY = InstanceKey("acme", "agent-1")
CHECK = Simulate(BapiCall("BAPI_ACC_DOCUMENT_CHECK", {}))


async def spin() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@virtual
async def test_a_posting_travels_sealed_and_whole(landing: Any) -> None:
    """The agent opens exactly what was sent."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)

    sent = await relay.post()

    assert await agent.hear_call(relay.trust) == sent


@virtual
async def test_bytes_written_down_before_are_the_ones_that_travel(landing: Any) -> None:
    """A repeat is the same envelope, byte for byte."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    slot = await relay.dispatcher.acquire(*SYSTEM)
    envelope = relay.envelope("agent-1", slot.fencing_token)
    written = relay.dispatcher.seal(envelope)

    await relay.dispatcher.send(slot, envelope, written)

    call = await agent.hear(frames.Call)
    assert (call.sealed, call.write, call.envelope_id) == (written, True, envelope.envelope_id)
    assert open_("call", written, relay.trust)


@virtual
async def test_credit_is_given_once_and_first_come_first_served(landing: Any) -> None:
    """As many slots as the agent granted, reserved until used or released; whoever waits longest is next."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=2)
    held = [await relay.dispatcher.acquire(*SYSTEM) for _ in range(2)]
    waiting = [asyncio.create_task(relay.dispatcher.acquire(*SYSTEM, patience_seconds=600)) for _ in range(3)]
    await spin()
    assert not any(task.done() for task in waiting)

    held[0].release()
    held[0].release()
    await spin()
    assert [task.done() for task in waiting] == [True, False, False]

    await relay.dispatcher.send(held[1], relay.envelope("agent-1", 1))
    await agent.grant(1)
    await relay.runtime.sleep(0.1)
    assert [task.done() for task in waiting] == [True, True, False]

    (await waiting[0]).release()
    await spin()
    assert waiting[2].done()


@virtual
async def test_a_line_that_moves_is_waited_in(landing: Any) -> None:
    """Whoever left it would only be looked at again and stand behind the others; patience is for a line that stands."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    await relay.post()
    line = [asyncio.create_task(relay.dispatcher.acquire(*SYSTEM, patience_seconds=5)) for _ in range(5)]
    for number in range(3):
        await relay.runtime.sleep(4)
        await agent.grant(1)
        await relay.runtime.sleep(0.1)
        await relay.dispatcher.send(await line[number], relay.envelope("agent-1", 1, number + 2))
    assert relay.dispatcher.available(*SYSTEM)
    await relay.runtime.sleep(11)

    assert [task.done() for task in line] == [True] * 5
    assert [isinstance(task.exception(), NoCredit) for task in line[3:]] == [True, True]
    assert not relay.dispatcher.available(*SYSTEM), "nobody starts what waits in vain, although work is under way"
    await agent.grant(1)
    await relay.runtime.sleep(0.1)
    assert relay.dispatcher.available(*SYSTEM)
    await relay.dispatcher.send(await relay.dispatcher.acquire(*SYSTEM), relay.envelope("agent-1", 1, 9))
    assert relay.dispatcher.available(*SYSTEM), "and again as before once it moves"


@virtual
async def test_a_slot_serves_once(landing: Any) -> None:
    """Using it twice is a defect of ours."""
    relay = landing()
    await relay.connected("agent-1", writes=2)
    slot = await relay.dispatcher.acquire(*SYSTEM)
    await relay.dispatcher.send(slot, relay.envelope("agent-1", 1))

    with pytest.raises(LocalProtocolError, match="used or released before"):
        await relay.dispatcher.send(slot, relay.envelope("agent-1", 1))
    slot.release()
    assert relay.sessions.all()[0].free_credit == 1


@virtual
async def test_an_envelope_for_another_instance_is_not_sent(landing: Any) -> None:
    """It would be refused there; the credit goes back."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    slot = await relay.dispatcher.acquire(*SYSTEM)

    with pytest.raises(LocalProtocolError, match="agent-9"):
        await relay.dispatcher.send(slot, relay.envelope("agent-9", 1))

    assert relay.sessions.all()[0].free_credit == 1
    assert not any(isinstance(message, frames.Call) for message in agent.heard)


@virtual
async def test_without_credit_patience_ends(landing: Any) -> None:
    """Nobody waits for ever, and who gave up takes nothing."""
    relay = landing()
    agent = await relay.connected("agent-1")

    with pytest.raises(NoCredit, match="in 30 s"):
        await relay.dispatcher.acquire(*SYSTEM)
    await agent.grant(1)
    await relay.runtime.sleep(0.1)

    assert relay.sessions.all()[0].free_credit == 1


@virtual
async def test_without_an_agent_patience_ends_too(landing: Any) -> None:
    """No session, no lease, no slot."""
    relay = landing()

    assert not relay.dispatcher.available(*SYSTEM)
    with pytest.raises(NoCredit):
        await relay.dispatcher.acquire(*SYSTEM, patience_seconds=1)


@virtual
async def test_who_is_cancelled_while_waiting_takes_nothing(landing: Any) -> None:
    """Also when the credit came in the very same moment."""
    relay = landing()
    agent = await relay.connected("agent-1")
    early = asyncio.create_task(relay.dispatcher.acquire(*SYSTEM))
    late = asyncio.create_task(relay.dispatcher.acquire(*SYSTEM))
    await spin()
    early.cancel()
    await spin()
    session = relay.sessions.all()[0]
    session.conversation.protocol.receive(frames.encode(frames.GrantWrites(1)), 0.0, relay.runtime.now())
    session.notify()
    late.cancel()
    await spin()

    assert late.cancelled()
    assert early.cancelled()
    assert session.free_credit == 1
    await agent.leave()


@virtual
async def test_the_line_has_an_end(landing: Any) -> None:
    """More waiting than the limit is refused at once: they should not have been started."""
    relay = landing()
    await relay.connected("agent-1")
    line = [asyncio.create_task(relay.dispatcher.acquire(*SYSTEM)) for _ in range(MAX_WAITING)]
    await spin()

    with pytest.raises(NoCredit, match=f"{MAX_WAITING} postings wait"):
        await relay.dispatcher.acquire(*SYSTEM)

    assert len(line) == MAX_WAITING


@virtual
async def test_no_more_are_started_than_may_soon_be_served(landing: Any) -> None:
    """A line that moves slowly does not grow without end; whoever waits is counted, for it takes no worker's place."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    await relay.post()
    line = [asyncio.create_task(relay.dispatcher.acquire(*SYSTEM)) for _ in range(ENOUGH_WAITING - 1)]
    await spin()
    assert (relay.dispatcher.available(*SYSTEM), relay.dispatcher.waiting) == (True, ENOUGH_WAITING - 1)

    line.append(asyncio.create_task(relay.dispatcher.acquire(*SYSTEM)))
    await spin()
    assert (relay.dispatcher.available(*SYSTEM), relay.dispatcher.waiting) == (False, ENOUGH_WAITING)

    await agent.grant(1)
    await relay.runtime.sleep(0.1)
    assert (relay.dispatcher.available(*SYSTEM), relay.dispatcher.waiting) == (True, ENOUGH_WAITING - 1)


@virtual
async def test_a_session_that_ends_takes_its_slots_along(landing: Any) -> None:
    """What was not sent may be sent elsewhere; the sender is told."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    slot = await relay.dispatcher.acquire(*SYSTEM)
    await agent.leave()
    await relay.endings[agent]

    with pytest.raises(SessionLost):
        await relay.dispatcher.send(slot, relay.envelope("agent-1", 1))
    assert SessionLost.retryable


@virtual
async def test_who_waits_is_served_after_a_reconnect(landing: Any) -> None:
    """Waiting is for the SAP system, not for a connection."""
    relay = landing()
    first = await relay.connected("agent-1")
    waiting = asyncio.create_task(relay.dispatcher.acquire(*SYSTEM))
    await first.leave()
    await relay.endings[first]

    await relay.connected("agent-1", writes=1)

    assert (await waiting).instance == "agent-1"


@virtual
async def test_a_draining_agent_gets_no_postings(landing: Any) -> None:
    """What it granted before is void."""
    relay = landing()
    agent = await relay.connected("agent-1", writes=1)
    slot = await relay.dispatcher.acquire(*SYSTEM)
    await agent.say(frames.Drain("maintenance"))
    await relay.runtime.sleep(0.1)

    assert not relay.dispatcher.available(*SYSTEM)
    assert relay.sessions.views()[0].draining
    with pytest.raises(SessionLost):
        await relay.dispatcher.send(slot, relay.envelope("agent-1", 1))


@virtual
async def test_available_says_whether_waiting_makes_sense(landing: Any) -> None:
    """Credit, or postings under way that return it; an agent that grants nothing is a circuit."""
    relay = landing()
    agent = await relay.connected("agent-1")
    assert not relay.dispatcher.available(*SYSTEM)
    await agent.grant(1)
    await relay.runtime.sleep(0.1)
    assert relay.dispatcher.available(*SYSTEM)
    assert not relay.dispatcher.available("acme", "ECC", "200")
    assert not relay.dispatcher.available("rival", "ECC", "100")

    await relay.post()
    assert relay.dispatcher.available(*SYSTEM)
    await agent.say(agent.result(await agent.hear_call(relay.trust)))
    await agent.hear(frames.Acknowledge)

    assert not relay.dispatcher.available(*SYSTEM)


# The writer lease (rule 10).


@virtual
async def test_one_instance_takes_new_postings(landing: Any) -> None:
    """The second agent of the same SAP system gets none, however much credit it grants."""
    relay = landing("agent-1", "agent-2")
    await relay.connected("agent-1", writes=1)
    await relay.connected("agent-2", writes=5)
    await relay.dispatcher.acquire(*SYSTEM)

    with pytest.raises(NoCredit):
        await relay.dispatcher.acquire(*SYSTEM)


@virtual
async def test_a_sent_posting_is_settled_where_it_was_sent(landing: Any) -> None:
    """Also by an instance that does not hold the lease; and never by another."""
    relay = landing("agent-1", "agent-2")
    await relay.connected("agent-1", writes=1)
    await relay.connected("agent-2", writes=1)

    slot = await relay.dispatcher.acquire(*SYSTEM, instance="agent-2")

    assert slot.instance == "agent-2"
    with pytest.raises(NoCredit):
        await relay.dispatcher.acquire(*SYSTEM, instance="agent-3")


@virtual
async def test_settling_goes_before_starting(landing: Any) -> None:
    """Whoever waits to settle a sent posting is served first."""
    relay = landing()
    agent = await relay.connected("agent-1")
    starting = asyncio.create_task(relay.dispatcher.acquire(*SYSTEM))
    await spin()
    settling = asyncio.create_task(relay.dispatcher.acquire(*SYSTEM, instance="agent-1"))
    await spin()

    await agent.grant(1)
    await relay.runtime.sleep(0.1)

    assert (starting.done(), settling.done()) == (False, True)


@virtual
async def test_the_lease_passes_on_only_after_a_long_absence(landing: Any) -> None:
    """A short one changes nothing; after a long one the next agent gets a higher token, and keeps it."""
    relay = landing("agent-1", "agent-2")
    watching = asyncio.create_task(relay.watch.run())
    first = await relay.connected("agent-1", writes=1)
    await relay.connected("agent-2", writes=9)
    await first.leave()
    await relay.endings[first]

    with pytest.raises(NoCredit):
        await relay.dispatcher.acquire(*SYSTEM, patience_seconds=200)
    slot = await relay.dispatcher.acquire(*SYSTEM, patience_seconds=200)
    await relay.connected("agent-1", writes=1)
    await relay.runtime.sleep(600)

    assert (slot.instance, slot.fencing_token) == ("agent-2", 2)
    again = await relay.dispatcher.acquire(*SYSTEM)
    assert (again.instance, again.fencing_token) == ("agent-2", 2)
    watching.cancel()


# Calls that are no postings.


@virtual
async def test_a_simulation_returns_what_sap_said(landing: Any) -> None:
    """It needs no write credit, and its answer is acknowledged without the sink."""
    relay = landing()
    agent = await relay.connected("agent-1")
    simulation = asyncio.create_task(relay.dispatcher.simulate(*SYSTEM, CHECK, trace="00-trace"))
    call = await agent.hear_call(relay.trust)
    assert relay.dispatcher.waiting == 1
    await agent.say(agent.result(call, outcome="simulated", detail="no error"))

    assert ((await simulation).detail, relay.dispatcher.waiting) == ("no error", 0)
    assert (call.work, call.posting_id, call.trace, call.audience.instance) == (CHECK, "", "00-trace", "agent-1")
    assert (call.fencing_token, call.not_after - call.issued_at) == (1, timedelta(seconds=60))
    assert await agent.hear(frames.Acknowledge) == frames.Acknowledge(call.envelope_id, 1)
    assert relay.sink.results == []


@virtual
async def test_a_refused_simulation_names_the_rule(landing: Any) -> None:
    """The caller learns what the gate said."""
    relay = landing()
    agent = await relay.connected("agent-1")
    simulation = asyncio.create_task(relay.dispatcher.simulate(*SYSTEM, CHECK))
    await agent.say(agent.refusal(await agent.hear_call(relay.trust), "policy.function_module"))

    with pytest.raises(CallRefused) as refused:
        await simulation

    assert refused.value.rule == "policy.function_module"
    assert relay.sink.receipts == []


@virtual
async def test_a_forged_answer_to_a_simulation_is_no_answer(landing: Any) -> None:
    """It is not acknowledged, and the agent is told."""
    relay = landing()
    agent = await relay.connected("agent-1")
    simulation = asyncio.create_task(relay.dispatcher.simulate(*SYSTEM, CHECK))
    call = await agent.hear_call(relay.trust)
    await agent.say(frames.Result(call.envelope_id, b"forged"))

    with pytest.raises(CallFailed, match="unbelieved"):
        await simulation
    assert (await agent.hear(frames.Problem)).about == "result"


@virtual
async def test_a_simulation_nobody_answers_is_cancelled(landing: Any) -> None:
    """After two minutes of silence on a session that lives."""
    relay = landing()
    agent = await relay.connected("agent-1")

    with pytest.raises(TimeoutError):
        await relay.dispatcher.simulate(*SYSTEM, CHECK)

    await relay.runtime.sleep(0.1)
    assert isinstance(agent.heard[-1], frames.Cancel)


@virtual
async def test_a_session_that_ends_ends_its_simulations(landing: Any) -> None:
    """The caller hears of it at once."""
    relay = landing()
    agent = await relay.connected("agent-1")
    simulation = asyncio.create_task(relay.dispatcher.simulate(*SYSTEM, CHECK))
    await agent.hear_call(relay.trust)
    await agent.leave()

    with pytest.raises(SessionLost):
        await simulation


@virtual
async def test_calls_need_a_session_and_have_a_limit(landing: Any) -> None:
    """Nobody there: said at once. Too many under way: refused."""
    relay = landing()
    with pytest.raises(SessionLost, match="no agent of ECC client 100"):
        await relay.dispatcher.simulate(*SYSTEM, CHECK)
    await relay.connected("agent-1")
    under_way = [asyncio.create_task(relay.dispatcher.simulate(*SYSTEM, CHECK)) for _ in range(MAX_EXCHANGES)]
    await spin()

    with pytest.raises(NoCredit, match=f"{MAX_EXCHANGES} reads are under way"):
        await relay.dispatcher.simulate(*SYSTEM, CHECK)
    assert len(under_way) == MAX_EXCHANGES


@virtual
async def test_reads_prefer_the_writer_but_take_any(landing: Any) -> None:
    """A quarantined agent may read; so may one without the lease."""
    relay = landing("agent-1", "agent-2")
    relay.registry.change(InstanceKey("acme", "agent-2"), quarantined="journal went back")
    second = await relay.connected("agent-2")
    simulation = asyncio.create_task(relay.dispatcher.simulate(*SYSTEM, CHECK))
    call = await second.hear_call(relay.trust)
    await second.say(second.result(call, outcome="simulated"))
    assert (await simulation).instance == "agent-2"

    first = await relay.connected("agent-1", writes=1)
    simulation = asyncio.create_task(relay.dispatcher.simulate(*SYSTEM, CHECK))
    await first.say(first.result(await first.hear_call(relay.trust), outcome="simulated"))
    assert (await simulation).instance == "agent-1"


@virtual
async def test_an_agent_without_the_feature_is_not_asked_for_rows(landing: Any) -> None:
    """Features are agreed by name."""
    relay = landing()
    await relay.connected("agent-1", features=frozenset({"anchor"}))

    with pytest.raises(SessionLost):
        relay.dispatcher.read_table(*SYSTEM, ReadTable("BKPF", ("BELNR",)))


@virtual
async def test_anchors_go_to_the_tenants_witnesses(landing: Any) -> None:
    """Each live agent of the tenant that knows anchors gets the sealed head; a rival's hears nothing."""
    relay = landing("agent-1", "agent-2")
    agent = await relay.connected("agent-1")
    await relay.connected("agent-2", features=frozenset({"rows"}))

    assert relay.dispatcher.anchor("acme", b"head 7") == 1
    assert relay.dispatcher.anchor("rival", b"head 9") == 0
    assert open_("anchor", (await agent.hear(frames.Anchor)).sealed, relay.trust) == b"head 7"
