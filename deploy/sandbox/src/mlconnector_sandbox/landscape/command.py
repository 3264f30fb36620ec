"""`mlconnector-sandbox up`: the whole landscape on loopback, shown at work."""

import signal
import sys
import time
from pathlib import Path
from types import FrameType

import click
from rich.console import Console

from .demo import Demo
from .landscape import Landscape, Options
from .processes import LandscapeError

__all__ = ["up"]


class _Interrupted(Exception):
    """Ctrl-C or SIGTERM."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _Interrupted


@click.command()
@click.option("--state", type=click.Path(path_type=Path), default=Path("var/demo"), help="Folder of all state.")
@click.option("--profile", type=click.Choice(["eu"]), default="eu", show_default=True)
@click.option("--once", is_flag=True, help="Do not stay: compare store and books, exit 1 on any difference.")
@click.option("--quiet-start", is_flag=True, help="Only bring the landscape up; place no orders.")
def up(state: Path, profile: str, once: bool, quiet_start: bool) -> None:  # noqa: FBT001
    """Bring store, relay, agent and ECC up on 127.0.0.1, let orders flow in, and show what becomes of them."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
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
            console.print("Ctrl-C ends everything.")
            while True:
                time.sleep(1)
                for process in (landscape.store, landscape.ecc, landscape.relay, landscape.agent):
                    process.must_run()
    except _Interrupted:
        console.print("\nending ...")
    except LandscapeError as error:
        console.print(f"[red]{error}[/]", highlight=False)
        code = 1
    finally:
        landscape.stop()
        console.print("everything has ended")
    sys.exit(code)
