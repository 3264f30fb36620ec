"""`serve`: run the relay until it is told to stop."""

import asyncio
import gc
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

__all__ = ["run_until_told", "serve"]


@click.command()
@click.pass_context
def serve(context: click.Context) -> None:
    """Run the service: callbacks, jobs and tunnel, until SIGTERM or Ctrl-C."""
    try:
        settings = settings_of(context)
        runtime = SystemRuntime()
        configure_logs(runtime.now, file=settings.relay.log_file)
        asyncio.run(run_until_told(Relay(settings, runtime, failpoint=os.environ.get(FAILPOINT_VARIABLE, ""))))
    except ConnectorError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(1)


async def run_until_told(relay: Relay) -> None:
    """Run a relay until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        await relay.start()
        # Modules, tables and models live as long as the process; to look through them takes the collector a tenth of a
        # second, in which nobody is answered.
        gc.freeze()
        await stop.wait()
    finally:
        await relay.stop()
