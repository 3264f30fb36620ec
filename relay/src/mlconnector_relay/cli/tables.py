"""Tables in plain text, as wide as their content, and amounts in them."""

from collections.abc import Sequence
from decimal import Decimal

import click

from ..sap.currency import UnknownCurrency, decimals, spell

__all__ = ["digits", "in_words", "print_table"]


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their headings; say so when there are none."""
    if not rows:
        click.echo("none")
        return
    widths = [max(len(name), *(len(row[place]) for row in rows)) for place, name in enumerate(columns)]
    for row in (columns, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def digits(amount: Decimal, currency: str) -> str:
    """Write an amount with its currency's decimals; as it is where nobody knows how many."""
    try:
        return spell(amount, decimals(currency))
    except UnknownCurrency:
        return f"{amount:f}"


def in_words(amount: Decimal, currency: str) -> str:
    """Write an amount with its currency."""
    return f"{digits(amount, currency)} {currency}"
