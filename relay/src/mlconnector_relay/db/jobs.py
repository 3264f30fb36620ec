"""Named queries of the jobs: enqueue, lease, settle, park, release. Level-triggered: a bump is never lost.

A leased job is due again when its lease ends, so one column, `due_at`, says everything about when.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, cast

from sqlalchemy import and_, case, delete, exists, func, insert, or_, select, tuple_, update

from .engine import Transaction
from .outcomes import Cause, Done, Failed, JobState, Outcome, Owner, Parked, Retry
from .statements import both, columns_of, on
from .tables import job_causes, jobs, stores

__all__ = [
    "MAX_AGES",
    "Cause",
    "Done",
    "Failed",
    "Job",
    "JobKey",
    "JobState",
    "Outcome",
    "Owner",
    "Parked",
    "Retry",
    "StoreKey",
    "Wish",
    "bump",
    "causes_of",
    "count_by_state",
    "enqueue",
    "enqueue_many",
    "find",
    "lease",
    "mark",
    "of_order",
    "overdue",
    "release",
    "renew",
    "settle",
    "waiting_causes",
]


class StoreKey(NamedTuple):
    """A store of a tenant."""

    tenant: str
    store_hash: str


class JobKey(NamedTuple):
    """An order of a store: everything about it is one job."""

    tenant: str
    store_hash: str
    order_id: int


@dataclass(frozen=True, slots=True)
class Job:
    """One order's job.

    Attributes:
        generation: grows with every wish to look again; settling compares it.
        owner: who takes the next step.
        due_at: when it is worked on next; while leased, when the lease ends.
        lease_number: identifies this lease.
        attempts: failed tries in a row.
        trace: W3C traceparent of the newest event.
    """

    tenant: str
    store_hash: str
    order_id: int
    generation: int
    state: JobState
    reason: str
    owner: Owner
    due_at: datetime | None
    lease_owner: str | None
    lease_number: int
    attempts: int
    trace: str
    first_seen_at: datetime
    state_since: datetime
    updated_at: datetime

    @property
    def key(self) -> JobKey:
        """Return the job's key."""
        return JobKey(self.tenant, self.store_hash, self.order_id)


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish to look at an order.

    Attributes:
        due_at: not before then.
        trace: of the event behind it; empty keeps the job's.
    """

    key: JobKey
    due_at: datetime
    trace: str = ""


_COLUMNS: Final = columns_of(jobs, Job)
_KEY: Final = (jobs.c.tenant, jobs.c.store_hash, jobs.c.order_id)


def _bump(insert: Any) -> Any:
    statement = insert(jobs)
    offered = statement.excluded
    earlier = or_(jobs.c.due_at.is_(None), offered.due_at < jobs.c.due_at)
    return statement.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={
            "generation": jobs.c.generation + 1,
            "due_at": case((and_(jobs.c.lease_owner.is_(None), earlier), offered.due_at), else_=jobs.c.due_at),
            "trace": case((offered.trace != "", offered.trace), else_=jobs.c.trace),
            "updated_at": offered.updated_at,
        },
    )


_BUMP: Final = both(_bump)

MAX_AGES: Final[dict[JobState, timedelta]] = {
    "waiting": timedelta(days=30),
    "posting": timedelta(minutes=15),
    "in_doubt": timedelta(minutes=30),
    "parked": timedelta(days=3),
    "failed": timedelta(days=1),
}
"""How long an order may stay in each unfinished state before someone is told."""

MAX_WORK_AGE: Final = timedelta(hours=1)
"""How long a job may be due, or tried in vain, before someone is told."""


async def enqueue_many(tx: Transaction, wishes: Iterable[Wish], now: datetime) -> None:
    """Create the jobs, or bump those that exist; many wishes for one order are one."""
    coalesced: dict[JobKey, Wish] = {}
    for wish in wishes:
        known = coalesced.get(wish.key)
        due_at = wish.due_at if known is None else min(known.due_at, wish.due_at)
        coalesced[wish.key] = Wish(wish.key, due_at, wish.trace or (known.trace if known else ""))
    if not coalesced:
        return
    # Sorted, so that two processes never wait for each other's rows.
    rows = [_new_row(coalesced[key], now) for key in sorted(coalesced)]
    await tx.execute(on(tx, _BUMP), rows)


async def enqueue(tx: Transaction, key: JobKey, now: datetime, due: datetime | None = None, trace: str = "") -> None:
    """Create the job, or bump it."""
    await enqueue_many(tx, (Wish(key, due or now, trace),), now)


async def bump(tx: Transaction, key: JobKey, now: datetime) -> None:
    """Have an order looked at again, also while it is parked or being worked on."""
    await enqueue(tx, key, now)


async def lease(
    tx: Transaction,
    owner: str,
    now: datetime,
    limit: int,
    lease_seconds: float,
    *,
    closed: Collection[tuple[str, str]] = (),
    turn: int = 0,
    newest_first: bool = False,
) -> list[Job]:
    """Lease due jobs, fairly over the stores that have any; no job is leased twice at a time.

    Args:
        tx: the transaction.
        owner: this process.
        now: the wall clock.
        limit: at most so many.
        lease_seconds: how long the lease lasts without renewal.
        closed: stores (tenant, store_hash) whose SAP or shop is away; their jobs are not even looked at.
        turn: rotates which store comes first.
        newest_first: take the newest instead of the oldest, so that a backlog leaves a share to new orders.
    """
    waiting = [store for store in await _stores_with_work(tx, now) if store not in closed]
    if not waiting or limit < 1:
        return []
    start = turn % len(waiting)
    waiting = waiting[start:] + waiting[:start]
    leased: list[Job] = []
    while waiting and len(leased) < limit:
        share = -(-(limit - len(leased)) // len(waiting))
        more = []
        for store in waiting:
            wanted = min(share, limit - len(leased))
            if wanted < 1:
                break
            taken = await _lease_of_store(tx, store, owner, now, wanted, lease_seconds, newest_first=newest_first)
            leased += taken
            if len(taken) == wanted:
                more.append(store)
        waiting = more
    return leased


async def renew(tx: Transaction, job: Job, now: datetime, lease_seconds: float) -> bool:
    """Prolong a lease; False when it is no longer ours."""
    renewed = await tx.execute(
        update(jobs).where(_is(job.key), _held(job)).values(due_at=now + timedelta(seconds=lease_seconds))
    )
    return renewed.rowcount == 1


async def settle(tx: Transaction, job: Job, outcome: Outcome, now: datetime) -> bool:
    """End a lease with its outcome; a job bumped meanwhile stays due. False when the lease was no longer ours."""
    values: dict[str, Any] = {"lease_owner": None, "updated_at": now}
    due: datetime | None = None
    match outcome:
        case Retry(at, reason):
            due = at
            values |= {"reason": reason, "attempts": job.attempts + 1}
        case Done(state, reason, owner, again_at):
            due = again_at
            values |= _state(state, reason, owner, now) | {"attempts": 0}
        case Parked(_, reason, owner):
            values |= _state("parked", reason, owner, now) | {"attempts": 0}
        case Failed(reason, owner):
            values |= _state("failed", reason, owner, now) | {"attempts": 0}
    values["due_at"] = case((jobs.c.generation == job.generation, due), else_=now)
    settled = await tx.execute(update(jobs).where(_is(job.key), _held(job)).values(values))
    if settled.rowcount != 1:
        return False
    if job.state == "parked" and not isinstance(outcome, Retry):
        await tx.execute(delete(job_causes).where(_cause_is(job.key)))
    if isinstance(outcome, Parked) and outcome.causes:
        await tx.execute(insert(job_causes), [_cause_row(job.key, cause, now) for cause in outcome.causes])
    return True


async def mark(tx: Transaction, key: JobKey, state: JobState, reason: str, owner: Owner, now: datetime) -> None:
    """Change what people see of an order, without touching when it is worked on."""
    await tx.execute(update(jobs).where(_is(key)).values(_state(state, reason, owner, now) | {"updated_at": now}))


async def release(tx: Transaction, tenant: str, cause: str, now: datetime) -> int:
    """Make exactly the jobs due that wait for this cause, those first that were first seen; return how many.

    One that is being worked on with the old knowledge is looked at again afterwards.
    """
    waiting = select(job_causes.c.store_hash, job_causes.c.order_id).where(
        job_causes.c.tenant == tenant, job_causes.c.cause == cause
    )
    released = await tx.execute(
        update(jobs)
        .where(jobs.c.tenant == tenant, tuple_(jobs.c.store_hash, jobs.c.order_id).in_(waiting))
        .values(
            generation=jobs.c.generation + 1,
            # The oldest due time is leased first: being due since first seen keeps the order.
            due_at=case((jobs.c.due_at.is_(None), jobs.c.first_seen_at), else_=jobs.c.due_at),
            updated_at=now,
        )
    )
    return released.rowcount


async def waiting_causes(tx: Transaction, tenant: str) -> list[tuple[str, int]]:
    """Return every cause jobs of the tenant wait for, with their number; whoever can cure some asks regularly."""
    rows = await tx.execute(
        select(job_causes.c.cause, func.count())
        .where(job_causes.c.tenant == tenant)
        .group_by(job_causes.c.cause)
        .order_by(job_causes.c.cause)
    )
    return [(cause, count) for cause, count in rows]


async def causes_of(tx: Transaction, key: JobKey) -> list[Cause]:
    """Return what an order waits for."""
    rows = await tx.execute(
        select(job_causes.c.cause, job_causes.c.sentence, job_causes.c.owner)
        .where(_cause_is(key))
        .order_by(job_causes.c.cause)
    )
    return [Cause(*row) for row in rows]


async def of_order(tx: Transaction, tenant: str, store_hash: str, order_id: int) -> Job | None:
    """Return an order's job, or None if the order was never heard of."""
    row = (await tx.execute(select(*_COLUMNS).where(_is(JobKey(tenant, store_hash, order_id))))).first()
    return None if row is None else Job(*row)


async def find(
    tx: Transaction, tenant: str, *, state: JobState | None = None, store_hash: str | None = None, limit: int = 100
) -> list[Job]:
    """Return jobs of a tenant, the longest in their state first."""
    query = select(*_COLUMNS).where(jobs.c.tenant == tenant)
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
    too_long = [and_(jobs.c.state == state, jobs.c.state_since < now - age) for state, age in MAX_AGES.items()]
    unworked = and_(jobs.c.state == "waiting", jobs.c.due_at.is_not(None), jobs.c.state_since < now - MAX_WORK_AGE)
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(jobs.c.tenant == tenant, or_(unworked, *too_long))
        .order_by(jobs.c.state_since, jobs.c.order_id)
        .limit(limit)
    )
    return [Job(*row) for row in rows]


async def _stores_with_work(tx: Transaction, now: datetime) -> list[StoreKey]:
    due = exists().where(
        jobs.c.tenant == stores.c.tenant, jobs.c.store_hash == stores.c.store_hash, jobs.c.due_at <= now
    )
    rows = await tx.execute(
        select(stores.c.tenant, stores.c.store_hash)
        .where(stores.c.active, due)
        .order_by(stores.c.tenant, stores.c.store_hash)
    )
    return [StoreKey(*row) for row in rows]


async def _lease_of_store(
    tx: Transaction, store: StoreKey, owner: str, now: datetime, limit: int, seconds: float, *, newest_first: bool
) -> list[Job]:
    of_store = and_(jobs.c.tenant == store.tenant, jobs.c.store_hash == store.store_hash)
    due = (
        select(jobs.c.order_id)
        .where(of_store, jobs.c.due_at <= now)
        .order_by(jobs.c.due_at.desc() if newest_first else jobs.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    rows = await tx.execute(
        update(jobs)
        .where(of_store, jobs.c.order_id.in_(select(due.c.order_id)))
        .values(
            due_at=now + timedelta(seconds=seconds),
            lease_owner=owner,
            lease_number=jobs.c.lease_number + 1,
            # An owner that died without settling counts as a failed try.
            attempts=case((jobs.c.lease_owner.is_not(None), jobs.c.attempts + 1), else_=jobs.c.attempts),
        )
        .returning(*_COLUMNS)
    )
    return sorted((Job(*row) for row in rows), key=lambda job: (job.first_seen_at, job.order_id))


def _new_row(wish: Wish, now: datetime) -> dict[str, Any]:
    return {
        **wish.key._asdict(),
        "generation": 1,
        "state": "waiting",
        "reason": "not looked at yet",
        "owner": "relay",
        "due_at": wish.due_at,
        "lease_number": 0,
        "attempts": 0,
        "trace": wish.trace,
        "first_seen_at": now,
        "state_since": now,
        "updated_at": now,
    }


def _state(state: JobState, reason: str, owner: Owner, now: datetime) -> dict[str, Any]:
    since = case((jobs.c.state == state, jobs.c.state_since), else_=now)
    return {"state": state, "reason": reason, "owner": owner, "state_since": since}


def _cause_row(key: JobKey, cause: Cause, now: datetime) -> dict[str, Any]:
    return {**key._asdict(), "cause": cause.key, "sentence": cause.sentence, "owner": cause.owner, "since": now}


def _is(key: JobKey) -> Any:
    return and_(jobs.c.tenant == key.tenant, jobs.c.store_hash == key.store_hash, jobs.c.order_id == key.order_id)


def _held(job: Job) -> Any:
    return and_(jobs.c.lease_owner == job.lease_owner, jobs.c.lease_number == job.lease_number)


def _cause_is(key: JobKey) -> Any:
    return and_(
        job_causes.c.tenant == key.tenant,
        job_causes.c.store_hash == key.store_hash,
        job_causes.c.order_id == key.order_id,
    )
