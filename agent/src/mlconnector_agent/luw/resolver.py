"""Settling what is open: after a restart, and for as long as a posting is in doubt.

Where COMMIT was never sent the end of the session proves that nothing was posted; the pool has made sure that no child
of an earlier life is left before this runs. Where it was sent, looks at SAP are weighed (`proof`) until they prove it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field

import structlog
from mlconnector_shared.envelope import Outcome, ResultEnvelope, from_bytes
from mlconnector_shared.runtime import backoff

from ..journal.records import Phase, Posting
from ..rfc.errors import RfcError
from ..rfc.pool import Purpose
from ..rfc.session import RfcSession
from .attempt import Tools
from .goals import goal_of
from .lookup import Lookup
from .proof import Absent, Conflict, Doubt, Observation, Present, Record, Verdict, weigh
from .sighting import Sighting
from .trace import Trace

__all__ = ["Report", "Resolver"]

Report = Callable[[ResultEnvelope], Awaitable[None]]
"""Takes a result that nobody awaits; it stays unacknowledged in the journal whatever becomes of this call."""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Case:
    """What is remembered of one posting in doubt: the looks so far, when to look next, what was last told."""

    envelope_id: str
    since: float
    record: Record = field(default_factory=Record)
    looks: int = 0
    due: float = 0.0
    told: str = ""


class Resolver:
    """Settles open postings that no attempt of this process is working on."""

    def __init__(self, tools: Tools, running: Callable[[], Collection[str]]) -> None:
        self._tools = tools
        self._running = running
        self._cases: dict[str, _Case] = {}

    async def recover(self) -> AsyncIterator[ResultEnvelope]:
        """Settle what an earlier life left open, as far as that needs no look at SAP.

        Postings whose COMMIT was never sent have failed and may be sent again; the others are in doubt from now on.
        Call it once the pool has started, before new postings are admitted.
        """
        for posting in await self._tools.journal.open_postings():
            result = await self._classify(posting)
            if result is not None:
                yield result

    async def run(self, report: Report) -> None:
        """Look for the postings in doubt, at growing intervals, until each is settled; for ever."""
        while True:
            async for result in self.settle():
                await report(result)
            await self._tools.runtime.sleep(self._tools.settings.resolve_base_seconds)

    async def settle(self) -> AsyncIterator[ResultEnvelope]:
        """Look once for each posting that is due, and yield what there is to tell of it."""
        journal, now = self._tools.journal, self._tools.runtime.monotonic()
        postings = await journal.open_postings()
        for posting in postings:
            if posting.phase is not Phase.IN_DOUBT:
                result = await self._classify(posting)
            else:
                case = self._cases.setdefault(posting.posting_id, _Case(posting.envelope_id, now))
                result = await self._examine(posting, case) if case.due <= now else None
            if result is not None:
                yield result
        still_open = {posting.posting_id for posting in postings}
        for posting_id in [posting_id for posting_id in self._cases if posting_id not in still_open]:
            # Not by us: a person has decided it through the command line.
            stored = await journal.result_of(self._cases.pop(posting_id).envelope_id)
            if stored is not None:
                yield from_bytes(ResultEnvelope, stored.payload)

    async def _classify(self, posting: Posting) -> ResultEnvelope | None:
        if posting.phase is Phase.IN_DOUBT:
            return None
        if posting.phase is Phase.COMMIT_SENT:
            detail = "the agent ended; COMMIT may have been sent"
            return await self._tell(posting, Phase.IN_DOUBT, "in_doubt", "commit_unanswered", detail)
        detail = f"the agent ended at phase {posting.phase}; without COMMIT the end of the session rolled back"
        return await self._tell(posting, Phase.ROLLED_BACK, "failed", "commit_never_sent", detail)

    async def _examine(self, posting: Posting, case: _Case) -> ResultEnvelope | None:
        tools = self._tools
        trace = Trace(tools.runtime)
        verdict: Verdict
        try:
            async with tools.pool.session(Purpose.READ) as session:
                seen = await self._observe(posting, session, trace)
        except RfcError as error:
            case.record = Record()
            verdict = Doubt(f"SAP cannot be read: {error.message}")
        else:
            case.record, verdict = weigh(case.record, seen, tools.settings)
        case.looks += 1
        case.due = tools.runtime.monotonic() + self._pause(case)
        return await self._pronounce(posting, case, verdict, trace)

    async def _observe(self, posting: Posting, session: RfcSession, trace: Trace) -> Observation:
        tools = self._tools
        lookup = Lookup(session, trace, tools.settings)
        # Update requests first: one that ends between the two looks has left its document for the second.
        client, since = tools.pool.settings.client, posting.called_at or posting.changed_at
        requests = await lookup.update_requests([posting.sap_user], client, since, tools.runtime.now())
        sighting = await goal_of(posting.envelope()).look(lookup, posting.object_key, posting.sap_user)
        twin = sighting.lookalike
        if twin is not None and await tools.journal.posted_as(twin.reference) == twin.object_key:
            sighting = Sighting()  # SAP gave our number back and then to another document of ours
        sentinel = tools.settings.sentinel or await tools.journal.sentinel()
        found = bool(sentinel) and await lookup.by_key(sentinel) is not None
        return Observation(tools.runtime.monotonic(), sighting, sentinel, found, requests)

    def _pause(self, case: _Case) -> float:
        settings = self._tools.settings
        if case.record.sighting is not None and not case.record.sighting.is_empty:
            return settings.settle_interval_seconds
        pause = backoff(case.looks, settings.resolve_base_seconds, settings.resolve_cap_seconds, 1.0)
        if case.record.sighting is None:
            return pause
        left = case.record.since + settings.settle_window_seconds - self._tools.runtime.monotonic()
        return min(pause, max(left, settings.resolve_base_seconds))

    async def _pronounce(self, posting: Posting, case: _Case, verdict: Verdict, trace: Trace) -> ResultEnvelope | None:
        match verdict:
            case Present(object_key=object_key):
                outcome = goal_of(posting.envelope()).outcomes[0]
                return await self._tell(
                    posting, Phase.COMMITTED, outcome, "proven_present", "", trace, object_key=object_key
                )
            case Absent():
                detail = f"{goal_of(posting.envelope()).name} is proven not to be in SAP"
                return await self._tell(posting, Phase.ROLLED_BACK, "failed", "proven_absent", detail, trace)
            case Conflict(detail=detail) if case.told != "conflict":
                case.told = "conflict"
                reason = goal_of(posting.envelope()).conflict
                return await self._tell(posting, Phase.IN_DOUBT, "conflict", reason, detail, trace)
            case Doubt(detail=detail, needs=needs):
                waited = self._tools.runtime.monotonic() - case.since
                needs = needs or ("patience" if waited > self._tools.settings.doubt_limit_seconds else "")
                if needs and case.told != needs:
                    case.told = needs
                    return await self._tell(posting, Phase.IN_DOUBT, "in_doubt", "needs_person", detail, trace)
                return None
            case Conflict():
                return None

    async def _tell(
        self,
        posting: Posting,
        phase: Phase,
        outcome: Outcome,
        reason: str,
        detail: str,
        trace: Trace | None = None,
        object_key: str = "",
    ) -> ResultEnvelope | None:
        """Record and tell, unless the posting has moved on since it was seen."""
        tools = self._tools
        if posting.posting_id in self._running():
            return None
        trace = trace or Trace(tools.runtime)
        fields = {"reason": reason, "detail": detail, "retryable": phase is Phase.ROLLED_BACK, "object_key": object_key}
        build = tools.results.at(posting.envelope(), trace, outcome, **fields)
        evidence = {"reason": reason, "verified": phase is Phase.COMMITTED}
        result = await tools.journal.settle(posting, phase, build, **evidence)
        if result is None:
            return None
        if phase.is_final:
            self._cases.pop(posting.posting_id, None)
        tools.observer(posting.envelope_id, phase, tools.runtime.now())
        _log.info("posting.settled", posting_id=posting.posting_id, phase=phase, outcome=outcome, reason=reason)
        return result
