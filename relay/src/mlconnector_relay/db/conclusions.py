"""How a job stands once its posting's outcome is known, whoever learns of it."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, Integer, and_, bindparam, case, delete, exists, or_, update

from .engine import Transaction
from .job import IS_CAUSE, IS_JOB, JobKey, of_key
from .jobs import cause_row
from .ledger import LedgerEntry
from .outcomes import Done, Failed, JobState, Outcome, Owner, Parked, Retry
from .statements import insert
from .tables import job_causes, jobs
from .types import Moment

__all__ = ["conclude"]

_NOW: Final = bindparam("now", type_=Moment())
_STATE: Final = bindparam("new_state", type_=jobs.c.state.type)
_FAILED_TRY: Final = bindparam("failed_try", type_=Integer())

_PLANNED_FROM: Final = bindparam("planned_from", type_=BigInteger())
_IDLE: Final = and_(jobs.c.lease_owner.is_(None), or_(jobs.c.due_at.is_(None), jobs.c.generation == _PLANNED_FROM))
_CONCLUDE: Final = (
    update(jobs)
    .where(IS_JOB)
    .values(
        state=_STATE,
        reason=bindparam("new_reason"),
        owner=bindparam("new_owner"),
        attempts=(jobs.c.attempts + 1) * _FAILED_TRY,
        state_since=case((jobs.c.state == _STATE, jobs.c.state_since), else_=_NOW),
        due_at=case((_IDLE, bindparam("due", type_=Moment())), else_=jobs.c.due_at),
        generation=case((jobs.c.lease_owner.is_(None), jobs.c.generation), else_=jobs.c.generation + 1),
        updated_at=_NOW,
    )
    .returning(exists().where(IS_CAUSE))
)
_FREE: Final = delete(job_causes).where(IS_CAUSE)


async def conclude(tx: Transaction, entry: LedgerEntry, outcome: Outcome, now: datetime) -> None:
    """Bring the job of a posting up to date with its outcome.

    A job that was bumped while the posting was open keeps its turn: what was sent knows nothing of the newer event. One
    that is being worked on is looked at again at once, since whoever works on it does not know the outcome.
    """
    key = JobKey(entry.tenant, entry.store_hash, entry.order_id)
    state, reason, owner, due = _standing(outcome)
    terms = {
        "new_state": state,
        "new_reason": reason,
        "new_owner": owner,
        "failed_try": int(isinstance(outcome, Retry)),
        "due": due,
        "now": now,
        "planned_from": entry.generation,
    }
    waited = (await tx.execute(_CONCLUDE, of_key(key) | terms)).scalar_one_or_none()
    if waited:
        await tx.execute(_FREE, of_key(key))
    if isinstance(outcome, Parked):
        rows = [cause_row(key, cause, now) for cause in outcome.causes]
        if rows:
            await tx.execute(insert(tx, job_causes), rows)


def _standing(outcome: Outcome) -> tuple[JobState, str, Owner, datetime | None]:
    """Return state, reason, owner and due time."""
    match outcome:
        case Done(state, reason, owner, again_at):
            return state, reason, owner, again_at
        case Parked(_, reason, owner):
            return "parked", reason, owner, None
        case Failed(reason, owner):
            return "failed", reason, owner, None
        case Retry(at, reason):
            return "waiting", reason, "relay", at
