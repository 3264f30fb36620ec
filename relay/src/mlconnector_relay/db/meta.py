"""Named queries about the database itself."""

from sqlalchemy import select

from .engine import Transaction
from .tables import meta

__all__ = ["incarnation"]


async def incarnation(tx: Transaction) -> str:
    """Return the database's identity; a recovery gives it a new one, and agents notice."""
    return str((await tx.execute(select(meta.c.incarnation).where(meta.c.tenant == ""))).scalar_one())
