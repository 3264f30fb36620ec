"""Named queries of the jobs: enqueue, lease, settle, park, release. A wish to look again is never lost.

A leased job is due again when its lease ends, so one column, `due_at`, says everything about when.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    update,
)

from .bulk import Bulk
from .engine import Transaction
from .job import COLUMNS, IS_CAUSE, IS_JOB, Job, JobKey, Sight, StoreKey, Wish, of_key
from .job_views import (
    MAX_AGES,
    causes_of,
    count_by_state,
    find,
    is_left_with,
    of_order,
    overdue,
    waiting_causes,
    waiting_questions,
    waits_for,
)
from .outcomes import Cause, Done, Failed, JobState, Outcome, Owner, Parked, Retry
from .statements import Both, on
from .tables import job_causes, jobs, stores
from .types import Moment, Money

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
    "Sight",
    "StoreKey",
    "Wish",
    "bump",
    "cause_row",
    "causes_of",
    "count_by_state",
    "enqueue",
    "enqueue_many",
    "find",
    "is_left_with",
    "lease",
    "mark",
    "of_order",
    "overdue",
    "release",
    "release_some",
    "renew",
    "settle",
    "waiting_causes",
    "waiting_questions",
    "waits_for",
]

_NOW: Final = bindparam("now", type_=Moment())
_STATE: Final = bindparam("new_state", type_=jobs.c.state.type)
_SEEN: Final = {
    "state": _STATE,
    "reason": bindparam("new_reason"),
    "owner": bindparam("new_owner"),
    "state_since": case((jobs.c.state == _STATE, jobs.c.state_since), else_=_NOW),
    "updated_at": _NOW,
}
_FETCHED_AS: Final = bindparam("seen_fetched_as", type_=Text())
_PLANNED_FROM: Final = bindparam("planned_from", type_=BigInteger())
_HELD: Final = and_(jobs.c.lease_owner == bindparam("held_by"), jobs.c.lease_number == bindparam("held_number"))


def _bumped(insert: Any) -> Any:
    offered = insert.excluded
    earlier = or_(jobs.c.due_at.is_(None), offered.due_at < jobs.c.due_at)
    return insert.on_conflict_do_update(
        index_elements=["tenant", "store_hash", "order_id"],
        set_={
            "generation": jobs.c.generation + 1,
            "due_at": case((and_(jobs.c.lease_owner.is_(None), earlier), offered.due_at), else_=jobs.c.due_at),
            "trace": case((offered.trace != "", offered.trace), else_=jobs.c.trace),
            "fetched_as": null(),
            "updated_at": offered.updated_at,
        },
    )


def _lease(*, newest_first: bool) -> Both:
    waiting = jobs.alias("waiting")
    due = (
        select(waiting.c.order_id)
        .where(
            waiting.c.tenant == bindparam("of_tenant"),
            waiting.c.store_hash == bindparam("of_store"),
            waiting.c.due_at <= _NOW,
        )
        .order_by(waiting.c.due_at.desc() if newest_first else waiting.c.due_at)
        .limit(bindparam("at_most", type_=Integer()))
    )
    # PostgreSQL by the rows' places: by their keys its planner, not knowing how few there are, reads all the store's.
    places: Select[Any] = due.with_only_columns(literal_column("waiting.ctid")).with_for_update(skip_locked=True)
    of_store = and_(jobs.c.tenant == bindparam("of_tenant"), jobs.c.store_hash == bindparam("of_store"))
    chosen: dict[str, ColumnElement[bool]] = {
        "sqlite": and_(of_store, jobs.c.order_id.in_(due)),
        "postgresql": literal_column("jobs.ctid") == any_(func.array(places.scalar_subquery())),
    }
    leased = update(jobs).values(
        due_at=bindparam("until"),
        lease_owner=bindparam("by"),
        lease_number=jobs.c.lease_number + 1,
        # An owner that died without settling counts as a failed try.
        attempts=case((jobs.c.lease_owner.is_not(None), jobs.c.attempts + 1), else_=jobs.c.attempts),
    )
    return {name: leased.where(rows).returning(*COLUMNS) for name, rows in chosen.items()}


_ENQUEUE: Final = Bulk(
    jobs,
    ("key.tenant", "key.store_hash", "key.order_id", "due_at", "trace"),
    constant={
        "generation": literal_column("1"),
        "state": literal_column("'waiting'"),
        "reason": literal_column("'not looked at yet'"),
        "owner": literal_column("'relay'"),
        "lease_number": literal_column("0"),
        "attempts": literal_column("0"),
        "first_seen_at": _NOW,
        "state_since": _NOW,
        "updated_at": _NOW,
    },
    finish=_bumped,
)
_LEASE_OLDEST: Final = _lease(newest_first=False)
_LEASE_NEWEST: Final = _lease(newest_first=True)
_WITH_WORK: Final = (
    select(stores.c.tenant, stores.c.store_hash)
    .where(
        stores.c.active,
        exists().where(
            jobs.c.tenant == stores.c.tenant, jobs.c.store_hash == stores.c.store_hash, jobs.c.due_at <= _NOW
        ),
    )
    .order_by(stores.c.tenant, stores.c.store_hash)
)
_RENEW: Final = update(jobs).where(IS_JOB, _HELD).values(due_at=bindparam("until"))
_SETTLE: Final = (
    update(jobs)
    .where(IS_JOB, _HELD)
    .values(
        **_SEEN,
        attempts=bindparam("new_attempts"),
        lease_owner=null(),
        placed_at=func.coalesce(bindparam("seen_placed_at", type_=Moment()), jobs.c.placed_at),
        modified_at=func.coalesce(bindparam("seen_modified_at", type_=Moment()), jobs.c.modified_at),
        total=func.coalesce(bindparam("seen_total", type_=Money()), jobs.c.total),
        currency=func.coalesce(bindparam("seen_currency", type_=Text()), jobs.c.currency),
        # What was fetched before an event came is not used after it; a look that fetched nothing says nothing.
        fetched_as=case(
            (_FETCHED_AS.is_(None), jobs.c.fetched_as), (jobs.c.generation == _PLANNED_FROM, _FETCHED_AS), else_=null()
        ),
        due_at=case((jobs.c.generation == _PLANNED_FROM, bindparam("due", type_=Moment())), else_=_NOW),
    )
)
_OF_SIGHT: Final = ("placed_at", "modified_at", "total", "currency", "fetched_as")
_MARK: Final = update(jobs).where(IS_JOB).values(_SEEN)
_UNPARK: Final = delete(job_causes).where(IS_CAUSE).returning(job_causes.c.cause, job_causes.c.since)
_PARK: Final = insert(job_causes)


async def enqueue_many(tx: Transaction, wishes: Iterable[Wish], now: datetime) -> None:
    """Create the jobs, or bump those that exist; many wishes for one order are one.

    Whatever was fetched of these orders is read anew: a wish says that they may have changed.
    """
    coalesced: dict[JobKey, Wish] = {}
    for wish in wishes:
        known = coalesced.get(wish.key)
        if known is not None:
            wish = Wish(wish.key, min(known.due_at, wish.due_at), wish.trace or known.trace)  # noqa: PLW2901
        coalesced[wish.key] = wish
    if coalesced:
        # Sorted, so that two processes never wait for each other's rows.
        rows = _ENQUEUE.rows(coalesced[key] for key in sorted(coalesced))
        await tx.execute(on(tx, _ENQUEUE.statement), rows | {"now": now})


async def enqueue(tx: Transaction, key: JobKey, now: datetime, due: datetime | None = None, trace: str = "") -> None:
    """Create the job, or bump it."""
    await enqueue_many(tx, (Wish(key, due or now, trace),), now)


async def bump(tx: Transaction, key: JobKey, now: datetime) -> None:
    """Have an order read and looked at again, also while it is parked or being worked on."""
    await enqueue(tx, key, now)


async def lease(
    tx: Transaction,
    owner: str,
    now: datetime,
    limit: int,
    lease_seconds: float,
    *,
    closed: Collection[tuple[str, str]] = (),
    room: Mapping[str, int] | None = None,
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
        room: how many of a tenant's may be leased at most; of one that is not named as many as there is place for.
        turn: rotates which store comes first.
        newest_first: take the newest instead of the oldest, so that a backlog leaves a share to new orders.
    """
    rows = await tx.execute(_WITH_WORK, {"now": now})
    waiting = [store for store in (StoreKey(*row) for row in rows) if store not in closed]
    if not waiting:
        return []
    start = turn % len(waiting)
    waiting = waiting[start:] + waiting[:start]
    statement = on(tx, _LEASE_NEWEST if newest_first else _LEASE_OLDEST)
    terms = {"now": now, "until": now + timedelta(seconds=lease_seconds), "by": owner}
    leased: list[Job] = []
    left = dict(room or {})
    while waiting and len(leased) < limit:
        share = -(-(limit - len(leased)) // len(waiting))
        more = []
        for store in waiting:
            wanted = min(share, limit - len(leased), left.get(store.tenant, limit))
            if wanted < 1:
                continue
            of_store = {"of_tenant": store.tenant, "of_store": store.store_hash, "at_most": wanted}
            taken = [Job(*row) for row in await tx.execute(statement, terms | of_store)]
            leased += sorted(taken, key=lambda job: (job.first_seen_at, job.order_id))
            if store.tenant in left:
                left[store.tenant] -= len(taken)
            if len(taken) == wanted:
                more.append(store)
        waiting = more
    return leased


async def renew(tx: Transaction, job: Job, now: datetime, lease_seconds: float) -> bool:
    """Prolong a lease; False when it is no longer ours."""
    until = now + timedelta(seconds=lease_seconds)
    renewed = await tx.execute(_RENEW, of_key(job.key) | _held(job) | {"until": until})
    return renewed.rowcount == 1


async def settle(tx: Transaction, job: Job, outcome: Outcome, now: datetime, sight: Sight | None = None) -> bool:
    """End a lease with its outcome; a job bumped meanwhile stays due. False when the lease was no longer ours.

    Args:
        tx: the transaction.
        job: as it was leased.
        outcome: how it stands now.
        now: the wall clock.
        sight: what was seen of the order; what was seen before stays where `None`.
    """
    state, reason, owner, due, attempts = _standing(job, outcome)
    terms: dict[str, Any] = {"new_attempts": attempts, "planned_from": job.generation, "due": due}
    terms |= {f"seen_{name}": getattr(sight, name, None) for name in _OF_SIGHT}
    seen = _seen(state, reason, owner, now)
    settled = await tx.execute(_SETTLE, of_key(job.key) | _held(job) | seen | terms)
    if settled.rowcount != 1:
        return False
    since: dict[str, datetime] = {}
    if job.state in {"parked", "posted"} and not isinstance(outcome, Retry):
        since = {row.cause: row.since for row in await tx.execute(_UNPARK, of_key(job.key))}
    causes = outcome.causes if isinstance(outcome, Parked) else outcome.listed if isinstance(outcome, Done) else ()
    if causes:
        # What it still waits for keeps its age.
        await tx.execute(_PARK, [cause_row(job.key, cause, since.get(cause.key, now)) for cause in causes])
    return True


async def mark(tx: Transaction, key: JobKey, state: JobState, reason: str, owner: Owner, now: datetime) -> None:
    """Change what people see of an order, without touching when it is worked on."""
    await tx.execute(_MARK, of_key(key) | _seen(state, reason, owner, now))


async def release(
    tx: Transaction, tenant: str, cause: str, now: datetime, question: str | None = None, *, anew: bool = False
) -> int:
    """Make exactly the jobs due that wait for this cause, those first that were first seen; return how many wait.

    One that is being worked on with the old knowledge is looked at again afterwards.

    Args:
        tx: the transaction.
        tenant: whose.
        cause: what they wait for.
        now: the wall clock.
        question: only those that wait for its answer.
        anew: whether to read the orders anew from the store, although none of them changed.
    """
    waiting = select(job_causes.c.store_hash, job_causes.c.order_id).where(
        job_causes.c.tenant == tenant, job_causes.c.cause == cause
    )
    if question is not None:
        waiting = waiting.where(job_causes.c.question == question)
    later = and_(jobs.c.lease_owner.is_(None), jobs.c.due_at > now)
    idle = or_(jobs.c.due_at.is_(None), later)
    released = await tx.execute(
        update(jobs)
        .where(jobs.c.tenant == tenant, tuple_(jobs.c.store_hash, jobs.c.order_id).in_(waiting))
        .values(
            generation=jobs.c.generation + 1,
            # The oldest due time is leased first: being due since first seen keeps the order.
            due_at=case((idle, jobs.c.first_seen_at), else_=jobs.c.due_at),
            fetched_as=null() if anew else jobs.c.fetched_as,
            updated_at=now,
        )
    )
    return released.rowcount


async def release_some(tx: Transaction, tenant: str, store_hash: str, cause: str, now: datetime, most: int) -> int:
    """Have at most so many of a store's orders be under way that wait for a cause; return how many were made due.

    Those that were made due before and still wait count in; those first that were first seen.
    """
    waits = exists().where(
        job_causes.c.tenant == jobs.c.tenant,
        job_causes.c.store_hash == jobs.c.store_hash,
        job_causes.c.order_id == jobs.c.order_id,
        job_causes.c.cause == cause,
    )
    of_store = (jobs.c.tenant == tenant, jobs.c.store_hash == store_hash, waits)
    due = (await tx.execute(select(func.count()).where(*of_store, jobs.c.due_at.is_not(None)))).scalar_one()
    idle = select(jobs.c.order_id).where(*of_store, jobs.c.due_at.is_(None))
    oldest = idle.order_by(jobs.c.first_seen_at, jobs.c.order_id).limit(max(most - due, 0))
    chosen = [Wish(JobKey(tenant, store_hash, order_id), now) for (order_id,) in await tx.execute(oldest)]
    await enqueue_many(tx, chosen, now)
    return len(chosen)


def _standing(job: Job, outcome: Outcome) -> tuple[JobState, str, Owner, datetime | None, int]:
    """Return state, reason, owner, due time and attempts after an outcome."""
    match outcome:
        case Retry(at, reason):
            return job.state, reason, job.owner, at, job.attempts + 1
        case Done(state, reason, owner, again_at):
            return state, reason, owner, again_at, 0
        case Parked(_, reason, owner, again_at):
            return "parked", reason, owner, again_at, 0
        case Failed(reason, owner):
            return "failed", reason, owner, None, 0


def _seen(state: JobState, reason: str, owner: Owner, now: datetime) -> dict[str, Any]:
    return {"new_state": state, "new_reason": reason, "new_owner": owner, "now": now}


def _held(job: Job) -> dict[str, Any]:
    return {"held_by": job.lease_owner, "held_number": job.lease_number}


def cause_row(key: JobKey, cause: Cause, since: datetime) -> dict[str, Any]:
    """Return the row of what a job waits for."""
    of_cause = {"cause": cause.key, "question": cause.question, "sentence": cause.sentence, "owner": cause.owner}
    to_decide = {"choices": " ".join(cause.choices), "proposal": cause.proposal}
    return {**key._asdict(), **of_cause, **to_decide, "since": since, "amount": cause.amount}
