"""One attempt at one posting, on one session: look up, POST, COMMIT, each act written down before the next.

Theory of operation. The intent is durable before SAP is asked anything, `called` before POST, and one record
(`returned` with `commit_sent`) between POST and COMMIT. Until that record nothing can have been committed, and the end
of the session proves it. After it only COMMIT's empty RETURN is an answer; all else is in doubt, and the resolver's.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from mlconnector_shared.envelope import CallEnvelope, Outcome, ResultEnvelope, Write
from mlconnector_shared.runtime import Runtime

from ..failpoint import Failpoints
from ..journal.journal import Journal
from ..journal.records import Phase
from ..rfc.errors import RfcError
from ..rfc.pool import Purpose, RfcPool
from ..rfc.session import RfcSession
from .base import read_base
from .channels import Channels, ChannelStopped
from .documents import with_user
from .goal import Goal
from .lookup import Lookup
from .results import Results
from .settings import LuwSettings
from .sighting import Sighting
from .trace import Trace
from .verdict import Obsolete, Posted, Rejected, commit_complaint, may_retry

__all__ = ["COMMIT", "ROLLBACK", "Attempt", "Observer", "Tools"]

COMMIT: Final = "BAPI_TRANSACTION_COMMIT"
ROLLBACK: Final = "BAPI_TRANSACTION_ROLLBACK"

Observer = Callable[[str, str, datetime], None]
"""Told of each phase: envelope id, phase, when."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What every part of the executor works with."""

    pool: RfcPool
    journal: Journal
    channels: Channels
    settings: LuwSettings
    runtime: Runtime
    observer: Observer
    failpoints: Failpoints
    results: Results


class Attempt:
    """One admitted envelope whose intent is durable.

    Args:
        tools: what to work with.
        envelope: the call envelope.
        goal: what it is for.
        expires: monotonic time at which the envelope's life ends, whatever the wall clock says.
    """

    def __init__(self, tools: Tools, envelope: CallEnvelope, goal: Goal, expires: float) -> None:
        self._tools = tools
        self._envelope = envelope
        if not isinstance(envelope.work, Write):
            raise TypeError(f"envelope {envelope.envelope_id} asks for nothing that is written")
        self._work = envelope.work
        self._goal = goal
        self._expires = expires
        self._trace = Trace(tools.runtime)

    async def run(self) -> ResultEnvelope:
        """Carry it out.

        Raises:
            JournalUnavailable: a record could not be made durable; the resolver settles what that leaves.
        """
        self._reached(Phase.INTENT)
        await self._tools.failpoints.reach("after_intent")
        document = self._goal.document
        try:
            async with self._tools.channels.entry(document.company_code, document.document_type):
                return await self._execute()
        except ChannelStopped as error:
            return await self._nothing("channel_stopped", str(error), retryable=True)

    async def _execute(self) -> ResultEnvelope:
        tools = self._tools
        try:
            async with tools.pool.session(Purpose.WRITE) as session:
                lookup = Lookup(session, self._trace, tools.settings)
                first = await self._goal.look(lookup)
                if first.is_empty:
                    return await self._unfounded(lookup) or await self._luw(session)
            return await self._settle_hit(first)
        except RfcError as error:
            return await self._nothing(f"rfc_{error.kind}", error.message, retryable=may_retry(error))

    async def _unfounded(self, lookup: Lookup) -> ResultEnvelope | None:
        """Answer for a step whose base is not what it was planned on; None where it may be done."""
        base = self._work.base
        fault = await read_base(lookup, base, self._goal.customers) if base is not None else None
        return await self._nothing(fault.reason, fault.detail, outcome="rejected") if fault is not None else None

    async def _luw(self, session: RfcSession) -> ResultEnvelope:
        """POST and COMMIT; the session is lent on only if its LUW was closed."""
        is_closed = False
        try:
            result = await self._post(session)
            is_closed = True
        finally:
            if not is_closed:
                await asyncio.shield(session.end())
        return result

    async def _post(self, session: RfcSession) -> ResultEnvelope:
        tools, settings = self._tools, self._tools.settings
        called_at = tools.runtime.now().isoformat()
        await tools.journal.record(self._envelope.posting_id, Phase.CALLED, sap_user=session.user, called_at=called_at)
        self._reached(Phase.CALLED)
        await tools.failpoints.reach("before_post")
        overdue = self._overdue()
        if overdue:
            return await self._nothing(*overdue, retryable=True)
        call = self._work.call
        try:
            answer = await self._trace.call(
                session, call.function, with_user(call, session.user), settings.post_timeout_seconds
            )
        except RfcError as error:
            await session.end()
            return await self._nothing(f"rfc_{error.kind}", error.message, retryable=may_retry(error))
        await tools.failpoints.reach("after_post")
        said = self._goal.read(answer)
        if isinstance(said, Posted) and self._goal.needs_commit:
            return await self._commit(session, said.object_key)
        if isinstance(said, Posted):
            return await self._committed(said.object_key)
        await self._roll_back(session)
        if isinstance(said, Obsolete):
            done = self._goal.outcomes[1]
            return await self._nothing(said.reason, said.sentence, outcome=done, messages=said.messages)
        return await self._rejected(said)

    async def _commit(self, session: RfcSession, object_key: str) -> ResultEnvelope:
        tools, settings = self._tools, self._tools.settings
        try:
            follows = tools.journal.commit_follows(self._envelope.posting_id, object_key)
            await tools.runtime.within(settings.record_deadline_seconds, follows)
        except TimeoutError:
            await self._roll_back(session)
            detail = f"the journal took longer than {settings.record_deadline_seconds:g} s between POST and COMMIT"
            return await self._nothing("record_late", detail, retryable=True)
        self._reached(Phase.RETURNED)
        self._reached(Phase.COMMIT_SENT)
        await tools.failpoints.reach("before_commit")
        overdue = self._overdue()
        if overdue:
            await self._roll_back(session)
            return await self._nothing(*overdue, retryable=True)
        try:
            answer = await self._trace.call(session, COMMIT, {"WAIT": "X"}, settings.commit_timeout_seconds)
        except RfcError as error:
            await session.end()
            return await self._doubt(object_key, f"the answer to COMMIT was lost: {error.message}")
        await tools.failpoints.reach("after_commit")
        complaint = commit_complaint(answer)
        if complaint:
            await session.end()
            return await self._doubt(object_key, f"COMMIT complained: {complaint}")
        return await self._committed(object_key)

    async def _committed(self, object_key: str) -> ResultEnvelope:
        evidence = {} if self._goal.is_read_back else {"verified": True}
        return await self._conclude(Phase.COMMITTED, self._goal.outcomes[0], evidence, object_key=object_key)

    async def _rejected(self, said: Rejected) -> ResultEnvelope:
        return await self._nothing(
            "sap_message", said.sentence, outcome="rejected", retryable=said.is_passing, messages=said.messages
        )

    async def _roll_back(self, session: RfcSession) -> None:
        try:
            await self._trace.call(session, ROLLBACK, {}, self._tools.settings.rollback_timeout_seconds)
        except RfcError:
            await session.end()  # which rolls back, too

    async def _settle_hit(self, first: Sighting) -> ResultEnvelope:
        """Decide about what was there before we called: what we want, or something in its place."""
        tools = self._tools
        await tools.runtime.sleep(tools.settings.settle_interval_seconds)
        users, now = [user.user for user in tools.pool.settings.users], tools.runtime.now()
        async with tools.pool.session(Purpose.READ) as session:
            lookup = Lookup(session, self._trace, tools.settings)
            requests = await lookup.update_requests(users, tools.pool.settings.client, now, now)
            second = await self._goal.look(lookup)
        if second != first or any(request.is_open for request in requests or ()):
            detail = f"{self._goal.name} was seen, but may vanish again"
            return await self._nothing("sighting_unsettled", detail, retryable=True)
        if second.foreign:
            return await self._nothing(self._goal.conflict, second.foreign, outcome="conflict")
        outcome = self._goal.outcomes[1]
        return await self._conclude(Phase.COMMITTED, outcome, {"verified": True}, object_key=second.ours)

    def _overdue(self) -> tuple[str, str] | None:
        """Return why the envelope may not be executed any more, or None while it may."""
        runtime, envelope = self._tools.runtime, self._envelope
        if runtime.now() >= envelope.not_after or runtime.monotonic() >= self._expires:
            return "expired", f"the envelope's life ended at {envelope.not_after.isoformat()}"
        highest = self._tools.journal.fencing_token
        if envelope.fencing_token < highest:
            return "fenced", f"fencing token {envelope.fencing_token} is older than {highest}"
        return None

    async def _nothing(
        self, reason: str, detail: str, *, outcome: Outcome = "failed", retryable: bool = False, **fields: Any
    ) -> ResultEnvelope:
        return await self._conclude(
            Phase.ROLLED_BACK, outcome, {"reason": reason}, reason=reason, detail=detail, retryable=retryable, **fields
        )

    async def _doubt(self, object_key: str, detail: str) -> ResultEnvelope:
        return await self._conclude(
            Phase.IN_DOUBT, "in_doubt", object_key=object_key, reason="commit_unanswered", detail=detail
        )

    async def _conclude(
        self, phase: Phase, outcome: Outcome, evidence: dict[str, Any] | None = None, **fields: Any
    ) -> ResultEnvelope:
        build = self._tools.results.at(self._envelope, self._trace, outcome, **fields)
        evidence = {"object_key": fields.get("object_key", ""), **(evidence or {})}
        result = await self._tools.journal.conclude(self._envelope.posting_id, phase, build, **evidence)
        self._reached(phase)
        return result

    def _reached(self, phase: Phase) -> None:
        self._tools.observer(self._envelope.envelope_id, phase, self._tools.runtime.now())
