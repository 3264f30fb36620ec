"""One session over one link: the loops that read, write and keep time around the sans-I/O protocol. No rule is here."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

import structlog
from mlconnector_shared.errors import LocalProtocolError
from mlconnector_shared.frames import Close, Drain, Hello, Message, Welcome
from mlconnector_shared.protocol import Session, Side, State
from mlconnector_shared.runtime import Runtime

from .links import Link, LinkClosed

__all__ = ["Conversation", "Ending", "Handler"]

_log = structlog.get_logger(__name__)

BACKLOG_MESSAGES: Final = 256
"""A relay that does not take our answers is not listened to any further."""

CLOSE_SECONDS: Final = 2.0
"""How long last messages may take to leave."""

NORMAL_CLOSURE: Final = 1000
POLICY_VIOLATION: Final = 1008


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a session is over: a stable word, a sentence, and whether it had been open."""

    reason: str
    detail: str = ""
    was_open: bool = False


class Handler(Protocol):
    """What the messages mean."""

    async def attach(self, line: "Conversation") -> None:
        """The relay has welcomed us."""

    async def handle(self, message: Message, line: "Conversation") -> None:
        """Act on a message the protocol let through."""

    def measured(self, line: "Conversation") -> None:
        """Take note of a new round trip and clock offset."""

    def detach(self, line: "Conversation") -> None:
        """The session is over."""


class Conversation:
    """The agent's end of one session; what the desk sees of it is `desk.ports.Line`."""

    def __init__(self, link: Link, runtime: Runtime) -> None:
        self._session = Session(Side.AGENT, runtime.monotonic())
        self._link = link
        self._runtime = runtime
        self._unsent: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._retimed = asyncio.Event()
        self._greeted_offset = timedelta(0)

    @property
    def welcome(self) -> Welcome:
        """Return the relay's answer to our hello.

        Raises:
            LocalProtocolError: it has not come yet.
        """
        if self._session.welcome is None:
            raise LocalProtocolError("the relay has not welcomed us yet")
        return self._session.welcome

    @property
    def takes_calls(self) -> bool:
        """Tell whether the session is open and neither side drains."""
        return self._session.is_open

    @property
    def write_credit(self) -> int:
        """Return how many postings the relay may still send."""
        return self._session.write_credit

    @property
    def clock_offset(self) -> timedelta:
        """Return the relay's wall clock minus ours: by the last pong, before the first by the welcome."""
        measured = self._session.clock_offset
        return self._greeted_offset if measured is None else measured

    def row_credit(self, envelope_id: str) -> int:
        """Return how many chunks of a read may be sent now."""
        return self._session.row_credit(envelope_id)

    def send(self, message: Message) -> bool:
        """Queue a message; False where the session does not take it any more."""
        try:
            self._session.send(message)
        except LocalProtocolError as error:
            level = _log.debug if self._session.state is State.CLOSED else _log.error
            level("session.not_sent", message=type(message).__name__, error=str(error))
            return False
        self._empty.clear()
        self._wake.set()
        return True

    async def flushed(self) -> None:
        """Wait until everything queued has left, or the session is over."""
        await self._empty.wait()

    def drain(self, reason: str) -> None:
        """Ask the relay for no more calls."""
        if self._session.state is State.OPEN:
            self.send(Drain(reason))

    def close(self, reason: str, detail: str = "") -> None:
        """End the session; closing a closed one does nothing."""
        if self._session.state is not State.CLOSED:
            self.send(Close(reason, detail))

    async def run(self, hello: Hello, handler: Handler) -> Ending:
        """Carry the session until it ends; return why. The link is closed afterwards, whatever happened."""
        self.send(hello)
        loops: tuple[Coroutine[Any, Any, Ending], ...] = (self._read(handler), self._write(), self._keep_time())
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            first = next(task for task in tasks if task in done).result()
            return Ending(first.reason, first.detail, was_open=self._session.welcome is not None)
        finally:
            handler.detach(self)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._hang_up()

    async def _read(self, handler: Handler) -> Ending:
        session, runtime = self._session, self._runtime
        pongs = session.pong_number
        while True:
            while session.backlog > BACKLOG_MESSAGES:
                self._empty.clear()
                self._wake.set()
                await self._empty.wait()
            try:
                data = await self._link.recv()
            except LinkClosed as error:
                return Ending("link_lost", str(error))
            message = session.receive(data, runtime.monotonic(), runtime.now())
            self._wake.set()
            if session.pong_number != pongs:
                pongs = session.pong_number
                handler.measured(self)
            match message:
                case Welcome(wall_clock=wall_clock):
                    self._greeted_offset = wall_clock - runtime.now()
                    self._retimed.set()
                    session.ping(runtime.monotonic(), runtime.now())
                    await handler.attach(self)
                case Close(reason=reason, detail=detail):
                    return Ending(reason[:100], detail[:500])
                case None if session.failure is not None:
                    return Ending("protocol_error", str(session.failure))
                case None:
                    pass
                case _:
                    await handler.handle(message, self)

    async def _write(self) -> Ending:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._unsent.extend(self._session.outgoing())
            try:
                while self._unsent:
                    await self._link.send(self._unsent.popleft())
            except LinkClosed as error:
                return Ending("link_lost", str(error))
            if self._session.state is State.CLOSED:
                return Ending("closed", "we closed the session")
            if not self._wake.is_set():
                self._empty.set()

    async def _keep_time(self) -> Ending:
        session, runtime = self._session, self._runtime
        while (due := session.deadline()) is not None:
            with contextlib.suppress(TimeoutError):  # the welcome brings the deadline forward
                await runtime.within(max(0.0, due - runtime.monotonic()), self._retimed.wait())
            self._retimed.clear()
            session.tick(runtime.monotonic(), runtime.now())
            self._wake.set()
        if session.failure is None:  # closed in good order: the writer ends the session once that has left
            await asyncio.Event().wait()
        return Ending("silent", str(session.failure))

    async def _hang_up(self) -> None:
        self._unsent.extend(self._session.outgoing())
        try:
            await self._runtime.within(CLOSE_SECONDS, self._last_words())
        except (LinkClosed, TimeoutError) as error:
            _log.debug("session.hang_up_unheard", error=repr(error))
        self._empty.set()

    async def _last_words(self) -> None:
        while self._unsent:
            await self._link.send(self._unsent.popleft())
        await self._link.close(POLICY_VIOLATION if self._session.failure else NORMAL_CLOSURE, "")
