"""`serve`: run the relay until it is told to stop."""

import asyncio
import os
import signal
import sys

import click
from mlconnector_shared.errors import ConnectorError

from ..app import Relay
from ..config import FAILPOINT_VARIABLE
from ..logs import configure_logs
from ..runtime import SystemRuntime
from .session import settings_of

__all__ = ["serve"]


@click.command()
@click.pass_context
def serve(context: click.Context) -> None:
    """Run the service: callbacks, jobs and tunnel, until SIGTERM or Ctrl-C."""
    try:
        settings = settings_of(context)
        runtime = SystemRuntime()
        configure_logs(runtime.now, file=settings.relay.log_file)
        asyncio.run(_serve(Relay(settings, runtime, failpoint=os.environ.get(FAILPOINT_VARIABLE, ""))))
    except ConnectorError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


async def _serve(relay: Relay) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await relay.start()
        await stop.wait()
    finally:
        await relay.stop()
