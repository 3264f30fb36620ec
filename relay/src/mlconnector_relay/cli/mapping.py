"""`mapping`: check a mapping file before it takes effect."""

import sys
from pathlib import Path

import click

from ..sap.mapping import MappingInvalid, load_mapping

__all__ = ["mapping"]


@click.group()
def mapping() -> None:
    """Work with mapping files."""


@mapping.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Check FILE and name every error at once, with line or key and what is expected."""
    try:
        checked = load_mapping(file.read_text("utf-8"), str(file))
    except (MappingInvalid, UnicodeDecodeError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)
    held = checked.file
    click.echo(
        f"{file} is valid: version {checked.version}, {len(held.company_codes)} company codes, "
        f"{len(held.accounts)} account rules, {len(held.taxes)} tax rules"
    )
