"""Rows of tables as RFC_READ_TABLE gives them: fixed columns or a delimiter, at most 512 characters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .database import Database
from .open_sql import Condition, to_sql
from .schema import Column, TableSchema

__all__ = ["LINE_LENGTH", "Layout", "read_rows"]

LINE_LENGTH = 512


@dataclass(frozen=True)
class Layout:
    """Which columns come back, and where they stand in a line."""

    columns: tuple[Column, ...]
    delimiter: str

    @property
    def length(self) -> int:
        """Give the length of a line."""
        return sum(c.length for c in self.columns) + len(self.delimiter) * (len(self.columns) - 1)

    @property
    def offsets(self) -> list[int]:
        """List the position of each column."""
        at, offsets = 0, []
        for column in self.columns:
            offsets.append(at)
            at += column.length + len(self.delimiter)
        return offsets

    def line(self) -> Callable[[Sequence[Any]], str]:
        """Give the function that turns a row into a line."""
        pattern = self.delimiter.replace("%", "%%").join(f"%-{c.length}s" for c in self.columns)
        numbers = [(i, c) for i, c in enumerate(self.columns) if c.numeric]
        if not numbers:
            return lambda row: (pattern % row).rstrip()

        def with_numbers(row: Sequence[Any]) -> str:
            texts = list(row)
            for index, column in numbers:
                texts[index] = _number(column, texts[index])
            return (pattern % tuple(texts)).rstrip()

        return with_numbers


def _number(column: Column, value: int) -> str:
    """Show a number as ABAP does: right-justified, the sign behind it; too long ones begin with an asterisk."""
    places = column.decimals
    digits = str(abs(value)).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    text += "-" if value < 0 else " "
    if len(text) <= column.length:
        return text.rjust(column.length)
    return text.rstrip() if len(text.rstrip()) <= column.length else "*" + text[-(column.length - 1) :]


def read_rows(
    database: Database,
    schema: TableSchema,
    layout: Layout,
    condition: Condition | None,
    client: str,
    window: tuple[int, int],
) -> list[str]:
    """Select rows; `window` is the number of rows to skip and to give, 0 for all."""
    where, values = to_sql(condition) if condition else ("1 = 1", [])
    if schema.client_column:
        where, values = f"{schema.client_column} = ? AND {where}", [client, *values]
    names = ", ".join(c.name for c in layout.columns)
    skip, count = window
    rows = database.tuples(
        f"SELECT {names} FROM {schema.name} WHERE {where} LIMIT ? OFFSET ?",  # noqa: S608 - names of the dictionary
        [*values, count or -1, skip],
    )
    return list(map(layout.line(), rows))
