"""`run`: the agent itself, under a console, systemd or a Windows service alike."""

import asyncio
import contextlib
import os
import signal

import click
from mlconnector_shared.errors import ConnectorError

from ..app import Agent
from ..config.loading import FAILPOINT_VARIABLE
from ..config.settings import Settings
from ..logs import configure
from ..runtime import SystemRuntime
from .root import fail, root, settings_of

__all__ = ["run_command"]


@root.command("run")
@click.pass_context
def run_command(context: click.Context) -> None:
    """Run until stopped. SIGTERM or Ctrl-C finishes what runs first; a second one ends at once."""
    settings = settings_of(context)
    runtime = SystemRuntime()
    configure(runtime, file=settings.log.file, level=settings.log.level)
    try:
        asyncio.run(_run(settings, runtime))
    except ConnectorError as error:
        fail(str(error))
    except KeyboardInterrupt:
        fail("ended at once; what was under way is settled after the next start")


async def _run(settings: Settings, runtime: SystemRuntime) -> None:
    agent = Agent(settings, runtime, failpoint=os.environ.get(FAILPOINT_VARIABLE, ""))
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT"):
        with contextlib.suppress(NotImplementedError):  # Windows: its service control and Ctrl-C end the process
            loop.add_signal_handler(getattr(signal, name), agent.stop)
    await agent.run()
