"""Named queries that only look at jobs: for people, metrics and alerts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, cast

from sqlalchemy import Integer, and_, bindparam, func, or_, select

from .engine import Transaction
from .job import COLUMNS, IS_CAUSE, IS_JOB, Job, JobKey, of_key
from .outcomes import Cause, JobState
from .tables import job_causes, jobs

__all__ = [
    "MAX_AGES",
    "MAX_WORK_AGE",
    "causes_of",
    "count_by_state",
    "find",
    "is_left_with",
    "of_order",
    "overdue",
    "waiting_causes",
    "waiting_questions",
]

MAX_AGES: Final[Mapping[JobState, timedelta]] = {
    "waiting": timedelta(days=30),
    "posting": timedelta(minutes=15),
    "in_doubt": timedelta(minutes=30),
    "parked": timedelta(days=3),
    "failed": timedelta(days=1),
}
"""How long an order may stay in each unfinished state before someone is told."""

MAX_WORK_AGE: Final = timedelta(hours=1)
"""How long a waiting order may be due, or tried in vain, before someone is told."""

_OF_ONE_ORDER: Final = and_(
    jobs.c.tenant == job_causes.c.tenant,
    jobs.c.store_hash == job_causes.c.store_hash,
    jobs.c.order_id == job_causes.c.order_id,
)
_OF_ORDER: Final = select(*COLUMNS).where(IS_JOB)
_CAUSES: Final = (
    select(
        *(job_causes.c[name] for name in ("cause", "sentence", "owner", "question", "choices", "proposal", "amount"))
    )
    .where(IS_CAUSE)
    .order_by(job_causes.c.cause, job_causes.c.question)
)

_IN_STATE: Final = (
    select(*COLUMNS)
    .where(
        jobs.c.tenant == bindparam("of_tenant"),
        jobs.c.state == bindparam("in_state"),
        jobs.c.state_since < bindparam("before"),
    )
    .order_by(jobs.c.state_since)
    .limit(bindparam("at_most", type_=Integer()))
)
_DUE_IN_STATE: Final = _IN_STATE.where(jobs.c.due_at.is_not(None))


async def of_order(tx: Transaction, tenant: str, store_hash: str, order_id: int) -> Job | None:
    """Return an order's job, or None if the order was never heard of."""
    row = (await tx.execute(_OF_ORDER, of_key(JobKey(tenant, store_hash, order_id)))).first()
    return None if row is None else Job(*row)


async def causes_of(tx: Transaction, key: JobKey) -> list[Cause]:
    """Return what an order waits for."""
    rows = await tx.execute(_CAUSES, of_key(key))
    return [
        Cause(row.cause, row.sentence, row.owner, row.question, tuple(row.choices.split()), row.proposal, row.amount)
        for row in rows
    ]


async def waiting_questions(tx: Transaction, tenant: str) -> list[tuple[str, str]]:
    """Return every cause jobs of the tenant wait for, with each question behind it; whoever can cure some asks."""
    columns = (job_causes.c.cause, job_causes.c.question)
    rows = await tx.execute(select(*columns).where(job_causes.c.tenant == tenant).group_by(*columns).order_by(*columns))
    return [(cause, question) for cause, question in rows]


async def waiting_causes(tx: Transaction, tenant: str) -> list[tuple[str, int]]:
    """Return every cause jobs of the tenant wait for, with the number of times they do."""
    rows = await tx.execute(
        select(job_causes.c.cause, func.count())
        .where(job_causes.c.tenant == tenant)
        .group_by(job_causes.c.cause)
        .order_by(job_causes.c.cause)
    )
    return [(cause, count) for cause, count in rows]


async def waits_for(tx: Transaction, tenant: str, cause: str) -> bool:
    """Tell whether any order of the tenant waits for this cause."""
    query = select(job_causes.c.order_id).where(job_causes.c.tenant == tenant, job_causes.c.cause == cause)
    return (await tx.execute(query.limit(1))).first() is not None


async def is_left_with(tx: Transaction, tenant: str, cause: str, now: datetime) -> bool:
    """Tell whether any order of the tenant waits for this cause that is not about to be looked at again."""
    query = (
        select(jobs.c.order_id)
        .join(job_causes, _OF_ONE_ORDER)
        .where(
            job_causes.c.tenant == tenant,
            job_causes.c.cause == cause,
            or_(jobs.c.due_at.is_(None), jobs.c.due_at > now),
        )
    )
    return (await tx.execute(query.limit(1))).first() is not None


async def find(
    tx: Transaction, tenant: str, *, state: JobState | None = None, store_hash: str | None = None, limit: int = 100
) -> list[Job]:
    """Return jobs of a tenant, the longest in their state first."""
    query = select(*COLUMNS).where(jobs.c.tenant == tenant)
    if state is not None:
        query = query.where(jobs.c.state == state)
    if store_hash is not None:
        query = query.where(jobs.c.store_hash == store_hash)
    rows = await tx.execute(query.order_by(jobs.c.state_since, jobs.c.order_id).limit(limit))
    return [Job(*row) for row in rows]


async def count_by_state(tx: Transaction, tenant: str) -> dict[JobState, int]:
    """Return the number of orders of a tenant in each state that has any."""
    rows = await tx.execute(select(jobs.c.state, func.count()).where(jobs.c.tenant == tenant).group_by(jobs.c.state))
    return {cast("JobState", state): count for state, count in rows}


async def overdue(tx: Transaction, tenant: str, now: datetime, limit: int = 1000) -> list[Job]:
    """Return the orders that have been in an unfinished state, or due, for longer than its maximum age."""
    found: dict[JobKey, Job] = {}
    # State by state, for each is a short range of its index, however many orders there are.
    for state, age in MAX_AGES.items():
        for row in await tx.execute(_IN_STATE, _since(tenant, state, now - age, limit)):
            found[Job(*row).key] = Job(*row)
    for row in await tx.execute(_DUE_IN_STATE, _since(tenant, "waiting", now - MAX_WORK_AGE, limit)):
        found[Job(*row).key] = Job(*row)
    return sorted(found.values(), key=lambda job: (job.state_since, job.order_id))[:limit]


def _since(tenant: str, state: JobState, before: datetime, limit: int) -> dict[str, object]:
    return {"of_tenant": tenant, "in_state": state, "before": before, "at_most": limit}
