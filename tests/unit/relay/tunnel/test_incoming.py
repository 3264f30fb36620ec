"""What agents say: believed only with a signature that holds, acknowledged only once it is durable."""

import asyncio
from typing import Any

import pytest
from mlconnector_relay import metrics
from mlconnector_relay.tunnel.errors import UnheardOf
from mlconnector_relay.tunnel.incoming import MAX_AT_WORK
from mlconnector_relay.tunnel.pace import ANCHORS_AN_HOUR, RENEWALS_A_DAY
from mlconnector_relay.tunnel.registry import MOST_CERTIFICATES, InstanceKey
from mlconnector_relay.tunnel.sink import Condition
from mlconnector_shared import frames
from mlconnector_shared.envelope import CallEnvelope
from mlconnector_shared.signing import Signer, seal

from tests.support.landing import Landing, make_csr, signer_of
from tests.support.tunnel import AgentDouble
from tests.support.virtual import virtual

KEY = InstanceKey("acme", "agent-1")


async def called(relay: Landing, **hello: Any) -> tuple[AgentDouble, CallEnvelope]:
    """Return an agent that was sent one posting."""
    agent = await relay.connected("agent-1", writes=2, **hello)
    await relay.post()
    return agent, await agent.hear_call(relay.trust)


@virtual
async def test_a_result_is_recorded_then_acknowledged(landing: Any) -> None:
    """Not before it is durable: the agent may forget it only then."""
    relay = landing()
    agent, call = await called(relay)
    relay.sink.gate = asyncio.Event()
    await agent.say(agent.result(call))
    await relay.runtime.sleep(60)
    assert not any(isinstance(message, frames.Acknowledge) for message in agent.heard)

    relay.sink.gate.set()

    assert await agent.hear(frames.Acknowledge) == frames.Acknowledge(call.envelope_id, 1)
    assert [result.envelope_id for result in relay.sink.results] == [call.envelope_id]


@virtual
async def test_a_sink_that_fails_is_asked_again(landing: Any) -> None:
    """The database may be away for a while; the outcome is not lost, and not acknowledged meanwhile."""
    relay = landing()
    agent, call = await called(relay)
    relay.sink.failures = 5
    await agent.say(agent.result(call))

    await agent.hear(frames.Acknowledge, seconds=300)

    assert len(relay.sink.results) == 1


@virtual
async def test_an_agent_that_tells_of_too_much_unheard_of_is_left(landing: Any) -> None:
    """Nothing is acknowledged, so that it keeps what it told; its connection ends with the reason."""
    relay = landing()
    agent, call = await called(relay)
    relay.sink.failures, relay.sink.error = 1, UnheardOf("a hundred postings")
    await agent.say(agent.result(call))

    ending = await relay.endings[agent]
    assert (ending.reason, ending.detail) == ("unheard_of", "a hundred postings")
    assert not any(isinstance(message, frames.Acknowledge) for message in agent.heard)
    assert relay.sink.results == []


@virtual
async def test_what_could_not_be_recorded_is_left_to_the_agent(landing: Any) -> None:
    """When the session is over there is nobody to acknowledge to: the agent repeats it to the next session."""
    relay = landing()
    agent, call = await called(relay)
    relay.sink.failures = 10**6
    await agent.say(agent.result(call))
    await relay.runtime.sleep(0.1)
    await agent.leave()
    await relay.endings[agent]
    relay.sink.failures = 0

    again = await relay.connected("agent-1")
    again.journal_sequence = agent.journal_sequence - 1
    await again.say(again.result(call))

    await again.hear(frames.Acknowledge)
    assert len(relay.sink.results) == 1


@virtual
async def test_a_result_under_way_is_recorded_though_the_session_ends(landing: Any) -> None:
    """What was said counts; only the acknowledgement has nowhere to go."""
    relay = landing()
    agent, call = await called(relay)
    relay.sink.gate = asyncio.Event()
    await agent.say(agent.result(call))
    await relay.runtime.sleep(0.1)
    await agent.leave()
    await relay.runtime.sleep(0.1)
    relay.sink.gate.set()
    await relay.endings[agent]

    assert len(relay.sink.results) == 1
    assert relay.registry.known[KEY].journal.sequence == 1


@virtual
async def test_a_sink_that_hangs_does_not_hang_the_end(landing: Any) -> None:
    """After a few seconds the recording is given up; the agent repeats it."""
    relay = landing()
    agent, call = await called(relay)
    relay.sink.gate = asyncio.Event()
    await agent.say(agent.result(call))
    await relay.runtime.sleep(0.1)
    await agent.leave()

    await relay.runtime.within(10, relay.endings[agent])

    assert relay.sink.results == []


@virtual
async def test_a_slow_sink_slows_the_session_not_the_memory(landing: Any) -> None:
    """Beyond a limit of results at work the agent is not read any further."""
    relay = landing()
    agent, call = await called(relay)
    relay.sink.gate = asyncio.Event()
    for _ in range(MAX_AT_WORK + 50):
        await agent.say(agent.result(call))
    await relay.runtime.sleep(1)
    await agent.say(frames.Drain("last"))
    await relay.runtime.sleep(1)
    assert not relay.sessions.views()[0].draining

    relay.sink.gate.set()
    await relay.runtime.sleep(1)

    assert relay.sessions.views()[0].draining
    assert len(relay.sink.results) == MAX_AT_WORK + 50


@pytest.mark.parametrize("kind", ["unknown key", "tampered", "garbage", "unknown field", "other instance", "other id"])
@virtual
async def test_a_result_that_does_not_hold_is_not_believed(landing: Any, kind: str) -> None:
    """Not recorded, not acknowledged; the agent is told, and the session goes on."""
    relay = landing()
    agent, call = await called(relay)
    honest = agent.result(call)
    sealed = {
        "unknown key": lambda: seal("result", b"", Signer.from_seed(b"z" * 32)),
        "tampered": lambda: honest.sealed[:-1] + bytes([honest.sealed[-1] ^ 1]),
        "garbage": lambda: b"garbage",
        "unknown field": lambda: seal("result", b"\x81\xa1x\x01", agent.signer),
        "other instance": lambda: agent.result(call, instance="agent-2").sealed,
        "other id": lambda: agent.result(call, envelope_id="another").sealed,
    }[kind]()

    await agent.say(frames.Result(call.envelope_id, sealed))

    assert (await agent.hear(frames.Problem)).about == "result"
    await relay.runtime.sleep(10)
    assert relay.sink.results == []
    assert not any(isinstance(message, frames.Acknowledge) for message in agent.heard)
    assert agent.session.is_open


@pytest.mark.parametrize(
    ("outcome", "believed"),
    [
        ("posted", True),
        ("already_posted", True),
        ("in_doubt", True),
        ("conflict", True),
        ("failed", False),
        ("rejected", False),
    ],
)
@virtual
async def test_a_journal_that_went_back_proves_no_absence(landing: Any, outcome: str, believed: bool) -> None:
    """A quarantined agent may say that a document is there; that nothing was committed it cannot know (rule 19)."""
    relay = landing()
    relay.registry.change(KEY, quarantined="journal went back")
    agent = await relay.connected("agent-1")
    call = relay.envelope("agent-1", 1)

    await agent.say(agent.result(call, outcome=outcome))
    await relay.runtime.sleep(1)

    assert bool(relay.sink.results) is believed
    assert any(isinstance(message, frames.Acknowledge) for message in agent.heard) is believed


@virtual
async def test_a_repeated_answer_of_a_read_is_acknowledged_and_forgotten(landing: Any) -> None:
    """Nobody waits for it after a reconnect, and nothing depends on it."""
    relay = landing()
    agent = await relay.connected("agent-1")
    call = relay.envelope("agent-1", 1)

    await agent.say(agent.result(call, posting_id="", outcome="read"))

    await agent.hear(frames.Acknowledge)
    assert relay.sink.results == []


@virtual
async def test_a_refusal_is_recorded(landing: Any) -> None:
    """The signed receipt names the rule; the posting is not under way any more."""
    relay = landing()
    agent, call = await called(relay)
    assert relay.sessions.views()[0].in_flight == 1

    await agent.say(agent.refusal(call, "policy.company_code"))
    await relay.runtime.sleep(0.1)

    assert [receipt.rule for receipt in relay.sink.receipts] == ["policy.company_code"]
    assert relay.sessions.views()[0].in_flight == 0


@pytest.mark.parametrize("kind", ["forged", "other id"])
@virtual
async def test_a_refusal_that_does_not_hold_is_not_believed(landing: Any, kind: str) -> None:
    """A posting is not taken for refused on a stranger's word."""
    relay = landing()
    agent, call = await called(relay)
    other = relay.envelope("agent-1", 1, number=2)
    sealed = b"forged" if kind == "forged" else agent.refusal(other, "rule").sealed

    await agent.say(frames.Refused(call.envelope_id, sealed))

    assert (await agent.hear(frames.Problem)).about == "refused"
    assert relay.sink.receipts == []
    assert relay.sessions.views()[0].in_flight == 1


@virtual
async def test_progress_is_passed_on(landing: Any) -> None:
    """Admission and each phase, as they come."""
    relay = landing()
    agent, call = await called(relay)

    await agent.say(frames.Accepted(call.envelope_id))
    await agent.say(frames.Step(call.envelope_id, "called", relay.runtime.now()))
    await relay.runtime.sleep(0.1)

    assert relay.sink.steps == [(call.envelope_id, "accepted"), (call.envelope_id, "called")]


@virtual
async def test_progress_that_cannot_be_noted_is_lost_and_nothing_else(landing: Any) -> None:
    """The result tells all of it again."""
    relay = landing()
    agent, call = await called(relay)

    async def broken(*_: object) -> None:
        raise OSError("the disk is full")

    relay.sink.step = broken
    await agent.say(frames.Accepted(call.envelope_id), agent.result(call))

    await agent.hear(frames.Acknowledge)
    assert len(relay.sink.results) == 1


@virtual
async def test_anchors_are_kept_when_they_hold(landing: Any) -> None:
    """The relay is witness of the agent's audit chain, not of a stranger's."""
    relay = landing()
    agent = await relay.connected("agent-1")

    await agent.say(frames.Anchor(seal("anchor", b"head 3", agent.signer)))
    await agent.say(frames.Anchor(seal("anchor", b"head 4", Signer.from_seed(b"z" * 32))))

    assert (await agent.hear(frames.Problem)).about == "anchor"
    assert relay.sink.anchors == [b"head 3"]


@virtual
async def test_a_certificate_is_renewed_over_the_session(landing: Any) -> None:
    """The new one counts from now on, and the old one still does."""
    relay = landing()
    agent = await relay.connected("agent-1")
    before = relay.registry.known[KEY].certificates

    await agent.say(frames.Renew(make_csr().csr))
    renewed = await agent.hear(frames.Renewed)

    assert renewed.certificate.startswith("-----BEGIN CERTIFICATE-----")
    assert before < relay.registry.known[KEY].certificates


@virtual
async def test_an_agent_cannot_fill_our_disk_with_heads(landing: Any) -> None:
    """Beyond twice what it owes nothing is kept, over a new session too, and Basis hears of it; once."""
    relay = landing()
    agent = await relay.connected("agent-1")
    for number in range(ANCHORS_AN_HOUR + 1):
        await agent.say(frames.Anchor(seal("anchor", b"head %d" % number, agent.signer)))
        await relay.runtime.sleep(0.01)

    assert (await agent.hear(frames.Problem)).about == "anchor"
    await relay.runtime.sleep(0.1)
    assert len(relay.sink.anchors) == ANCHORS_AN_HOUR
    assert "agent-1 sends more of anchor" in relay.sink.conditions[KEY, Condition.ANCHORS]

    again = await relay.connected("agent-1")
    await again.say(frames.Anchor(seal("anchor", b"head", again.signer)))
    assert (await again.hear(frames.Problem)).about == "anchor"
    await relay.runtime.sleep(3600)
    await again.say(frames.Anchor(seal("anchor", b"later", again.signer)))
    await relay.runtime.sleep(0.1)
    assert relay.sink.anchors[-1] == b"later"
    assert (KEY, Condition.ANCHORS) not in relay.sink.conditions


@virtual
async def test_an_agent_gets_no_more_certificates_than_it_can_need(landing: Any) -> None:
    """So many a day, and so many that are valid at once; it is told, and Basis is."""
    relay = landing()
    agent = await relay.connected("agent-1")
    csr, first = make_csr().csr, len(relay.registry.known[KEY].certificates)
    for _ in range(RENEWALS_A_DAY):
        await agent.say(frames.Renew(csr))
        await agent.hear(frames.Renewed)
    await agent.say(frames.Renew(csr))

    assert (await agent.hear(frames.Problem)).about == "renew"
    await relay.runtime.sleep(0.1)
    assert len(relay.registry.known[KEY].certificates) == first + RENEWALS_A_DAY
    assert "sends more of renew" in relay.sink.conditions[KEY, Condition.RENEWALS]


@virtual
async def test_an_agent_that_has_its_certificates_gets_no_other(landing: Any) -> None:
    """However slowly it asks."""
    relay = landing()
    agent = await relay.connected("agent-1")
    held = relay.registry.known[KEY].certificates | {f"old {number}" for number in range(MOST_CERTIFICATES)}
    relay.registry.change(KEY, certificates=held)
    await agent.say(frames.Renew(make_csr().csr))

    assert "certificates that are valid" in (await agent.hear(frames.Problem)).detail
    await relay.runtime.sleep(0.1)
    assert relay.registry.known[KEY].certificates == held
    assert "certificates that are valid" in relay.sink.conditions[KEY, Condition.RENEWALS]


@virtual
async def test_a_signing_request_that_cannot_be_granted_is_a_problem(landing: Any) -> None:
    """The session goes on with the certificate it has."""
    relay = landing()
    agent = await relay.connected("agent-1")

    await agent.say(frames.Renew("not a request"))

    assert (await agent.hear(frames.Problem)).about == "renew"
    assert agent.session.is_open


@virtual
async def test_other_messages_change_nothing(landing: Any) -> None:
    """A problem is logged; a pong is none of ours."""
    relay = landing()
    agent = await relay.connected("agent-1")

    await agent.say(frames.Problem("call", "what is this"))
    await relay.runtime.sleep(0.1)

    assert agent.session.is_open


@virtual
async def test_keys_enrolled_meanwhile_are_trusted(landing: Any) -> None:
    """A new signing key counts within seconds, without a reconnect; a revoked one stops counting."""
    relay = landing()
    watching = asyncio.create_task(relay.watch.run())
    agent, call = await called(relay)
    new = Signer.from_seed(b"n" * 32)
    relay.registry.change(KEY, signing_keys={new.key_id: new.public_bytes})
    await relay.runtime.sleep(5)

    await agent.say(agent.result(call))
    await agent.hear(frames.Problem)
    agent.signer = new
    await agent.say(agent.result(call))

    await agent.hear(frames.Acknowledge)
    assert signer_of("agent-1").key_id != new.key_id
    watching.cancel()


@virtual
async def test_positions_nobody_can_keep_are_not_believed(landing: Any) -> None:
    """One agent's counter beyond 63 bits would stop what is done for all agents."""
    relay = landing()
    agent, call = await called(relay)
    agent.journal_sequence = 2**63
    await agent.say(agent.result(call))

    assert (await agent.hear(frames.Problem)).about == "result"
    assert relay.sink.results == []
    assert relay.sessions.highest_sequence(KEY) < 2**63


@virtual
async def test_a_result_for_another_posting_than_its_envelope_s_is_not_believed(landing: Any) -> None:
    """The attempt it tells of is the envelope's: it would be taken for one of the other posting."""
    relay = landing()
    agent, call = await called(relay)
    await agent.say(agent.result(call, posting_id="acme/abc123/2/invoice/1/1"))

    assert "no envelope of" in (await agent.hear(frames.Problem)).detail
    assert relay.sink.results == []


@virtual
async def test_words_reach_the_records_fit_for_them(landing: Any) -> None:
    """A NUL in a text of SAP's cannot be kept by every database, and must not hold an outcome back for ever."""
    relay = landing()
    agent, call = await called(relay)
    await agent.say(agent.result(call, detail="Kunde\0 4711\x1b[2J"))
    await agent.hear(frames.Acknowledge)

    assert [result.detail for result in relay.sink.results] == ["Kunde 4711 [2J"]


def test_agents_choose_no_unlimited_number_of_labels() -> None:
    """A label stays in memory as long as the process lives."""
    labels = {metrics.refusal_label(f"rule_{number}") for number in range(10 * metrics.MOST_RULES)}

    assert "other" in labels
    assert len(labels) <= metrics.MOST_RULES + 1
