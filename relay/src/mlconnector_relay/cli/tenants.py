"""`tenant`: the merchants this relay serves."""

import re
from typing import Final

import click

from ..db import stores
from .session import Session, run

__all__ = ["tenant"]

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@click.group()
def tenant() -> None:
    """Add merchants."""


@tenant.command()
@click.argument("slug")
@click.option("--name", default="", help="What people call it.")
@click.pass_context
def add(context: click.Context, slug: str, name: str) -> None:
    """Add a tenant; SLUG has 1 to 32 of a-z, 0-9 and '-'."""
    if not SLUG.fullmatch(slug):
        raise click.BadParameter(f"{slug!r} is no slug: 1 to 32 of a-z, 0-9 and '-'")

    async def work(session: Session) -> bool:
        return await session.database.write(lambda tx: stores.add_tenant(tx, slug, name or slug, session.runtime.now()))

    added = run(context, work)
    click.echo(f"tenant {slug} {'added' if added else 'was there already'}")
