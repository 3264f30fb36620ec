"""One session over one link: the loops that read, write and keep time around the sans-I/O protocol. No rule is here."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol

import structlog
from mlconnector_shared.frames import Close, Message
from mlconnector_shared.protocol import Session, Side, State
from mlconnector_shared.runtime import Runtime

from .errors import LinkClosed
from .links import Link

__all__ = ["Conversation", "Ending", "Handler"]

_log = structlog.get_logger(__name__)

BACKLOG_MESSAGES: Final = 256
"""A peer that does not take our answers is not listened to any further."""

CLOSE_SECONDS: Final = 2.0
"""How long a last message may take to leave."""

NORMAL_CLOSURE: Final = 1000
POLICY_VIOLATION: Final = 1008


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a conversation is over: a stable word and a sentence."""

    reason: str
    detail: str = ""


class Handler(Protocol):
    """What the messages mean."""

    async def handle(self, message: Message) -> None:
        """Act on a message the protocol let through."""

    def measured(self) -> None:
        """Take note of a new round trip and clock offset."""


class Conversation:
    """A relay's end of one session.

    Args:
        link: the connection; closed at the end of `run`.
        runtime: clocks and waiting.

    Attributes:
        protocol: the rules, and the books of credit.
    """

    def __init__(self, link: Link, runtime: Runtime) -> None:
        self.protocol = Session(Side.RELAY, runtime.monotonic())
        self._link = link
        self._runtime = runtime
        self._unsent: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._closing = asyncio.Event()
        self._ending: Ending | None = None
        self._finished = False

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more will be sent or heard."""
        return self._finished or self.protocol.state is State.CLOSED

    @property
    def is_open(self) -> bool:
        """Tell whether calls may travel."""
        return self.protocol.is_open and not self._finished

    def send(self, message: Message) -> None:
        """Queue a message; the writer sends it.

        Raises:
            LocalProtocolError: the protocol forbids it now.
        """
        self.protocol.send(message)
        self._wake.set()

    def ping(self) -> int:
        """Ask for round trip and clock offset now; return the ping's number."""
        number = self.protocol.ping(self._runtime.monotonic(), self._runtime.now())
        self._wake.set()
        return number

    def close(self, reason: str, detail: str = "") -> None:
        """End the session with a stable reason; closing a closed one does nothing."""
        if self.is_over:
            return
        self._ending = Ending(reason, detail)
        self.send(Close(reason, detail))
        self._closing.set()

    async def run(self, handler: Handler) -> Ending:
        """Carry the session until it ends; return why. The link is closed afterwards, whatever happened."""
        loops: tuple[Coroutine[Any, Any, Ending], ...] = (
            self._read(handler),
            self._write(),
            self._keep_time(),
            self._give_up(),
        )
        tasks = [asyncio.create_task(loop) for loop in loops]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            first = next(task for task in tasks if task in done).result()
        except Exception:
            self.close("internal_error", "a defect of the relay; its log has it")
            raise
        else:
            return self._ending or first
        finally:
            self._finished = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._hang_up()

    async def _read(self, handler: Handler) -> Ending:
        protocol, runtime, receive = self.protocol, self._runtime, self._link.recv
        pongs = 0
        while True:
            if protocol.backlog > BACKLOG_MESSAGES:
                self._room.clear()
                await self._room.wait()
            try:
                data = await receive()
            except LinkClosed as error:
                return Ending("link_lost", str(error))
            message = protocol.receive(data, runtime.monotonic(), runtime.now())
            if protocol.backlog:
                self._wake.set()
            if protocol.pong_number != pongs:
                pongs = protocol.pong_number
                handler.measured()
            if isinstance(message, Close):
                return Ending("closed_by_agent", f"{message.reason} {message.detail}".strip())
            if message is not None:
                await handler.handle(message)
            elif protocol.failure:
                await self._failed("protocol_error")

    async def _write(self) -> Ending:
        unsent = self._unsent
        while True:
            await self._wake.wait()
            self._wake.clear()
            unsent.extend(self.protocol.outgoing())
            try:
                while unsent:
                    await self._link.send(unsent.popleft())
            except LinkClosed as error:
                return Ending("link_lost", str(error))
            self._room.set()
            if self.is_over:
                return Ending("closed")

    async def _keep_time(self) -> Ending:
        protocol, runtime = self.protocol, self._runtime
        while (due := protocol.deadline()) is not None:
            await runtime.sleep(max(0.0, due - runtime.monotonic()))
            protocol.tick(runtime.monotonic(), runtime.now())
            if protocol.backlog:
                self._wake.set()
        return await self._failed("silent")

    async def _failed(self, reason: str) -> Ending:
        # The writer still sends the close; it ends the conversation, or the time limit does.
        if self._ending is None:
            self._ending = Ending(reason, str(self.protocol.failure))
        self._closing.set()
        endless: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        return await endless

    async def _give_up(self) -> Ending:
        await self._closing.wait()
        await self._runtime.sleep(CLOSE_SECONDS)
        return Ending("closed")

    async def _hang_up(self) -> None:
        over = self._ending or Ending("closed")
        self._unsent.extend(self.protocol.outgoing())
        try:
            await self._runtime.within(CLOSE_SECONDS, self._last_words(over))
        except (LinkClosed, TimeoutError) as error:
            _log.debug("tunnel.hang_up_unheard", reason=over.reason, error=repr(error))

    async def _last_words(self, over: Ending) -> None:
        while self._unsent:
            await self._link.send(self._unsent.popleft())
        await self._link.close(POLICY_VIOLATION if self.protocol.failure else NORMAL_CLOSURE, over.reason)
