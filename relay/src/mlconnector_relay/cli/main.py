"""`mlconnector-relay`: the service and its commands.

Exit codes: 0 done, 1 an error that the message explains, 2 a wrong command line.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import click

__all__ = ["main"]

COMMANDS: Final[Mapping[str, str]] = {
    "agent": "agents",
    "alerts": "alerts",
    "audit": "audit",
    "cutoff": "cutoff",
    "db": "database",
    "explain": "explain",
    "liabilities": "liabilities",
    "mapping": "mapping",
    "messages": "messages",
    "orders": "orders",
    "procedure": "procedure",
    "readback": "readback",
    "reconciliation": "reconciliation",
    "serve": "serve",
    "store": "stores",
    "tenant": "tenants",
    "totals": "totals",
    "trace": "trace",
    "worklist": "worklist",
}
"""The commands, and the module beside this one that holds each under its name."""


class _Commands(click.Group):
    """Imports the command that is called and no other: imports are most of what a short command costs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        module = COMMANDS.get(cmd_name)
        found: Any = None if module is None else getattr(import_module(f".{module}", __package__), cmd_name)
        return found if isinstance(found, click.Command) else None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
