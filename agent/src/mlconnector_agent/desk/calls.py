"""One call from arrival to answer: gate, audit, journal, executor. Postings outlive the line they came on."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from mlconnector_shared.envelope import Audience, CallEnvelope, ReadTable, ResultEnvelope, Simulate, Write
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.frames import Accepted, Call
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Trust

from ..gate import MAX_ID, Admit, GateState, Refuse, Repeat, Seen, admit, has_lapsed
from ..journal.errors import JournalError, JournalUnavailable
from ..policy.limits import Denial, Policy
from .answers import Answers
from .ports import Book, Executor, Line, Trail
from .reads import Interrupted, Reads

__all__ = ["Calls", "Rules"]

_log = structlog.get_logger(__name__)

_BUSY: Final = "as many reads as this agent takes are under way; ask again later"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the gate decides by, fixed while the agent runs.

    Attributes:
        write_slots: postings that may run at once.
        read_slots: reads and simulations that may be under way at once; more are refused, not queued.
    """

    audience: Audience
    trust: Trust
    policy: Policy
    write_slots: int
    read_slots: int


class Calls:
    """The calls under way.

    Attributes:
        draining: whether no new work is taken.
        halted: why no posting is taken, or None.
        writing: envelope ids of postings under way, from arrival to result.
        reading: those of reads and simulations.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        journal: Book,
        executor: Executor,
        audit: Trail,
        answers: Answers,
        runtime: Runtime,
        current_line: Callable[[], Line | None],
        journal_failed: Callable[[str], None],
    ) -> None:
        self._rules = rules
        self._journal = journal
        self._executor = executor
        self._audit = audit
        self._answers = answers
        self._runtime = runtime
        self._current_line = current_line
        self._journal_failed = journal_failed
        self.reads = Reads(executor)
        self.draining = False
        self.halted: Denial | None = None
        self.writing: list[str] = []
        self.reading: list[str] = []

    def take(self, call: Call, line: Line) -> Coroutine[Any, Any, None]:
        """Count a call as under way, and return what carries it from here to its answer."""
        under_way = self.writing if call.write else self.reading
        is_too_many = not call.write and len(under_way) >= self._rules.read_slots
        under_way.append(call.envelope_id)
        return self._take(call, line, under_way, is_too_many=is_too_many)

    async def _take(self, call: Call, line: Line, under_way: list[str], *, is_too_many: bool) -> None:
        try:
            if is_too_many:
                self._answers.refusal(call.envelope_id, Refuse("busy", _BUSY), line)
            else:
                await self._decide(call, line, self._runtime.now(), self._runtime.monotonic())
        except JournalError as error:
            # Nothing is answered: what the journal knows is told once it can be read again.
            _log.error("journal.failed", envelope_id=call.envelope_id, error=str(error))
            if isinstance(error, JournalUnavailable):
                self._journal_failed(str(error))
        finally:
            under_way.remove(call.envelope_id)

    async def _decide(self, call: Call, line: Line, now: datetime, monotonic: float) -> None:
        state = GateState(
            audience=self._rules.audience,
            clock_offset=line.clock_offset,
            fencing_token=self._journal.fencing_token,
            halted=self.halted,
            draining=self.draining,
            seen=await self._seen(call),
        )
        verdict = admit(call, self._rules.trust, self._rules.policy, state, now, monotonic)
        match verdict:
            case Refuse():
                self._answers.refusal(call.envelope_id, verdict, line)
            case Repeat(envelope=envelope):
                await self._repeat(envelope, line)
            case Admit():
                await self._admitted(verdict, call, line)

    async def _seen(self, call: Call) -> Seen | None:
        """Ask the journal by the id in the frame; the gate makes sure that the sealed envelope bears the same."""
        if not call.write or len(call.envelope_id) > MAX_ID:
            return None
        posting = await self._journal.posting(call.envelope_id.rpartition("#")[0])
        if posting is not None and posting.envelope_id == call.envelope_id:
            return Seen(same=posting.sealed == call.sealed)
        return Seen(same=True) if await self._journal.result_of(call.envelope_id) else None

    async def _repeat(self, envelope: CallEnvelope, line: Line) -> None:
        stored = await self._journal.result_of(envelope.envelope_id)
        self._audit.record("envelope.repeated", envelope.envelope_id, answered=stored is not None)
        _log.info("envelope.repeated", envelope_id=envelope.envelope_id, answered=stored is not None)
        if stored is None:
            line.send(Accepted(envelope.envelope_id))
        else:
            self._answers.stored(stored, line)

    async def _admitted(self, admitted: Admit, call: Call, line: Line) -> None:
        envelope = admitted.envelope
        if self._audit.is_full:
            refuse = Refuse("audit", "too many audit records wait for the disk", envelope.posting_id)
            self._answers.refusal(envelope.envelope_id, refuse, line)
            return
        # On disk with the intent of a posting or the memory of a read, both of which precede whatever is done.
        self._audit.record("envelope.admitted", envelope.envelope_id, work=type(envelope.work).__name__)
        if isinstance(envelope.work, Write):
            result = await self._executor.post(envelope, call.sealed, admitted.lapses_at)
            # The line it came on may be gone, and another there by now.
            self._answers.result(result, self._current_line())
        else:
            await self._ask(admitted, envelope.work, line)

    async def _ask(self, admitted: Admit, work: Simulate | ReadTable, line: Line) -> None:
        envelope = admitted.envelope
        try:
            is_new = await self._journal.remember(envelope)
        except JournalUnavailable as error:  # nothing was begun, and asking anew costs nothing
            self._journal_failed(str(error))
            self._answers.refusal(envelope.envelope_id, Refuse("journal", str(error)), line)
            return
        if not is_new:
            refuse = Refuse("replay", "a read or simulation is carried out once; ask anew under a new id")
            self._answers.refusal(envelope.envelope_id, refuse, line)
        elif has_lapsed(admitted, line.clock_offset, self._runtime.now(), self._runtime.monotonic()):
            refuse = Refuse("expired", "its life ended while it was being written down")
            self._answers.refusal(envelope.envelope_id, refuse, line)
        else:
            line.send(Accepted(envelope.envelope_id))
            self._answers.result(await self._query(envelope, work, line), line)

    async def _query(self, envelope: CallEnvelope, work: Simulate | ReadTable, line: Line) -> ResultEnvelope:
        try:
            if isinstance(work, Simulate):
                return await self._executor.simulate(envelope)
            return await self.reads.run(envelope, line)
        except Interrupted as error:
            return self._failed(envelope, "cancelled", str(error))
        except asyncio.CancelledError:
            raise
        except ConnectorError as error:
            _log.error("call.failed", envelope_id=envelope.envelope_id, error=repr(error))
            return self._failed(envelope, "agent_error", str(error))

    def _failed(self, envelope: CallEnvelope, reason: str, detail: str) -> ResultEnvelope:
        return ResultEnvelope(
            envelope_id=envelope.envelope_id,
            posting_id="",
            instance=self._rules.audience.instance,
            outcome="failed",
            finished_at=self._runtime.now(),
            retryable=True,
            reason=reason,
            detail=detail,
        )
