"""The desk of one agent: one line at a time, many calls, credit only for what can run at once."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, Final

import structlog
from mlconnector_shared import frames
from mlconnector_shared.chain import ChainHead, anchor, read_anchor
from mlconnector_shared.envelope import ResultEnvelope
from mlconnector_shared.errors import Malformed, SignatureInvalid
from mlconnector_shared.protocol import MAX_WRITE_CREDIT
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Signer, open_, seal

from ..journal.errors import JournalUnavailable
from ..policy.limits import Denial
from .answers import Answers
from .calls import Calls, Rules
from .ports import Book, Executor, Line, Reachability, Trail
from .standing import ClockState, Standing, clock_state, greeted, shown, welcomed

__all__ = ["Desk"]

_log = structlog.get_logger(__name__)

MAX_AT_WORK: Final = 256
"""Messages of a line in our hands at once; beyond them it is not read any further."""

LOOK_SECONDS: Final = 2.0
"""How often the standing is looked at and credit topped up."""

ANCHOR_SECONDS: Final = 60.0
ACTS: Final = frozenset({"called", "commit_sent"})
"""Phases that travel as steps: of what follows them the relay would hear late or never. The others say nothing that
Accepted or the result does not."""

DRAIN_LOOK_SECONDS: Final = 0.05
ACKNOWLEDGE_SECONDS: Final = 5.0
"""How long a draining agent waits for the last acknowledgements; results are repeated after the next start anyway."""


class Desk:
    """Takes calls and answers them. Outlives the lines it is attached to.

    Attributes:
        standing: what speaks against taking postings now.
    """

    def __init__(
        self,
        rules: Rules,
        *,
        signer: Signer,
        journal: Book,
        executor: Executor,
        audit: Trail,
        sap: Reachability,
        runtime: Runtime,
    ) -> None:
        self._rules = rules
        self._signer = signer
        self._journal = journal
        self._audit = audit
        self._sap = sap
        self._runtime = runtime
        self._answers = Answers(rules.audience.instance, signer, journal, audit, runtime)
        self._calls = Calls(
            rules,
            journal=journal,
            executor=executor,
            audit=audit,
            answers=self._answers,
            runtime=runtime,
            current_line=lambda: self._line,
            journal_failed=lambda detail: self._stand(journal=detail),
        )
        self._line: Line | None = None
        self._clock = ClockState.GOOD
        self._room = asyncio.Semaphore(MAX_AT_WORK)
        self._tasks: set[asyncio.Task[None]] = set()
        self._anchored = 0
        self._topping_up = False
        self.standing = Standing()

    @property
    def line(self) -> Line | None:
        """Return the line we are attached to."""
        return self._line

    async def attach(self, line: Line) -> None:
        """Work on a line whose welcome has come: note what the relay says, repeat results, grant credit."""
        self._line = line
        welcome = line.welcome
        denial = greeted(welcome, self._journal.witness)
        self._stand(quarantine=denial)
        if denial is not None:
            self._halted(denial.rule, denial.detail)
        else:
            await self._journal.witness_relay(welcomed(welcome, self._journal.witness))
        self.measured(line)
        self._begin(self._answers.repeat_unacknowledged(line))

    def detach(self, line: Line) -> None:
        """The line is over: its reads end, postings go on."""
        if self._line is line:
            self._line = None
            self._calls.reads.cancel_all()

    def measured(self, line: Line) -> None:
        """Judge the clock offset of a line anew."""
        state = clock_state(line.clock_offset)
        if state is not self._clock:
            self._clock = state
            seconds = round(line.clock_offset.total_seconds(), 3)
            _log.log(_SEVERITY[state], f"clock.{state}", offset_seconds=seconds)
            if state is ClockState.STOPS:
                self._halted("clock", f"the relay's clock and ours differ by {seconds} s; set this machine's clock")
        self._top_up()

    async def handle(self, message: frames.Message, line: Line) -> None:
        """Act on a message of the relay; what takes time goes on beside. Waits while too much is under way."""
        match message:
            case frames.Call():
                await self._room.acquire()
                self._begin(self._calls.take(message, line)).add_done_callback(lambda _: self._room.release())
            case frames.Acknowledge(envelope_id=envelope_id, journal_sequence=sequence):
                await self._room.acquire()
                work = self._journal.acknowledge(envelope_id, sequence)
                self._begin(work).add_done_callback(lambda _: self._room.release())
            case frames.GrantRows(envelope_id=envelope_id):
                self._calls.reads.granted(envelope_id)
            case frames.Cancel(envelope_id=envelope_id, reason=reason):
                # A posting is not cancelled: it begins as soon as it is admitted.
                effect = self._calls.reads.cancel(envelope_id)
                _log.info("call.cancelled", envelope_id=envelope_id, reason=reason[:200], effect=effect)
            case frames.Drain(reason=reason):
                _log.info("relay.drains", reason=reason[:200])
            case frames.Anchor(sealed=sealed):
                await self._room.acquire()
                self._begin(self._witness(sealed)).add_done_callback(lambda _: self._room.release())
            case frames.Problem(about=about, detail=detail):
                _log.warning("relay.problem", about=about[:100], detail=detail[:500])
            case _:
                pass

    async def run(self) -> None:
        """Watch SAP and journal, top up credit, anchor the audit; for ever."""
        anchored_at = self._runtime.monotonic()
        while True:
            await self._look()
            self._top_up()
            if self._runtime.monotonic() - anchored_at >= ANCHOR_SECONDS:
                anchored_at = self._runtime.monotonic()
                self._anchor()
            await self._runtime.sleep(LOOK_SECONDS)

    async def drain(self) -> None:
        """Take nothing new, finish what runs, and give the relay a moment to acknowledge."""
        self._calls.draining = True
        while self._calls.writing or self._calls.reading:
            await self._runtime.sleep(DRAIN_LOOK_SECONDS)
        self._anchor()
        until = self._runtime.monotonic() + ACKNOWLEDGE_SECONDS
        while self._line is not None and self._runtime.monotonic() < until:
            if not await self._journal.results_unacknowledged():
                return
            await self._runtime.sleep(DRAIN_LOOK_SECONDS)

    async def close(self) -> None:
        """Stop what is still under way; what postings leave open is settled after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def report(self, result: ResultEnvelope) -> None:
        """Tell the relay of a result nobody awaits, such as of a posting proven after the fact."""
        self._answers.result(result, self._line)

    def observe(self, envelope_id: str, phase: str, at: datetime) -> None:
        """Pass on that a posting reached a phase; the journal has it."""
        if self._line is None:
            return
        if phase == "intent":
            self._line.send(frames.Accepted(envelope_id))
        elif phase in ACTS:
            self._line.send(frames.Step(envelope_id, str(phase), at))

    def _stand(self, **changes: Any) -> None:
        self.standing = self.standing.but(**changes)
        self._calls.halted = self.standing.halted

    def _halted(self, rule: str, detail: str) -> None:
        _log.error("postings.halted", rule=rule, detail=detail)
        self._audit.record("postings.halted", "", rule=rule, detail=detail)

    async def _look(self) -> None:
        complaint = await self._sap.complaint()
        if complaint != self.standing.sap:
            self._stand(sap=complaint)
            if complaint:
                _log.warning("sap.away", reason=complaint)
            else:
                _log.info("sap.reachable")
        if self.standing.journal:
            try:
                await self._journal.witness_relay(self._journal.witness)
            except JournalUnavailable as error:
                self._stand(journal=str(error))
            else:
                self._stand(journal="")
                _log.info("journal.recovered")

    def _top_up_soon(self) -> None:
        """Top up once for all that ends in this turn of the loop."""
        if not self._topping_up:
            self._topping_up = True
            asyncio.get_running_loop().call_soon(self._top_up)

    def _top_up(self) -> None:
        self._topping_up = False
        line = self._line
        if line is None or not line.takes_calls or self._calls.draining:
            return
        if not self.standing.grants or self._clock is ClockState.STOPS:
            return
        free = min(self._rules.write_slots, MAX_WRITE_CREDIT) - len(self._calls.writing) - line.write_credit
        if free > 0:
            line.send(frames.GrantWrites(free))

    def _anchor(self) -> None:
        head = self._audit.head
        if self._line is None or head.batch == self._anchored:
            return
        payload = anchor(ChainHead("agent", head.batch, head.sequence, head.head))
        if self._line.send(frames.Anchor(seal("anchor", payload, self._signer))):
            self._anchored = head.batch

    async def _witness(self, sealed: bytes) -> None:
        try:
            told = read_anchor(open_("anchor", sealed, self._rules.trust))
        except (SignatureInvalid, Malformed) as error:
            _log.error("relay.anchor_unbelieved", error=str(error))
            return
        self._audit.record("relay.anchor", "", batch=told.batch, head=told.head, sealed=sealed.hex())
        known = self._journal.witness
        judged = shown(told, known)
        if isinstance(judged, Denial):
            self._stand(quarantine=judged)
            self._halted(judged.rule, judged.detail)
        elif judged != known and self.standing.quarantine is None:
            await self._journal.witness_relay(judged)

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            if isinstance(error, JournalUnavailable):
                self._stand(journal=str(error))
            _log.error("desk.task_failed", error=repr(error), exc_info=error)
        self._top_up_soon()


_SEVERITY: Final = {ClockState.GOOD: 20, ClockState.WARNS: 30, ClockState.STOPS: 40}
