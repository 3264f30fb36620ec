"""Whether the document a step builds on stands in SAP as it was posted: read in the step's own session, before it."""

from collections.abc import Sequence
from dataclasses import dataclass

from mlconnector_shared.envelope import Base

from .documents import Found
from .lookup import Lookup

__all__ = ["Unfounded", "judge_base", "read_base"]


@dataclass(frozen=True, slots=True)
class Unfounded:
    """The base is not what the step was planned on; nothing may be done.

    Attributes:
        reason: a stable word: `base_missing`, `base_other_reference`, `base_reversed` or `base_cleared`.
        detail: one sentence for a person.
    """

    reason: str
    detail: str


async def read_base(lookup: Lookup, base: Base, customers: Sequence[str]) -> Unfounded | None:
    """Read the base; `customers` are those whose items must be open where the step asks for that, and may be none.

    Raises:
        RfcError: SAP could not be read; nothing is known.
    """
    found = await lookup.by_key(base.object_key)
    cleared = ""
    if found is not None and base.uncleared and customers:
        cleared = await lookup.cleared_by(found, customers)
    return judge_base(base, found, cleared)


def judge_base(base: Base, found: Found | None, cleared_by: str = "") -> Unfounded | None:
    """Say why a step may not be built on this base, None where it may; pure.

    A reversal clears the items of its original with its own number, so that "reversed" comes before "cleared".
    """
    if found is None:
        return Unfounded("base_missing", f"document {base.object_key}, which this step builds on, is not in SAP")
    document = f"document {base.object_key}, which this step builds on,"
    if found.reference != base.reference:
        carries = found.reference or "no reference"
        return Unfounded("base_other_reference", f"{document} carries {carries} instead of {base.reference}")
    if found.reversed_by:
        return Unfounded("base_reversed", f"{document} was reversed by document {found.reversed_by}")
    if cleared_by:
        return Unfounded("base_cleared", f"{document} was cleared by document {cleared_by}")
    return None
