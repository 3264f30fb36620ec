"""The listener agents dial: mutual TLS, one session per connection, a way in for links in memory, and a way out."""

import ssl
from collections.abc import Callable, Iterable
from typing import Final

import structlog
from mlconnector_shared import frames
from mlconnector_shared.frames import MAX_MESSAGE_BYTES
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.version import SUBPROTOCOL
from websockets.asyncio.server import Server, ServerConnection, serve

from .. import metrics
from .admission import Rejection
from .authority import Authority, Peer, peer_of
from .conversation import Conversation, Ending
from .errors import RequestInvalid
from .incoming import Incoming
from .links import Link, WebsocketLink
from .live import LiveSession
from .pace import Paces
from .reception import Reception, Visitor
from .registry import AgentRegistry, InstanceKey
from .sessions import Sessions
from .sink import Sink

__all__ = ["Endpoint"]

_log = structlog.get_logger(__name__)

MAX_CONNECTIONS: Final = 1024
"""Each holds at most a few messages; agents keep one or two."""

MAX_CONNECTIONS_EACH: Final = 16
"""Of one agent: two for each slot, since an old one may still be closing. No agent takes the others' places."""

CERTIFICATE_SECONDS: Final = 30 * 86400.0
"""A third of the certificate's life."""

POLICY_VIOLATION: Final = 1008
DRAIN_POLL_SECONDS: Final = 0.05
OPEN_SECONDS: Final = 10.0


class _Visit:
    """One connection from its first byte to its last: knocks, is let in by its hello, and leaves."""

    def __init__(
        self,
        registry: AgentRegistry,
        sessions: Sessions,
        reception: Reception,
        incoming: Callable[[LiveSession], Incoming],
        peer: Peer,
        conversation: Conversation,
    ) -> None:
        self._registry = registry
        self._sessions = sessions
        self._reception = reception
        self._make_incoming = incoming
        self._peer = peer
        self._conversation = conversation
        self._visitor: Visitor | None = None
        self._session: LiveSession | None = None
        self._incoming: Incoming | None = None
        self._log = _log.bind(**peer.key._asdict(), fingerprint=peer.fingerprint[:16])

    async def knock(self) -> None:
        """Have the certificate judged."""
        judged = await self._reception.receive(self._peer)
        if isinstance(judged, Rejection):
            self._conversation.close(judged.reason, judged.detail)
        else:
            self._visitor = judged

    async def handle(self, message: frames.Message) -> None:
        """Let the agent in by its hello; afterwards act on what it says."""
        if self._incoming:
            await self._incoming.handle(message)
        elif isinstance(message, frames.Hello) and self._visitor:
            await self._enter(message, self._visitor)

    def measured(self) -> None:
        """Take over round trip and clock offset."""
        if self._session:
            self._session.measured()

    async def leave(self, ending: Ending) -> None:
        """Forget the session, and let what it said reach the sink."""
        metrics.sessions_ended.labels(ending.reason).inc()
        self._log.info("tunnel.session_ended", reason=ending.reason, detail=ending.detail)
        if self._session and self._incoming:
            metrics.sessions.labels(*self._peer.key).dec()
            self._sessions.leave(self._session)
            self._session.ended()
            await self._incoming.settle()
            key, journal_id = self._session.key, self._session.hello.journal_id
            await self._registry.observed(key, journal_id, self._session.highest_sequence)

    async def _enter(self, hello: frames.Hello, visitor: Visitor) -> None:
        session = await self._reception.admit(hello, visitor, self._conversation)
        if session is None:
            return
        self._session = session
        self._incoming = self._make_incoming(session)
        metrics.sessions.labels(*self._peer.key).inc()
        await self._reception.enter(session)
        self._log.info(
            "tunnel.session_opened",
            session_id=session.welcome.session_id,
            slot=hello.slot,
            generation=session.welcome.generation,
            agent_version=hello.agent_version[:32],
            quarantined=session.welcome.quarantined,
        )


class Endpoint:
    """Serves sessions.

    Args:
        authority: issues and renews certificates.
        registry: what is known of agents.
        sessions: the live ones.
        reception: lets sessions in.
        sink: takes what agents say.
        runtime: clocks and waiting.
    """

    def __init__(
        self,
        authority: Authority,
        registry: AgentRegistry,
        sessions: Sessions,
        reception: Reception,
        sink: Sink,
        runtime: Runtime,
    ) -> None:
        self._authority = authority
        self._registry = registry
        self._sessions = sessions
        self._reception = reception
        self._sink = sink
        self._runtime = runtime
        self._paces = Paces()
        self._server: Server | None = None
        self._context: ssl.SSLContext | None = None
        self._names: tuple[str, ...] = ()
        self._conversations: dict[Conversation, InstanceKey] = {}
        self._draining = False

    async def listen(self, host: str, port: int, names: Iterable[str]) -> int:
        """Open the listener; return its port."""
        self._names = tuple(names)
        context = self._context = self._authority.server_context(self._names)
        self._server = await serve(
            self._accept,
            host,
            port,
            ssl=context,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            max_size=MAX_MESSAGE_BYTES,
            compression=None,
            ping_interval=None,
            open_timeout=OPEN_SECONDS,
            server_header=None,
        )
        bound: int = next(iter(self._server.sockets)).getsockname()[1]
        _log.info("tunnel.listening", host=host, port=bound)
        return bound

    async def run(self) -> None:
        """Keep the listener's certificate fresh, for ever; sessions that stand are not touched."""
        while True:
            await self._runtime.sleep(CERTIFICATE_SECONDS)
            if self._context:
                self._authority.refresh(self._context, self._names)
                _log.info("tunnel.listener_certificate_renewed")

    async def serve(self, link: Link, peer: Peer) -> Ending:
        """Carry one connection of a peer whose certificate TLS has verified, until it ends; return why it did."""
        conversation = Conversation(link, self._runtime)
        visit = _Visit(self._registry, self._sessions, self._reception, self._incoming, peer, conversation)
        self._conversations[conversation] = peer.key
        ending = Ending("internal_error")
        try:
            if self._draining or self._is_full(peer.key):
                conversation.close("try_again_later")
            else:
                await visit.knock()
            ending = await conversation.run(visit)
        finally:
            del self._conversations[conversation]
            await visit.leave(ending)
        return ending

    async def drain(self, seconds: float) -> None:
        """Take no more sessions and postings, wait for what is under way, then close everything."""
        self._draining = True
        for session in self._sessions.all():
            if session.conversation.is_open:
                session.conversation.send(frames.Drain("shutdown"))
        until = self._runtime.monotonic() + seconds
        while self._runtime.monotonic() < until and any(one.in_flight or one.exchanges for one in self._sessions.all()):
            await self._runtime.sleep(DRAIN_POLL_SECONDS)
        for conversation in tuple(self._conversations):
            conversation.close("shutdown")
        while self._conversations:
            await self._runtime.sleep(DRAIN_POLL_SECONDS)
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    def _is_full(self, key: InstanceKey) -> bool:
        of_this_agent = sum(one == key for one in self._conversations.values())
        return len(self._conversations) > MAX_CONNECTIONS or of_this_agent > MAX_CONNECTIONS_EACH

    def _incoming(self, session: LiveSession) -> Incoming:
        return Incoming(session, self._authority, self._registry, self._sink, self._runtime, self._paces)

    async def _accept(self, connection: ServerConnection) -> None:
        secured = connection.transport.get_extra_info("ssl_object")
        try:
            peer = peer_of(secured.getpeercert(binary_form=True))
            await self.serve(WebsocketLink(connection), peer)
        except RequestInvalid as error:
            _log.warning("tunnel.certificate_unreadable", error=str(error))
            await connection.close(POLICY_VIOLATION, "certificate")
        except Exception as error:  # noqa: BLE001  the library would log it as text; a defect of one session ends that one only
            _log.error("tunnel.session_failed", error=repr(error), exc_info=True)
