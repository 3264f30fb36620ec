"""`mapping export` and `mapping import`: the rules of a mapping as a CSV file, for people who live in spreadsheets."""

import csv
import io
from pathlib import Path
from typing import Any

import click
from mlconnector_shared.words import how_many

from ..db import mappings
from ..files import write_whole
from ..sap.mapping import Mapping, load_mapping
from ..sap.rule_merge import merged
from ..sap.rule_sheet import decoded, read_sheet, sheet_of
from .mapping_source import FILE, read_mapping
from .options import ONE_TENANT
from .session import Session, run, told_errors
from .which import NotOne, one_tenant

__all__ = ["export", "import_"]

WRITTEN = click.Path(dir_okay=False, allow_dash=True, path_type=Path)
READ = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--csv", "target", type=WRITTEN, required=True, help="Where the rules go; - prints them.")
@click.option("--of", "source", type=READ, help="A mapping file instead of the version put in force last.")
@click.option(
    "--separator",
    type=click.Choice([",", ";", "tab"]),
    default=",",
    show_default=True,
    help="What your spreadsheet expects: ; where numbers have a decimal comma.",
)
@ONE_TENANT
@click.pass_context
def export(context: click.Context, target: Path, source: Path | None, separator: str, tenant: str) -> None:
    """Write the rules for accounts, taxes and documents as CSV: one row per rule, read back by `mapping import`."""
    if source is not None:
        with told_errors():
            mapping = read_mapping(source)[0]
    else:
        mapping = run(context, lambda session: _in_force(session, tenant))
    text = io.StringIO(newline="")
    csv.writer(text, delimiter="\t" if separator == "tab" else separator).writerows(sheet_of(mapping.file))
    if str(target) == "-":
        click.echo(text.getvalue(), nl=False)
        return
    # The mark tells spreadsheets that it is UTF-8.
    _write(target, text.getvalue().encode("utf-8-sig"))
    click.echo(f"{target}: {_counted(mapping)} of {mapping.version}")


@click.command("import")
@FILE
@click.option("--into", "target", type=READ, required=True, help="The mapping file whose rules FILE replaces.")
@click.option("--dry-run", is_flag=True, help="Print the mapping instead of writing it.")
def import_(file: Path, target: Path, dry_run: bool) -> None:  # noqa: FBT001
    """Replace the rules for accounts, taxes and documents in a mapping file by those of the CSV file FILE.

    All else in the mapping file stays, comments included. Every error is told at once, with row and
    column; then nothing is written.
    """
    with told_errors():
        sheet = read_sheet(decoded(file.read_bytes()), str(file))
        text, mapping = merged(target.read_text("utf-8"), str(target), sheet, str(file))
    if dry_run:
        click.echo(text, nl=False)
        return
    _write(target, text.encode())
    click.echo(f"{target}: {_counted(mapping)}, version {mapping.version}; next: mapping check, then mapping propose")


def _write(target: Path, data: bytes) -> None:
    try:
        write_whole(target, data)
    except OSError as error:
        raise click.FileError(str(target), hint=error.strerror or "it cannot be written") from error


def _counted(mapping: Mapping) -> str:
    file = mapping.file
    accounts, taxes = how_many(len(file.accounts), "account rule"), how_many(len(file.taxes), "tax rule")
    return f"{accounts}, {taxes}, {how_many(len(file.documents), 'document rule')}"


async def _in_force(session: Session, tenant: str) -> Any:
    async with session.database.read() as tx:
        name = await one_tenant(tx, tenant)
        decided = await mappings.activations(tx, name)
        text = await mappings.content(tx, name, decided[-1].version) if decided else None
    if text is None:
        raise NotOne(f"tenant {name} has no mapping in force; name a file with --of")
    return load_mapping(text, decided[-1].version)
