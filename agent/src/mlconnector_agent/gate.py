"""The gate: may this sealed envelope be executed here and now? Pure; every rule has a stable name.

The signature is verified over the bytes before anything of them is parsed. An envelope the journal already knows is
never executed again; it is answered from the journal even when it has expired meanwhile, since a refusal would read
as "nothing was done". docs/reference/gate-rules.md lists the rules.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mlconnector_shared.envelope import MAX_LIFETIME_SECONDS, Audience, CallEnvelope, Write, from_bytes
from mlconnector_shared.errors import Malformed, SignatureInvalid
from mlconnector_shared.frames import Call
from mlconnector_shared.signing import Trust, open_

from .policy.judge import judge
from .policy.limits import Denial, Policy

__all__ = ["CLOCK_STOP", "CLOCK_WARN", "Admit", "GateState", "Refuse", "Repeat", "Seen", "admit", "has_lapsed"]

CLOCK_WARN: Final = timedelta(seconds=5)
CLOCK_STOP: Final = timedelta(seconds=60)
"""Beyond this offset posting dates and lifetimes mean nothing: no posting until a person has looked."""

MAX_ID: Final = 200
"""Characters of an envelope id; the longest we derive have about 150."""


_ATTEMPT: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,15})?", re.ASCII)
"""The attempt, or the attempt and the number of a question about it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The journal knows this envelope id; `same` tells whether with the same bytes."""

    same: bool


@dataclass(frozen=True, slots=True)
class GateState:
    """What the gate must know about this agent at this moment.

    Attributes:
        audience: tenant and instance we enrolled as, SAP system and client we serve.
        clock_offset: the relay's wall clock minus ours.
        fencing_token: the highest one seen.
        halted: why no posting is taken, such as a quarantine; empty where postings are taken.
        draining: whether we take no new work at all.
        seen: what the journal knows of this envelope id, None for nothing.
    """

    audience: Audience
    clock_offset: timedelta
    fencing_token: int
    halted: Denial | None = None
    draining: bool = False
    seen: Seen | None = None


@dataclass(frozen=True, slots=True)
class Admit:
    """It may be executed, until it lapses.

    Attributes:
        envelope: its content.
        lapses_at: monotonic time from which it may not begin any more, whatever the wall clock says.
    """

    envelope: CallEnvelope
    lapses_at: float


@dataclass(frozen=True, slots=True)
class Repeat:
    """The journal knows it: answer from there, execute nothing."""

    envelope: CallEnvelope


@dataclass(frozen=True, slots=True)
class Refuse:
    """It may not be executed; `posting_id` is empty where the content could not be trusted."""

    rule: str
    detail: str
    posting_id: str = ""


def admit(
    call: Call, trust: Trust, policy: Policy, state: GateState, now: datetime, monotonic: float
) -> Admit | Repeat | Refuse:
    """Decide on one sealed envelope.

    Args:
        call: the frame it came in.
        trust: the relay's keys, pinned at enrolment.
        policy: what Basis permits.
        state: what is known of this agent and this envelope.
        now: our wall clock at receipt.
        monotonic: our monotonic clock at receipt.
    """
    try:
        envelope = from_bytes(CallEnvelope, open_("call", call.sealed, trust))
    except SignatureInvalid as error:
        return Refuse("signature", str(error))
    except Malformed as error:
        return Refuse("malformed", str(error))
    denial = _identity(call, envelope) or _audience(envelope.audience, state.audience)
    if denial is not None:
        return _refuse(denial, envelope)
    if state.seen is not None:
        if state.seen.same:
            return Repeat(envelope)
        return _refuse(Denial("replay", "this envelope id came before with other bytes"), envelope)
    relay_now = now + state.clock_offset
    denial = _lifetime(envelope, relay_now) or _readiness(envelope, state) or judge(envelope.work, policy, now.date())
    if denial is not None:
        return _refuse(denial, envelope)
    return Admit(envelope, monotonic + (envelope.not_after - relay_now).total_seconds())


def has_lapsed(admitted: Admit, clock_offset: timedelta, now: datetime, monotonic: float) -> bool:
    """Tell whether an admitted envelope that had to wait is spent, by the wall clock or by monotonic time."""
    return now + clock_offset >= admitted.envelope.not_after or monotonic >= admitted.lapses_at


def _refuse(denial: Denial, envelope: CallEnvelope) -> Refuse:
    return Refuse(denial.rule, denial.detail, envelope.posting_id)


def _identity(call: Call, envelope: CallEnvelope) -> Denial | None:
    if call.envelope_id != envelope.envelope_id or not 1 <= len(envelope.envelope_id) <= MAX_ID:
        return Denial("identity", "the frame names another envelope than the one that was sealed")
    posts = isinstance(envelope.work, Write)
    if call.write is not posts:
        return Denial("kind", f"the frame says write={call.write}, the envelope {'posts' if posts else 'reads'}")
    if not posts:
        return Denial("identity", "only a posting has a posting id") if envelope.posting_id else None
    posting_id, _, attempt = envelope.envelope_id.rpartition("#")
    if posting_id != envelope.posting_id or not _ATTEMPT.fullmatch(attempt):
        return Denial("identity", "the envelope id of a posting is its posting id, # and attempt or attempt.question")
    if not posting_id.startswith(f"{envelope.audience.tenant}/"):
        return Denial("identity", "the posting id belongs to another tenant than the envelope")
    return None


def _audience(theirs: Audience, ours: Audience) -> Denial | None:
    for name in ("tenant", "instance", "sysid", "client"):
        if getattr(theirs, name) != getattr(ours, name):
            return Denial("audience", f"it is for {name} {getattr(theirs, name)[:40]!r}, not {getattr(ours, name)!r}")
    return None


def _lifetime(envelope: CallEnvelope, relay_now: datetime) -> Denial | None:
    life = envelope.not_after - envelope.issued_at
    if not timedelta(0) < life <= timedelta(seconds=MAX_LIFETIME_SECONDS):
        return Denial("lifetime", f"a life of {life.total_seconds():.0f} s is not within {MAX_LIFETIME_SECONDS} s")
    if envelope.issued_at > relay_now + CLOCK_WARN:
        return Denial("lifetime", f"it was issued in the future, at {envelope.issued_at.isoformat()}")
    if relay_now >= envelope.not_after:
        return Denial("expired", f"it died at {envelope.not_after.isoformat()}")
    return None


def _readiness(envelope: CallEnvelope, state: GateState) -> Denial | None:
    if state.draining:
        return Denial("draining", "the agent is stopping and takes no new work")
    if not isinstance(envelope.work, Write):
        return None
    if state.halted is not None:
        return state.halted
    if abs(state.clock_offset) > CLOCK_STOP:
        seconds = state.clock_offset.total_seconds()
        return Denial("clock", f"the relay's clock and ours differ by {seconds:+.0f} s; set the clock of this machine")
    if envelope.fencing_token < state.fencing_token:
        return Denial("fencing", f"fencing token {envelope.fencing_token} is older than {state.fencing_token}")
    return None
