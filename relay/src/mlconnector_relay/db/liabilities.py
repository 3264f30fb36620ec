"""Named queries of what stores owed by gift certificates and store credit, each time it was rolled forward."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import func, select

from .engine import Transaction
from .statements import columns_of, insert, rows_of
from .tieout_tables import liabilities

__all__ = ["Liability", "add", "latest"]


@dataclass(frozen=True, slots=True)
class Liability:
    """A store's liability at a moment.

    Attributes:
        kind: `gift_certificate` or `store_credit`.
        balance: what the store said it owes.
        issued, used: what all documents until then had moved, both positive.
    """

    tenant: str
    store_hash: str
    kind: str
    currency: str
    taken_at: datetime
    balance: Decimal
    issued: Decimal
    used: Decimal


_COLUMNS: Final = columns_of(liabilities, Liability)
_row: Final = rows_of(Liability)


async def latest(tx: Transaction, tenant: str, store_hash: str) -> list[Liability]:
    """Return what a store's liabilities were when they were last rolled forward; nothing before the first time."""
    is_store = (liabilities.c.tenant == tenant, liabilities.c.store_hash == store_hash)
    last = select(func.max(liabilities.c.taken_at)).where(*is_store).scalar_subquery()
    rows = await tx.execute(select(*_COLUMNS).where(*is_store, liabilities.c.taken_at == last))
    return [Liability(*row) for row in rows]


async def add(tx: Transaction, new: Liability) -> None:
    """Keep one; rows are never changed."""
    await tx.execute(insert(tx, liabilities).values(_row(new)))
