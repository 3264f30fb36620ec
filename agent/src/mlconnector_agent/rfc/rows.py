"""Cutting the rows of RFC_READ_TABLE into cells, by offset and length: a delimiter could stand in the data."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from .errors import Kind, RfcError

__all__ = ["NUMERIC", "Column", "columns_of", "cut"]

Column = tuple[str, int, int, str]
"""Name, offset, length in characters, ABAP's internal type."""

NUMERIC: Final = frozenset("PIFbs8ae")
"""Internal types whose text is right-justified with a trailing sign."""


def columns_of(fields: Iterable[Mapping[str, Any]]) -> list[Column]:
    """Read the FIELDS table that came back."""
    return [
        (str(field["FIELDNAME"]).strip(), int(field["OFFSET"]), int(field["LENGTH"]), str(field["TYPE"]).strip())
        for field in fields
    ]


def cut(columns: Sequence[Column], data: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Return the cells of each row: texts without trailing blanks, numbers with the sign in front.

    Raises:
        RfcError: a number did not fit its column; SAP marks it with an asterisk.
    """
    spans = [slice(offset, offset + length) for _, offset, length, _ in columns]
    numbers = [(position, name) for position, (name, _, _, kind) in enumerate(columns) if kind in NUMERIC]
    # One getter for all cells of a line: tables of a million rows come through here.
    cells = itemgetter(*spans) if len(spans) > 1 else lambda line: (line[spans[0]],)
    rows = [list(map(str.rstrip, cells(row["WA"]))) for row in data]
    for position, name in numbers:
        for row in rows:
            row[position] = _number(name, row[position])
    return rows


def _number(name: str, cell: str) -> str:
    text = cell.strip()
    if text.startswith("*"):
        message = f"a number does not fit column {name} of RFC_READ_TABLE: {text}; leave the column out"
        raise RfcError(Kind.APPLICATION, message, key="COLUMN_OVERFLOW")
    return f"-{text[:-1].strip()}" if text.endswith("-") else text
