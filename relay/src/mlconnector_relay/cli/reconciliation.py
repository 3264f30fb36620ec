"""`reconciliation`: every difference between store, ledger and SAP, with its cause and the next step."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from ..files import write_whole
from ..tieout.books import books_of
from ..tieout.closing import Closing, differences, sheet_of
from ..tieout.sheet import Beyond, digest_of
from ..trail.audit import Audit
from .days import DAY
from .options import ALL_TENANTS
from .reconciliation_beyond import ProviderFile, beyond, read_provider
from .reconciliation_rows import COLUMNS, SUMS, Form, print_rows, row_of, sums_of
from .session import Session, run, told_errors
from .which import one_tenant, tenants_of

__all__ = ["reconciliation"]

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done with which days.

    Attributes:
        who: closes them; empty: nobody does.
        sheet: where the sheet of closed days goes.
    """

    tenant: str
    first: date
    last: date
    sums: bool
    who: str
    sheet: Path | None
    ask_store: bool
    provider: ProviderFile | None


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
    "--sheet",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the sheet of these days, which were closed, to a file.",
)
@click.option(
    "--ask-store", is_flag=True, help="Ask the stores, too: orders, refunds and payments that the relay does not know."
)
@click.option("--provider", type=FILE, help="Compare a payment provider's settlement file (CSV), too.")
@click.option("--columns", type=FILE, help="With --provider: which of its columns says what (TOML).")
@click.pass_context
def reconciliation(
    context: click.Context,
    /,
    tenant: str,
    first: datetime,
    last: datetime,
    form: Form,
    **options: Any,
) -> None:
    """List what differs between orders seen, ledger and SAP as last read back, by accounting date.

    "wrong" tells what someone must look at; the rest is under way, or followed up elsewhere. Days that were closed
    are never computed anew: "frozen" differences are as they were signed, "settled" ones are no more, and what came
    "since" changes closed days.
    """
    if first > last:
        raise click.UsageError(f"--from {first.date()} lies after --to {last.date()}")
    if bool(options["provider"]) != bool(options["columns"]):
        raise click.UsageError("--provider and --columns go together; docs/howto/reconcile.md shows both")
    provider = None
    if options["provider"]:
        with told_errors():
            provider = read_provider(options["provider"], options["columns"])
    wish = Wish(
        *(tenant, first.date(), last.date(), options["sums"], options["who"], options["sheet"], options["ask_store"]),
        provider,
    )
    print_rows(form, SUMS if wish.sums else COLUMNS, run(context, lambda session: _work(session, wish)))


async def _work(session: Session, wish: Wish) -> list[dict[str, Any]]:
    """Close the days and write their sheet where that is wanted; return the rows to show."""
    async with session.database.read() as tx:
        # What is signed, written or compared with a file is one tenant's.
        is_one = wish.who or wish.sheet or wish.provider
        tenants = [await one_tenant(tx, wish.tenant)] if is_one else await tenants_of(tx, wish.tenant)
    rows: list[dict[str, Any]] = []
    for name in tenants:
        asked = await beyond(session, name, wish.first, wish.last, ask_store=wish.ask_store, provider=wish.provider)
        if wish.who:
            await _freeze(session, name, wish, asked)
        if wish.sheet:
            await _write(session, name, wish, wish.sheet)
        if wish.sums:
            books = await books_of(session.database, name, wish.first, wish.last)
            rows += [row for day in books.days() for row in sums_of(name, day)]
        else:
            found = await differences(session.database, name, wish.first, wish.last, asked)
            rows += [row_of(name, one) for one in found]
    return rows


async def _freeze(session: Session, tenant: str, wish: Wish, asked: Beyond) -> None:
    closing = Closing(session.database, Audit(session.vault, session.runtime), session.runtime)
    closed = await closing.close(tenant, wish.first, wish.last, wish.who, asked)
    keep = "" if wish.sheet else "; --sheet FILE writes it"
    said = f"{wish.first} to {wish.last} of tenant {tenant} are closed by {wish.who}; SHA-256 of the sheet"
    click.echo(f"{said} {closed.digest}{keep}", err=True)


async def _write(session: Session, tenant: str, wish: Wish, file: Path) -> None:
    text = await sheet_of(session.database, tenant, wish.first, wish.last)
    try:
        write_whole(file, text)
    except OSError as error:
        raise click.FileError(str(file), hint=error.strerror or "it cannot be written") from error
    said = f"{file}: the sheet of {wish.first} to {wish.last} of tenant {tenant}, {len(text)} bytes"
    click.echo(f"{said}, SHA-256 {digest_of(text)}", err=True)
