"""`mlconnector-agent`: the group all commands hang on, and what they share.

Exit codes: 0 done or all is well, 1 a warning, 2 a failure or a wrong call, 3 something could not be looked at.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import click
import msgspec

from ..config.errors import SettingsInvalid
from ..config.loading import load_settings
from ..config.settings import Settings

__all__ = ["FAILED", "fail", "print_json", "readable", "root", "settings_of"]

FAILED = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("/etc/mlconnector-agent/agent.toml"),
    envvar="MLCONNECTOR_AGENT_CONFIG",
    show_default=True,
    show_envvar=True,
    help="Settings file.",
)
@click.version_option(package_name="mlconnector-agent")
@click.pass_context
def root(context: click.Context, config: Path) -> None:
    """Agent of ml-connector: checks, journals and executes the relay's signed calls to SAP.

    Exit codes: 0 ok, 1 warning, 2 failure, 3 unknown.
    """
    context.obj = config


def settings_of(context: click.Context) -> Settings:
    """Load the settings, or end with every error they have."""
    try:
        return load_settings(context.obj)
    except SettingsInvalid as error:
        fail(str(error))


def readable(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Refuse a text that is no UTF-8, and could not be kept, or that would forge a line where it is shown."""
    if not value.isprintable():
        raise click.BadParameter("expected one line of printable text, in UTF-8")
    return value


def fail(message: str) -> NoReturn:
    """End the command with a message on standard error."""
    click.echo(message, err=True)
    raise SystemExit(FAILED)


def print_json(value: Mapping[str, Any] | list[Any]) -> None:
    """Print one JSON document."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
