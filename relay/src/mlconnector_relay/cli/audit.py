"""`audit`: prove that the audit trail is what was sealed."""

from dataclasses import asdict
from typing import Any

import click
from mlconnector_shared.words import how_many

from ..db import agents
from ..db import audit as audit_rows
from ..trail.verify import verify as verify_trail
from .options import ALL_TENANTS, AS_JSON
from .session import Session, print_json, run
from .which import tenants_of

__all__ = ["audit"]


@click.group()
def audit() -> None:
    """Work with the audit trail."""


@audit.command()
@ALL_TENANTS
@AS_JSON
@click.pass_context
def verify(context: click.Context, tenant: str, as_json: bool) -> None:  # noqa: FBT001
    """Check every record against the chain; name the first that was altered, removed or reordered (exit code 1)."""

    async def work(session: Session) -> dict[str, Any]:
        proven = {}
        async with session.database.read() as tx:
            names = await tenants_of(tx, tenant)
        for name in names:
            proven[name] = asdict(await verify_trail(session.database, name))
            async with session.database.read() as tx:
                known = await agents.of_tenant(tx, name)
                proven[name]["witnessed"] = {
                    agent.instance: len(await audit_rows.witnessed(tx, name, agent.instance)) for agent in known
                }
        return proven

    proven = run(context, work)
    if as_json:
        print_json(proven)
        return
    for name, facts in proven.items():
        click.echo(
            f"tenant {name}: {how_many(facts['records'], 'record')} in "
            f"{how_many(facts['batches'], 'batch', 'batches')} agree with the chain, "
            f"{facts['archived']} archived, {facts['unsealed']} not sealed yet; head {facts['head'][:16]}"
        )
