"""Named queries of the worklist: what parked orders wait for, one entry per cause, and the orders behind it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import and_, bindparam, delete, select

from .engine import Transaction
from .job import IS_CAUSE, JobKey, of_key
from .outcomes import JobState, Owner
from .tables import job_causes, jobs

__all__ = ["Entry", "WaitingOrder", "entries", "orders_waiting", "unlist"]


@dataclass(frozen=True, slots=True)
class WaitingOrder:
    """An order that waits for a cause, or is listed for it.

    Attributes:
        choices: what a person may decide, parted by blanks.
        proposal: digest of what there is to decide about.
        since: since when it waits for this.
        placed_at: when the shopper placed it; `None` where it was never fetched, as `total` and `currency` are then.
        state: how it stands; one that is posted is listed, and nothing of it is blocked.
        amount: how much of it waits for this; `None`: the whole order.
    """

    cause: str
    sentence: str
    owner: Owner
    choices: str
    proposal: str
    since: datetime
    store_hash: str
    order_id: int
    placed_at: datetime | None
    total: Decimal | None
    currency: str | None
    state: JobState
    amount: Decimal | None = None

    @property
    def blocked(self) -> Decimal | None:
        """Return how much of it waits: nothing of one that is listed; `None` where nobody knows."""
        if self.state == "posted":
            return Decimal(0)
        return self.total if self.amount is None else self.amount


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is missing.

    Attributes:
        cause: its stable key.
        sentence: what is the matter and what to do, as the order that waits longest says it.
        owner: who takes the next step.
        orders: how many wait for it.
        blocked: how much of them waits, by currency; an order that waits for two causes counts in both.
        oldest: since when the first of them waits.
        choices: what a person may decide, parted by blanks.
    """

    cause: str
    sentence: str
    owner: Owner
    orders: int
    blocked: Mapping[str, Decimal]
    oldest: datetime
    choices: str = ""


_WAITING: Final = (
    select(
        job_causes.c.cause,
        job_causes.c.sentence,
        job_causes.c.owner,
        job_causes.c.choices,
        job_causes.c.proposal,
        job_causes.c.since,
        job_causes.c.store_hash,
        job_causes.c.order_id,
        jobs.c.placed_at,
        jobs.c.total,
        jobs.c.currency,
        jobs.c.state,
        job_causes.c.amount,
    )
    .join(
        jobs,
        and_(
            jobs.c.tenant == job_causes.c.tenant,
            jobs.c.store_hash == job_causes.c.store_hash,
            jobs.c.order_id == job_causes.c.order_id,
        ),
    )
    .where(job_causes.c.tenant == bindparam("of_tenant"))
    .order_by(job_causes.c.since, job_causes.c.store_hash, job_causes.c.order_id, job_causes.c.cause)
)
_FOR_CAUSE: Final = _WAITING.where(job_causes.c.cause == bindparam("of_cause"))


async def entries(tx: Transaction, tenant: str) -> list[Entry]:
    """Return what a tenant's parked orders wait for, what is waited for longest first."""
    orders: dict[str, list[WaitingOrder]] = {}
    for row in (await tx.execute(_WAITING, {"of_tenant": tenant})).mappings():
        orders.setdefault(row["cause"], []).append(WaitingOrder(**row))
    return [_entry(waiting) for waiting in orders.values()]


async def orders_waiting(tx: Transaction, tenant: str, cause: str) -> list[WaitingOrder]:
    """Return the orders that wait for a cause, or are listed for it, the longest first."""
    rows = await tx.execute(_FOR_CAUSE, {"of_tenant": tenant, "of_cause": cause})
    return [WaitingOrder(**row) for row in rows.mappings()]


async def unlist(tx: Transaction, key: JobKey, cause: str) -> None:
    """Take an order off the list for a cause that it does not wait for."""
    await tx.execute(delete(job_causes).where(IS_CAUSE, job_causes.c.cause == cause), of_key(key))


def _entry(waiting: list[WaitingOrder]) -> Entry:
    first = waiting[0]
    blocked: dict[str, Decimal] = {}
    # An order may wait for several answers behind one key.
    once: dict[tuple[str, int], WaitingOrder] = {}
    for order in waiting:
        known = once.setdefault((order.store_hash, order.order_id), order)
        if (order.blocked or 0) > (known.blocked or 0):
            once[order.store_hash, order.order_id] = order
    for order in once.values():
        if order.currency is not None and order.blocked is not None:
            blocked[order.currency] = blocked.get(order.currency, Decimal(0)) + order.blocked
    return Entry(first.cause, first.sentence, first.owner, len(once), blocked, first.since, first.choices)
