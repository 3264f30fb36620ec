"""Named queries of the checks of mappings against SAP: asked for by a command, answered by whoever holds the tunnel."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import select, update

from .engine import Transaction
from .mapping_tables import mapping_checks
from .statements import columns_of, insert, rows_of

__all__ = ["Ended", "MappingCheck", "answer", "ask", "asked", "by_id", "due"]


@dataclass(frozen=True, slots=True)
class MappingCheck:
    """A wish to have a mapping looked up in an SAP client, and what became of it.

    Attributes:
        day: when what the mapping names must be valid.
        content: the mapping's text.
        result: JSON list of findings once done; why, where it failed.
    """

    tenant: str
    check_id: str
    sysid: str
    client: str
    day: date
    content: str
    asked_at: datetime
    state: Literal["asked", "done", "failed"]
    result: str
    finished_at: datetime | None


Ended = Literal["done", "failed"]
_COLUMNS: Final = columns_of(mapping_checks, MappingCheck)
_row: Final = rows_of(MappingCheck)


def asked(tenant: str, check_id: str, system: tuple[str, str], day: date, content: str, now: datetime) -> MappingCheck:
    """Return a check in an SAP client (system id, client) to be asked for."""
    return MappingCheck(tenant, check_id, *system, day, content, now, "asked", "", None)


async def ask(tx: Transaction, new: MappingCheck) -> None:
    """Ask for a check."""
    await tx.execute(insert(tx, mapping_checks).values(_row(new)))


async def by_id(tx: Transaction, tenant: str, check_id: str) -> MappingCheck | None:
    """Return a check."""
    query = select(*_COLUMNS).where(mapping_checks.c.tenant == tenant, mapping_checks.c.check_id == check_id)
    row = (await tx.execute(query)).first()
    return None if row is None else MappingCheck(*row)


async def due(tx: Transaction, tenant: str, since: datetime) -> list[MappingCheck]:
    """Return what was asked for since a moment and is not answered, the oldest first: nobody waits for older ones."""
    rows = await tx.execute(
        select(*_COLUMNS)
        .where(mapping_checks.c.tenant == tenant, mapping_checks.c.state == "asked", mapping_checks.c.asked_at >= since)
        .order_by(mapping_checks.c.asked_at, mapping_checks.c.check_id)
    )
    return [MappingCheck(*row) for row in rows]


async def answer(tx: Transaction, tenant: str, check_id: str, state: Ended, result: str, now: datetime) -> bool:
    """Answer a check; False when another relay was faster, which says the same."""
    changed = await tx.execute(
        update(mapping_checks)
        .where(
            mapping_checks.c.tenant == tenant,
            mapping_checks.c.check_id == check_id,
            mapping_checks.c.state == "asked",
        )
        .values(state=state, result=result, finished_at=now)
    )
    return changed.rowcount == 1
