"""Run the simulator as a process: gateway, control interface, a file that says where they are, a clean end."""

import asyncio
import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import click
from aiohttp import web

from . import fixture as fixtures
from .control.app import build
from .listener import Listener, free_listener
from .system import System

__all__ = ["Settings", "run"]

_WAITERS = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line says; no system number means any free one."""

    state: Path
    system_number: int | None
    control_port: int
    ready_file: Path | None
    fixture: Path | None


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    asyncio.run(_run(settings))


async def _run(settings: Settings) -> None:
    # Whoever waits at the control interface occupies a thread.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_WAITERS, thread_name_prefix="control"))
    system = System(settings.state, fixtures.read(settings.fixture))
    listener = free_listener(system) if settings.system_number is None else Listener(system, settings.system_number)
    runner = web.AppRunner(build(system, listener), access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", settings.control_port)
    await site.start()
    control_port = runner.addresses[0][1]
    _announce(settings, listener, control_port)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    system.points.close()
    await asyncio.to_thread(listener.end)
    await runner.cleanup()
    system.close()


def _announce(settings: Settings, listener: Listener, control_port: int) -> None:
    """Say where the simulator listens; the file appears complete or not at all."""
    where = {
        "pid": os.getpid(),
        "sysnr": f"{listener.number:02d}",
        "rfc_port": listener.port,
        "control_port": control_port,
    }
    click.echo(
        f"SAP ECC simulator: RFC on 127.0.0.1:{listener.port}, control on http://127.0.0.1:{control_port}/sandbox"
    )
    if settings.ready_file is not None:
        unfinished = settings.ready_file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps(where), encoding="utf-8")
        unfinished.replace(settings.ready_file)
