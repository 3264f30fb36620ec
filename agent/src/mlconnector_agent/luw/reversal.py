"""A reversal as a goal: BAPIACREV carries no reference, so that the documents themselves say whether it is done.

Done is: the original names a reversal document, and that one names the original. Who reversed it does not matter, what
is wanted is in the books; so that a reversal by hand ends ours as *already posted*.
"""

from typing import ClassVar, Final

from mlconnector_shared.bapi import content_digest
from mlconnector_shared.envelope import Reverse

from ..journal.records import Document
from .documents import Found, Unfit, object_key_parts
from .goal import Goal
from .lookup import Lookup
from .sighting import Sighting

__all__ = ["REVERSAL", "REVERSE_FUNCTION", "Reversal", "look_for_reversal"]

REVERSE_FUNCTION: Final = "BAPI_ACC_DOCUMENT_REV_POST"

REVERSAL: Final = "REVERSAL"
"""Stands in the journal where a posting has its document type: SAP chooses a reversal's."""


class Reversal(Goal):
    """One document reversed.

    Raises:
        Unfit: another function module, or a call that reverses another document than the base.
    """

    conflict: ClassVar[str] = "reversal_torn"

    def __init__(self, work: Reverse) -> None:
        if work.call.function != REVERSE_FUNCTION:
            raise Unfit(f"this agent reverses with {REVERSE_FUNCTION} only, not with {work.call.function}")
        given = work.call.parameters.get("REVERSAL")
        if not isinstance(given, dict) or given.get("OBJ_KEY_R") != work.base.object_key:
            raise Unfit("the call reverses another document than its base")
        _, company_code, _ = object_key_parts(work.base.object_key)
        self._base = work.base
        document = Document(content_digest(work.call), company_code, REVERSAL, work.base.object_key)
        super().__init__(document, f"the reversal of document {work.base.object_key}")

    async def look(self, lookup: Lookup, object_key: str = "", user: str = "") -> Sighting:
        """Look once whether the document is reversed.

        A document that is not ours (any more) is nothing to look at before the call: the base's check says what it is.

        Raises:
            RfcError: SAP could not be read; nothing is known.
        """
        del user
        return await look_for_reversal(
            lookup, self._base.object_key, "" if object_key else self._base.reference, object_key
        )


async def look_for_reversal(lookup: Lookup, original_key: str, reference: str = "", object_key: str = "") -> Sighting:
    """Look once whether a document is reversed.

    Args:
        lookup: the session to look on.
        original_key: the document's key.
        reference: what it must carry to be looked at; empty for any.
        object_key: what the reversal call returned, where it has.

    Raises:
        RfcError: SAP could not be read; nothing is known.
    """
    original = await lookup.by_key(original_key)
    if original is None or (reference and original.reference != reference):
        return Sighting()
    if original.reversed_by:
        key = f"{original.reversed_by}{original_key[10:14]}{original.reversed_in}"
        reversing = await lookup.by_key(key)
        if _points_back(reversing, original):
            return Sighting(ours=key)
        return Sighting(foreign=f"document {original_key} names {key} as its reversal, which does not name it")
    ours = await lookup.by_key(object_key) if object_key else None
    if _points_back(ours, original):
        return Sighting(foreign=f"document {object_key} reverses {original_key}, which does not name it")
    return Sighting()


def _points_back(reversing: Found | None, original: Found) -> bool:
    return reversing is not None and (reversing.reversed_by, reversing.reversed_in) == (
        original.number,
        original.fiscal_year,
    )
