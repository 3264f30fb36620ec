"""Write down, then send: one transaction holds intent, envelope, audit and the job's new state; then the bytes leave.

A posting once sent belongs to its agent instance: only that one is ever asked about it again, with the same content.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

import structlog
from mlconnector_shared.bapi import BapiCall
from mlconnector_shared.envelope import Audience, CallEnvelope, ReadTable, ResultEnvelope, Simulate, Write, from_bytes
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..db import envelopes, jobs, ledger
from ..db.engine import Database, Transaction
from ..db.jobs import Done, Job, Outcome, Retry, Sight
from ..db.ledger import LedgerEntry, NewEntry
from ..db.stores import Store
from ..failpoint import Failpoints
from ..sap.reference import Kind
from ..trail.audit import Audit, Record
from ..trail.vault import Vault
from ..tunnel.dispatch import Dispatcher, Slot
from ..tunnel.errors import NoCredit, SessionLost
from ..tunnel.tables import all_rows
from .ceiling import check
from .records import sent as sent_record
from .records import subject_of
from .steps import PlanBroken, envelope, held_by, resend_id, work_of

__all__ = ["LeaseLost", "Limits", "Sender"]

_log = structlog.get_logger(__name__)

CHECK: Final = "BAPI_ACC_DOCUMENT_CHECK"
"""Does what posting does, up to the posting itself."""

CREDIT_SECONDS: Final = 5.0
"""How long a planned order waits for write credit before it gives its place to others."""

NO_CREDIT_PAUSE: Final = timedelta(seconds=2)

LONGEST_PATIENCE: Final = timedelta(minutes=15)
"""Between two questions about a posting that stays in doubt."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Deadlines of sending.

    Attributes:
        envelope_seconds: life of an envelope.
        answer_seconds: silence after which a posting shows in doubt and is asked about again.
    """

    envelope_seconds: float
    answer_seconds: float


class LeaseLost(ConnectorError):
    """Another process works on the job by now; nothing was written, so nothing was sent."""

    retryable: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class _Sealed:
    envelope: CallEnvelope
    sealed: bytes
    records: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Sending:
    """What is about to leave, and the records of how it came to that."""

    job: Job
    entry: LedgerEntry
    work: Write
    slot: Slot
    now: datetime
    records: Sequence[Record] = ()


class Sender:
    """Sends postings, and asks again about those without an answer.

    Args:
        database: ledger, envelopes, jobs.
        dispatcher: hands out write credit and sends.
        vault: encrypts what is kept.
        audit: writes the trail.
        opened: opens what the dispatcher sealed.
        runtime: clocks.
        limits: deadlines.
        failpoints: where a test may hold it.
    """

    def __init__(
        self,
        database: Database,
        dispatcher: Dispatcher,
        vault: Vault,
        audit: Audit,
        opened: Callable[[bytes], bytes],
        runtime: Runtime,
        limits: Limits,
        failpoints: Failpoints,
    ) -> None:
        self._database = database
        self._dispatcher = dispatcher
        self._vault = vault
        self._audit = audit
        self._opened = opened
        self._runtime = runtime
        self._limits = limits
        self._failpoints = failpoints

    async def post(
        self, job: Job, entry: NewEntry, call: BapiCall, records: list[Record], sight: Sight, most_reversals: int
    ) -> None:
        """Write a new posting down and send it; without write credit the job comes back in seconds.

        Args:
            job: the order's.
            entry: the posting.
            call: what is posted.
            records: of how it came to that; the first is to hold what was fetched, unless the sight names an earlier.
            sight: what was seen of the order.
            most_reversals: how many orders its store may take back within an hour.

        Raises:
            DatabaseError: nothing was written, so nothing was sent.
            TooManyReversals: it would be one more; likewise.
        """
        try:
            slot = await self._dispatcher.acquire(
                entry.tenant, entry.sysid, entry.client, patience_seconds=CREDIT_SECONDS
            )
        except NoCredit as error:
            # No failure of the order's: its next real one is not to be counted after these.
            again = self._runtime.now() + NO_CREDIT_PAUSE
            waits = Done("waiting", f"SAP takes no posting now: {error}", "agent", again)
            await self._database.write(lambda tx: self._keep_for_later(tx, job, waits, records, sight))
            return

        async def work(tx: Transaction) -> _Sealed | None:
            now = self._runtime.now()
            await check(tx, entry.tenant, entry.store_hash, entry.kind, most_reversals, now)
            intended = await ledger.intend(tx, entry, now)
            if intended.state != "intended":
                # An answer arrived while this was planned: what is owed is another question now.
                await _hand_back(tx, job, Retry(now, f"posting {entry.posting_id} is {intended.state} by now"), now)
                await self._audit.record_many(tx, records, now)
                return None
            posted = await ledger.of_order(tx, *job.key) if entry.kind != Kind.INVOICE else []
            asked = work_of(call, intended, posted)
            await ledger.sent(
                tx, entry.tenant, entry.posting_id, intended.attempt, slot.instance, slot.fencing_token, now
            )
            again = now + timedelta(seconds=self._limits.answer_seconds)
            sealed = await self._keep(tx, _Sending(job, intended, asked, slot, now, records), intended.envelope_id)
            seen = held_by(sight, sealed.records)
            await _hand_back(tx, job, Done("posting", f"sent to agent {slot.instance}", "agent", again), now, seen)
            return sealed

        await self._failpoints.reach("before_intent")
        await self._write_and_send(job, slot, work)

    async def read(self, store: Store, work: ReadTable, trace: str) -> list[list[str]]:
        """Return rows of a table of a store's SAP client.

        Raises:
            SessionLost: no agent is connected here.
            CallRefused: the agent's policy forbids it.
            TunnelError: it did not come to its end.
        """
        return await all_rows(self._dispatcher.read_table(store.tenant, store.sysid, store.client, work, trace=trace))

    async def check(self, entry: NewEntry, calls: Sequence[BapiCall]) -> ResultEnvelope | None:
        """Have SAP check what a step needs after its first document; nothing is posted by that.

        Returns:
            The first answer that is no yes.

        Raises:
            SessionLost: no agent is there to ask, or it did not answer.
            CallRefused: the agent's policy forbids the check, or the document.
        """
        for call in calls:
            work = Simulate(BapiCall(CHECK, call.parameters))
            try:
                result = await self._dispatcher.simulate(
                    entry.tenant, entry.sysid, entry.client, work, trace=entry.trace
                )
            except TimeoutError as error:
                raise SessionLost(f"SAP's check of {entry.posting_id} was not answered in time") from error
            if result.outcome != "simulated" or result.reason:
                return result
        return None

    async def ask_again(self, job: Job, entry: LedgerEntry) -> None:
        """Ask the instance that has an open posting about it, once its answer is overdue; ever more rarely.

        Raises:
            DatabaseError: nothing was written, so nothing was sent.
            PlanBroken: what was sent is not kept.
        """
        async with self._database.read() as tx:
            asked = await envelopes.last_sent(tx, entry.tenant, entry.posting_id)
        last, now = max(asked or entry.updated_at, entry.updated_at), self._runtime.now()
        quiet_until = last + self._patience(entry)
        # What was written by a clock that was ahead says nothing about how long the answer has been due.
        if last <= now < quiet_until:
            await self._settle(job, replace(self._doubt(entry), again_at=quiet_until))
            return
        try:
            slot = await self._dispatcher.acquire(
                entry.tenant,
                entry.sysid,
                entry.client,
                instance=entry.instance,
                patience_seconds=CREDIT_SECONDS,
            )
        except NoCredit:
            await self._settle(job, self._doubt(entry))
            return

        async def work(tx: Transaction) -> _Sealed | None:
            now = self._runtime.now()
            current = await ledger.by_posting(tx, entry.tenant, entry.posting_id)
            if current is None or not current.is_open or current.attempt != entry.attempt:
                await _hand_back(tx, job, Retry(now, "its answer arrived while it was asked about"), now)
                return None
            again = await self._work_of(tx, job, current)
            await _hand_back(tx, job, self._doubt(current), now)
            return await self._keep(tx, _Sending(job, current, again, slot, now), resend_id(current, now))

        await self._write_and_send(job, slot, work)

    async def _keep_for_later(
        self, tx: Transaction, job: Job, waits: Outcome, records: Sequence[Record], sight: Sight
    ) -> None:
        """Settle a job that only waits; what was fetched for it is kept, unless an earlier look kept the same."""
        now = self._runtime.now()
        if sight.fetched_as is None:
            sight = held_by(sight, await self._audit.record_many(tx, records[:1], now))
        await jobs.settle(tx, job, waits, now, sight)

    async def _keep(self, tx: Transaction, sending: _Sending, envelope_id: str) -> _Sealed:
        """Seal an envelope and keep it, with the records of what led to it."""
        job, entry, slot, now = sending.job, sending.entry, sending.slot, sending.now
        audience = Audience(entry.tenant, slot.instance, entry.sysid, entry.client)
        made = envelope(
            entry, envelope_id, sending.work, audience, slot.fencing_token, (now, self._limits.envelope_seconds)
        )
        sealed = self._dispatcher.seal(made)
        cipher = await self._vault.cipher(tx, job.tenant, subject_of(job.store_hash, job.order_id))
        kept = envelopes.StoredEnvelope(
            tenant=job.tenant,
            envelope_id=envelope_id,
            posting_id=entry.posting_id,
            subject=cipher.subject,
            sealed=cipher.seal(sealed),
            created_at=now,
            not_after=made.not_after,
        )
        await envelopes.save(tx, kept)
        last = sent_record(job, entry, envelope_id, slot.instance, len(sealed))
        written = await self._audit.record_many(tx, [*sending.records, last], now, [cipher])
        return _Sealed(made, sealed, written)

    async def _write_and_send(
        self, job: Job, slot: Slot, work: Callable[[Transaction], Awaitable[_Sealed | None]]
    ) -> None:
        try:
            ready = await self._database.write(work)
        except BaseException:
            slot.release()
            raise
        if ready is None:
            slot.release()
            return
        await self._failpoints.reach("after_intent")
        try:
            await self._dispatcher.send(slot, ready.envelope, ready.sealed)
        except SessionLost as error:
            # It is written down as sent: the same instance is asked again when the answer is overdue.
            _log.warning("posting.not_sent", order=job.order_id, envelope=ready.envelope.envelope_id, error=str(error))
            return
        _log.info(
            "posting.sent",
            tenant=job.tenant,
            order=job.order_id,
            envelope=ready.envelope.envelope_id,
            agent=slot.instance,
            trace=job.trace,
        )

    async def _settle(self, job: Job, outcome: Outcome) -> None:
        await self._database.write(lambda tx: jobs.settle(tx, job, outcome, self._runtime.now()))

    def _doubt(self, entry: LedgerEntry) -> Done:
        again = self._runtime.now() + self._patience(entry)
        return Done("in_doubt", entry.detail or f"agent {entry.instance} has not answered yet", "agent", again)

    def _patience(self, entry: LedgerEntry) -> timedelta:
        # Every question is an envelope that is kept: the longer the doubt, the rarer they are.
        age = self._runtime.now() - (entry.sent_at or self._runtime.now())
        return max(timedelta(seconds=self._limits.answer_seconds), min(age / 8, LONGEST_PATIENCE))

    async def _work_of(self, tx: Transaction, job: Job, entry: LedgerEntry) -> Write:
        stored = await envelopes.sealed(tx, job.tenant, entry.envelope_id)
        if stored is None:
            raise PlanBroken(f"the envelope {entry.envelope_id} is not kept; nothing can be asked again")
        sealed = await self._vault.open(tx, job.tenant, stored.subject, stored.sealed)
        work = from_bytes(CallEnvelope, self._opened(sealed)).work
        if not isinstance(work, Write):
            raise PlanBroken(f"the envelope {entry.envelope_id} holds no posting")
        return work


async def _hand_back(tx: Transaction, job: Job, outcome: Outcome, now: datetime, sight: Sight | None = None) -> None:
    if not await jobs.settle(tx, job, outcome, now, sight):
        raise LeaseLost(f"the lease on order {job.order_id} of store {job.store_hash} was lost")
