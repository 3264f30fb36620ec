"""What a writing envelope is to bring about, and how SAP shows that it has: one goal for each kind of work."""

from collections.abc import Sequence
from typing import Any, Final, Protocol, assert_never

from mlconnector_shared.envelope import Outcome, Post, Reverse, Write

from ..journal.records import Document
from .documents import expect
from .lookup import Lookup
from .reversal import Reversal
from .sighting import Sighting, look
from .verdict import Posted, Rejected, read_post

__all__ = ["Goal", "goal_of"]


class Goal(Protocol):
    """What one LUW is for."""

    @property
    def document(self) -> Document:
        """Return what the journal knows it by."""

    @property
    def name(self) -> str:
        """Return what it is called in a sentence."""

    @property
    def customers(self) -> Sequence[str]:
        """Return whose items of the base must be open, where the base asks for that."""

    @property
    def outcomes(self) -> tuple[Outcome, Outcome]:
        """Return what it is told as when it was brought about, and when it had been before."""

    @property
    def conflict(self) -> str:
        """Return the stable reason under which something in its place is told."""

    def read(self, answer: dict[str, Any]) -> Posted | Rejected:
        """Read SAP's answer to the call."""

    async def look(self, lookup: Lookup, object_key: str = "", user: str = "") -> Sighting:
        """Look once whether it is there; `object_key` is what the call returned to `user`, where it has.

        Raises:
            RfcError: SAP could not be read; nothing is known.
        """


class _Posting:
    """One document posted."""

    outcomes: Final[tuple[Outcome, Outcome]] = ("posted", "already_posted")
    conflict: Final = "reference_taken"

    def __init__(self, work: Post) -> None:
        expected = self._expected = expect(work.call)
        self.document = Document(expected.digest, expected.company_code, expected.document_type, expected.reference)
        self.name = f"a document with reference {expected.reference}"
        self.customers = tuple(expected.amounts)

    def read(self, answer: dict[str, Any]) -> Posted | Rejected:
        return read_post(answer)

    async def look(self, lookup: Lookup, object_key: str = "", user: str = "") -> Sighting:
        return await look(lookup, self._expected, object_key, user)


def goal_of(work: Write) -> Goal:
    """Return what a work is for.

    Raises:
        Unfit: what it brings about could not be recognised afterwards.
    """
    match work:
        case Post():
            return _Posting(work)
        case Reverse():
            return Reversal(work)
        case _:
            assert_never(work)
