"""`db`: the database's schema."""

import click

from ..db.migrate import upgrade as upgrade_schema
from .session import settings_of, told_errors

__all__ = ["db"]


@click.group()
def db() -> None:
    """Prepare the database."""


@db.command()
@click.pass_context
def upgrade(context: click.Context) -> None:
    """Create the schema, or bring it to this program's version; safe to repeat."""
    with told_errors():
        upgrade_schema(settings_of(context).database.url)
    click.echo("the schema is up to date")
