"""Who may open a session, and who may only read in it: decided from facts, without I/O."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from mlconnector_shared import version
from mlconnector_shared.frames import Hello

from .authority import Peer
from .registry import Agent, RelayState

__all__ = [
    "CLOCK_STOPS_SECONDS",
    "CLOCK_WARNS_SECONDS",
    "ClockStanding",
    "Rejection",
    "admit_hello",
    "admit_peer",
    "clock_standing",
    "regression",
    "relay_regression",
]

CLOCK_WARNS_SECONDS: Final = 5.0
CLOCK_STOPS_SECONDS: Final = 60.0
"""Envelopes live for minutes: an agent this far off would refuse fresh ones or take dead ones for alive."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a session is closed: a stable word and what to do."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class ClockStanding:
    """What a clock offset means: `warns` asks for attention, `stops` forbids postings."""

    warns: bool
    stops: bool


def clock_standing(offset: timedelta) -> ClockStanding:
    """Judge the offset between an agent's wall clock and ours."""
    seconds = abs(offset.total_seconds())
    return ClockStanding(warns=seconds > CLOCK_WARNS_SECONDS, stops=seconds > CLOCK_STOPS_SECONDS)


def admit_peer(peer: Peer, agent: Agent | None) -> Agent | Rejection:
    """Judge a certificate whose chain TLS has verified: return the agent, or why it is sent away."""
    if agent is None:
        return Rejection("unknown_instance", f"{peer.key.instance} of {peer.key.tenant} is not enrolled here; enrol it")
    if agent.revoked:
        return Rejection("revoked", f"{peer.key.instance} was revoked; enrol it again with a new token")
    if peer.fingerprint not in agent.certificates:
        return Rejection("certificate_revoked", "this certificate is not valid any more; enrol again with a new token")
    return agent


def admit_hello(hello: Hello, agent: Agent) -> tuple[int, frozenset[str]] | Rejection:
    """Judge what an agent says about itself against what it was enrolled as: return version and features."""
    if hello.instance != agent.key.instance:
        return Rejection(
            "wrong_instance", f"the certificate is {agent.key.instance}'s, the hello {hello.instance[:64]!r}'s"
        )
    if (hello.sysid, hello.client) != (agent.sysid, agent.client):
        return Rejection(
            "wrong_system",
            f"enrolled for {agent.sysid} {agent.client}, configured for {hello.sysid[:8]!r} {hello.client[:8]!r}",
        )
    agreed = version.agree(hello.protocol_min, hello.protocol_max, hello.features)
    return agreed or Rejection("no_common_version", "update the older side")


def regression(hello: Hello, agent: Agent, known_sequence: int) -> str:
    """Say how the agent's journal went back, or return nothing when it did not.

    Args:
        hello: composed after the connection was accepted.
        agent: as recorded when the connection was accepted.
        known_sequence: the highest position known when the connection was accepted; results of another session may
            have raised it since, and prove nothing about this hello.
    """
    known = agent.journal
    if hello.acknowledged_sequence > hello.journal_sequence:
        return f"journal says {hello.acknowledged_sequence} acknowledged, but ends at {hello.journal_sequence}"
    if not known.journal_id:
        return ""
    if hello.journal_id != known.journal_id:
        return f"journal changed from {known.journal_id} to {hello.journal_id[:64]}"
    if hello.journal_sequence < known_sequence:
        return f"journal went back from {known_sequence} to {hello.journal_sequence}"
    return ""


def relay_regression(hello: Hello, state: RelayState) -> str:
    """Say how our own durable state went back, or return nothing: agents remember how far it had come."""
    if hello.relay_incarnation != state.incarnation:
        return ""
    if hello.relay_high_water > state.high_water:
        return f"{hello.instance} remembers our high-water mark {hello.relay_high_water}, we are at {state.high_water}"
    if hello.relay_head and hello.relay_head != state.head:
        # A database that was restored and worked on may have come further than before, but another way.
        return f"{hello.instance} remembers another batch {hello.relay_batch} of our audit trail than we have"
    return ""
