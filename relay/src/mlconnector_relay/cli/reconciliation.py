"""`reconciliation`: every difference between store, ledger and SAP, with its cause and the next step."""

import csv
import sys
from datetime import date, datetime
from typing import Any, Final, Literal

import click

from ..tieout.compare import CAUSES, Difference
from ..tieout.daily import spelled
from ..tieout.differences import differences
from .days import DAY
from .options import ALL_TENANTS
from .session import Session, print_json, run
from .tables import print_table
from .which import tenants_of

__all__ = ["reconciliation"]

COLUMNS: Final = ("tenant", "day", "currency", "amount", "cause", "wrong", "what", "detail", "owner", "next step")


@click.command()
@ALL_TENANTS
@click.option("--from", "first", type=DAY, required=True, help="First day.")
@click.option("--to", "last", type=DAY, required=True, help="Last day.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="For people, spreadsheets or scripts.",
)
@click.pass_context
def reconciliation(
    context: click.Context, tenant: str, first: datetime, last: datetime, form: Literal["table", "csv", "json"]
) -> None:
    """List what differs between orders seen, ledger and SAP as last read back, by accounting date.

    "wrong" tells what someone must look at; the rest is under way, or followed up elsewhere.
    """
    if first > last:
        raise click.UsageError(f"--from {first.date()} lies after --to {last.date()}")
    found = run(context, lambda session: _gather(session, tenant, first.date(), last.date()))
    if form == "json":
        print_json(found)
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows(found)
    else:
        shown = [name for name in COLUMNS if name != "tenant"]
        print_table(shown, [[str(row[name]) for name in shown] for row in found])


async def _gather(session: Session, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
    async with session.database.read() as tx:
        tenants = await tenants_of(tx, tenant)
    return [_row(name, one) for name in tenants for one in await differences(session.database, name, first, last)]


def _row(tenant: str, one: Difference) -> dict[str, Any]:
    about = CAUSES[one.cause]
    values = (
        tenant,
        one.day.isoformat(),
        one.currency,
        spelled(one.amount, one.currency),
        one.cause,
        about.wrong,
        one.what,
        one.detail,
        about.owner,
        about.step,
    )
    return dict(zip(COLUMNS, values, strict=True))
