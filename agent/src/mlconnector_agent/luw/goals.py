"""The goal of a writing envelope: one for each kind of work."""

from typing import assert_never

from mlconnector_shared.envelope import CallEnvelope, Change, Post, Reverse, Write

from ..journal.records import Document
from .change import change_goal
from .documents import expect
from .goal import Goal
from .lookup import Lookup
from .reversal import Reversal
from .sighting import Sighting, look

__all__ = ["goal_of"]


class _Posting(Goal):
    """One document posted."""

    def __init__(self, work: Post) -> None:
        expected = self._expected = expect(work.call)
        document = Document(expected.digest, expected.company_code, expected.document_type, expected.reference)
        super().__init__(document, f"a document with reference {expected.reference}", tuple(expected.amounts))

    async def look(self, lookup: Lookup, object_key: str = "", user: str = "") -> Sighting:
        return await look(lookup, self._expected, object_key, user)


def goal_of(envelope: CallEnvelope) -> Goal:
    """Return what an envelope is for.

    Raises:
        TypeError: it asks for nothing that is written.
        Unfit: what it brings about could not be recognised afterwards.
    """
    work = envelope.work
    if not isinstance(work, Write):
        raise TypeError(f"envelope {envelope.envelope_id} asks for nothing that is written")
    match work:
        case Post():
            return _Posting(work)
        case Reverse():
            return Reversal(work)
        case Change():
            return change_goal(work, envelope.posting_id)
        case _:
            assert_never(work)
