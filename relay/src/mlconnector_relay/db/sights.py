"""Named queries of what was seen of orders in the store: for sums, page by page."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple, cast

from sqlalchemy import BigInteger, Integer, bindparam, func, select, tuple_

from .engine import Transaction
from .outcomes import JobState
from .statements import columns_of
from .tables import jobs
from .types import Moment

__all__ = ["PAGE", "Gap", "SeenOrder", "gaps", "page", "unseen"]

PAGE: Final = 2000


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """An order that was fetched at least once; see `job.Job`."""

    store_hash: str
    order_id: int
    state: JobState
    due_at: datetime | None
    placed_at: datetime
    modified_at: datetime
    total: Decimal
    currency: str


class Gap(NamedTuple):
    """Order numbers of a store between two known ones, of which nothing was ever heard.

    Attributes:
        order_id: the next known one.
    """

    first: int
    last: int
    order_id: int


_COLUMNS: Final = columns_of(jobs, SeenOrder)
_PAGE: Final = (
    select(*_COLUMNS)
    .where(
        jobs.c.tenant == bindparam("of_tenant"),
        tuple_(jobs.c.store_hash, jobs.c.order_id)
        > tuple_(bindparam("after_store"), bindparam("after_order", type_=BigInteger())),
        jobs.c.placed_at >= bindparam("since", type_=Moment()),
        jobs.c.placed_at < bindparam("before", type_=Moment()),
    )
    .order_by(jobs.c.store_hash, jobs.c.order_id)
    .limit(bindparam("at_most", type_=Integer()))
)


async def page(
    tx: Transaction,
    tenant: str,
    since: datetime,
    before: datetime,
    after: tuple[str, int] = ("", 0),
    limit: int = PAGE,
) -> list[SeenOrder]:
    """Return orders placed from a moment to before another, by store and number, those after one of them.

    Fewer than asked for are the last.
    """
    store_hash, order_id = after
    terms = {"after_store": store_hash, "after_order": order_id, "since": since, "before": before, "at_most": limit}
    return [SeenOrder(*row) for row in await tx.execute(_PAGE, {"of_tenant": tenant, **terms})]


async def gaps(tx: Transaction, tenant: str, store_hash: str, first: int, last: int) -> list[Gap]:
    """Return the gaps before the numbers from `first` to `last`, which are known: the one before `first` included."""
    of_store = (jobs.c.tenant == tenant, jobs.c.store_hash == store_hash)
    before = select(func.max(jobs.c.order_id)).where(*of_store, jobs.c.order_id < first).scalar_subquery()
    known = (
        select(jobs.c.order_id, func.lag(jobs.c.order_id).over(order_by=jobs.c.order_id).label("previous"))
        .where(*of_store, jobs.c.order_id >= func.coalesce(before, first), jobs.c.order_id <= last)
        .subquery()
    )
    rows = await tx.execute(
        select(known.c.previous, known.c.order_id)
        .where(known.c.order_id > known.c.previous + 1)
        .order_by(known.c.order_id)
    )
    return [Gap(previous + 1, order_id - 1, order_id) for previous, order_id in rows]


async def unseen(tx: Transaction, tenant: str) -> dict[JobState, int]:
    """Return by state how many orders are known of that were never fetched: neither their day nor their amount is."""
    never = (jobs.c.tenant == tenant, jobs.c.placed_at.is_(None))
    rows = await tx.execute(select(jobs.c.state, func.count()).where(*never).group_by(jobs.c.state))
    return {cast("JobState", state): count for state, count in rows}
