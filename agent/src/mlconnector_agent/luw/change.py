"""A change of a posted document as a goal: fields of one customer item, or a document text.

To set a value that is there already changes nothing: a change may be repeated, and is done as soon as the item shows
every value as wanted, whoever set it. A text cannot be read over RFC; it is saved as a whole, again if need be.
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from mlconnector_shared.bapi import content_digest, read_return
from mlconnector_shared.envelope import Change, Outcome

from ..journal.records import Document
from .documents import Unfit, object_key_parts
from .goal import Goal
from .lookup import Lookup
from .sighting import Sighting
from .trace import messages_of
from .verdict import Obsolete, Posted, Rejected

__all__ = ["CHANGE", "CHANGE_FUNCTION", "TEXT_FUNCTION", "FieldChange", "TextChange", "change_goal"]

CHANGE_FUNCTION: Final = "Z_MLC_DOCUMENT_CHANGE"
TEXT_FUNCTION: Final = "RFC_SAVE_TEXT"

CHANGE: Final = "CHANGE"
"""Stands in the journal where a posting has its document type."""

_CLEARED: Final = "ZMLC 013"
"""The item was cleared: blocks, baseline date and assignment of it cannot and need not be changed any more."""


def change_goal(work: Change, posting_id: str) -> Goal:
    """Return what a change is for.

    Raises:
        Unfit: another function module, or a call whose change could not be recognised afterwards.
    """
    match work.call.function:
        case "Z_MLC_DOCUMENT_CHANGE":
            return FieldChange(work, posting_id)
        case "RFC_SAVE_TEXT":
            return TextChange(work, posting_id)
        case other:
            raise Unfit(f"this agent changes with {CHANGE_FUNCTION} and {TEXT_FUNCTION} only, not with {other}")


def _document(work: Change, posting_id: str) -> Document:
    _, company_code, _ = object_key_parts(work.base.object_key)
    return Document(content_digest(work.call), company_code, CHANGE, posting_id)


class FieldChange(Goal):
    """Fields of one customer item set.

    Raises:
        Unfit: the call names no item of the base, or no fields.
    """

    outcomes: ClassVar[tuple[Outcome, Outcome]] = ("done", "done")
    is_read_back: ClassVar[bool] = False

    def __init__(self, work: Change, posting_id: str) -> None:
        super().__init__(_document(work, posting_id), f"the change of document {work.base.object_key}", [work.customer])
        try:
            given = work.call.parameters
            key = f"{given['I_BELNR']}{given['I_BUKRS']}{given['I_GJAHR']}"
            self._item = str(given["I_BUZEI"])
            self._wanted = {str(row["FDNAME"]): str(row["NEWVAL"]) for row in given["T_ACCCHG"]}
        except (KeyError, TypeError) as error:
            raise Unfit(f"the call lacks what a change is recognised by: {error!r}") from error
        if key != work.base.object_key or not self._wanted or not work.customer:
            raise Unfit("the call changes no field of an item of its base")
        self._key = work.base.object_key

    def read(self, answer: Mapping[str, Any]) -> Posted | Rejected | Obsolete:
        """Read SAP's answer: only "already cleared" among the errors means that there is nothing left to do."""
        summary = read_return(answer.get("RETURN") or [])
        messages = messages_of(dict(answer))
        errors = [message for message in messages if message.is_error]
        if errors and {message.code for message in errors} == {_CLEARED}:
            return Obsolete("cleared", f"{errors[0].code}: {errors[0].text}", messages)
        if errors or not messages:
            return Rejected(summary.primary, messages)
        return Posted(self._key, messages)

    async def look(self, lookup: Lookup, object_key: str = "", user: str = "") -> Sighting:
        """Look once whether the item shows every value as wanted."""
        del object_key, user
        shown = await lookup.item(self._key, self.customers, self._item, list(self._wanted))
        if shown is None or any(shown[name] != value.strip() for name, value in self._wanted.items()):
            return Sighting()
        return Sighting(ours=self._key)


class TextChange(Goal):
    """A text of a document saved: at once, without COMMIT, over what was there."""

    outcomes: ClassVar[tuple[Outcome, Outcome]] = ("done", "done")
    is_read_back: ClassVar[bool] = False
    needs_commit: ClassVar[bool] = False

    def __init__(self, work: Change, posting_id: str) -> None:
        super().__init__(_document(work, posting_id), f"the text of document {work.base.object_key}")
        self._key = work.base.object_key

    def read(self, answer: Mapping[str, Any]) -> Posted | Rejected | Obsolete:
        """Read SAP's answer: without an error the text is saved."""
        return Posted(self._key, messages_of(dict(answer)))

    async def look(self, lookup: Lookup, object_key: str = "", user: str = "") -> Sighting:
        """See nothing: the lines of a text are in no table that could be read."""
        del lookup, object_key, user
        return Sighting()
