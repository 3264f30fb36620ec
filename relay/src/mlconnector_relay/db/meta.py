"""Named queries about the database itself."""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, select

from .engine import Transaction
from .tables import meta

__all__ = ["incarnation", "write"]

_PROBE: Final = "\\probe"
"""No tenant has such a name."""


async def incarnation(tx: Transaction) -> str:
    """Return the database's identity; a recovery gives it a new one, and agents notice."""
    return str((await tx.execute(select(meta.c.incarnation).where(meta.c.tenant == ""))).scalar_one())


async def write(tx: Transaction, now: datetime) -> None:
    """Change nothing, but on the disk: on leaving the transaction it shows whether anything can be stored now.

    A row that comes and goes, since SQLite does not write what is set to the value it has.
    """
    await tx.execute(insert(meta).values(tenant=_PROBE, incarnation="", created_at=now))
    await tx.execute(delete(meta).where(meta.c.tenant == _PROBE))
