"""Cells of CSV files that people open in spreadsheets: no text of ours runs there as a formula."""

from typing import Final

__all__ = ["escaped", "plain"]

FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula, or split it."""

MARK: Final = "'"
"""In front of a cell it makes spreadsheets take the rest as text."""


def escaped(cell: str) -> str:
    """Return a cell that is taken as text; `plain` gives back what it was."""
    return MARK + cell if cell.startswith((*FORMULAS, MARK)) else cell


def plain(cell: str) -> str:
    """Return what an escaped cell stands for; another cell as it is."""
    return cell[1:] if cell.startswith(MARK) and cell[1:2] in (*FORMULAS, MARK) else cell
