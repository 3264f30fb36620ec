"""What the gate lets through: signed by a pinned key, for us, alive, not seen before, and within the policy."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_agent.gate import Admit, GateState, Refuse, Repeat, Seen, admit, has_lapsed
from mlconnector_agent.policy.limits import Denial, Policy
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Audience, CallEnvelope, Post, ReadTable, to_bytes
from mlconnector_shared.frames import Call
from mlconnector_shared.signing import Signer, Trust, public_from_bytes, seal

from tests.support.agent import ROOT
from tests.unit.agent.test_policy import POLICY, document

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONOTONIC = 1000.0
RELAY = Signer.from_seed(bytes(32))
STRANGER = Signer.from_seed(bytes([1]) * 32)
TRUST: Trust = {RELAY.key_id: public_from_bytes(RELAY.public_bytes)}
US = Audience("acme", "agent-1", "ECC", "100")
STATE = GateState(audience=US, clock_offset=timedelta(0), fencing_token=5)
POSTING = "acme/abc123/1000123/invoice/1/1"


def an_envelope(**changes: Any) -> CallEnvelope:
    facts: dict[str, Any] = {
        "envelope_id": f"{POSTING}#1",
        "posting_id": POSTING,
        "audience": US,
        "issued_at": NOW,
        "not_after": NOW + timedelta(seconds=60),
        "fencing_token": 5,
        "work": Post(BapiCall("BAPI_ACC_DOCUMENT_POST", document())),
    }
    return CallEnvelope(**facts | changes)


def a_read(**changes: Any) -> CallEnvelope:
    return an_envelope(
        **{"envelope_id": "01READ", "posting_id": "", "work": ReadTable("T000", ("MANDT",), max_rows=1), **changes}
    )


def call_of(envelope: CallEnvelope, signer: Signer = RELAY, **changes: Any) -> Call:
    sealed = seal("call", to_bytes(envelope), signer)
    return Call(
        **{"envelope_id": envelope.envelope_id, "write": bool(envelope.posting_id), "sealed": sealed, **changes}
    )


def ask(
    envelope: CallEnvelope,
    state: GateState = STATE,
    now: datetime = NOW,
    policy: Policy = POLICY,
    **call: Any,
) -> Admit | Repeat | Refuse:
    return admit(call_of(envelope, **call), TRUST, policy, state, now, MONOTONIC)


def rule_of(*arguments: Any, **named: Any) -> str:
    verdict = ask(*arguments, **named)
    return verdict.rule if isinstance(verdict, Refuse) else type(verdict).__name__


def test_what_is_signed_for_us_alive_and_permitted_is_admitted() -> None:
    """The admitted content is what was sealed; it lapses when its life ends."""
    envelope = an_envelope()

    assert ask(envelope) == Admit(envelope, MONOTONIC + 60)
    assert ask(a_read()) == Admit(a_read(), MONOTONIC + 60)


def test_a_key_that_was_not_pinned_is_refused() -> None:
    """Only the relay's keys of the enrolment seal calls; nothing of a stranger's envelope is believed."""
    verdict = ask(an_envelope(), signer=STRANGER)

    assert isinstance(verdict, Refuse)
    assert (verdict.rule, verdict.posting_id) == ("signature", "")


@given(st.data())
def test_no_changed_byte_gets_through(data: st.DataObject) -> None:
    """Whatever byte of the sealed envelope is changed, it is refused before it is parsed."""
    sealed = bytearray(call_of(an_envelope()).sealed)
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))

    assert rule_of(an_envelope(), sealed=bytes(sealed)) == "signature"


def test_a_result_is_no_call() -> None:
    """The seal says what the bytes are: what was sealed as something else is refused."""
    sealed = seal("result", to_bytes(an_envelope()), RELAY)

    assert rule_of(an_envelope(), sealed=sealed) == "signature"


@pytest.mark.parametrize(
    "content",
    [
        msgspec.to_builtins(an_envelope()) | {"dry_run": True},
        {name: value for name, value in msgspec.to_builtins(an_envelope()).items() if name != "audience"},
        {"work": 1},
        [],
    ],
    ids=["unknown field", "missing field", "wrong type", "no map"],
)
def test_signed_content_that_is_no_envelope_is_refused(content: Any) -> None:
    """An unknown field is refused, so that nothing that was signed is silently ignored."""
    sealed = seal("call", msgspec.msgpack.encode(content), RELAY)

    assert rule_of(an_envelope(), sealed=sealed) == "malformed"


@pytest.mark.parametrize(
    ("envelope", "call", "rule"),
    [
        (an_envelope(), {"envelope_id": f"{POSTING}#2"}, "identity"),
        (a_read(envelope_id="x" * 201), {}, "identity"),
        (a_read(envelope_id=""), {}, "identity"),
        (an_envelope(envelope_id=f"{POSTING}#x"), {}, "identity"),
        (an_envelope(envelope_id=f"{POSTING}#.1"), {}, "identity"),
        (an_envelope(envelope_id=f"{POSTING}#1.2.3"), {}, "identity"),
        (an_envelope(envelope_id=f"{POSTING}#1.1764000000000"), {}, "Admit"),
        (an_envelope(envelope_id="acme/abc123/1/invoice/1/1#1"), {}, "identity"),
        (an_envelope(envelope_id="beta/a/1/invoice/1/1#1", posting_id="beta/a/1/invoice/1/1"), {}, "identity"),
        (a_read(posting_id=POSTING), {"write": False}, "identity"),
        (an_envelope(), {"write": False}, "kind"),
        (a_read(), {"write": True}, "kind"),
    ],
)
def test_frame_and_envelope_agree_on_who_it_is(envelope: CallEnvelope, call: dict[str, Any], rule: str) -> None:
    """The ids of a posting are derived; the frame, which credit is counted by, says the same as the seal."""
    assert rule_of(envelope, **call) == rule


@pytest.mark.parametrize("name", ["tenant", "instance", "sysid", "client"])
def test_an_envelope_for_somebody_else_is_refused(name: str) -> None:
    """Exactly this tenant, agent instance, SAP system and client."""
    envelope = a_read(audience=msgspec.structs.replace(US, **{name: "other"}))

    assert rule_of(envelope) == "audience"


@pytest.mark.parametrize(
    ("issued", "dies", "rule"),
    [
        (0, 900, "Admit"),
        (0, 901, "lifetime"),
        (0, 0, "lifetime"),
        (10, 5, "lifetime"),
        (5, 65, "Admit"),
        (6, 65, "lifetime"),
        (-60, 0, "expired"),
        (-59, 1, "Admit"),
    ],
)
def test_it_lives_at_most_fifteen_minutes_and_not_in_the_future(issued: int, dies: int, rule: str) -> None:
    """The signed life bounds the memory against replay; a clock a little ahead is forgiven."""
    envelope = a_read(issued_at=NOW + timedelta(seconds=issued), not_after=NOW + timedelta(seconds=dies))

    assert rule_of(envelope) == rule


def test_the_clock_offset_is_taken_into_account() -> None:
    """Life is counted on the relay's clock, which sealed it: ours may be 50 s slow."""
    state = replace(STATE, clock_offset=timedelta(seconds=50))

    assert ask(an_envelope(), state) == Admit(an_envelope(), MONOTONIC + 10)
    assert rule_of(an_envelope(), state, NOW + timedelta(seconds=10)) == "expired"


def test_an_offset_above_a_minute_stops_postings_but_not_reads() -> None:
    """Posting dates and lifetimes mean nothing then; a person sets the clock."""
    for seconds in (61, -61):
        state = replace(STATE, clock_offset=timedelta(seconds=seconds))
        begun = NOW + timedelta(seconds=seconds)
        envelope = an_envelope(issued_at=begun, not_after=begun + timedelta(seconds=60))
        read = a_read(issued_at=begun, not_after=begun + timedelta(seconds=60))

        assert rule_of(envelope, state) == "clock"
        assert rule_of(read, state) == "Admit"


@given(
    offset=st.floats(-60, 60),
    waited_wall=st.floats(0, 200),
    waited_monotonic=st.floats(0, 200),
)
def test_it_is_spent_when_either_clock_says_so(offset: float, waited_wall: float, waited_monotonic: float) -> None:
    """A wall clock set back during the wait gives no envelope a second life, nor does a suspended machine."""
    shift = timedelta(seconds=offset)
    admitted = Admit(an_envelope(not_after=NOW + shift + timedelta(seconds=60)), MONOTONIC + 60)

    spent = has_lapsed(admitted, shift, NOW + timedelta(seconds=waited_wall), MONOTONIC + waited_monotonic)

    if abs(waited_wall - 60) > 1e-3 and abs(waited_monotonic - 60) > 1e-3:
        assert spent == (waited_wall > 60 or waited_monotonic > 60)


def test_what_the_journal_knows_is_answered_even_when_it_has_expired() -> None:
    """A refusal would read as "nothing was done"; so expiry, quarantine and draining do not hide an answer."""
    state = replace(STATE, seen=Seen(same=True), halted=Denial("quarantine", ""), draining=True)

    assert ask(an_envelope(), state, NOW + timedelta(hours=1)) == Repeat(an_envelope())


def test_a_known_id_with_other_bytes_is_a_replay() -> None:
    """The same envelope id means the same envelope, or somebody is trying something."""
    assert rule_of(an_envelope(), replace(STATE, seen=Seen(same=False))) == "replay"


def test_a_stranger_learns_nothing_from_the_journal() -> None:
    """Known or not, an envelope whose seal does not hold is refused for that."""
    assert rule_of(an_envelope(), replace(STATE, seen=Seen(same=True)), signer=STRANGER) == "signature"


def test_an_older_fencing_token_is_refused() -> None:
    """The writer lease has moved on; equal is the same lease, newer a transfer."""
    assert rule_of(an_envelope(fencing_token=4)) == "fencing"
    assert rule_of(an_envelope(fencing_token=6)) == "Admit"
    assert rule_of(a_read(fencing_token=0)) == "Admit"


def test_a_halted_agent_reads_but_does_not_post() -> None:
    """Quarantine, a relay that went back, a journal that cannot be written: the rule is theirs."""
    state = replace(STATE, halted=Denial("quarantine", "reads only"))

    assert rule_of(an_envelope(), state) == "quarantine"
    assert rule_of(a_read(), state) == "Admit"


def test_a_draining_agent_takes_nothing_new() -> None:
    """A call that crosses our drain on the wire is refused, not begun."""
    assert rule_of(a_read(), replace(STATE, draining=True)) == "draining"


def test_the_policy_has_the_last_word() -> None:
    """What Basis did not name is refused under the policy's rule, with the posting it was about."""
    policy = replace(POLICY, company_codes=frozenset({"2000"}))
    verdict = ask(an_envelope(), policy=policy)

    assert isinstance(verdict, Refuse)
    assert (verdict.rule, verdict.posting_id) == ("company_code", POSTING)


def test_every_rule_is_documented() -> None:
    """What a receipt names can be looked up, and nothing is listed that no receipt can name."""
    reference = (ROOT / "docs" / "reference" / "gate-rules.md").read_text("utf-8")
    documented = set(re.findall(r"^\| `([a-z_]+)` \|", reference, re.MULTILINE))
    used = {"length", "value"}
    for file in (ROOT / "agent" / "src" / "mlconnector_agent").rglob("*.py"):
        used |= set(re.findall(r'(?:Denial|Refuse)\(\s*"([a-z_]+)"', file.read_text("utf-8")))
    for text in ("company_code", "document_type"):
        assert f'_one_of("{text}"' in (ROOT / "agent/src/mlconnector_agent/policy/documents.py").read_text("utf-8")

    assert documented == used | {"document_type"}
