"""How a job stands once its posting's outcome is known, whoever learns of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, null, or_, update

from .engine import Transaction
from .jobs import JobKey, cause_row
from .ledger import LedgerEntry
from .outcomes import Done, Failed, Outcome, Parked, Retry
from .statements import insert
from .tables import job_causes, jobs

__all__ = ["conclude"]


async def conclude(tx: Transaction, entry: LedgerEntry, outcome: Outcome, now: datetime) -> None:
    """Bring the job of a posting up to date with its outcome.

    A job that was bumped while the posting was open keeps its turn: what was sent knows nothing of the newer event. One
    that is being worked on is looked at again at once, since whoever works on it does not know the outcome.
    """
    key = JobKey(entry.tenant, entry.store_hash, entry.order_id)
    due: datetime | None = None
    values: dict[str, Any] = {"updated_at": now}
    match outcome:
        case Done(state, reason, owner, again_at):
            values |= {"state": state, "reason": reason, "owner": owner, "attempts": 0}
            due = again_at
        case Parked(_, reason, owner):
            values |= {"state": "parked", "reason": reason, "owner": owner, "attempts": 0}
        case Failed(reason, owner):
            values |= {"state": "failed", "reason": reason, "owner": owner, "attempts": 0}
        case Retry(at, reason):
            values |= {"state": "waiting", "reason": reason, "owner": "relay", "attempts": jobs.c.attempts + 1}
            due = at
    if "state" in values:
        values["state_since"] = case((jobs.c.state == values["state"], jobs.c.state_since), else_=now)
    # Sending stamps entry and job with one moment and one trace; whatever touched the job since may be a newer event.
    untouched = and_(jobs.c.updated_at == entry.sent_at, jobs.c.trace == entry.trace)
    waits_for_this = and_(jobs.c.due_at > now, untouched)
    idle = and_(jobs.c.lease_owner.is_(None), or_(jobs.c.due_at.is_(None), waits_for_this))
    values["due_at"] = case((idle, null() if due is None else due), else_=jobs.c.due_at)
    values["generation"] = case((jobs.c.lease_owner.is_(None), jobs.c.generation), else_=jobs.c.generation + 1)
    is_job = and_(jobs.c.tenant == key.tenant, jobs.c.store_hash == key.store_hash, jobs.c.order_id == key.order_id)
    await tx.execute(update(jobs).where(is_job).values(values))
    waits = and_(
        job_causes.c.tenant == key.tenant,
        job_causes.c.store_hash == key.store_hash,
        job_causes.c.order_id == key.order_id,
    )
    await tx.execute(delete(job_causes).where(waits))
    if isinstance(outcome, Parked):
        rows = [cause_row(key, cause, now) for cause in outcome.causes]
        if rows:
            await tx.execute(insert(tx, job_causes), rows)
