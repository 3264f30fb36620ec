"""What an admitted agent says: verified, handed to the sink, acknowledged once it is durable."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Any, Final, get_args

import structlog
from mlconnector_shared import frames
from mlconnector_shared.envelope import Receipt, ResultEnvelope, from_bytes
from mlconnector_shared.errors import EnvelopeError
from mlconnector_shared.runtime import Runtime, backoff
from mlconnector_shared.signing import open_

from .. import metrics
from .authority import Authority
from .errors import CallFailed, CallRefused, RequestInvalid, UnheardOf
from .live import LiveSession
from .pace import Pace, Paces
from .registry import MOST_CERTIFICATES, AgentRegistry
from .sink import Condition, Sink
from .wording import tidied

__all__ = ["Incoming"]

_log = structlog.get_logger(__name__)

MAX_AT_WORK: Final = 256
"""Messages of one session in the sink's hands at once; beyond them the session is not read any further."""

LONGEST_PAUSE_SECONDS: Final = 30.0
SETTLE_SECONDS: Final = 5.0

LOOK: Final = "see its log; if it is not what you installed, `agent revoke` it and enrol another"

ABSENCE: Final = frozenset({"rejected", "failed"})
"""Outcomes that say "nothing was committed"; a journal that went back is no witness for them."""

_heard: Final = {kind: metrics.messages.labels(kind.__name__.lower()) for kind in get_args(frames.Message)}
"""The counter of each message type, looked up once."""


class Incoming:
    """Acts on the messages of one live session.

    Args:
        session: whose messages.
        authority: renews certificates.
        registry: records them.
        sink: takes outcomes, receipts, progress and anchors.
        runtime: clocks.
        paces: how often each agent may have something kept.
    """

    def __init__(
        self,
        session: LiveSession,
        authority: Authority,
        registry: AgentRegistry,
        sink: Sink,
        runtime: Runtime,
        paces: Paces,
    ) -> None:
        self._session = session
        self._authority = authority
        self._registry = registry
        self._sink = sink
        self._runtime = runtime
        self._paces = paces
        self._room = asyncio.Semaphore(MAX_AT_WORK)
        self._tasks: set[asyncio.Task[None]] = set()
        self._log = _log.bind(tenant=session.key.tenant, instance=session.key.instance)

    async def handle(self, message: frames.Message) -> None:
        """Act on one message; what takes time goes on beside, so that credit and rows are never held up by it."""
        session = self._session
        _heard[type(message)].inc()
        match message:
            case frames.Rows(envelope_id=envelope_id):
                if exchange := session.exchanges.get(envelope_id):
                    exchange.chunk(message.sequence, message.rows)
            case frames.Result() | frames.Refused() if message.envelope_id in session.exchanges:
                self._answered(message)
            case frames.Result():
                session.answered(message.envelope_id)
                await self._beside(self._result(message))
            case frames.GrantWrites():
                session.notify()
            case frames.Problem(about=about, detail=detail):
                self._log.warning("tunnel.problem_reported", about=about[:100], detail=detail[:500])
            case frames.Drain(reason=reason):
                self._log.info("tunnel.agent_drains", reason=reason[:100])
                session.notify()
            case _:
                await self._handle_rare(message)

    async def _handle_rare(self, message: frames.Message) -> None:
        match message:
            case frames.Step(envelope_id=envelope_id, phase=phase, at=at):
                await self._noted(envelope_id, phase, at)
            case frames.Accepted(envelope_id=envelope_id):
                await self._noted(envelope_id, "accepted", self._runtime.now())
            case frames.Refused():
                await self._beside(self._refused(message))
            case frames.Anchor():
                await self._beside(self._anchor(message))
            case frames.Renew(csr=csr):
                await self._beside(self._renew(csr))
            case _:
                pass

    async def _noted(self, envelope_id: str, phase: str, at: datetime) -> None:
        try:
            await self._sink.step(self._session.key.tenant, envelope_id, phase, at)
        except Exception as error:  # noqa: BLE001  progress may be lost; the session must not be
            self._log.warning("tunnel.step_not_noted", envelope_id=envelope_id, phase=phase, error=repr(error))

    async def settle(self) -> None:
        """Let what was taken reach the sink after the session is over; what takes too long is repeated to us later."""
        tasks = list(self._tasks)
        if not tasks:
            return
        try:
            await self._runtime.within(SETTLE_SECONDS, asyncio.wait(tasks))
        except TimeoutError:
            self._log.warning("tunnel.unsettled", tasks=len(tasks))
        finally:
            for task in tasks:
                task.cancel()

    async def _beside(self, work: Coroutine[Any, Any, None]) -> None:
        await self._room.acquire()
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.release()
        if not task.cancelled() and (error := task.exception()):
            self._log.error("tunnel.message_lost", error=repr(error), exc_info=error)

    def _answered(self, message: frames.Result | frames.Refused) -> None:
        # At once, for the protocol takes no more grants for this call.
        exchange = self._session.exchanges.pop(message.envelope_id)
        if isinstance(message, frames.Refused):
            receipt = self._vouched(message)
            exchange.finish(CallRefused(receipt.rule, receipt.detail) if receipt else _unbelieved())
        elif result := self._believed(message):
            exchange.finish(result)
            self._acknowledge(result)
        else:
            exchange.finish(_unbelieved())

    def _believed(self, message: frames.Result) -> ResultEnvelope | None:
        try:
            result = from_bytes(ResultEnvelope, open_("result", message.sealed, self._session.trust))
        except EnvelopeError as error:
            self._disbelieve("result", type(error).__name__, str(error))
            return None
        if (result.envelope_id, result.instance) != (message.envelope_id, self._session.key.instance):
            self._disbelieve("result", "Mismatch", f"{message.envelope_id}: envelope or instance differ inside")
            return None
        if result.posting_id and result.envelope_id.rpartition("#")[0] != result.posting_id:
            self._disbelieve("result", "Mismatch", f"{message.envelope_id}: it is no envelope of {result.posting_id}")
            return None
        return tidied(result)

    async def _result(self, message: frames.Result) -> None:
        session, result = self._session, self._believed(message)
        if result is None:
            return
        if result.posting_id:
            if session.quarantined and result.outcome in ABSENCE:
                self._disbelieve("result", "Quarantined", f"{result.posting_id}: only an intact journal proves absence")
                return
            try:
                await self._recorded(
                    result.envelope_id, lambda: self._sink.result(session.key.tenant, result, message.sealed)
                )
            except UnheardOf as error:
                self._disbelieve("result", "UnheardOf", str(error))
                session.conversation.close("unheard_of", str(error))
                return
            metrics.results.labels(result.outcome).inc()
        self._acknowledge(result)

    async def _recorded(self, envelope_id: str, record: Callable[[], Awaitable[None]]) -> None:
        failures = 0
        while True:
            try:
                return await record()
            except UnheardOf:
                raise
            except Exception as error:  # whatever the sink lacks now, what was said must not be lost
                failures += 1
                self._log.error("tunnel.not_recorded", envelope_id=envelope_id, error=repr(error))
                if self._session.conversation.is_over:
                    raise
                await self._runtime.sleep(backoff(failures, 0.2, LONGEST_PAUSE_SECONDS, self._runtime.random()))

    def _acknowledge(self, result: ResultEnvelope) -> None:
        session = self._session
        session.highest_sequence = max(session.highest_sequence, result.journal_sequence)
        if not session.conversation.is_over:
            session.conversation.send(frames.Acknowledge(result.envelope_id, result.journal_sequence))

    def _vouched(self, message: frames.Refused) -> Receipt | None:
        session = self._session
        try:
            receipt = from_bytes(Receipt, open_("receipt", message.sealed, session.trust))
        except EnvelopeError as error:
            self._disbelieve("refused", type(error).__name__, str(error))
            return None
        if (receipt.envelope_id, receipt.instance) != (message.envelope_id, session.key.instance):
            self._disbelieve("refused", "Mismatch", f"{message.envelope_id}: envelope or instance differ inside")
            return None
        metrics.refusals.labels(metrics.refusal_label(receipt.rule)).inc()
        return tidied(receipt)

    async def _refused(self, message: frames.Refused) -> None:
        session, receipt = self._session, self._vouched(message)
        if receipt is None:
            return
        session.answered(receipt.envelope_id)
        if receipt.posting_id:
            await self._recorded(
                receipt.envelope_id, lambda: self._sink.refused(session.key.tenant, receipt, message.sealed)
            )

    async def _anchor(self, message: frames.Anchor) -> None:
        session = self._session
        try:
            payload = open_("anchor", message.sealed, session.trust)
        except EnvelopeError as error:
            self._disbelieve("anchor", type(error).__name__, str(error))
            return
        if await self._keeps_pace(self._paces.anchors, "anchor", Condition.ANCHORS):
            await self._sink.anchor(*session.key, payload, message.sealed)

    async def _renew(self, csr: str) -> None:
        session = self._session
        if not await self._keeps_pace(self._paces.renewals, "renew", Condition.RENEWALS):
            return
        try:
            issued = self._authority.issue_client(csr, session.key)
        except RequestInvalid as error:
            self._tell(frames.Problem("renew", str(error)))
            return
        if not await self._registry.certified(session.key, issued, self._runtime.now()):
            detail = f"{session.key.instance} has {MOST_CERTIFICATES} certificates that are valid, and gets no more"
            self._tell(frames.Problem("renew", detail))
            await self._sink.condition(session.key, Condition.RENEWALS, f"{detail}; {LOOK}")
            return
        self._log.info("tunnel.certificate_renewed", fingerprint=issued.fingerprint)
        self._tell(frames.Renewed(issued.pem))

    async def _keeps_pace(self, pace: Pace, about: str, condition: Condition) -> bool:
        """Tell whether the agent may have one more kept; the first that is too many opens an alert."""
        key = self._session.key
        admitted = pace.admits(key, self._runtime.monotonic())
        detail = f"{key.instance} sends more of {about} than an agent of ours does; what is too much is not kept"
        if not admitted:
            metrics.unbelieved.labels("TooMany").inc()
            self._tell(frames.Problem(about, detail))
        if pace.turned(key, admitted):
            await self._sink.condition(key, condition, "" if admitted else f"{detail}; {LOOK}")
        return admitted

    def _disbelieve(self, about: str, cause: str, detail: str) -> None:
        metrics.unbelieved.labels(cause).inc()
        self._log.error("tunnel.not_believed", about=about, cause=cause, detail=detail[:500])
        self._tell(frames.Problem(about, detail[:500]))

    def _tell(self, message: frames.Message) -> None:
        if not self._session.conversation.is_over:
            self._session.conversation.send(message)


def _unbelieved() -> CallFailed:
    return CallFailed("unbelieved", "the signature or the content of the answer does not hold")
