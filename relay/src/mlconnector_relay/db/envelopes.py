"""Named queries of the envelopes: what was sent, byte for byte, so that a repeat is the same bytes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, insert, select

from .engine import Transaction
from .statements import columns_of, rows_of
from .tables import envelopes

__all__ = ["StoredEnvelope", "last_sent", "save", "sealed"]


@dataclass(frozen=True, slots=True)
class StoredEnvelope:
    """A sealed envelope at rest.

    Attributes:
        subject: whose key encrypts it.
        sealed: the sealed bytes, encrypted by `trail.vault`.
    """

    tenant: str
    envelope_id: str
    posting_id: str
    subject: str
    sealed: bytes
    created_at: datetime
    not_after: datetime


_COLUMNS: Final = columns_of(envelopes, StoredEnvelope)
_row: Final = rows_of(StoredEnvelope)
_SAVE: Final = insert(envelopes)
_SEALED: Final = select(*_COLUMNS).where(
    envelopes.c.tenant == bindparam("of_tenant"), envelopes.c.envelope_id == bindparam("of_envelope")
)


async def save(tx: Transaction, envelope: StoredEnvelope) -> None:
    """Keep an envelope before it leaves.

    Raises:
        DatabaseRefused: on leaving the transaction, when the id is already taken.
    """
    await tx.execute(_SAVE, _row(envelope))


async def sealed(tx: Transaction, tenant: str, envelope_id: str) -> StoredEnvelope | None:
    """Return an envelope as it was sent."""
    row = (await tx.execute(_SEALED, {"of_tenant": tenant, "of_envelope": envelope_id})).first()
    return None if row is None else StoredEnvelope(*row)


async def last_sent(tx: Transaction, tenant: str, posting_id: str) -> datetime | None:
    """Return when the posting was last sent or asked about, None where it never was."""
    of_posting = (envelopes.c.tenant == tenant, envelopes.c.posting_id == posting_id)
    found = await tx.execute(select(func.max(envelopes.c.created_at)).where(*of_posting))
    moment: datetime | None = found.scalar_one()
    return moment
