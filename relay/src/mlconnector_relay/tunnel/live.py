"""One live session of an agent: its standing, its credit, and what is under way on it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from mlconnector_shared import frames
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import public_from_bytes

from .. import metrics
from .admission import clock_standing
from .conversation import Conversation
from .errors import NoCredit, SessionLost
from .exchange import Exchange
from .registry import Agent

__all__ = ["LiveSession", "SessionView"]

MAX_EXCHANGES: Final = 16
"""Reads and simulations one session carries at once; it bounds their buffers."""

CHALLENGE_SECONDS: Final = 5.0
"""How long a session has to prove that its process still lives."""

CHALLENGE_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class SessionView:
    """A live session as people see it."""

    tenant: str
    instance: str
    slot: int
    sysid: str
    client: str
    session_id: str
    generation: int
    agent_version: str
    since: datetime
    quarantined: str
    draining: bool
    write_credit: int
    in_flight: int
    round_trip_seconds: float | None
    clock_offset_seconds: float


class LiveSession:
    """The relay's side of an admitted session.

    Args:
        agent: who it is.
        hello: what it said of itself.
        conversation: carries the messages.
        welcome: what we answered.
        fingerprint: of the certificate it came with.
        quarantined: why it may only read until a person releases it; empty when it may post.
        runtime: clocks.
        changed: called when credit, work or standing may have changed.

    Attributes:
        key: tenant and instance.
        system: the SAP system it posts to.
        clock_offset: its wall clock minus ours, as last measured.
        highest_sequence: the highest journal position it has shown.
        reserved: write credit promised to slots that have not sent yet.
        in_flight: postings sent and not answered, with their monotonic time.
        exchanges: reads and simulations under way.
        trust: the agent's signing keys.
    """

    def __init__(
        self,
        agent: Agent,
        hello: frames.Hello,
        conversation: Conversation,
        welcome: frames.Welcome,
        *,
        fingerprint: str,
        quarantined: str,
        runtime: Runtime,
        changed: Callable[["LiveSession"], None],
    ) -> None:
        self.agent = agent
        self.hello = hello
        self.welcome = welcome
        self.conversation = conversation
        self.since = runtime.now()
        self.fingerprint = fingerprint
        self.quarantined = quarantined
        self.highest_sequence = hello.journal_sequence
        self.key = agent.key
        self.system = agent.system
        self.reserved = 0
        self.in_flight: dict[str, float] = {}
        self.exchanges: dict[str, Exchange] = {}
        self.trust: dict[str, Ed25519PublicKey] = {}
        self._runtime = runtime
        self._changed = changed
        self._set_clock(hello.wall_clock - self.since)
        self.refresh(agent)

    @property
    def features(self) -> frozenset[str]:
        """Return what both sides can do."""
        return self.welcome.features

    @property
    def is_writable(self) -> bool:
        """Tell whether postings may be sent on it, credit apart."""
        return self.conversation.is_open and not self.welcome.quarantined and not self._clock_stops

    @property
    def free_credit(self) -> int:
        """Return how many slots can be given away now."""
        return self.conversation.protocol.write_credit - self.reserved if self.is_writable else 0

    def refresh(self, agent: Agent) -> None:
        """Take over keys enrolled or revoked since."""
        self.agent = agent
        self.trust = {key_id: public_from_bytes(raw) for key_id, raw in agent.signing_keys.items()}

    def post(self, envelope_id: str, sealed: bytes) -> None:
        """Send a posting against reserved credit.

        Raises:
            SessionLost: the session cannot take it any more; nothing was sent.
        """
        self.reserved -= 1
        if not self.is_writable:
            self.notify()
            raise SessionLost(f"session {self.welcome.session_id} of {self.key.instance} takes no postings any more")
        self.conversation.send(frames.Call(envelope_id, write=True, sealed=sealed))
        self.in_flight[envelope_id] = self._runtime.monotonic()

    def ask(self, envelope_id: str, sealed: bytes) -> Exchange:
        """Send a read or a simulation; return where its answer will be.

        Raises:
            NoCredit: too many are under way.
            SessionLost: the session takes no calls any more.
        """
        if not self.conversation.is_open:
            raise SessionLost(f"session {self.welcome.session_id} of {self.key.instance} takes no calls any more")
        if len(self.exchanges) >= MAX_EXCHANGES:
            raise NoCredit(f"{MAX_EXCHANGES} reads are under way at {self.key.instance} already")
        self.conversation.send(frames.Call(envelope_id, write=False, sealed=sealed))
        exchange = self.exchanges[envelope_id] = Exchange()
        return exchange

    def grant(self, envelope_id: str, chunks: int) -> None:
        """Give room for more chunks of a read, unless it is over."""
        if envelope_id in self.exchanges and not self.conversation.is_over:
            self.conversation.send(frames.GrantRows(envelope_id, chunks))

    def abandon(self, envelope_id: str, reason: str) -> None:
        """Stop a read or a simulation nobody waits for any more; what still arrives of it is dropped."""
        if self.exchanges.pop(envelope_id, None) is not None and not self.conversation.is_over:
            self.conversation.send(frames.Cancel(envelope_id, reason))

    def answered(self, envelope_id: str) -> None:
        """Note that a posting is not under way any more."""
        sent = self.in_flight.pop(envelope_id, None)
        if sent is not None:
            metrics.answer_seconds.labels("post").observe(self._runtime.monotonic() - sent)
        self.notify()

    def notify(self) -> None:
        """Tell whom it concerns that credit, work or standing changed."""
        self._changed(self)

    def measured(self) -> None:
        """Take over what the last pong told."""
        protocol = self.conversation.protocol
        if protocol.clock_offset is not None and protocol.round_trip is not None:
            self._set_clock(protocol.clock_offset)
            metrics.clock_offset_seconds.labels(*self.key).set(self.clock_offset.total_seconds())
            metrics.round_trip_seconds.labels(*self.key).set(protocol.round_trip)
            self.notify()

    def _set_clock(self, offset: timedelta) -> None:
        self.clock_offset = offset
        self._clock_stops = clock_standing(offset).stops

    async def lives(self) -> bool:
        """Tell whether its process answers a ping sent now."""
        conversation, runtime = self.conversation, self._runtime
        if not conversation.is_open:
            return False
        number = conversation.ping()
        until = runtime.monotonic() + CHALLENGE_SECONDS
        while runtime.monotonic() < until and not conversation.is_over:
            if conversation.protocol.pong_number >= number:
                return True
            await runtime.sleep(CHALLENGE_POLL_SECONDS)
        return False

    def ended(self) -> None:
        """Tell everybody who waits that no answer will come on this session."""
        lost = SessionLost(f"session {self.welcome.session_id} of {self.key.instance} ended")
        for exchange in self.exchanges.values():
            exchange.finish(lost)
        self.exchanges.clear()
        self.notify()

    def view(self) -> SessionView:
        """Return the session as people see it."""
        protocol = self.conversation.protocol
        return SessionView(
            tenant=self.key.tenant,
            instance=self.key.instance,
            slot=self.hello.slot,
            sysid=self.agent.sysid,
            client=self.agent.client,
            session_id=self.welcome.session_id,
            generation=self.welcome.generation,
            agent_version=self.hello.agent_version,
            since=self.since,
            quarantined=self.quarantined,
            draining=not self.conversation.is_open,
            write_credit=protocol.write_credit,
            in_flight=len(self.in_flight),
            round_trip_seconds=protocol.round_trip,
            clock_offset_seconds=self.clock_offset.total_seconds(),
        )
