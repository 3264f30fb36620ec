"""`credentials`: the logon circuit, which one refused logon opens and only a person closes."""

import asyncio
import getpass

import click
from mlconnector_shared.errors import ConnectorError

from ..journal.journal import Journal
from ..rfc.circuit import Circuit
from ..rfc.errors import RfcError
from ..runtime import SystemRuntime
from .root import fail, root, settings_of

__all__ = ["credentials"]


@root.group()
def credentials() -> None:
    """SAP credentials and the circuit that guards them."""


@credentials.command("reset")
@click.pass_context
def reset_command(context: click.Context) -> None:
    """Permit logons again, after the SAP user was unlocked or its password put right."""
    state_dir = settings_of(context).agent.state_dir
    runtime = SystemRuntime()
    circuit = Circuit(state_dir, runtime)
    try:
        found = circuit.state()
        why = f"{found.user}: {found.reason}" if found else ""
    except RfcError as error:
        why = error.message
    if not why:
        click.echo("the logon circuit is closed already")
        return

    async def record() -> None:
        book = await Journal.open(state_dir / "journal.db", runtime)
        try:
            await book.audit.written("credentials.reset", "", by=getpass.getuser(), was=why)
        finally:
            await book.close()

    try:
        asyncio.run(record())
    except ConnectorError as error:
        fail(str(error))
    circuit.close()
    click.echo(f"logons are permitted again (it was open since {why})")
