"""Named query that takes back what a clock which was ahead put off: it would wait until that time comes by."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, case, not_, select, update

from .alert_tables import alert_deliveries
from .engine import Transaction
from .period_tables import refused_days
from .tables import agents, jobs, stores
from .tieout_tables import sap_readings

__all__ = ["FURTHEST", "make_due"]

FURTHEST: Final = timedelta(hours=1, minutes=5)
"""No pause, lease or patience is longer than an hour but for planned looks; the rest is for the way to the database."""

_ALSO: Final = (
    refused_days.c.try_at,
    alert_deliveries.c.due_at,
    sap_readings.c.due_at,
    agents.c.last_seen_at,
)


async def make_due(tx: Transaction, tenant: str, now: datetime, lease_seconds: float) -> int:
    """Bring to now whatever of a tenant lies further ahead than anything may; return how many orders did.

    An order that somebody works on is leased from now on: whoever lives renews it. One whose last look planned the next
    is left alone, unless that look was ahead itself: such a look may be months away, and each costs requests.
    """
    furthest = now + FURTHEST
    planned = and_(jobs.c.lease_owner.is_(None), jobs.c.attempts == 0, jobs.c.updated_at <= furthest)
    lease_ends = now + timedelta(seconds=lease_seconds)
    # By store, as the index of what is due begins.
    of_tenant = jobs.c.store_hash.in_(select(stores.c.store_hash).where(stores.c.tenant == tenant))
    orders = await tx.execute(
        update(jobs)
        .where(jobs.c.tenant == tenant, of_tenant, jobs.c.due_at > furthest, not_(planned))
        .values(due_at=case((jobs.c.lease_owner.is_(None), now), else_=lease_ends))
    )
    for moment in _ALSO:
        of_table = moment.table.c.tenant == tenant
        await tx.execute(update(moment.table).where(of_table, moment > furthest).values({moment.name: now}))
    return orders.rowcount
