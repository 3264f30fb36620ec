"""What one LUW is for: the common shape of all kinds of writing work."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mlconnector_shared.envelope import Outcome

from ..journal.records import Document
from .lookup import Lookup
from .sighting import Sighting
from .verdict import Obsolete, Posted, Rejected, read_post

__all__ = ["Goal"]


class Goal(ABC):
    """What a writing envelope is to bring about, and how SAP shows that it has.

    Attributes:
        document: what the journal knows it by.
        name: what it is called in a sentence.
        customers: whose items of the base must be open, where the base asks for that.
        outcomes: what it is told as when it was brought about, and when it had been before.
        conflict: the stable reason under which something in its place is told.
        is_read_back: whether it is looked for once more after its COMMIT, which stops its channel where it is missing.
        needs_commit: whether the call takes effect with COMMIT only.
    """

    outcomes: ClassVar[tuple[Outcome, Outcome]] = ("posted", "already_posted")
    conflict: ClassVar[str] = "reference_taken"
    is_read_back: ClassVar[bool] = True
    needs_commit: ClassVar[bool] = True

    def __init__(self, document: Document, name: str, customers: Sequence[str] = ()) -> None:
        self.document = document
        self.name = name
        self.customers = customers

    def read(self, answer: Mapping[str, Any]) -> Posted | Rejected | Obsolete:
        """Read SAP's answer to the call."""
        return read_post(answer)

    @abstractmethod
    async def look(self, lookup: Lookup, object_key: str = "", user: str = "") -> Sighting:
        """Look once whether it is there; `object_key` is what the call returned to `user`, where it has.

        Raises:
            RfcError: SAP could not be read; nothing is known.
        """
