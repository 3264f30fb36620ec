"""What looks at SAP prove about a posting in doubt, pure. One look proves nothing; less than proof stays doubt.

Present: the document was seen twice, a settle interval apart (some databases show uncommitted rows to others).
Absent: the session that sent COMMIT has ended; all looks over a settle window found nothing, each on a session that did
find a document known to exist, while no update request of that session's user was open or failed.
"""

from dataclasses import dataclass

from .lookup import UpdateRequest
from .settings import LuwSettings
from .sighting import Sighting

__all__ = ["Absent", "Conflict", "Doubt", "Observation", "Present", "Record", "Verdict", "weigh"]


@dataclass(frozen=True, slots=True)
class Observation:
    """One look.

    Attributes:
        at: monotonic time.
        sighting: what was found of the document.
        sentinel: object key of the document known to exist, empty where none is known.
        sentinel_found: whether it was found on the same session.
        update_requests: those of the posting's user that are not done, None where VBHDR may not be read.
    """

    at: float
    sighting: Sighting
    sentinel: str
    sentinel_found: bool
    update_requests: tuple[UpdateRequest, ...] | None


@dataclass(frozen=True, slots=True)
class Record:
    """What the looks so far have in common: the same sighting since `since`, or nothing worth counting."""

    sighting: Sighting | None = None
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class Present:
    """The document is in SAP."""

    object_key: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The document is not in SAP and cannot appear any more."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Our reference stands on a document that is not ours."""

    detail: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Not known yet.

    Attributes:
        detail: what stands against a proof, for a person.
        needs: a stable word for what a person has to do; empty where waiting may help by itself.
    """

    detail: str
    needs: str = ""


Verdict = Present | Absent | Conflict | Doubt


def weigh(record: Record, seen: Observation, settings: LuwSettings) -> tuple[Record, Verdict]:
    """Add a look to the record and say what is proven."""
    if seen.sighting.lookalike:
        found = seen.sighting.lookalike
        detail = f"document {found.object_key} has our user, date and amount, but reference {found.reference or 'none'}"
        return Record(), Doubt(detail, "reference")
    obstacle = _unfinished(seen) or (_untrusted(seen) if seen.sighting.is_empty else None)
    if obstacle is not None:
        return Record(), obstacle
    if record.sighting != seen.sighting:
        record = Record(seen.sighting, seen.at)
    lasted = seen.at - record.since
    if seen.sighting.is_empty:
        if lasted >= settings.settle_window_seconds:
            return record, Absent()
        return record, Doubt(f"nothing found for {lasted:.0f} of {settings.settle_window_seconds:.0f} s")
    if lasted < settings.settle_interval_seconds:
        return record, Doubt("found once; a second look follows")
    if seen.sighting.ours:
        return record, Present(seen.sighting.ours)
    return record, Conflict(seen.sighting.foreign)


def _unfinished(seen: Observation) -> Doubt | None:
    """Return why this look counts neither way: rows of a running update may still vanish, or come."""
    for request in seen.update_requests or ():
        if request.is_open:
            return Doubt(f"update request {request.key} is not done")
    return None


def _untrusted(seen: Observation) -> Doubt | None:
    """Return why this look does not count towards absence."""
    if seen.update_requests is None:
        return Doubt("nothing found, but update requests (VBHDR) may not be read; a person must look", "vbhdr")
    for request in seen.update_requests:
        detail = f"update request {request.key} failed; repeat or delete it in SM13, then this posting settles"
        return Doubt(detail, "sm13")
    if not seen.sentinel:
        return Doubt("nothing found, but no document is known to exist that the look could be checked by")
    if not seen.sentinel_found:
        return Doubt(f"nothing found, but document {seen.sentinel} was not found either: the look is not trusted")
    return None
