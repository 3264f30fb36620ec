"""`mlconnector-relay`: the service and its commands.

Exit codes: 0 done, 1 an error that the message explains, 2 a wrong command line.
"""

from pathlib import Path

import click

from . import agents, alerts, audit, database, mapping, messages, orders, serve, stores, tenants, trace

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mlconnector-relay")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("relay.toml"),
    envvar="MLCONNECTOR_RELAY_CONFIG",
    show_default=True,
    help="Settings file.",
)
def main(config: Path) -> None:
    """Post the orders of BigCommerce stores into SAP through an agent, exactly once."""
    del config


for command in (
    serve.serve,
    database.db,
    tenants.tenant,
    stores.store,
    agents.agent,
    mapping.mapping,
    messages.messages,
    orders.orders,
    alerts.alerts,
    trace.trace,
    audit.audit,
):
    main.add_command(command)
