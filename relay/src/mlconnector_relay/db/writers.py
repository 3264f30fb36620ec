"""Named queries of the writer leases: per SAP client one agent instance may post, under a fencing token."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, select, update

from .engine import Transaction
from .statements import columns_of, insert
from .tables import writer_leases

__all__ = ["WriterLease", "holder", "take", "transfer"]


@dataclass(frozen=True, slots=True)
class WriterLease:
    """Who may post to an SAP client.

    Attributes:
        fencing_token: grows with every transfer; an agent refuses an older one.
    """

    tenant: str
    sysid: str
    client: str
    instance: str
    fencing_token: int
    since: datetime


_COLUMNS: Final = columns_of(writer_leases, WriterLease)


async def holder(tx: Transaction, tenant: str, sysid: str, client: str) -> WriterLease | None:
    """Return who may post to an SAP client, if anyone was ever chosen."""
    row = (await tx.execute(select(*_COLUMNS).where(_is(tenant, sysid, client)))).first()
    return None if row is None else WriterLease(*row)


async def take(tx: Transaction, tenant: str, sysid: str, client: str, instance: str, now: datetime) -> WriterLease:
    """Give the lease to an instance if nobody has it, and return who has it."""
    row = {"tenant": tenant, "sysid": sysid, "client": client, "instance": instance, "fencing_token": 1, "since": now}
    await tx.execute(insert(tx, writer_leases).values(row).on_conflict_do_nothing())
    found = (await tx.execute(select(*_COLUMNS).where(_is(tenant, sysid, client)))).one()
    return WriterLease(*found)


async def transfer(tx: Transaction, held: WriterLease, instance: str, now: datetime) -> WriterLease | None:
    """Move the lease to another instance with a higher token; None when someone else moved it meanwhile.

    The caller has made sure that no posting sent to the old instance is open: silence and time are no reason.
    """
    row = await tx.execute(
        update(writer_leases)
        .where(_is(held.tenant, held.sysid, held.client), writer_leases.c.fencing_token == held.fencing_token)
        .values(instance=instance, fencing_token=held.fencing_token + 1, since=now)
        .returning(*_COLUMNS)
    )
    moved = row.first()
    return None if moved is None else WriterLease(*moved)


def _is(tenant: str, sysid: str, client: str) -> Any:
    return and_(writer_leases.c.tenant == tenant, writer_leases.c.sysid == sysid, writer_leases.c.client == client)
