"""Prove that the audit trail is what was sealed, and name the first record that is not.

Two things are compared per batch: the records as they are now with the commitments the batch kept, and those with the
root that is chained. Archived batches need no records. Heads that agents witnessed prove the chain's length and past
against someone who rewrote all of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlconnector_shared.chain import GENESIS, head, merkle_root
from mlconnector_shared.errors import ChainBroken

from ..db import audit
from ..db.audit import AuditRow, Batch
from ..db.engine import Database
from .audit import digest_of

__all__ = ["Verified", "verify"]

LEAF_BYTES = 32
UNSEALED_CHECKED = 100_000


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proven.

    Attributes:
        records: whose content is what was sealed.
        archived: of batches whose records were moved away; only their roots were proven.
        unsealed: not in the chain yet; each agrees with its own commitment.
        head: the chain's head.
    """

    batches: int
    records: int
    archived: int
    unsealed: int
    head: str


async def verify(database: Database, tenant: str, witnessed: Mapping[int, str] | None = None) -> Verified:
    """Check a tenant's whole trail.

    Args:
        database: the relay's database.
        tenant: whose trail.
        witnessed: heads by batch number that agents, or anyone else, remember.

    Raises:
        ChainBroken: its message names the first record or batch that was altered, removed or reordered.
    """
    witnessed = witnessed or {}
    records = archived = sequence = position = 0
    previous = GENESIS
    while True:
        batches = await _next(database, tenant, sequence)
        if not batches and await _is_whole(database, tenant, sequence, previous, position):
            break
        for batch in batches:
            _chained(batch, sequence + 1, previous, position + 1)
            if witnessed.get(batch.sequence, batch.head) != batch.head:
                raise ChainBroken(position + 1, f"batch {batch.sequence} is not the one that was witnessed")
            rows = await _rows(database, batch)
            if rows or batch.archived_at is None:
                _compare(batch, rows, position)
                records += batch.count
            else:
                archived += batch.count
            sequence, previous, position = batch.sequence, batch.head, position + batch.count
    if max(witnessed, default=0) > sequence:
        raise ChainBroken(position + 1, f"batch {max(witnessed)} was witnessed, but the chain ends at {sequence}")
    return Verified(sequence, records, archived, await _unsealed(database, tenant, position), previous)


async def _next(database: Database, tenant: str, sequence: int) -> list[Batch]:
    async with database.read() as tx:
        return await audit.batches_after(tx, tenant, sequence)


async def _rows(database: Database, batch: Batch) -> list[AuditRow]:
    async with database.read() as tx:
        return await audit.of_batch(tx, batch.tenant, batch.sequence)


def _chained(batch: Batch, sequence: int, previous: str, position: int) -> None:
    if batch.sequence != sequence:
        raise ChainBroken(position, f"batch {sequence} was removed")
    leaves = _leaves(batch)
    if batch.previous != previous or len(leaves) != batch.count or not leaves or merkle_root(leaves) != batch.root:
        raise ChainBroken(position, f"batch {sequence} was altered")
    if head(previous, sequence, batch.root, batch.count) != batch.head:
        raise ChainBroken(position, f"the head of batch {sequence} was altered")


def _compare(batch: Batch, rows: Sequence[AuditRow], before: int) -> None:
    leaves = _leaves(batch)
    for index, row in enumerate(rows):
        if digest_of(row) != row.digest:
            raise ChainBroken(before + index + 1, f"record {row.record_id} ({row.kind}) was altered")
    for index, (leaf, row) in enumerate(zip(leaves, rows, strict=False)):
        if row.digest == leaf:
            continue
        if row.digest not in leaves:
            raise ChainBroken(
                before + index + 1,
                f"record {row.record_id} ({row.kind}) was altered or added to batch {batch.sequence}",
            )
        raise ChainBroken(before + index + 1, f"the record before {row.record_id} ({row.kind}) was removed")
    if len(rows) < len(leaves):
        raise ChainBroken(before + len(rows) + 1, f"the record at the end of batch {batch.sequence} was removed")
    if len(rows) > len(leaves):
        added = rows[len(leaves)]
        raise ChainBroken(before + len(rows), f"record {added.record_id} ({added.kind}) was added")


async def _is_whole(database: Database, tenant: str, sequence: int, last: str, position: int) -> bool:
    """Compare what was found with what was sealed; False when a sealer added more meanwhile."""
    async with database.read() as tx:
        chain = await audit.chain_of(tx, tenant)
    expected = (chain.batches, chain.head, chain.high_water) if chain else (0, GENESIS, 0)
    if expected == (sequence, last, position):
        return True
    if await _next(database, tenant, sequence):
        return False
    raise ChainBroken(position + 1, f"the chain ends at batch {sequence}, but {expected[0]} were sealed")


async def _unsealed(database: Database, tenant: str, position: int) -> int:
    async with database.read() as tx:
        rows = await audit.unsealed(tx, tenant, UNSEALED_CHECKED)
    for row in rows:
        if digest_of(row) != row.digest:
            raise ChainBroken(position + 1, f"record {row.record_id} ({row.kind}), not sealed yet, was altered")
    return len(rows)


def _leaves(batch: Batch) -> list[str]:
    return [batch.leaves[start : start + LEAF_BYTES].hex() for start in range(0, len(batch.leaves), LEAF_BYTES)]
