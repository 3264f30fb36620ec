"""Entry point of `mlconnector-agent` and of `python -m mlconnector_agent`."""

from .cli import audit, check, credentials, enrol, journal, relay, run
from .cli.root import root

__all__ = ["main"]

COMMANDS = (enrol, run, check, journal, audit, credentials, relay)
"""Modules that add their commands to the root by being imported."""


def main() -> None:
    """Run the command line."""
    root(prog_name="mlconnector-agent")


if __name__ == "__main__":
    main()
