"""Named queries of the subjects' data keys; a destroyed key leaves a tombstone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update

from .engine import Transaction
from .statements import both, columns_of, on, rows_of
from .tables import subject_keys

__all__ = ["SubjectKey", "claim", "destroy", "of", "rewrap", "wrapped_otherwise"]


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """A subject's data key.

    Attributes:
        wrapped_key: the key under the master key; None once destroyed.
        master_key_id: the master key that wraps it.
    """

    tenant: str
    subject: str
    wrapped_key: bytes | None
    master_key_id: str
    created_at: datetime
    destroyed_at: datetime | None
    destroyed_reason: str


_COLUMNS: Final = columns_of(subject_keys, SubjectKey)
_row: Final = rows_of(SubjectKey)
_OF: Final = select(*_COLUMNS).where(
    subject_keys.c.tenant == bindparam("of_tenant"),
    subject_keys.c.subject.in_(bindparam("subjects", expanding=True)),
)
_CLAIM: Final = both(
    lambda insert: (
        insert(subject_keys)
        # Changes nothing, but returns the row, and locks it: nobody destroys the key while it encrypts.
        .on_conflict_do_update(
            index_elements=["tenant", "subject"], set_={"master_key_id": subject_keys.c.master_key_id}
        )
        .returning(*_COLUMNS)
    )
)


async def of(tx: Transaction, tenant: str, subjects: Collection[str]) -> dict[str, SubjectKey]:
    """Return the keys, or tombstones, of those subjects that have one."""
    rows = await tx.execute(_OF, {"of_tenant": tenant, "subjects": sorted(subjects)})
    return {key.subject: key for key in (SubjectKey(*row) for row in rows)}


async def claim(tx: Transaction, new: SubjectKey) -> SubjectKey:
    """Keep a new key and return it; a subject that has one, or a tombstone, keeps that, and it is returned."""
    return SubjectKey(*(await tx.execute(on(tx, _CLAIM), _row(new))).one())


async def destroy(tx: Transaction, tenant: str, subject: str, reason: str, now: datetime) -> bool:
    """Destroy a subject's key and leave a tombstone, also where there was no key; False if it was destroyed before."""
    tombstone = SubjectKey(tenant, subject, None, "", now, now, reason)
    await claim(tx, tombstone)
    destroyed = await tx.execute(
        update(subject_keys)
        .where(
            subject_keys.c.tenant == tenant,
            subject_keys.c.subject == subject,
            subject_keys.c.wrapped_key.is_not(None),
        )
        .values(wrapped_key=None, master_key_id="", destroyed_at=now, destroyed_reason=reason)
    )
    if destroyed.rowcount == 1:
        return True
    found = (await of(tx, tenant, (subject,)))[subject]
    return found.destroyed_at == now


async def wrapped_otherwise(tx: Transaction, tenant: str, master_key_id: str, limit: int) -> list[SubjectKey]:
    """Return living keys that another master key wraps."""
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(
            subject_keys.c.tenant == tenant,
            subject_keys.c.master_key_id != master_key_id,
            subject_keys.c.wrapped_key.is_not(None),
        )
        .order_by(subject_keys.c.subject)
        .limit(limit)
    )
    return [SubjectKey(*row) for row in rows]


async def rewrap(tx: Transaction, key: SubjectKey, wrapped_key: bytes, master_key_id: str) -> None:
    """Replace the wrapping of a key, unless it was destroyed meanwhile."""
    await tx.execute(
        update(subject_keys)
        .where(
            subject_keys.c.tenant == key.tenant,
            subject_keys.c.subject == key.subject,
            subject_keys.c.wrapped_key.is_not(None),
        )
        .values(wrapped_key=wrapped_key, master_key_id=master_key_id)
    )
