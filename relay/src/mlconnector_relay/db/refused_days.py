"""Named queries of the posting dates that SAP refused; all days of a period are tried again and forgotten together."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import and_, bindparam, delete, select, update

from .engine import Transaction
from .period_tables import refused_days
from .statements import both, columns_of, on, rows_of

__all__ = ["PeriodKey", "RefusedDay", "forget", "of_tenant", "refused", "tried"]


class PeriodKey(NamedTuple):
    """A posting period of a company code, given as `010/2026`."""

    tenant: str
    sysid: str
    client: str
    company_code: str
    period: str


@dataclass(frozen=True, slots=True)
class RefusedDay:
    """A posting date that SAP refused.

    Attributes:
        day: `YYYYMMDD`.
        period: posting period and year as SAP says them: `010/2026`.
        refused_at: when SAP refused it last.
        tries: how often the period was tried again in vain.
        try_at: when it is tried again, or a try without an answer is given up.
        trial_store, trial_order: the order that tries it; `None` while none does.
    """

    tenant: str
    sysid: str
    client: str
    company_code: str
    day: str
    period: str
    refused_at: datetime
    tries: int
    try_at: datetime
    trial_store: str | None = None
    trial_order: int | None = None

    @property
    def key(self) -> PeriodKey:
        """Return the period it lies in."""
        return PeriodKey(self.tenant, self.sysid, self.client, self.company_code, self.period)

    @property
    def trial(self) -> tuple[str | None, int | None]:
        """Return store and order that try the period again."""
        return self.trial_store, self.trial_order


_columns: Final = rows_of(RefusedDay)
_OF_TENANT: Final = (
    select(*columns_of(refused_days, RefusedDay))
    .where(refused_days.c.tenant == bindparam("of_tenant"))
    .order_by(refused_days.c.sysid, refused_days.c.client, refused_days.c.company_code, refused_days.c.day)
)
_REFUSED: Final = both(
    lambda insert: insert(refused_days).on_conflict_do_update(
        index_elements=["tenant", "sysid", "client", "company_code", "day"],
        set_={name: insert(refused_days).excluded[name] for name in ("period", "refused_at", "tries", "try_at")},
    )
)
_IN_PERIOD: Final = and_(
    refused_days.c.tenant == bindparam("of_tenant"),
    refused_days.c.sysid == bindparam("of_sysid"),
    refused_days.c.client == bindparam("of_client"),
    refused_days.c.company_code == bindparam("of_company_code"),
    refused_days.c.period == bindparam("of_period"),
)
_TRIED: Final = (
    update(refused_days)
    .where(_IN_PERIOD)
    .values(
        tries=bindparam("new_tries"),
        try_at=bindparam("next_try"),
        trial_store=bindparam("by_store"),
        trial_order=bindparam("by_order"),
    )
)
_FORGET: Final = delete(refused_days).where(_IN_PERIOD)


async def of_tenant(tx: Transaction, tenant: str) -> list[RefusedDay]:
    """Return every posting date of a tenant that SAP refused."""
    return [RefusedDay(*row) for row in await tx.execute(_OF_TENANT, {"of_tenant": tenant})]


async def refused(tx: Transaction, new: RefusedDay) -> None:
    """Write down that SAP refused a day; whatever tried its period has its answer by that."""
    await tx.execute(on(tx, _REFUSED), _columns(replace(new, trial_store=None, trial_order=None)))
    await tried(tx, new.key, new.tries, new.try_at)


async def tried(
    tx: Transaction, key: PeriodKey, tries: int, next_try: datetime, trial: tuple[str | None, int | None] = (None, None)
) -> None:
    """Note for all days of a period how often it was tried, when it is tried next, and which order tries it now."""
    store_hash, order = trial
    terms = {"new_tries": tries, "next_try": next_try, "by_store": store_hash, "by_order": order}
    await tx.execute(_TRIED, _of(key) | terms)


async def forget(tx: Transaction, key: PeriodKey) -> int:
    """Forget a period's days: SAP is asked again; return how many there were."""
    return (await tx.execute(_FORGET, _of(key))).rowcount


def _of(key: PeriodKey) -> dict[str, str]:
    return {f"of_{name}": value for name, value in key._asdict().items()}
