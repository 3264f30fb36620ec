"""The command line."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from mlconnector_sandbox.cli import main


def test_the_command_explains_itself() -> None:
    """Every option is in the help."""
    result = CliRunner().invoke(main, ["ecc", "--help"])

    assert result.exit_code == 0
    assert all(
        option in result.output for option in ("--sysnr", "--state", "--control-port", "--ready-file", "--fixture")
    )


@pytest.mark.parametrize("number", ["100", "1a", "-1"])
def test_a_system_number_has_two_digits(tmp_path: Path, number: str) -> None:
    """The message says what is expected."""
    result = CliRunner().invoke(main, ["ecc", f"--sysnr={number}", "--state", str(tmp_path)])

    assert result.exit_code == 2
    assert "two digits" in result.output
