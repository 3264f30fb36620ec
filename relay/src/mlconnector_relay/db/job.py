"""A job as it is kept, and the keys it goes by."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from sqlalchemy import and_, bindparam

from .outcomes import JobState, Owner
from .statements import columns_of
from .tables import job_causes, jobs

__all__ = ["COLUMNS", "IS_CAUSE", "IS_JOB", "Job", "JobKey", "Sight", "StoreKey", "Wish", "of_key"]


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
        placed_at: when the shopper placed the order; like `modified_at`, `total` and `currency` `None` until fetched.
        fetched_as: the audit record that holds the order as it was fetched, while no event since says that it changed;
            empty where it is too large to be kept.
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
    placed_at: datetime | None = None
    modified_at: datetime | None = None
    total: Decimal | None = None
    currency: str | None = None
    fetched_as: str | None = None

    @property
    def key(self) -> JobKey:
        """Return the job's key."""
        return JobKey(self.tenant, self.store_hash, self.order_id)


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of an order in the store: for lists and sums, and where all of it is kept.

    Attributes:
        placed_at: when the shopper placed it.
        modified_at: its `date_modified`.
        total: with tax.
        currency: of the total, ISO 4217.
        fetched_as: the audit record that holds it; `None` where that is still to be written, empty where none does.
    """

    placed_at: datetime
    modified_at: datetime
    total: Decimal
    currency: str
    fetched_as: str | None = None


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


COLUMNS: Final = columns_of(jobs, Job)
"""What a Job is read from."""

IS_JOB: Final = and_(
    jobs.c.tenant == bindparam("of_tenant"),
    jobs.c.store_hash == bindparam("of_store"),
    jobs.c.order_id == bindparam("of_order"),
)
"""The job of `of_key`."""

IS_CAUSE: Final = and_(
    job_causes.c.tenant == bindparam("of_tenant"),
    job_causes.c.store_hash == bindparam("of_store"),
    job_causes.c.order_id == bindparam("of_order"),
)
"""The causes of the job of `of_key`."""


def of_key(key: JobKey) -> dict[str, Any]:
    """Return the parameters that name a job."""
    return {"of_tenant": key.tenant, "of_store": key.store_hash, "of_order": key.order_id}
