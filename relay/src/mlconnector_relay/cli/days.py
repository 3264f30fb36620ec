"""Days on the command line."""

from typing import Final

import click

__all__ = ["DAY"]

DAY: Final = click.DateTime(["%Y-%m-%d"])
"""A day as people write it, `2026-11-28`."""
