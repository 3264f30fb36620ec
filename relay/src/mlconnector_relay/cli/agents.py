"""`agent`: the agents of a tenant."""

from dataclasses import asdict

import click

from ..db import agents
from ..db.engine import Transaction
from ..trail.audit import Audit, Record
from ..tunnel.authority import Authority
from ..tunnel.enrolment import issue_token
from ..tunnel.registry import System
from ..tunnel_registry import DatabaseRegistry
from .options import ALL_TENANTS, AS_JSON, BY, CLIENT, INSTANCE, LINE, SYSID, TENANT
from .session import Session, print_json, run
from .tables import print_table
from .which import NotOne, tenants_of

__all__ = ["agent"]


@click.group()
def agent() -> None:
    """Enrol agents, list, release and revoke them."""


@agent.command()
@TENANT
@INSTANCE
@SYSID
@CLIENT
@click.option("--url", default="", help="Our public address as the agent reaches it; the settings' where left out.")
@click.pass_context
def token(context: click.Context, tenant: str, instance: str, sysid: str, client: str, url: str) -> None:
    """Print a one-time enrolment token for one agent; it lives for 15 minutes and is shown only now."""

    async def work(session: Session) -> str:
        settings = session.settings
        base = url or settings.listen.address
        async with session.database.read() as tx:
            await tenants_of(tx, tenant)
        authority = Authority.load(settings.relay.state_dir, session.runtime)
        registry = DatabaseRegistry(session.database, session.vault)
        return await issue_token(
            registry, authority, session.runtime, url=base, system=System(tenant, sysid, client), instance=instance
        )

    click.echo(run(context, work))


@agent.command("list")
@ALL_TENANTS
@AS_JSON
@click.pass_context
def list_(context: click.Context, tenant: str, as_json: bool) -> None:  # noqa: FBT001
    """List agents: which SAP client they serve, how they stand and when they were last seen."""

    async def work(session: Session) -> list[agents.Agent]:
        async with session.database.read() as tx:
            return [known for name in await tenants_of(tx, tenant) for known in await agents.of_tenant(tx, name)]

    found = run(context, work)
    if as_json:
        print_json([asdict(known) for known in found])
        return
    rows = [
        [
            known.tenant,
            known.instance,
            f"{known.sysid} {known.client}",
            known.state,
            f"{known.last_seen_at:%Y-%m-%d %H:%M}" if known.last_seen_at else "never",
            known.agent_version,
            known.state_reason,
        ]
        for known in found
    ]
    print_table(("tenant", "instance", "SAP", "state", "last seen (UTC)", "version", "reason"), rows)


@agent.command()
@click.argument("instance")
@TENANT
@BY
@click.option("--reason", type=LINE, required=True, help="Why, in your words; shown in `agent list`.")
@click.pass_context
def revoke(context: click.Context, instance: str, tenant: str, who: str, reason: str) -> None:
    """Revoke INSTANCE with all its certificates and keys; a live session ends within seconds."""

    async def work(session: Session) -> None:
        await _known(session, tenant, instance)

        async def revoked(tx: Transaction) -> None:
            await agents.revoke(tx, tenant, instance, reason, session.runtime.now())
            await _tell(session, tx, tenant, instance, "revoked", by=who, reason=reason)

        await session.database.write(revoked)

    run(context, work)
    click.echo(f"agent {instance} of tenant {tenant} is revoked; a new token enrols it again")


@agent.command()
@click.argument("instance")
@TENANT
@BY
@click.option("--reason", type=LINE, required=True, help="What it was and what was done about it, in your words.")
@click.pass_context
def release(context: click.Context, instance: str, tenant: str, who: str, reason: str) -> None:
    """Let the quarantined INSTANCE post again; first settle its open postings and find out why it was quarantined."""

    async def work(session: Session) -> None:
        known = await _known(session, tenant, instance)
        if known.state != "quarantined":
            raise NotOne(f"agent {instance} of tenant {tenant} is {known.state}, not quarantined")

        async def released(tx: Transaction) -> None:
            await agents.release(tx, tenant, instance)
            await _tell(session, tx, tenant, instance, "released", by=who, reason=reason, was=known.state_reason)

        await session.database.write(released)

    run(context, work)
    click.echo(f"agent {instance} of tenant {tenant} may post again from its next session on")


async def _tell(session: Session, tx: Transaction, tenant: str, instance: str, what: str, **fields: str) -> None:
    """Write into the trail what a person did with an agent."""
    record = Record(tenant, f"agent.{what}", f"agent/{instance}", fields=fields)
    await Audit(session.vault, session.runtime).record(tx, record, session.runtime.now())


async def _known(session: Session, tenant: str, instance: str) -> agents.Agent:
    async with session.database.read() as tx:
        known = await agents.by_instance(tx, tenant, instance)
    if known is None:
        raise NotOne(f"tenant {tenant} has no agent {instance}; see `agent list`")
    return known
