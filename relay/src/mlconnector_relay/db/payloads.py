"""Named queries of the payloads: content with personal data, encrypted before it comes here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select

from .engine import Transaction
from .statements import both, columns_of, on, rows_of
from .tables import payloads

__all__ = ["Payload", "add", "by_id", "latest"]


@dataclass(frozen=True, slots=True)
class Payload:
    """A content at rest.

    Attributes:
        kind: what it is, such as `snapshot`.
        ciphertext: salt and content, encrypted under the subject's key.
        digest: salted commitment to the content.
    """

    tenant: str
    payload_id: str
    subject: str
    kind: str
    ciphertext: bytes
    digest: str
    created_at: datetime


_COLUMNS: Final = columns_of(payloads, Payload)
_row: Final = rows_of(Payload)
_ADD: Final = both(lambda insert: insert(payloads))
_LATEST: Final = (
    select(*_COLUMNS)
    .where(
        payloads.c.tenant == bindparam("of_tenant"),
        payloads.c.subject == bindparam("of_subject"),
        payloads.c.kind == bindparam("of_kind"),
    )
    .order_by(payloads.c.payload_id.desc())
    .limit(1)
)


async def add(tx: Transaction, new: Sequence[Payload]) -> None:
    """Keep payloads."""
    await tx.execute(on(tx, _ADD), [_row(one) for one in new])


async def by_id(tx: Transaction, tenant: str, payload_id: str) -> Payload | None:
    """Return a payload."""
    query = select(*_COLUMNS).where(payloads.c.tenant == tenant, payloads.c.payload_id == payload_id)
    row = (await tx.execute(query)).first()
    return None if row is None else Payload(*row)


async def latest(tx: Transaction, tenant: str, subject: str, kind: str) -> Payload | None:
    """Return the newest payload of a kind about a subject."""
    row = (await tx.execute(_LATEST, {"of_tenant": tenant, "of_subject": subject, "of_kind": kind})).first()
    return None if row is None else Payload(*row)
