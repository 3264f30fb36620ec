"""`tenant`: the merchants this relay serves."""

import re
from dataclasses import asdict
from typing import Final

import click

from ..db import stores
from .options import AS_JSON
from .session import Session, print_json, run
from .tables import print_table

__all__ = ["tenant"]

SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


@click.group()
def tenant() -> None:
    """Add merchants, list them."""


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


@tenant.command("list")
@AS_JSON
@click.pass_context
def list_(context: click.Context, as_json: bool) -> None:  # noqa: FBT001
    """List tenants with the name people call them by."""

    async def work(session: Session) -> list[stores.Tenant]:
        async with session.database.read() as tx:
            return await stores.all_tenants(tx)

    found = run(context, work)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [[one.tenant, one.name, f"{one.created_at:%Y-%m-%d}"] for one in found]
    print_table(("tenant", "name", "since (UTC)"), rows)
