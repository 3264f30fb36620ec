"""Named queries of decisions: one per order, cause and proposal, whoever is first."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, delete, select, update

from .decision_tables import decisions
from .engine import Transaction
from .job import JobKey
from .statements import columns_of, insert

__all__ = ["Decided", "confirm", "forget", "of_order", "replace", "take"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided for an order.

    Attributes:
        cause: what was to be decided.
        proposal: digest of what was shown.
        confirmed_by: who confirmed it, empty until somebody has.
    """

    tenant: str
    store_hash: str
    order_id: int
    cause: str
    proposal: str
    choice: str
    decided_by: str
    reason: str
    decided_at: datetime
    confirmed_by: str = ""
    confirmed_at: datetime | None = None

    @property
    def key(self) -> JobKey:
        """Return the order's job."""
        return JobKey(self.tenant, self.store_hash, self.order_id)


_COLUMNS: Final = columns_of(decisions, Decided)
_OF_ORDER: Final = (
    select(*_COLUMNS)
    .where(
        decisions.c.tenant == bindparam("of_tenant"),
        decisions.c.store_hash == bindparam("of_store"),
        decisions.c.order_id == bindparam("of_order"),
    )
    .order_by(decisions.c.decided_at, decisions.c.cause)
)


async def of_order(tx: Transaction, key: JobKey) -> list[Decided]:
    """Return what was decided for an order, the oldest first."""
    terms = {"of_tenant": key.tenant, "of_store": key.store_hash, "of_order": key.order_id}
    return [Decided(*row) for row in await tx.execute(_OF_ORDER, terms)]


async def take(tx: Transaction, new: Decided) -> Decided:
    """Write a decision down, or return the one that was first."""
    statement = insert(tx, decisions).values(asdict(new)).on_conflict_do_nothing().returning(*_COLUMNS)
    row = (await tx.execute(statement)).first()
    if row is None:
        row = (await tx.execute(select(*_COLUMNS).where(_is(new)).with_for_update())).one()
    return Decided(*row)


async def confirm(tx: Transaction, entry: Decided, by: str, now: datetime) -> bool:
    """Note who confirmed a decision; False where somebody else was first, or has chosen otherwise since."""
    same = and_(_is(entry), decisions.c.confirmed_by == "", decisions.c.decided_by == entry.decided_by)
    same = and_(same, decisions.c.choice == entry.choice)
    done = await tx.execute(update(decisions).where(same).values(confirmed_by=by, confirmed_at=now))
    return done.rowcount == 1


async def replace(tx: Transaction, entry: Decided, new: Decided) -> bool:
    """Choose otherwise while nobody has confirmed it; False where somebody was first."""
    same = and_(_is(entry), decisions.c.confirmed_by == "", decisions.c.choice == entry.choice)
    changed = {name: getattr(new, name) for name in ("choice", "decided_by", "reason", "decided_at")}
    return (await tx.execute(update(decisions).where(same).values(**changed))).rowcount == 1


async def forget(tx: Transaction, entry: Decided) -> bool:
    """Take back a decision about what is over, so that it is asked about when it comes again; False where it is gone.

    The audit trail keeps it.
    """
    return (await tx.execute(delete(decisions).where(_is(entry)))).rowcount == 1


def _is(one: Decided) -> ColumnElement[bool]:
    return and_(
        decisions.c.tenant == one.tenant,
        decisions.c.store_hash == one.store_hash,
        decisions.c.order_id == one.order_id,
        decisions.c.cause == one.cause,
        decisions.c.proposal == one.proposal,
    )
