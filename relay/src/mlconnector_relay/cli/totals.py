"""`totals`: per day and currency, what was sold, posted and stands in SAP."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import click
from mlconnector_shared.words import how_many

from ..db import sights
from ..runtime import SystemRuntime
from ..tieout import gather
from ..tieout.totals import BETWEEN, SUMS, DayTotals, Sum, added
from ..tieout.totals import totals as add_up
from .days import DAY
from .options import ALL_TENANTS, AS_JSON
from .session import Session, print_json, run
from .tables import digits, print_table
from .which import tenants_of

__all__ = ["totals"]

USUAL_DAYS: Final = 7

RARE: Final = ("late", "payments", "sap_payments")
NAMED: Final = {"sap": "in SAP", "sap_payments": "payments in SAP"}


@click.command()
@ALL_TENANTS
@click.option("--day", type=DAY, help="One day.")
@click.option("--from", "first", type=DAY, help=f"First day; {USUAL_DAYS} days back where left out.")
@click.option("--to", "last", type=DAY, help="Last day; today where left out.")
@AS_JSON
@click.pass_context
def totals(
    context: click.Context,
    tenant: str,
    day: datetime | None,
    first: datetime | None,
    last: datetime | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Show per day and currency what the store sold, the ledger posted and SAP holds, and what lies between.

    Days are accounting dates: the day an order was placed, in the store's time zone, and documents' posting dates.
    What SAP holds is as of the last `readback`; what was posted since then stands under "newer". "late" is what was
    posted of earlier days whose period was closed; payments, where they are posted, stand apart.
    """
    if day and (first or last):
        raise click.UsageError("--day goes without --from and --to")
    today = SystemRuntime().now().date()
    until = _day(day or last) or today
    since = _day(day or first) or until - timedelta(days=USUAL_DAYS - 1)
    if since > until:
        raise click.UsageError(f"--from {since} lies after --to {until}")
    found = run(context, lambda session: _gather(session, tenant, since, until))
    if as_json:
        print_json(found)
        return
    for one in found:
        _print(one)


async def _gather(session: Session, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
    database = session.database
    async with database.read() as tx:
        tenants = await tenants_of(tx, tenant)
    found = []
    for name in tenants:
        readings = await gather.readings_of(database, name)
        # Postings go on meanwhile: what is read of them last explains every document.
        documents = await gather.documents_of(database, name, first, last)
        # A document of these days may have been reversed later.
        postings = await gather.postings_of(database, name, first)
        written = gather.written_of(gather.within(postings, first, last), readings, documents)
        standing = gather.standing_of(documents, postings)
        rows = add_up(gather.sold_of(await gather.orders_of(database, name, first, last)), written, standing)
        async with database.read() as tx:
            unseen = await sights.unseen(tx, name)
        found.append(
            {
                "tenant": name,
                "from": first.isoformat(),
                "to": last.isoformat(),
                "read": [
                    {
                        "system": f"{one.sysid} client {one.client}",
                        "at": one.begun_at.isoformat(timespec="seconds") if one.begun_at else None,
                        "minutes_ago": round(
                            (session.runtime.now() - (one.begun_at or one.asked_at)).total_seconds() / 60
                        ),
                    }
                    for one in readings.values()
                ],
                "unseen": unseen,
                "days": [_row(row, row.day.isoformat()) for row in rows],
                "sums": [_row(row, "all") for row in added(rows).values()],
            }
        )
    return found


def _print(found: dict[str, Any]) -> None:
    click.echo(f"tenant {found['tenant']}, {found['from']} to {found['to']}")
    states = [state for state in BETWEEN if any(state in row["between"] for row in found["days"])]
    # What few tenants have is shown where there is any.
    sums = [name for name in SUMS[1:] if name not in RARE or any(row[name]["count"] for row in found["days"])]
    columns = ("day", "currency", "sold", *states, *(NAMED.get(name, name) for name in sums), "difference")
    rows = [_cells(row, states, sums) for row in (*found["days"], *found["sums"])]
    print_table([column.replace("_", " ") for column in columns], rows)
    for reading in found["read"]:
        ago = how_many(reading["minutes_ago"], "minute")
        click.echo(f"SAP {reading['system']} was read {ago} ago ({reading['at']})")
    if not found["read"]:
        click.echo("SAP was never read back: run `mlconnector-relay readback`")
    for state, count in found["unseen"].items():
        click.echo(f"{how_many(count, 'order')} never fetched, so without an amount: {state.replace('_', ' ')}")


def _cells(row: dict[str, Any], states: Sequence[str], sums: Sequence[str]) -> list[str]:
    between = [_cell(row["between"].get(state)) for state in states]
    amounts = [_cell(row[name]) for name in sums]
    return [row["day"], row["currency"], _cell(row["sold"]), *between, *amounts, row["difference"]]


def _cell(one: dict[str, Any] | None) -> str:
    return f"{one['amount']} ({one['count']})" if one and one["count"] else ""


def _row(row: DayTotals, day: str) -> dict[str, Any]:
    return {
        "day": day,
        "currency": row.currency,
        "sold": _sum(row.sold, row.currency),
        "between": {state: _sum(one, row.currency) for state, one in row.between.items()},
        **{name: _sum(getattr(row, name), row.currency) for name in SUMS[1:]},
        "difference": digits(row.difference, row.currency),
    }


def _sum(one: Sum, currency: str) -> dict[str, Any]:
    return {"count": one.count, "amount": digits(one.amount, currency)}


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
