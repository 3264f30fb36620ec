"""What every command needs: settings read, database open, errors shown as one sentence, exit codes."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from mlconnector_shared.errors import ConnectorError

from ..config import Settings, load_settings
from ..db.engine import Database
from ..db.migrate import check_schema
from ..keys import master_key
from ..runtime import SystemRuntime
from ..trail.vault import Vault

__all__ = ["Session", "print_json", "run", "settings_of", "told_errors"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """An opened relay, beside the service that may be running."""

    settings: Settings
    database: Database
    vault: Vault
    runtime: SystemRuntime


def settings_of(context: click.Context) -> Settings:
    """Read the settings file the command line names.

    Raises:
        SettingsInvalid: with every error.
    """
    path: Path = context.find_root().params["config"]
    return load_settings(path)


def run(context: click.Context, work: Callable[[Session], Awaitable[T]]) -> T:
    """Open the relay's state, run the command's work, and turn our errors into a sentence and exit code 1."""

    async def opened() -> T:
        settings = settings_of(context)
        runtime = SystemRuntime()
        database = Database(settings.database.url)
        try:
            await check_schema(database)
            vault = Vault(master_key(settings, runtime), runtime)
            return await work(Session(settings, database, vault, runtime))
        finally:
            await database.close()

    with told_errors():
        return asyncio.run(opened())


@contextmanager
def told_errors() -> Iterator[None]:
    """Turn our errors, and those of files and arguments that are no text, into a sentence and exit code 1."""
    try:
        yield
    except (ConnectorError, UnicodeError) as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


def print_json(value: Any) -> None:
    """Print data for scripts."""
    click.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))
