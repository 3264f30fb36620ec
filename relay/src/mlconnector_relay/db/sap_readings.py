"""Named queries of the readings of SAP's books: asked for, taken by the relay with the tunnel, done or given up."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import and_, bindparam, func, select, update

from .engine import Transaction
from .statements import columns_of, insert, rows_of
from .tieout_tables import sap_readings

__all__ = ["Reading", "ReadingState", "ask", "asked", "by_id", "due", "end", "later", "latest", "take"]

ReadingState = Literal["asked", "reading", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A wish to read an SAP client's books back, and what became of it.

    Attributes:
        since: first day of entry that is read.
        daily: whether the relay asked by itself.
        due_at: the next try; while one runs, when it counts as lost.
        documents: how many were found.
        detail: why the last try failed.
        begun_at: when the last try began: what is posted later is not in it.
    """

    tenant: str
    reading_id: str
    sysid: str
    client: str
    since: date
    daily: bool
    asked_at: datetime
    state: ReadingState
    attempts: int
    due_at: datetime
    documents: int
    detail: str
    begun_at: datetime | None
    finished_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Tell whether it may still be done."""
        return self.state in OPEN


OPEN: Final = frozenset({"asked", "reading"})
_COLUMNS: Final = columns_of(sap_readings, Reading)
_row: Final = rows_of(Reading)
_IS: Final = and_(sap_readings.c.tenant == bindparam("of_tenant"), sap_readings.c.reading_id == bindparam("of_reading"))
_ITS_TRY: Final = and_(_IS, sap_readings.c.state.in_(OPEN), sap_readings.c.attempts == bindparam("of_attempts"))


def asked(tenant: str, reading_id: str, system: tuple[str, str], since: date, now: datetime, *, daily: bool) -> Reading:
    """Return a reading of an SAP client (system id, client) to be asked for."""
    sysid, client = system
    return Reading(tenant, reading_id, sysid, client, since, daily, now, "asked", 0, now, 0, "", None, None)


async def ask(tx: Transaction, new: Reading) -> bool:
    """Ask for a reading; False when one of this id was asked for before."""
    statement = insert(tx, sap_readings).values(_row(new)).on_conflict_do_nothing().returning(sap_readings.c.tenant)
    return (await tx.execute(statement)).first() is not None


async def by_id(tx: Transaction, tenant: str, reading_id: str) -> Reading | None:
    """Return a reading."""
    row = (await tx.execute(select(*_COLUMNS).where(_IS), _of(tenant, reading_id))).first()
    return None if row is None else Reading(*row)


async def due(tx: Transaction, tenant: str, now: datetime) -> list[Reading]:
    """Return the readings to be tried now, also those whose last try was lost, the oldest first."""
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(sap_readings.c.tenant == tenant, sap_readings.c.state.in_(OPEN), sap_readings.c.due_at <= now)
        .order_by(sap_readings.c.asked_at, sap_readings.c.reading_id)
    )
    return [Reading(*row) for row in rows]


async def take(tx: Transaction, tenant: str, reading_id: str, attempts: int, now: datetime, until: datetime) -> bool:
    """Begin a try, after so many; False when another process was faster."""
    taken = {"state": "reading", "attempts": attempts + 1, "begun_at": now, "due_at": until}
    changed = await tx.execute(update(sap_readings).where(_ITS_TRY).values(taken), _of(tenant, reading_id, attempts))
    return changed.rowcount == 1


async def later(
    tx: Transaction, tenant: str, reading_id: str, attempts: int, due_at: datetime, detail: str | None = None
) -> bool:
    """Put the next try off: with a reason because this one failed, without because it still runs."""
    values = {"due_at": due_at} if detail is None else {"due_at": due_at, "detail": detail, "state": "asked"}
    changed = await tx.execute(update(sap_readings).where(_ITS_TRY).values(values), _of(tenant, reading_id, attempts))
    return changed.rowcount == 1


async def end(
    tx: Transaction,
    tenant: str,
    reading_id: str,
    attempts: int,
    state: Literal["done", "failed"],
    now: datetime,
    *,
    documents: int = 0,
    detail: str = "",
) -> bool:
    """End a reading; False when the try was no longer ours."""
    values = {"state": state, "finished_at": now, "documents": documents, "detail": detail}
    changed = await tx.execute(update(sap_readings).where(_ITS_TRY).values(values), _of(tenant, reading_id, attempts))
    return changed.rowcount == 1


async def latest(
    tx: Transaction, tenant: str, *, daily: bool | None = None, state: ReadingState | None = None
) -> list[Reading]:
    """Return each SAP client's newest reading, of those that are daily or in a state where it is said."""
    wanted = [sap_readings.c.tenant == tenant]
    if daily is not None:
        wanted.append(sap_readings.c.daily.is_(daily))
    if state is not None:
        wanted.append(sap_readings.c.state == state)
    place = (sap_readings.c.sysid, sap_readings.c.client)
    ranked = (
        select(
            sap_readings.c.reading_id,
            func.row_number().over(partition_by=place, order_by=sap_readings.c.asked_at.desc()).label("rank"),
        )
        .where(*wanted)
        .subquery()
    )
    newest = and_(sap_readings.c.tenant == tenant, sap_readings.c.reading_id == ranked.c.reading_id, ranked.c.rank == 1)
    rows = await tx.execute(select(*_COLUMNS).join(ranked, newest).order_by(*place))
    return [Reading(*row) for row in rows]


def _of(tenant: str, reading_id: str, attempts: int | None = None) -> dict[str, object]:
    terms: dict[str, object] = {"of_tenant": tenant, "of_reading": reading_id}
    return terms if attempts is None else terms | {"of_attempts": attempts}
