"""`agent`: the agents of a tenant."""

import click

from ..tunnel.authority import Authority
from ..tunnel.enrolment import issue_token
from ..tunnel.registry import System
from ..tunnel_registry import DatabaseRegistry
from .session import Session, run

__all__ = ["agent"]


@click.group()
def agent() -> None:
    """Enrol agents."""


@agent.command()
@click.option("--tenant", required=True)
@click.option("--instance", required=True, help="Name of the agent: 1 to 32 of a-z, 0-9 and '-'.")
@click.option("--sysid", required=True, help="SAP system id it posts to.")
@click.option("--client", required=True, help="SAP client it posts to.")
@click.option("--url", default="", help="Our public address as the agent reaches it; the settings' where left out.")
@click.pass_context
def token(context: click.Context, tenant: str, instance: str, sysid: str, client: str, url: str) -> None:
    """Print a one-time enrolment token for one agent; it lives for 15 minutes and is shown only now."""

    async def work(session: Session) -> str:
        settings = session.settings
        listen = settings.listen
        base = url or listen.public_url or f"http://{listen.host}:{listen.port}"
        authority = Authority.load(settings.relay.state_dir, session.runtime)
        registry = DatabaseRegistry(session.database, session.vault)
        return await issue_token(
            registry, authority, session.runtime, url=base, system=System(tenant, sysid, client), instance=instance
        )

    click.echo(run(context, work))
