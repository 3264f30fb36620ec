"""Dials the relay again and again, with jitter, at most a minute apart: also when the very first try fails."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.frames import Hello
from mlconnector_shared.runtime import Runtime, backoff

from .conversation import Conversation, Handler
from .links import Link

__all__ = ["Dialler"]

_log = structlog.get_logger(__name__)

BASE_SECONDS: Final = 1.0
CAP_SECONDS: Final = 60.0
STEADY_SECONDS: Final = 10.0
"""A session that stood this long was a good one: the next failure counts as the first."""

PERSON_NEEDED: Final = {
    "unknown_instance": "enrol this agent with a new token",
    "revoked": "enrol this agent with a new token, if it shall work again",
    "certificate_revoked": "enrol this agent with a new token",
    "wrong_instance": "set [agent] instance to the name the agent was enrolled under",
    "wrong_system": "set [sap] sysid and client to what the agent was enrolled for",
    "no_common_version": "update the agent",
    "unheard_of": "compare SAP with the relay's ledger; somebody at the relay takes on its alert about this agent",
}
"""Reasons of the relay that do not pass by themselves, with their remedy."""


class Dialler:
    """Keeps one session with the relay.

    Args:
        dial: opens a link.
        greet: composes the hello of a new session.
        handler: acts on what the relay says.
        runtime: clocks, waiting, jitter.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[Link]],
        greet: Callable[[], Hello],
        handler: Handler,
        runtime: Runtime,
    ) -> None:
        self._dial = dial
        self._greet = greet
        self._handler = handler
        self._runtime = runtime
        self._conversation: Conversation | None = None
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Dial for ever; returns only after `stop`."""
        failures = 0
        while True:
            began = self._runtime.monotonic()
            hopeless = await self._once()
            if self._stopping.is_set():
                return
            failures = 1 if self._runtime.monotonic() - began > STEADY_SECONDS else failures + 1
            pause = backoff(60 if hopeless else failures, BASE_SECONDS, CAP_SECONDS, self._runtime.random())
            _log.info("relay.dialled_again", in_seconds=round(pause, 1), failures=failures)
            with contextlib.suppress(TimeoutError):
                await self._runtime.within(pause, self._stopping.wait())

    def drain(self, reason: str) -> None:
        """Ask the relay for no more calls."""
        if self._conversation is not None:
            self._conversation.drain(reason)

    def stop(self, reason: str) -> None:
        """Close the session and dial no more."""
        self._stopping.set()
        if self._conversation is not None:
            self._conversation.close(reason)

    async def _once(self) -> bool:
        """Carry one session; return whether a person has to act before another can succeed."""
        try:
            link = await self._dial()
            if self._stopping.is_set():
                await link.close(1000, "stopped")
                return False
            self._conversation = conversation = Conversation(link, self._runtime)
            ending = await conversation.run(self._greet(), self._handler)
        except ConnectorError as error:
            _log.warning("relay.unreachable", error=str(error))
            return False
        except Exception as error:  # noqa: BLE001 - the last line of defence: logged, and dialled again
            _log.exception("relay.session_failed", error=repr(error))
            return False
        finally:
            self._conversation = None
        remedy = PERSON_NEEDED.get(ending.reason, "")
        level = _log.error if remedy else _log.info if self._stopping.is_set() else _log.warning
        level("relay.session_ended", reason=ending.reason, detail=ending.detail, remedy=remedy)
        return bool(remedy)
