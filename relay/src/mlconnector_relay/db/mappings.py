"""Named query of the mappings: every one ever used is kept, so that old postings can be explained."""

from datetime import datetime

from .engine import Transaction
from .statements import insert
from .tables import mapping_versions

__all__ = ["keep"]


async def keep(tx: Transaction, tenant: str, version: str, source: str, content: str, now: datetime) -> bool:
    """Keep a mapping under its version; False when it was known."""
    row = {"tenant": tenant, "version": version, "source": source, "content": content, "loaded_at": now}
    kept = insert(tx, mapping_versions).values(row).on_conflict_do_nothing().returning(mapping_versions.c.version)
    return (await tx.execute(kept)).first() is not None
