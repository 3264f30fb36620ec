"""The journal: asked before every act, told before the next. See `Phase` for the order of acts."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar

from mlconnector_shared.envelope import CallEnvelope, ResultEnvelope, to_bytes
from mlconnector_shared.runtime import Runtime

from ..writer import Writer
from . import queries
from .audit import Audit
from .errors import JournalUnavailable
from .records import (
    Admission,
    Channel,
    ChannelState,
    Document,
    Fenced,
    New,
    Phase,
    Posting,
    Settled,
    StoredResult,
    Taken,
    Unsettled,
    Witness,
)
from .schema import connect
from .vault import Vault

__all__ = ["BuildResult", "Journal"]

T = TypeVar("T")

BuildResult = Callable[[int], ResultEnvelope]
"""Makes the result once the journal's position is known, which it carries."""

_PAGE: Final = 500
_LIST: Final = 1000


class Journal:
    """What this agent has executed. Every write is on disk when its call returns.

    Attributes:
        journal_id: drawn when the file was made; another id is another journal.
        boot_id: drawn at each opening.
        sequence: the journal's position; it only grows, so a smaller one tells of a restored copy.
        acknowledged_sequence: the highest position whose result the relay has acknowledged.
        fencing_token: the highest one seen in an admitted envelope.
        witness: the latest life of the relay's database seen.
        audit: the record of what this agent was asked and did, in the same file.
    """

    def __init__(
        self, connection: sqlite3.Connection, reader: sqlite3.Connection, vault: Vault, runtime: Runtime
    ) -> None:
        self._vault = vault
        self._reader = reader
        self._runtime = runtime
        self.boot_id = runtime.new_id()
        self.journal_id = queries.get_meta(connection, "journal_id")
        if not self.journal_id:
            self.journal_id = runtime.new_id()
            queries.put_meta(connection, "journal_id", self.journal_id)
        self.sequence = queries.last_sequence(connection)
        self.acknowledged_sequence = int(queries.get_meta(connection, "acknowledged") or 0)
        self.fencing_token = int(queries.get_meta(connection, "fencing_token") or 0)
        self.witness = Witness(
            queries.get_meta(connection, "relay_incarnation"),
            int(queries.get_meta(connection, "relay_high_water") or 0),
            int(queries.get_meta(connection, "relay_batch") or 0),
            queries.get_meta(connection, "relay_head"),
        )
        self._writer = Writer(connection, runtime, _unavailable)
        self.audit = Audit(self._writer, reader, runtime)

    @classmethod
    async def open(cls, path: Path, runtime: Runtime) -> Self:
        """Open the journal file, or make it; its key lies beside it as `<name>.key`, readable by the agent only.

        Raises:
            SchemaUnknown: another version of the agent wrote it.
            JournalError: its key is missing, damaged or readable by others.
        """
        vault = Vault.load(path, runtime.token)
        return cls(connect(path), connect(path), vault, runtime)

    async def close(self) -> None:
        """Write what waits and close the file."""
        await self._writer.close()
        self._reader.close()

    async def admit(self, envelope: CallEnvelope, sealed: bytes, document: Document) -> Admission:
        """Decide, in one transaction, what a posting's envelope meets; `New` means that its intent is durable."""
        now = self._runtime.now()

        def work(connection: sqlite3.Connection) -> tuple[Admission, int]:
            known = queries.posting(connection, self._vault, envelope.posting_id)
            refusal = self._meets(connection, envelope, document, known)
            if refusal is not None:
                return refusal, 0
            queries.remember(connection, envelope.envelope_id, envelope.posting_id, envelope.not_after)
            if envelope.fencing_token > self.fencing_token:
                queries.put_meta(connection, "fencing_token", str(envelope.fencing_token))
            posting = Posting(
                posting_id=envelope.posting_id,
                document=document,
                envelope_id=envelope.envelope_id,
                phase=Phase.INTENT,
                object_key="",
                sap_user="",
                called_at=None,
                changed_at=now,
                verified=False,
                sealed=sealed,
            )
            queries.put_posting(connection, self._vault, posting)
            return New(), self._phase(connection, envelope.posting_id, Phase.INTENT, now, {})

        admission, sequence = await self._writer.run(work)
        if isinstance(admission, New):
            self.fencing_token = max(self.fencing_token, envelope.fencing_token)
            self._reached(sequence)
        return admission

    def _meets(
        self, connection: sqlite3.Connection, envelope: CallEnvelope, document: Document, known: Posting | None
    ) -> Admission | None:
        if known is not None and known.document.digest != document.digest:
            return Taken(f"posting {envelope.posting_id} came before with other content; it stays what it was")
        if known is not None:
            asks = _is_question(envelope, known)
            if known.phase is Phase.COMMITTED or asks or queries.envelope_known(connection, envelope.envelope_id):
                result = queries.result_of(connection, self._vault, envelope.envelope_id)
                if result is None and asks:
                    result = queries.result_of(connection, self._vault, known.envelope_id)
                return Settled(known, result) if known.phase.is_final else Unsettled(known)
            if not known.phase.is_final:
                return Unsettled(known)
        other = queries.posting_of_reference(connection, document.reference, envelope.posting_id)
        if other:
            return Taken(f"reference {document.reference} belongs to posting {other}")
        if envelope.fencing_token < self.fencing_token:
            return Fenced(self.fencing_token)
        return None

    async def record(self, posting_id: str, phase: Phase, **evidence: Any) -> None:
        """Record durably that a posting reached a phase."""
        now = self._runtime.now()
        self._reached(
            await self._writer.run(lambda connection: self._phase(connection, posting_id, phase, now, evidence))
        )

    async def commit_follows(self, posting_id: str, object_key: str) -> None:
        """Record durably, in a commit of its own before all others, that POST has returned and COMMIT is sent next.

        SAP holds the lock of the number range until COMMIT, so this write waits for no other.
        """
        now = self._runtime.now()

        def work(connection: sqlite3.Connection) -> int:
            self._phase(connection, posting_id, Phase.RETURNED, now, {"object_key": object_key})
            return self._phase(connection, posting_id, Phase.COMMIT_SENT, now, {})

        self._reached(await self._writer.run(work, urgent=True))

    async def conclude(self, posting_id: str, phase: Phase, build: BuildResult, **evidence: Any) -> ResultEnvelope:
        """Record a phase together with the result that tells the relay of it, and return the result.

        A first committed document of its company code and type begins its channel.
        """
        now = self._runtime.now()
        work = partial(self._conclude, posting_id=posting_id, phase=phase, build=build, now=now, evidence=evidence)
        return self._told(await self._writer.run(work))

    async def settle(self, seen: Posting, phase: Phase, build: BuildResult, **evidence: Any) -> ResultEnvelope | None:
        """Conclude a posting as it was seen; None, and nothing changed, where it has moved on since."""
        now = self._runtime.now()
        work = partial(self._conclude, posting_id=seen.posting_id, phase=phase, build=build, now=now, evidence=evidence)

        def unmoved(connection: sqlite3.Connection) -> ResultEnvelope | None:
            current = queries.posting(connection, self._vault, seen.posting_id)
            if current is None or (current.phase, current.envelope_id) != (seen.phase, seen.envelope_id):
                return None
            return work(connection)

        result = await self._writer.run(unmoved)
        return self._told(result) if result is not None else None

    def _conclude(
        self,
        connection: sqlite3.Connection,
        *,
        posting_id: str,
        phase: Phase,
        build: BuildResult,
        now: datetime,
        evidence: dict[str, Any],
    ) -> ResultEnvelope:
        result = build(self._phase(connection, posting_id, phase, now, evidence))
        self._keep(connection, result)
        if phase is Phase.COMMITTED:
            queries.begin_channel(connection, posting_id, now)
        return result

    async def answer(self, envelope: CallEnvelope, build: BuildResult) -> ResultEnvelope:
        """Keep a result that stands for no act of ours, such as a conflict found before anything was sent."""
        now = self._runtime.now()

        def work(connection: sqlite3.Connection) -> ResultEnvelope:
            queries.remember(connection, envelope.envelope_id, envelope.posting_id, envelope.not_after)
            sequence = queries.add_answer(connection, envelope.posting_id, envelope.envelope_id, now)
            result = build(sequence)
            self._keep(connection, result)
            return result

        return self._told(await self._writer.run(work))

    async def remember(self, envelope: CallEnvelope) -> bool:
        """Keep the id of a read or a simulation against replay; False where it was seen before."""
        now = self._runtime.now()

        def work(connection: sqlite3.Connection) -> bool:
            queries.forget_expired(connection, now)
            return queries.remember(connection, envelope.envelope_id, envelope.posting_id, envelope.not_after)

        return await self._writer.run(work)

    async def result_of(self, envelope_id: str) -> StoredResult | None:
        """Return the latest result of an envelope, None where it was not answered."""
        return self._read(queries.result_of, self._vault, envelope_id)

    async def results_unacknowledged(self, after: int = 0) -> list[StoredResult]:
        """List the next results, by position, that the relay has not acknowledged; empty when there are no more."""
        return self._read(queries.unacknowledged, self._vault, after, _PAGE)

    async def acknowledge(self, envelope_id: str, sequence: int) -> None:
        """The relay has recorded this result; it is not repeated any more, unless a later one has replaced it."""

        def work(connection: sqlite3.Connection) -> bool:
            known = queries.acknowledge(connection, envelope_id, sequence)
            if known and sequence > self.acknowledged_sequence:
                queries.put_meta(connection, "acknowledged", str(sequence))
            return known

        if await self._writer.run(work, patient=True):  # lost with a crash, the result is repeated
            self.acknowledged_sequence = max(self.acknowledged_sequence, sequence)

    async def posting(self, posting_id: str) -> Posting | None:
        """Return where a posting stands."""
        return self._read(queries.posting, self._vault, posting_id)

    async def posted_as(self, reference: str) -> str:
        """Return the object key of the committed posting with this reference, empty where there is none."""
        return self._read(queries.posted_as, reference)

    async def open_postings(self) -> list[Posting]:
        """List the postings whose phase is not final."""
        return self._read(queries.open_postings, self._vault)

    async def unverified(self) -> list[Posting]:
        """List committed documents that were not read back yet, up to a limit."""
        return self._read(queries.unverified, self._vault, _LIST)

    async def verified(self, posting_ids: list[str], *, found: bool = True) -> None:
        """Record that these documents were read back, and whether they were found."""
        await self._writer.run(lambda connection: queries.set_verified(connection, posting_ids, found=found))

    async def sentinel(self) -> str:
        """Return the object key of a document that was found again after its COMMIT, empty before the first."""
        return self._read(queries.sentinel)

    async def channel(self, company_code: str, document_type: str) -> Channel | None:
        """Return the channel of a company code and document type, None before its first document."""
        return self._read(queries.channel, company_code, document_type)

    async def channels(self) -> list[Channel]:
        """List all channels."""
        return self._read(queries.channels)

    async def set_channel(
        self, company_code: str, document_type: str, state: ChannelState, object_key: str, reason: str
    ) -> None:
        """Open or stop a channel."""
        value = Channel(company_code, document_type, state, object_key, reason, self._runtime.now())
        await self._writer.run(lambda connection: queries.put_channel(connection, value))

    async def release_channel(self, company_code: str, document_type: str) -> None:
        """Forget a stopped channel, which is a person's act: its next document has to qualify anew."""
        await self._writer.run(lambda connection: queries.delete_channel(connection, company_code, document_type))

    async def witness_relay(self, witness: Witness) -> None:
        """Remember how far the relay's state had come, which must never go back."""

        def work(connection: sqlite3.Connection) -> None:
            queries.put_meta(connection, "relay_incarnation", witness.incarnation)
            queries.put_meta(connection, "relay_high_water", str(witness.high_water))
            queries.put_meta(connection, "relay_batch", str(witness.batch))
            queries.put_meta(connection, "relay_head", witness.head)

        await self._writer.run(work)
        self.witness = witness

    def _phase(
        self, connection: sqlite3.Connection, posting_id: str, phase: Phase, now: datetime, evidence: dict[str, Any]
    ) -> int:
        """Write a phase down, in journal and audit; return the journal's position."""
        sequence, envelope_id = queries.add_phase(connection, posting_id, phase, now, evidence)
        self.audit.note("posting.phase", envelope_id, phase=str(phase))
        return sequence

    def _read(self, query: Callable[..., T], *arguments: Any) -> T:
        """Read what is durable: at once, over a connection of its own, past the commit that may be under way."""
        try:
            return query(self._reader, *arguments)
        except sqlite3.Error as error:
            raise _unavailable(str(error)) from error

    def _keep(self, connection: sqlite3.Connection, result: ResultEnvelope) -> None:
        stored = StoredResult(result.envelope_id, result.journal_sequence, to_bytes(result))
        queries.put_result(connection, self._vault, stored, result.posting_id)

    def _told(self, result: ResultEnvelope) -> ResultEnvelope:
        self._reached(result.journal_sequence)
        return result

    def _reached(self, sequence: int) -> None:
        self.sequence = max(self.sequence, sequence)


def _is_question(envelope: CallEnvelope, known: Posting) -> bool:
    """Tell whether an envelope asks about an attempt we know of; only a later attempt may begin anew."""
    return _attempt(envelope.envelope_id) <= _attempt(known.envelope_id)


def _attempt(envelope_id: str) -> int:
    return int(envelope_id.rpartition("#")[2].partition(".")[0])


def _unavailable(cause: str) -> JournalUnavailable:
    return JournalUnavailable(f"the journal cannot be written: {cause}; nothing is posted until it can")
