"""Tables in plain text, as wide as their content, and amounts in them."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import click

from ..sap.currency import UnknownCurrency, decimals, spell

__all__ = ["digits", "in_words", "print_table"]


AMOUNT: Final = re.compile(r"-?\d+(\.\d+)?( [A-Z]{3})?( \(\d+\))?")
"""A number, an amount with its currency, or with how many it is of."""


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their headings, amounts to the right; say so when there are none."""
    if not rows:
        click.echo("none")
        return
    laid_out = []
    for column in zip(columns, *rows, strict=True):
        width = max(len(cell) for cell in column)
        is_amount = any(column[1:]) and all(AMOUNT.fullmatch(cell) for cell in column[1:] if cell)
        laid_out.append([cell.rjust(width) if is_amount else cell.ljust(width) for cell in column])
    for cells in zip(*laid_out, strict=True):
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
