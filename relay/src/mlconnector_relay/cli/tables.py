"""Tables in plain text, as wide as their content."""

from collections.abc import Sequence

import click

__all__ = ["print_table"]


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their headings; say so when there are none."""
    if not rows:
        click.echo("none")
        return
    widths = [max(len(name), *(len(row[place]) for row in rows)) for place, name in enumerate(columns)]
    for row in (columns, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())
