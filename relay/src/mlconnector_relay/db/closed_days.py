"""Named queries of the days whose reconciliation was closed, with what stood in the books then."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import select

from .engine import Transaction
from .statements import columns_of, insert, rows_of
from .tables import tenants
from .tieout_tables import closed_days

__all__ = ["ClosedDays", "add", "overlapping"]


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """Days that were closed.

    Attributes:
        sheet: what stood in the books then, deflated.
        digest: of the sheet before it was deflated.
        closed_by: who closed them.
    """

    tenant: str
    first: date
    last: date
    sheet: bytes
    digest: str
    closed_by: str
    closed_at: datetime


_COLUMNS: Final = columns_of(closed_days, ClosedDays)
_row: Final = rows_of(ClosedDays)


async def overlapping(tx: Transaction, tenant: str, first: date, last: date) -> list[ClosedDays]:
    """Return what was closed of the days from one to another, in order."""
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(closed_days.c.tenant == tenant, closed_days.c.first <= last, closed_days.c.last >= first)
        .order_by(closed_days.c.first)
    )
    return [ClosedDays(*row) for row in rows]


async def add(tx: Transaction, new: ClosedDays) -> bool:
    """Keep closed days; False when some of them were closed before, also a moment ago by another process."""
    # Two closings that begin on different days meet in no key: the tenant's row makes one wait for the other.
    await tx.execute(select(tenants.c.tenant).where(tenants.c.tenant == new.tenant).with_for_update())
    if await overlapping(tx, new.tenant, new.first, new.last):
        return False
    await tx.execute(insert(tx, closed_days).values(_row(new)))
    return True
