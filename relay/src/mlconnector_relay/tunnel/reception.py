"""What happens between hello and welcome: identity, journal and clones are checked, then the session is let in."""

import asyncio
from dataclasses import dataclass

import structlog
from mlconnector_shared import frames
from mlconnector_shared.runtime import Runtime

from .admission import Rejection, admit_hello, admit_peer, regression, relay_regression
from .authority import Peer
from .conversation import Conversation
from .leases import Leases
from .live import LiveSession
from .registry import Agent, AgentRegistry, Greeting, JournalMark
from .sessions import Sessions
from .sink import Condition, Sink

__all__ = ["Reception", "Visitor"]

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Visitor:
    """An agent before its hello: its certificate holds.

    Attributes:
        peer: whom the certificate names.
        agent: as recorded when the connection was accepted.
        known_sequence: its highest journal position known then; the hello is composed later, so it cannot be lower.
    """

    peer: Peer
    agent: Agent
    known_sequence: int


class Reception:
    """Lets sessions in.

    Args:
        registry: what is known of agents.
        sessions: who is in already.
        leases: renewed for whoever comes in.
        sink: told of regressions and clones.
        runtime: clocks and identifiers.
        relay_id: this process, as agents see it.
    """

    def __init__(
        self,
        registry: AgentRegistry,
        sessions: Sessions,
        leases: Leases,
        sink: Sink,
        runtime: Runtime,
        relay_id: str,
    ) -> None:
        self._registry = registry
        self._sessions = sessions
        self._leases = leases
        self._sink = sink
        self._runtime = runtime
        self._relay_id = relay_id

    async def receive(self, peer: Peer) -> Visitor | Rejection:
        """Judge a certificate, and note how far the journal had come before its agent could say hello."""
        agent = admit_peer(peer, await self._registry.agent(peer.key))
        if isinstance(agent, Rejection):
            return agent
        return Visitor(peer, agent, max(agent.journal.sequence, self._sessions.highest_sequence(peer.key)))

    async def admit(self, hello: frames.Hello, visitor: Visitor, conversation: Conversation) -> LiveSession | None:
        """Judge a hello: return the session with its welcome, or close and return None."""
        agent, now = visitor.agent, self._runtime.now()
        agreed = admit_hello(hello, agent)
        if isinstance(agreed, Rejection):
            conversation.close(agreed.reason, agreed.detail)
            return None
        quarantined = await self._quarantine(hello, visitor)
        state = await self._registry.state(agent.key.tenant, hello.relay_batch)
        gone_back = relay_regression(hello, state)
        if gone_back:
            _log.critical("tunnel.relay_went_back", **agent.key._asdict(), detail=gone_back)
        await self._sink.condition(agent.key, Condition.RELAY_REGRESSION, gone_back)
        greeting = Greeting(
            slot=hello.slot,
            session_id=self._runtime.new_id(),
            relay_id=self._relay_id,
            agent_version=hello.agent_version,
            journal=JournalMark(hello.boot_id, hello.journal_id, hello.journal_sequence),
        )
        welcome = frames.Welcome(
            version=agreed[0],
            features=agreed[1],
            session_id=greeting.session_id,
            generation=await self._registry.greeted(agent.key, greeting, now),
            relay_id=self._relay_id,
            incarnation=state.incarnation,
            high_water=state.high_water,
            wall_clock=self._runtime.now(),
            quarantined=quarantined or gone_back,
        )
        return LiveSession(
            agent,
            hello,
            conversation,
            welcome,
            fingerprint=visitor.peer.fingerprint,
            quarantined=quarantined,
            runtime=self._runtime,
            changed=self._sessions.changed,
        )

    async def enter(self, session: LiveSession) -> None:
        """Welcome a session, unless a newer one of its slot is in already; an older one is fenced."""
        if session.conversation.is_over:
            return
        fenced = self._sessions.enter(session)
        if fenced:
            fenced.conversation.close("fenced", f"a newer connection of slot {session.hello.slot} came")
        if fenced is session:
            return
        session.conversation.send(session.welcome)
        session.conversation.ping()
        await self._leases.keep(session.system)
        session.notify()

    async def _quarantine(self, hello: frames.Hello, visitor: Visitor) -> str:
        agent = visitor.agent
        reason = (
            agent.quarantined or regression(hello, agent, visitor.known_sequence) or await self._clone(hello, agent)
        )
        if reason and not agent.quarantined:
            _log.error("tunnel.quarantined", **agent.key._asdict(), reason=reason)
            await self._registry.quarantine(agent.key, reason)
        await self._sink.condition(agent.key, Condition.QUARANTINE, reason)
        return reason

    async def _clone(self, hello: frames.Hello, agent: Agent) -> str:
        """Tell whether another process with this certificate is alive: it answers a ping sent after the hello came."""
        others = [one for one in self._sessions.of(agent.key) if one.hello.boot_id != hello.boot_id]
        alive = await asyncio.gather(*(other.lives() for other in others))
        for other in others:
            other.conversation.close("fenced", "a newer process of this instance is connected")
        twins = [other.hello.boot_id for other, lives in zip(others, alive, strict=True) if lives]
        return f"two processes use one certificate: boots {twins[0]} and {hello.boot_id[:64]}" if twins else ""
