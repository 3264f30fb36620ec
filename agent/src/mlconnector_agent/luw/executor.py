"""The executor: takes admitted envelopes and answers each with a result; never raises for SAP's failures."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from mlconnector_shared.envelope import CallEnvelope, Outcome, ResultEnvelope, Simulate, from_bytes
from mlconnector_shared.runtime import Runtime

from ..failpoint import Failpoints
from ..journal.journal import Journal
from ..journal.records import Fenced, New, Phase, Settled, StoredResult, Taken, Unsettled
from ..rfc.errors import RfcError
from ..rfc.pool import Purpose, RfcPool
from .attempt import ROLLBACK, Attempt, Observer, Tools
from .channels import Channels
from .documents import Unfit, with_user
from .goals import goal_of
from .reading import TableRead
from .resolver import Resolver
from .results import Results
from .settings import LuwSettings
from .trace import Trace, messages_of
from .verdict import may_retry

__all__ = ["Executor"]

_UNDER_WAY: Final = "another attempt at this posting is under way"


class Executor:
    """Executes call envelopes: postings at most once, simulations and table reads without effect.

    Attributes:
        channels: which kinds of documents may be posted.
        resolver: settles what restarts and lost answers left open.
    """

    def __init__(
        self,
        pool: RfcPool,
        journal: Journal,
        settings: LuwSettings,
        runtime: Runtime,
        observer: Observer,
        failpoints: Failpoints,
    ) -> None:
        self.channels = Channels(pool, journal, settings, runtime)
        results = Results(settings.instance, runtime)
        self._tools = Tools(pool, journal, self.channels, settings, runtime, observer, failpoints, results)
        self._attempts: dict[str, tuple[str, asyncio.Task[ResultEnvelope]]] = {}
        self.resolver = Resolver(self._tools, self._attempts.keys)

    def recover(self) -> AsyncIterator[ResultEnvelope]:
        """Settle, after a restart, what an earlier life left open; see `Resolver.recover`."""
        return self.resolver.recover()

    async def post(self, envelope: CallEnvelope, sealed: bytes, expires: float | None = None) -> ResultEnvelope:
        """Carry out one writing envelope, at most once; a repeat of it awaits or gets the same result.

        Args:
            envelope: the admitted call envelope, whose work is a `Write`.
            sealed: its sealed bytes, kept in the journal.
            expires: monotonic time at which its life ends; by default its whole life from now.

        Raises:
            JournalUnavailable: a record could not be made durable. Nothing more may be posted; what this posting's
                phases leave open is settled by the resolver.
        """
        running = self._attempts.get(envelope.posting_id)
        if running is not None and running[0] != envelope.envelope_id:
            trace = Trace(self._tools.runtime)
            return self._tools.results.make(envelope, trace, "in_doubt", reason="under_way", detail=_UNDER_WAY)
        if running is not None:
            return await asyncio.shield(running[1])
        life = (envelope.not_after - envelope.issued_at).total_seconds()
        expires = self._tools.runtime.monotonic() + life if expires is None else expires
        task = asyncio.create_task(self._post(envelope, sealed, expires), name=f"posting {envelope.posting_id}")
        self._attempts[envelope.posting_id] = (envelope.envelope_id, task)
        task.add_done_callback(lambda _: self._attempts.pop(envelope.posting_id, None))
        return await asyncio.shield(task)

    async def drain(self) -> None:
        """Wait until every attempt under way has its result."""
        while self._attempts:
            await asyncio.wait([task for _, task in self._attempts.values()])

    async def simulate(self, envelope: CallEnvelope) -> ResultEnvelope:
        """Call a checking function module; its LUW is always rolled back."""
        tools, trace = self._tools, Trace(self._tools.runtime)
        if not isinstance(envelope.work, Simulate):
            raise TypeError(f"envelope {envelope.envelope_id} asks for no simulation")
        call = envelope.work.call
        try:
            async with tools.pool.session(Purpose.READ) as session:
                try:
                    answer = await trace.call(
                        session,
                        call.function,
                        with_user(call, session.user),
                        tools.settings.post_timeout_seconds,
                        "simulation",
                    )
                    await trace.call(session, ROLLBACK, {}, tools.settings.rollback_timeout_seconds)
                except BaseException:
                    await asyncio.shield(session.end())  # whatever it did is rolled back with its session
                    raise
        except RfcError as error:
            return tools.results.make(
                envelope,
                trace,
                "failed",
                reason=f"rfc_{error.kind}",
                detail=error.message,
                retryable=may_retry(error),
            )
        messages = messages_of(answer)
        reason = "sap_message" if any(message.is_error for message in messages) else ""
        return tools.results.make(envelope, trace, "simulated", reason=reason, messages=messages)

    def read(self, envelope: CallEnvelope) -> TableRead:
        """Begin to read a table: iterate over its pages of rows, then take its `result`."""
        return TableRead(self._tools, envelope)

    async def _post(self, envelope: CallEnvelope, sealed: bytes, expires: float) -> ResultEnvelope:
        try:
            goal = goal_of(envelope)
        except Unfit as error:
            return await self._answer(envelope, "failed", "malformed_call", str(error))
        admission = await self._tools.journal.admit(envelope, sealed, goal.document)
        match admission:
            case New():
                return await Attempt(self._tools, envelope, goal, expires).run()
            case Settled(result=StoredResult(payload=payload)):
                return await self._told(envelope, from_bytes(ResultEnvelope, payload))
            case Settled(posting=posting) if posting.phase is Phase.COMMITTED:
                return await self._answer(
                    envelope, goal.outcomes[0], "posted_before", "", object_key=posting.object_key
                )
            case Settled(posting=posting) | Unsettled(posting=posting):
                detail = f"the posting is at phase {posting.phase} and is being settled"
                return await self._answer(envelope, "in_doubt", "under_way", detail)
            case Taken(detail=detail):
                return await self._answer(envelope, "conflict", "other_content", detail)
            case Fenced(highest=highest):
                detail = f"fencing token {envelope.fencing_token} is older than {highest}"
                return await self._answer(envelope, "failed", "fenced", detail, retryable=True)

    async def _told(self, envelope: CallEnvelope, known: ResultEnvelope) -> ResultEnvelope:
        """Return a result that is known; a question about it gets its facts under the question's own id."""
        if known.envelope_id == envelope.envelope_id:
            return known
        return await self._answer(
            envelope,
            known.outcome,
            known.reason,
            known.detail,
            object_key=known.object_key,
            retryable=known.retryable,
            messages=known.messages,
        )

    async def _answer(
        self, envelope: CallEnvelope, outcome: Outcome, reason: str, detail: str, **fields: Any
    ) -> ResultEnvelope:
        trace = Trace(self._tools.runtime)
        build = self._tools.results.at(envelope, trace, outcome, reason=reason, detail=detail, **fields)
        return await self._tools.journal.answer(envelope, build)
