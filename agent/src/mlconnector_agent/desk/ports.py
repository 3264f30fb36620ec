"""What the desk needs of others: the line to the relay, executor, journal, audit, and whether SAP answers."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Protocol

from mlconnector_shared.envelope import CallEnvelope, ResultEnvelope
from mlconnector_shared.frames import Message, Welcome

from ..journal.audit import Head
from ..journal.records import Posting, StoredResult, Witness

__all__ = ["Book", "Executor", "Line", "Reachability", "Reading", "Trail"]


class Line(Protocol):
    """An open session, as the desk sees it; over once the session is."""

    @property
    def welcome(self) -> Welcome:
        """Return the relay's answer to our hello."""

    @property
    def takes_calls(self) -> bool:
        """Tell whether the session is open and neither side drains."""

    @property
    def write_credit(self) -> int:
        """Return how many postings the relay may still send."""

    @property
    def clock_offset(self) -> timedelta:
        """Return the relay's wall clock minus ours."""

    def row_credit(self, envelope_id: str) -> int:
        """Return how many chunks of a read may be sent now."""

    def send(self, message: Message) -> bool:
        """Queue a message; False where the session does not take it any more."""

    async def flushed(self) -> None:
        """Wait until everything queued has left."""


class Reading(Protocol):
    """A table read under way: iterate over its packed chunks, then take its result; close it when leaving early."""

    @property
    def result(self) -> ResultEnvelope | None:
        """Return what became of it, None before the last chunk."""

    def __aiter__(self) -> AsyncIterator[tuple[int, bytes]]:
        """Return the chunks in order: how many rows, and the rows as they travel."""

    async def aclose(self) -> None:
        """Stop reading."""


class Executor(Protocol):
    """What executes admitted envelopes; see `luw.executor.Executor`."""

    async def post(self, envelope: CallEnvelope, sealed: bytes, expires: float | None = None) -> ResultEnvelope:
        """Carry out one writing envelope, at most once."""

    async def simulate(self, envelope: CallEnvelope) -> ResultEnvelope:
        """Check one document; nothing is committed."""

    def read(self, envelope: CallEnvelope) -> Reading:
        """Begin to read a table."""


class Book(Protocol):
    """What the desk asks the journal; see `journal.journal.Journal`."""

    fencing_token: int
    witness: Witness

    async def posting(self, posting_id: str) -> Posting | None:
        """Return where a posting stands."""

    async def result_of(self, envelope_id: str) -> StoredResult | None:
        """Return the latest result of an envelope."""

    async def results_unacknowledged(self, after: int = 0) -> list[StoredResult]:
        """List the next results, by position, that the relay has not acknowledged."""

    async def acknowledge(self, envelope_id: str, sequence: int) -> None:
        """The relay has recorded this result."""

    async def remember(self, envelope: CallEnvelope) -> bool:
        """Keep the id of a read or a simulation against replay; False where it was seen before."""

    async def witness_relay(self, witness: Witness) -> None:
        """Remember how far the relay's state had come."""


class Trail(Protocol):
    """Where the desk records what happens; see `journal.audit.Audit`."""

    @property
    def head(self) -> Head:
        """Return where the chain ends."""

    @property
    def is_full(self) -> bool:
        """Tell whether nothing that must be recorded may be done, since records wait for the disk."""

    def record(self, kind: str, subject: str, **facts: Any) -> None:
        """Append a record; it is durable no later than what the journal writes next."""


class Reachability(Protocol):
    """Whether SAP can be reached with our credentials."""

    async def complaint(self) -> str:
        """Return why SAP cannot be reached, empty where it can; asks SAP if that is not known."""
