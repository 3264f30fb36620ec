"""An order as it was fetched, kept in the trail: another look need not fetch again what did not change since."""

from importlib.metadata import version
from typing import Final

import msgspec
import structlog
from pydantic import ValidationError

from ..bigcommerce.models import OrderSnapshot
from ..db import audit as rows
from ..db.engine import Transaction
from ..db.jobs import Job
from ..trail.audit import Audit
from ..trail.errors import SubjectErased, Undecryptable
from .snapshot import Taken

__all__ = ["MOST_BYTES", "holder", "payload", "read", "unpacked"]

_log = structlog.get_logger(__name__)

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of the store's answers to one look, some thousand lines: reading back more is no cheaper than fetching it."""

_PROGRAM: Final = version("mlconnector-relay")


class _Kept(msgspec.Struct):
    """A snapshot, and which program read it from the answers: another one may read more of them."""

    program: str
    asked: bool
    snapshot: msgspec.Raw


class _Payload(msgspec.Struct):
    answers: list[tuple[str, str]]
    kept: _Kept | None = None


def holder(taken: Taken) -> str | None:
    """Return the record that holds an order as it was taken: `None` for this look's, empty where it is too large."""
    if taken.record is None and sum(len(fetch.body) for fetch in taken.fetches) > MOST_BYTES:
        return ""
    return taken.record


def payload(taken: Taken) -> bytes:
    """Return what the record of a look carries: the store's answers, and the order where this record is to hold it."""
    answers = [(fetch.path, fetch.body.decode("utf-8", "replace")) for fetch in taken.fetches]
    if holder(taken) is not None:
        return msgspec.json.encode(_Payload(answers))
    snapshot = msgspec.Raw(taken.snapshot.model_dump_json(exclude_defaults=True))
    return msgspec.json.encode(_Payload(answers, _Kept(_PROGRAM, taken.asked, snapshot)))


def unpacked(content: bytes, record: str) -> Taken | None:
    """Return the order that such a payload holds, of this record; None without one that this program wrote.

    Raises:
        DecodeError, ValidationError: it holds something else.
    """
    kept = msgspec.json.decode(content, type=_Payload).kept
    if kept is None or kept.program != _PROGRAM:
        return None
    return Taken(OrderSnapshot.model_validate_json(bytes(kept.snapshot)), (), kept.asked, record)


async def read(tx: Transaction, audit: Audit, job: Job) -> Taken | None:
    """Return the order as an earlier look fetched it; None where it must be fetched as a whole.

    That is: never fetched, too large, an event came since, the record was archived, its subject erased, its content
    altered, or it was written by another version of this program.
    """
    if not job.fetched_as:
        return None
    try:
        row = await rows.by_id(tx, job.tenant, job.fetched_as)
        content = await audit.payload(tx, row) if row else None
        return unpacked(content, job.fetched_as) if content else None
    except (SubjectErased, Undecryptable, msgspec.DecodeError, ValidationError) as error:
        # Without the error's own words: they may quote what the order holds.
        _log.warning(
            "snapshot.unreadable",
            tenant=job.tenant,
            store=job.store_hash,
            order=job.order_id,
            record=job.fetched_as,
            error=type(error).__name__,
        )
        return None
