"""How a job stands once its posting's outcome is known, whoever learns of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, null, or_, update

from .engine import Transaction
from .jobs import JobKey
from .outcomes import Done, Failed, Outcome, Parked, Retry
from .statements import insert
from .tables import job_causes, jobs

__all__ = ["conclude"]


async def conclude(tx: Transaction, key: JobKey, outcome: Outcome, now: datetime) -> None:
    """Bring a job that waits for its posting up to date; one that is due, or being worked on, is looked at again.

    Nobody holds a lease while a posting is under way. A job that became due meanwhile was bumped by a newer event: it
    keeps its turn.
    """
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
    idle = and_(jobs.c.lease_owner.is_(None), or_(jobs.c.due_at.is_(None), jobs.c.due_at > now))
    values["due_at"] = case((idle, null() if due is None else due), else_=jobs.c.due_at)
    is_job = and_(jobs.c.tenant == key.tenant, jobs.c.store_hash == key.store_hash, jobs.c.order_id == key.order_id)
    await tx.execute(update(jobs).where(is_job).values(values))
    waits = and_(
        job_causes.c.tenant == key.tenant,
        job_causes.c.store_hash == key.store_hash,
        job_causes.c.order_id == key.order_id,
    )
    await tx.execute(delete(job_causes).where(waits))
    if isinstance(outcome, Parked):
        rows = [
            {**key._asdict(), "cause": cause.key, "sentence": cause.sentence, "owner": cause.owner, "since": now}
            for cause in outcome.causes
        ]
        if rows:
            await tx.execute(insert(tx, job_causes), rows)
