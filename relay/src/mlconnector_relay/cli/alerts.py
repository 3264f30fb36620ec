"""`alerts`: what a person should know, once per cause."""

from dataclasses import asdict
from datetime import datetime

import click

from ..db import alerts as alert_rows
from ..db.alerts import Alert
from ..db.engine import Transaction
from ..trail.alerts import Alerts
from ..trail.channels import Channels
from .options import ALL_TENANTS, AS_JSON, ONE_TENANT
from .session import Session, print_json, run
from .tables import print_table
from .which import NotOne, tenants_of

__all__ = ["alerts"]


@click.group()
def alerts() -> None:
    """List open alerts, show one, take one on."""


async def _open(session: Session, tenant: str) -> list[Alert]:
    async with session.database.read() as tx:
        return [alert for name in await tenants_of(tx, tenant) for alert in await alert_rows.find(tx, name)]


@alerts.command("list")
@ALL_TENANTS
@AS_JSON
@click.pass_context
def list_(context: click.Context, tenant: str, as_json: bool) -> None:  # noqa: FBT001
    """List open alerts with owner and how often they were raised."""
    found = run(context, lambda session: _open(session, tenant))
    if as_json:
        print_json([asdict(alert) for alert in found])
        return
    rows = [
        [alert.severity, alert.owner, str(alert.count), f"{alert.opened_at:%Y-%m-%d %H:%M}", alert.key, alert.sentence]
        for alert in found
    ]
    print_table(("severity", "owner", "raised", "since (UTC)", "alert", "what is the matter"), rows)


@alerts.command()
@click.argument("key")
@ONE_TENANT
@AS_JSON
@click.pass_context
def show(context: click.Context, key: str, tenant: str, as_json: bool) -> None:  # noqa: FBT001
    """Show the open alert KEY."""

    async def work(session: Session) -> list[Alert]:
        found = [alert for alert in await _open(session, tenant) if alert.key == key]
        if not found:
            raise NotOne(f"no open alert {key!r}; see `alerts list`")
        return found

    found = run(context, work)
    if as_json:
        print_json([asdict(alert) for alert in found])
        return
    for alert in found:
        for name, value in asdict(alert).items():
            if isinstance(value, datetime):
                click.echo(f"{name.replace('_', ' ')} (UTC): {value:%Y-%m-%d %H:%M}")
            elif value:
                click.echo(f"{name.replace('_', ' ')}: {value}")


@alerts.command()
@click.argument("key")
@ONE_TENANT
@click.option("--by", "who", required=True, help="Who takes it on.")
@click.pass_context
def ack(context: click.Context, key: str, tenant: str, who: str) -> None:
    """Take the open alert KEY on; it closes by itself when its cause is cured."""

    async def work(session: Session) -> None:
        async with session.database.read() as tx:
            names = await tenants_of(tx, tenant)
        now = session.runtime.now()

        async def acknowledge(tx: Transaction) -> bool:
            return any([await Alerts().acknowledge(tx, name, key, who, now) for name in names])

        if not await session.database.write(acknowledge):
            raise NotOne(f"no open alert {key!r}; see `alerts list`")

    run(context, work)
    click.echo(f"alert {key} is taken on by {who}")


@alerts.command()
@AS_JSON
@click.pass_context
def channels(context: click.Context, as_json: bool) -> None:  # noqa: FBT001
    """List the configured channels with their service, secrets blotted out, and what each tells."""

    async def work(session: Session) -> list[dict[str, str]]:
        made = Channels.of(session.settings.alerts)
        services = made.services()
        return [
            {
                "channel": channel.name,
                "service": services[channel.name],
                "owners": ", ".join(sorted(channel.owners)) or "all",
                "tenants": ", ".join(sorted(channel.tenants)) or "all",
                "severity": channel.severity,
            }
            for channel in made.all
        ]

    rows = run(context, work)
    if as_json:
        print_json(rows)
        return
    print_table(("channel", "service", "owners", "tenants", "severity"), [list(row.values()) for row in rows])


@alerts.command()
@click.argument("channel", default="")
@click.pass_context
def test(context: click.Context, channel: str) -> None:
    """Send a test message through CHANNEL, or through all; fails when one does not arrive at its service."""

    async def work(session: Session) -> dict[str, str]:
        made = Channels.of(session.settings.alerts)
        names = [one.name for one in made.all if channel in {"", one.name}]
        if not names:
            configured = ", ".join(one.name for one in made.all) or "none"
            raise NotOne(f"there is no channel {channel or 'at all'}; configured under [alerts]: {configured}")
        body = "This is a test by `alerts test`; nothing is the matter."
        return {name: await made.tell(name, "ml-connector: test", body, "warning") for name in names}

    results = run(context, work)
    for name, why in results.items():
        click.echo(f"{name}: {f'not delivered: {why}' if why else 'delivered to the service'}")
    if any(results.values()):
        context.exit(1)
