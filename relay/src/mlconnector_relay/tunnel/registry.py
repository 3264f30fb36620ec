"""What the tunnel keeps in the durable state, as a port: agents, their keys, enrolment tokens and writer leases."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Protocol

__all__ = [
    "MOST_CERTIFICATES",
    "Agent",
    "AgentRegistry",
    "EnrolmentToken",
    "Greeting",
    "InstanceKey",
    "Issued",
    "JournalMark",
    "Lease",
    "RelayState",
    "System",
]

MOST_CERTIFICATES: Final = 32
"""Of one agent that are valid at once; it needs two, and a few more where answers to it were lost."""


class System(NamedTuple):
    """One client of one SAP system, of one tenant."""

    tenant: str
    sysid: str
    client: str


class InstanceKey(NamedTuple):
    """One agent instance of one tenant."""

    tenant: str
    instance: str


@dataclass(frozen=True, slots=True)
class JournalMark:
    """Where an agent's journal stands."""

    boot_id: str = ""
    journal_id: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Greeting:
    """A session that is let in, as it is recorded."""

    slot: int
    session_id: str
    relay_id: str
    agent_version: str
    journal: JournalMark


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate just made."""

    serial: str
    pem: str
    fingerprint: str
    not_before: datetime
    not_after: datetime


@dataclass(frozen=True, slots=True)
class Agent:
    """One enrolled agent instance, as the relay knows it.

    Attributes:
        certificates: SHA-256 fingerprints of its certificates that are not revoked.
        signing_keys: raw Ed25519 public keys by key id that are not revoked.
        quarantined: why it may only read; empty when it may write.
        journal: the highest position ever seen, and whose it was.
        generations: the newest session of each slot, at whichever relay.
    """

    key: InstanceKey
    sysid: str
    client: str
    certificates: frozenset[str]
    signing_keys: Mapping[str, bytes]
    revoked: bool = False
    quarantined: str = ""
    journal: JournalMark = field(default_factory=JournalMark)
    generations: Mapping[int, int] = field(default_factory=dict)

    @property
    def system(self) -> System:
        """Return the SAP system and client it posts to."""
        return System(self.key.tenant, self.sysid, self.client)


@dataclass(frozen=True, slots=True)
class EnrolmentToken:
    """A one-time token; only a key derived from its secret is kept.

    Attributes:
        key: the HMAC key of both proofs.
        used_at: when it was redeemed, or None.
    """

    token_id: str
    agent: InstanceKey
    sysid: str
    client: str
    key: bytes
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Which instance takes new postings of a SAP system, and the token that grows with every transfer."""

    instance: str
    fencing_token: int


@dataclass(frozen=True, slots=True)
class RelayState:
    """How far the relay's own durable state has come; agents remember it, so that its going back is noticed.

    Attributes:
        incarnation: which database it is; a recovery begins another.
        high_water: audit records sealed so far.
        head: of the audit batch that was asked about, empty where there is none of this number.
    """

    incarnation: str
    high_water: int
    head: str = ""


class AgentRegistry(Protocol):
    """Durable facts about agents. Each method is one transaction."""

    async def agent(self, key: InstanceKey) -> Agent | None:
        """Return one agent, or None where it was never enrolled."""

    async def agents(self, keys: Collection[InstanceKey]) -> Mapping[InstanceKey, Agent]:
        """Return several agents in one query."""

    async def greeted(self, key: InstanceKey, greeting: Greeting, at: datetime) -> int:
        """Record who said hello and where its journal stands; return the slot's next generation.

        The sequence never goes down while the journal stays the same.
        """

    async def observed(self, key: InstanceKey, journal_id: str, sequence: int) -> None:
        """Raise the known sequence of this journal; another journal's or a lower one changes nothing."""

    async def seen(self, keys: Collection[InstanceKey], at: datetime) -> None:
        """Note that these agents are live; the writer lease of a system stays with whoever was seen lately."""

    async def quarantine(self, key: InstanceKey, reason: str) -> None:
        """Let an agent only read until a person releases it; an older reason stays."""

    async def certified(self, key: InstanceKey, certificate: Issued, at: datetime) -> bool:
        """Record a renewed certificate; False where the agent has `MOST_CERTIFICATES` that are valid already."""

    async def offer(self, token: EnrolmentToken, at: datetime) -> None:
        """Record a new enrolment token."""

    async def token(self, token_id: str) -> EnrolmentToken | None:
        """Return a token, used or not, or None where there never was one."""

    async def redeem(self, token: EnrolmentToken, certificate: Issued, signing_key: bytes, at: datetime) -> bool:
        """Use the token up and record agent, certificate and signing key together; False where it was used before."""

    async def claim(self, system: System, live: Sequence[str], at: datetime, transfer_before: datetime) -> Lease:
        """Return the writer lease of a system; where nobody may keep it, the first of the live instances takes it.

        The holder keeps it while it is live here, or was seen after `transfer_before` anywhere. When the lease passes
        on, its fencing token grows.
        """

    async def state(self, tenant: str, batch: int) -> RelayState:
        """Return how far the durable state has come, with the head of one audit batch of the tenant's."""
