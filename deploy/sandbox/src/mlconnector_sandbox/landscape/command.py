"""`mlconnector-sandbox up`: the whole landscape on loopback, shown at work."""

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Final

import click
from rich.console import Console

from .demo import Demo
from .landscape import Landscape, Options
from .processes import LandscapeError

__all__ = ["up"]

INTERRUPTED: Final = 130
"""Exit code of a comparison that did not come to its end, as shells have it after Ctrl-C."""


class _Interrupted(Exception):
    """Ctrl-C, SIGTERM, or the terminal was closed."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _Interrupted


@click.command()
@click.option(
    "--state",
    type=click.Path(path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Folder of all state; what an earlier landscape left there is deleted.",
)
@click.option("--profile", type=click.Choice(["eu"]), default="eu", show_default=True, help="Kind of store.")
@click.option("--once", is_flag=True, help="Do not stay: compare store and books, exit 1 on any difference.")
@click.option("--quiet-start", is_flag=True, help="Only bring the landscape up; place no orders.")
def up(state: Path, profile: str, once: bool, quiet_start: bool) -> None:  # noqa: FBT001
    """Bring store, relay, agent and ECC up on 127.0.0.1, let orders flow in, and show what becomes of them."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    _on_signals(_interrupt)
    landscape = Landscape(Options(state=state, profile=profile))
    demo = Demo(landscape, console)
    code = 0
    try:
        demo.start()
        if not quiet_start:
            demo.show()
        if once:
            code = demo.compare()
        else:
            demo.addresses()
            _stay(landscape)
    except _Interrupted:
        console.print("\nending ...", highlight=False)
        code = INTERRUPTED if once else 0
    except LandscapeError as error:
        console.print(str(error), style="red", highlight=False, markup=False, soft_wrap=True)
        code = 1
    finally:
        # Whoever is impatient must not leave processes behind.
        _on_signals(signal.SIG_IGN)
        if landscape.stop():
            console.print("everything has ended")
    sys.exit(code)


def _stay(landscape: Landscape) -> None:
    while True:
        time.sleep(1)
        for process in (landscape.store, landscape.ecc, landscape.relay, landscape.agent):
            process.must_run()


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)
