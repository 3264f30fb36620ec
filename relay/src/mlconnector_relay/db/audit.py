"""Named queries of the audit trail: records, and the chain of batches they are sealed in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Integer, and_, bindparam, delete, func, select, update

from .bulk import Bulk
from .engine import Transaction
from .statements import columns_of, insert, names_of, on, rows_of
from .tables import anchors, audit_batches, audit_chains, audit_records

__all__ = [
    "AuditRow",
    "Batch",
    "Chain",
    "NewRow",
    "add",
    "archive",
    "batches_after",
    "by_id",
    "chain_of",
    "head_at",
    "lock_chain",
    "newest",
    "of_batch",
    "of_subject",
    "payload_of",
    "seal",
    "unsealed",
    "unsealed_digests",
    "unsealed_since",
    "witness",
    "witnessed",
]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A record at rest.

    Attributes:
        subject: whom or what it is about, such as `store_hash/order`.
        fields: canonical JSON, without personal data or secrets.
        payload_digest: salted commitment to the payload, empty without one.
        salt: of the record's own commitment.
        digest: the record's own commitment.
        batch: the batch it is sealed in, None until then.
    """

    tenant: str
    record_id: str
    at: datetime
    kind: str
    subject: str
    trace: str
    fields: str
    payload_digest: str
    salt: bytes
    digest: str
    batch: int | None = None


@dataclass(frozen=True, slots=True)
class NewRow(AuditRow):
    """A record to be kept, with what it carries.

    Attributes:
        payload: salt and content, encrypted under the subject's key.
    """

    payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A sealed batch.

    Attributes:
        leaves: the records' commitments in order, 32 bytes each.
        archived_at: when its rows were moved away.
    """

    tenant: str
    sequence: int
    previous: str
    root: str
    count: int
    head: str
    leaves: bytes
    sealed_at: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a tenant's chain stands.

    Attributes:
        high_water: records sealed so far.
    """

    tenant: str
    batches: int
    head: str
    high_water: int
    sealed_at: datetime | None


_COLUMNS: Final = columns_of(audit_records, AuditRow)
_BATCH: Final = columns_of(audit_batches, Batch)
_CHAIN: Final = columns_of(audit_chains, Chain)
_batch_row: Final = rows_of(Batch)
_UNSEALED: Final = (
    select(audit_records.c.record_id, audit_records.c.digest)
    .where(audit_records.c.tenant == bindparam("of_tenant"), audit_records.c.batch.is_(None))
    .order_by(audit_records.c.record_id)
    .limit(bindparam("at_most", type_=Integer()))
)
_ADD: Final = Bulk(audit_records, names_of(NewRow))


async def add(tx: Transaction, rows: Sequence[NewRow]) -> None:
    """Append records."""
    await tx.execute(on(tx, _ADD.statement), _ADD.rows(rows))


async def payload_of(tx: Transaction, tenant: str, record_id: str) -> bytes | None:
    """Return what a record carries, None where nothing is there."""
    query = select(audit_records.c.payload).where(
        audit_records.c.tenant == tenant, audit_records.c.record_id == record_id
    )
    payload: bytes | None = (await tx.execute(query)).scalar_one_or_none()
    return payload


async def of_subject(tx: Transaction, tenant: str, subject: str, limit: int = 1000) -> list[AuditRow]:
    """Return the records about a subject, oldest first."""
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(audit_records.c.tenant == tenant, audit_records.c.subject == subject)
        .order_by(audit_records.c.record_id)
        .limit(limit)
    )
    return [AuditRow(*row) for row in rows]


async def has(tx: Transaction, tenant: str, subject: str, kinds: Collection[str], number: int) -> bool:
    """Tell whether there are at least so many records of some kinds about a subject."""
    about = and_(audit_records.c.tenant == tenant, audit_records.c.subject == subject)
    last = select(audit_records.c.record_id).where(about, audit_records.c.kind.in_(kinds)).offset(number - 1).limit(1)
    return (await tx.execute(last)).first() is not None


async def by_id(tx: Transaction, tenant: str, record_id: str) -> AuditRow | None:
    """Return a record, None where it is not there, or not any more."""
    of_id = and_(audit_records.c.tenant == tenant, audit_records.c.record_id == record_id)
    row = (await tx.execute(select(*_COLUMNS).where(of_id))).first()
    return None if row is None else AuditRow(*row)


async def newest(tx: Transaction, tenant: str, kind: str, before: str, limit: int) -> list[AuditRow]:
    """Return the newest records of a kind, the newest first; those before a record's id where one is given."""
    wanted = [audit_records.c.tenant == tenant, audit_records.c.kind == kind]
    if before:
        wanted.append(audit_records.c.record_id < before)
    rows = await tx.execute(select(*_COLUMNS).where(*wanted).order_by(audit_records.c.record_id.desc()).limit(limit))
    return [AuditRow(*row) for row in rows]


async def unsealed(tx: Transaction, tenant: str, limit: int) -> list[AuditRow]:
    """Return records that are in no batch yet; by flag, for commits arrive out of order."""
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(audit_records.c.tenant == tenant, audit_records.c.batch.is_(None))
        .order_by(audit_records.c.record_id)
        .limit(limit)
    )
    return [AuditRow(*row) for row in rows]


async def unsealed_digests(tx: Transaction, tenant: str, limit: int) -> list[tuple[str, str]]:
    """Return id and commitment of records that are in no batch yet: all that sealing them takes."""
    rows = await tx.execute(_UNSEALED, {"of_tenant": tenant, "at_most": limit})
    return [(record_id, digest) for record_id, digest in rows]


async def unsealed_since(tx: Transaction, tenant: str) -> datetime | None:
    """Return the time of the oldest record that is in no batch yet, None when there is none."""
    oldest = select(func.min(audit_records.c.at)).where(
        audit_records.c.tenant == tenant, audit_records.c.batch.is_(None)
    )
    moment: datetime | None = (await tx.execute(oldest)).scalar_one()
    return moment


async def lock_chain(tx: Transaction, tenant: str, genesis: str) -> Chain | None:
    """Take the tenant's chain for this transaction; None when another sealer has it."""
    row = {"tenant": tenant, "batches": 0, "head": genesis, "high_water": 0}
    query = select(*_CHAIN).where(audit_chains.c.tenant == tenant)
    if (await tx.execute(query)).first() is None:
        await tx.execute(insert(tx, audit_chains).values(row).on_conflict_do_nothing())
    found = (await tx.execute(query.with_for_update(skip_locked=True))).first()
    return None if found is None else Chain(*found)


async def seal(tx: Transaction, batch: Batch, record_ids: Sequence[str]) -> None:
    """Append a batch to the chain that is locked, and mark its records."""
    await tx.execute(insert(tx, audit_batches).values(_batch_row(batch)))
    await tx.execute(
        update(audit_records)
        .where(
            audit_records.c.tenant == batch.tenant,
            audit_records.c.record_id.in_(bindparam("record_ids", expanding=True)),
        )
        .values(batch=batch.sequence),
        {"record_ids": list(record_ids)},
    )
    await tx.execute(
        update(audit_chains)
        .where(audit_chains.c.tenant == batch.tenant)
        .values(
            batches=batch.sequence,
            head=batch.head,
            high_water=audit_chains.c.high_water + batch.count,
            sealed_at=batch.sealed_at,
        )
    )


async def chain_of(tx: Transaction, tenant: str) -> Chain | None:
    """Return where a tenant's chain stands, None before its first batch."""
    row = (await tx.execute(select(*_CHAIN).where(audit_chains.c.tenant == tenant))).first()
    return None if row is None else Chain(*row)


async def head_at(tx: Transaction, tenant: str, sequence: int) -> str:
    """Return the head after a batch, empty where there is no such batch."""
    query = select(audit_batches.c.head).where(audit_batches.c.tenant == tenant, audit_batches.c.sequence == sequence)
    return (await tx.execute(query)).scalar_one_or_none() or ""


async def batches_after(tx: Transaction, tenant: str, sequence: int, limit: int = 100) -> list[Batch]:
    """Return the batches behind a sequence number, in order."""
    rows = await tx.execute(
        select(*_BATCH)
        .where(audit_batches.c.tenant == tenant, audit_batches.c.sequence > sequence)
        .order_by(audit_batches.c.sequence)
        .limit(limit)
    )
    return [Batch(*row) for row in rows]


async def of_batch(tx: Transaction, tenant: str, sequence: int) -> list[AuditRow]:
    """Return the records of a batch, in the order they were sealed in."""
    rows = await tx.execute(
        select(*_COLUMNS).where(audit_records.c.tenant == tenant, audit_records.c.batch == sequence)
    )
    # Not by the database: its collation may sort ids otherwise.
    return sorted((AuditRow(*row) for row in rows), key=lambda row: row.record_id)


async def archive(tx: Transaction, tenant: str, through: int, now: datetime) -> int:
    """Remove the records of all batches up to one, which the caller has stored elsewhere; their roots stay."""
    removed = await tx.execute(
        delete(audit_records).where(audit_records.c.tenant == tenant, audit_records.c.batch <= through)
    )
    await tx.execute(
        update(audit_batches)
        .where(
            audit_batches.c.tenant == tenant,
            audit_batches.c.sequence <= through,
            audit_batches.c.archived_at.is_(None),
        )
        .values(archived_at=now)
    )
    return removed.rowcount


async def witness(tx: Transaction, tenant: str, instance: str, sequence: int, head: str, at: datetime) -> None:
    """Keep the head of an agent's audit chain; the first one told for a position stays."""
    row = {"tenant": tenant, "instance": instance, "sequence": sequence, "head": head, "at": at}
    await tx.execute(insert(tx, anchors).values(row).on_conflict_do_nothing())


async def witnessed(tx: Transaction, tenant: str, instance: str) -> dict[int, str]:
    """Return the heads witnessed of an agent's chain, by position."""
    of_agent = and_(anchors.c.tenant == tenant, anchors.c.instance == instance)
    rows = await tx.execute(select(anchors.c.sequence, anchors.c.head).where(of_agent).order_by(anchors.c.sequence))
    return {sequence: head for sequence, head in rows}  # noqa: C416  rows are no pairs to mypy
