"""What the desk needs of others: the line to the relay, the executor, and whether SAP can be reached."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Protocol

from mlconnector_shared.envelope import CallEnvelope, ResultEnvelope
from mlconnector_shared.frames import Message, Welcome

__all__ = ["Executor", "Line", "Reachability", "Reading"]


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
    """A table read under way: iterate over its rows in portions, then take its result; close it when leaving early."""

    @property
    def result(self) -> ResultEnvelope | None:
        """Return what became of it, None before the last portion."""

    def __aiter__(self) -> AsyncIterator[list[list[str]]]:
        """Return the portions of rows, in order."""

    async def aclose(self) -> None:
        """Stop reading."""


class Executor(Protocol):
    """What executes admitted envelopes; see `luw.executor.Executor`."""

    async def post(self, envelope: CallEnvelope, sealed: bytes, expires: float | None = None) -> ResultEnvelope:
        """Post one document, at most once."""

    async def simulate(self, envelope: CallEnvelope) -> ResultEnvelope:
        """Check one document; nothing is committed."""

    def read(self, envelope: CallEnvelope) -> Reading:
        """Begin to read a table."""


class Reachability(Protocol):
    """Whether SAP can be reached with our credentials."""

    async def complaint(self) -> str:
        """Return why SAP cannot be reached, empty where it can; asks SAP if that is not known."""
