"""`mlconnector-sandbox ecc`."""

from pathlib import Path

import click

__all__ = ["ecc"]

_AUTO = "auto"


def _system_number(context: click.Context, parameter: click.Parameter, value: str) -> int | None:
    del context, parameter
    if value == _AUTO:
        return None
    if not value.isdecimal() or int(value) > 99:  # noqa: PLR2004 - two digits
        raise click.BadParameter("a system number has two digits, 00 to 99; or say auto")
    return int(value)


@click.command
@click.option(
    "--sysnr",
    default="00",
    show_default=True,
    callback=_system_number,
    help="System number NN: RFC listens on port 33NN; auto takes a free one.",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of the books; they survive a restart.",
)
@click.option("--control-port", default=0, show_default="any", help="Port of the control interface.")
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write JSON with pid, sysnr, rfc_port and control_port here when listening.",
)
@click.option(
    "--fixture",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Master data for an empty state folder, instead of the built-in ones.",
)
def ecc(sysnr: int | None, state: Path, control_port: int, ready_file: Path | None, fixture: Path | None) -> None:
    """Run the SAP ECC simulator."""
    from .process import Settings, run  # noqa: PLC0415 - --help need not load the simulator

    run(Settings(state, sysnr, control_port, ready_file, fixture))
