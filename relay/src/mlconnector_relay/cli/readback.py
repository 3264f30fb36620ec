"""`readback`: have SAP's books read again now, and wait for it."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Final

import click
from mlconnector_shared.errors import ConnectorError

from ..db import sap_readings, stores
from ..db.sap_readings import Reading
from .days import DAY
from .options import ALL_TENANTS, AS_JSON
from .session import Session, print_json, run
from .tables import print_table
from .which import tenants_of

__all__ = ["readback"]

LOOK_SECONDS: Final = 0.5


class NotRead(ConnectorError):
    """The books were not read back in time."""


@click.command()
@ALL_TENANTS
@click.option("--from", "since", type=DAY, help="First day of entry in SAP; as for the daily reading where left out.")
@click.option(
    "--wait",
    "seconds",
    type=click.FloatRange(0, 86400),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="Give up waiting, not the reading, after this long.",
)
@AS_JSON
@click.pass_context
def readback(context: click.Context, tenant: str, since: datetime | None, seconds: float, as_json: bool) -> None:  # noqa: FBT001
    """Read our documents back from SAP, as the relay does daily by itself.

    The relay that an agent of the SAP client is connected to reads; this command asks and waits.
    """
    found = run(context, lambda session: _read(session, tenant, since.date() if since else None, seconds))
    if as_json:
        print_json([_row(one) for one in found])
        return
    columns = ("tenant", "system", "since", "documents", "finished")
    print_table(columns, [[str(_row(one)[name]) for name in columns] for one in found])


async def _read(session: Session, tenant: str, since: date | None, seconds: float) -> list[Reading]:
    now = session.runtime.now()
    first = since or now.astimezone(UTC).date() - timedelta(days=session.settings.reconciliation.days_back)
    asked = []
    async with session.database.read() as tx:
        for name in await tenants_of(tx, tenant):
            for system in sorted({(one.sysid, one.client) for one in await stores.of_tenant(tx, name) if one.active}):
                reading_id = f"asked-{session.runtime.new_id()}"
                asked.append(sap_readings.asked(name, reading_id, system, first, now, daily=False))
    for one in asked:
        await session.database.write(partial(sap_readings.ask, new=one))
    return await _await(session, asked, seconds)


async def _await(session: Session, asked: list[Reading], seconds: float) -> list[Reading]:
    deadline = session.runtime.monotonic() + seconds
    while True:
        async with session.database.read() as tx:
            now = [await sap_readings.by_id(tx, one.tenant, one.reading_id) for one in asked]
        found = [one for one in now if one is not None]
        failed = [f"{one.sysid} client {one.client}: {one.detail}" for one in found if one.state == "failed"]
        if failed:
            raise NotRead("; ".join(failed))
        waiting = [one for one in found if one.is_open]
        if not waiting:
            return found
        if session.runtime.monotonic() >= deadline:
            raise NotRead("; ".join(_missing(one, seconds) for one in waiting))
        await session.runtime.sleep(LOOK_SECONDS)


def _missing(one: Reading, seconds: float) -> str:
    place = f"{one.sysid} client {one.client} (tenant {one.tenant}) was not read in {seconds:.0f} s"
    if one.detail:
        return f"{place}: {one.detail}; it is tried again at {one.due_at:%H:%M} UTC"
    if one.state == "reading":
        return f"{place}: it is being read; wait longer with --wait, or look at `totals` later"
    return f"{place}: no running relay has an agent of it connected; see `agent list` and the relay's log"


def _row(one: Reading) -> dict[str, object]:
    return {
        "tenant": one.tenant,
        "system": f"{one.sysid} client {one.client}",
        "since": one.since.isoformat(),
        "documents": one.documents,
        "finished": one.finished_at.isoformat(timespec="seconds") if one.finished_at else None,
    }
