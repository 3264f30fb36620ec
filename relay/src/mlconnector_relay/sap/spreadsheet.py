"""Cells of CSV files that people open in spreadsheets: no text runs there as a formula or is turned into a number."""

import re
from typing import Final

__all__ = ["escaped", "inert", "joined", "plain", "split"]

MARK: Final = "'"
"""In front of a cell it is no part of its text."""

CHANGED: Final = re.compile(
    r"""[=+\-@\t\r\n']                   # a formula, or our own mark
    | (?!(?:0|[1-9]\d{0,14})\Z)\d        # leading zeros, dates, long numbers, decimals: digits, but no plain number
    | (?:true|false|wahr|falsch)\Z
    | (?:jan|feb|m[aä]r|mrz|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])\w*[\s.\-/]*\d""",
    re.IGNORECASE | re.VERBOSE,
)
"""What a spreadsheet would not keep as it stands."""

FORMULA: Final = re.compile(r"(?![+-]?[0-9]+(?:\.[0-9]+)?\Z)[=+\-@\t\r\n]")
"""What a spreadsheet would carry out; an amount is none."""

SEPARATOR: Final = "|"
ESCAPE: Final = "\\"
EMPTY: Final = [('"', False), ('"', False)]
"""An empty value among others, as it is written: two quotation marks."""


def escaped(cell: str) -> str:
    """Return a cell that spreadsheets keep as text; `plain` gives back what it was."""
    return MARK + cell if CHANGED.match(cell) else cell


def inert(cell: str) -> str:
    """Return a cell that spreadsheets do not carry out; numbers and dates stay what they are."""
    return MARK + cell if FORMULA.match(cell) else cell


def plain(cell: str) -> str:
    """Return what a cell stands for: one apostrophe at its beginning is no part of it."""
    return cell.removeprefix(MARK)


def joined(values: tuple[str, ...]) -> str:
    r"""Write several values into one cell, such as `DE | AT`; a backslash takes the meaning from what follows it."""
    return f" {SEPARATOR} ".join(_spelled(value) for value in values)


def split(cell: str) -> tuple[str, ...]:
    """Read the values of a cell, without blanks around them."""
    parts: list[list[tuple[str, bool]]] = [[]]
    taken = iter(cell)
    for character in taken:
        if character == SEPARATOR:
            parts.append([])
        elif character == ESCAPE:
            parts[-1].append((next(taken, ESCAPE), True))
        else:
            parts[-1].append((character, False))
    values = [_stripped(part) for part in parts]
    return tuple("" if value == EMPTY else "".join(character for character, _ in value) for value in values if value)


def _spelled(value: str) -> str:
    if not value:
        return '""'
    last = len(value) - 1
    return "".join(
        ESCAPE + character
        if character in {ESCAPE, SEPARATOR} or value == '""' or (character.isspace() and place in {0, last})
        else character
        for place, character in enumerate(value)
    )


def _stripped(part: list[tuple[str, bool]]) -> list[tuple[str, bool]]:
    """Take blanks off both ends, but for those that a backslash stands before."""
    kept = [place for place, (character, literal) in enumerate(part) if literal or not character.isspace()]
    return part[kept[0] : kept[-1] + 1] if kept else []
