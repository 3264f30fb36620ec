"""`reconciliation`: every difference between store, ledger and SAP, with its cause and the next step."""

import csv
import sys
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, BinaryIO, Final, Literal

import click

from ..tieout.amounts import spelled
from ..tieout.books import books_of
from ..tieout.closing import Closing, differences, sheet_of
from ..tieout.compare import CAUSES
from ..tieout.sheet import Listed
from ..trail.audit import Audit
from .days import DAY
from .options import ALL_TENANTS
from .session import Session, print_json, run
from .tables import print_table
from .which import one_tenant, tenants_of

__all__ = ["reconciliation"]

COLUMNS: Final = (
    "tenant",
    "day",
    "currency",
    "amount",
    "cause",
    "wrong",
    "closed",
    "what",
    "detail",
    "owner",
    "next step",
)

SUMS: Final = ("tenant", "day", "currency", "tax code", "sold", "posted", "in SAP", "difference")
"""Rows without a tax code are of the customers' lines, those with one of its tax."""


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
@click.option("--sums", is_flag=True, help="Show sums by day, currency and tax code instead of the differences.")
@click.option(
    "--freeze",
    "who",
    metavar="NAME",
    default="",
    help="Close these days for ever, signed by NAME, differences included.",
)
@click.option(
    "--sheet", type=click.File("wb", lazy=True), help="Write the sheet of these days, which were closed, to a file."
)
@click.pass_context
def reconciliation(
    context: click.Context,
    tenant: str,
    first: datetime,
    last: datetime,
    form: Literal["table", "csv", "json"],
    sums: bool,  # noqa: FBT001
    who: str,
    sheet: BinaryIO | None,
) -> None:
    """List what differs between orders seen, ledger and SAP as last read back, by accounting date.

    "wrong" tells what someone must look at; the rest is under way, or followed up elsewhere. Days that were closed
    are never computed anew: "frozen" differences are as they were signed, "settled" ones are no more, and what came
    "since" changes closed days.
    """
    if first > last:
        raise click.UsageError(f"--from {first.date()} lies after --to {last.date()}")
    if who:
        click.echo(run(context, lambda session: _freeze(session, tenant, first.date(), last.date(), who)), err=True)
    if sheet:
        sheet.write(run(context, lambda session: _sheet(session, tenant, first.date(), last.date())))
    gather, columns = (_sums, SUMS) if sums else (_gather, COLUMNS)
    _print(form, columns, run(context, lambda session: gather(session, tenant, first.date(), last.date())))


def _print(form: Literal["table", "csv", "json"], columns: Sequence[str], found: list[dict[str, Any]]) -> None:
    if form == "json":
        print_json(found)
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, columns)
        writer.writeheader()
        writer.writerows(found)
    else:
        shown = [name for name in columns if name != "tenant"]
        print_table(shown, [[str(row[name]) for name in shown] for row in found])


async def _gather(session: Session, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
    async with session.database.read() as tx:
        tenants = await tenants_of(tx, tenant)
    return [_row(name, one) for name in tenants for one in await differences(session.database, name, first, last)]


async def _sums(session: Session, tenant: str, first: date, last: date) -> list[dict[str, Any]]:
    async with session.database.read() as tx:
        tenants = await tenants_of(tx, tenant)
    rows = []
    for name in tenants:
        for day in (await books_of(session.database, name, first, last)).days():
            sold = spelled(day.sold, day.currency)
            for code, of_store, posted, in_sap in (
                ("", sold, day.posted, day.in_sap),
                *((code, "", posted, in_sap) for code, posted, in_sap in day.taxes),
            ):
                amounts = (spelled(amount, day.currency) for amount in (posted, in_sap, in_sap - posted))
                values = (name, day.day.isoformat(), day.currency, code, of_store, *amounts)
                rows.append(dict(zip(SUMS, values, strict=True)))
    return rows


async def _freeze(session: Session, tenant: str, first: date, last: date, who: str) -> str:
    async with session.database.read() as tx:
        name = await one_tenant(tx, tenant)
    closing = Closing(session.database, Audit(session.vault, session.runtime), session.runtime)
    closed = await closing.close(name, first, last, who)
    return f"{first} to {last} of tenant {name} are closed; SHA-256 of the sheet {closed.digest}"


async def _sheet(session: Session, tenant: str, first: date, last: date) -> bytes:
    async with session.database.read() as tx:
        name = await one_tenant(tx, tenant)
    return await sheet_of(session.database, name, first, last)


def _row(tenant: str, row: Listed) -> dict[str, Any]:
    one = row.difference
    about = CAUSES[one.cause]
    values = (
        tenant,
        one.day.isoformat(),
        one.currency,
        spelled(one.amount, one.currency),
        one.cause,
        about.wrong,
        row.closed,
        one.what,
        one.detail,
        about.owner,
        about.step,
    )
    return dict(zip(COLUMNS, values, strict=True))
