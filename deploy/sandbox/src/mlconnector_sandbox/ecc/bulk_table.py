"""ZMLC_BULK: a table of any number of rows and 40 columns that exists only while it is read.

MATNR counts from 000000000000000001, so the table can be paged by key range; the other columns repeat every 1000 rows.
A line is made of two or three prepared pieces, which is why reading it costs next to nothing.
"""

from functools import lru_cache

from .open_sql import And, Comparison, Condition, OptionNotValidError
from .schema import Column, TableSchema
from .table_read import Layout

__all__ = ["SCHEMA", "read_rows"]

_CYCLE = 1000
_KEY = "MATNR"
_KEY_LENGTH = 18
SCHEMA = TableSchema(
    "ZMLC_BULK",
    "Generated rows for volume tests",
    (
        Column("MANDT", "CLNT", 3, 0),
        Column(_KEY, "CHAR", _KEY_LENGTH, 0),
        *(Column(f"F{i:02d}", "CHAR", 11, 0) for i in range(1, 39)),
    ),
    ("MANDT", _KEY),
)


def read_rows(layout: Layout, condition: Condition | None, rows: int, window: tuple[int, int]) -> list[str]:
    """Generate the lines of a key range."""
    first, last = _range(condition, rows)
    skip, count = window
    first += skip
    if count:
        last = min(last, first + count - 1)
    before, after, has_key = _pieces(layout)
    if not has_key:
        return [before[n % _CYCLE] for n in range(first, last + 1)]
    return [f"{before[n % _CYCLE]}{n:018d}{after[n % _CYCLE]}" for n in range(first, last + 1)]


@lru_cache(maxsize=16)
def _pieces(layout: Layout) -> tuple[list[str], list[str], bool]:
    """Prepare what stands before and behind the key in each line of a cycle."""
    names = [c.name for c in layout.columns]
    at = names.index(_KEY) if _KEY in names else len(names)
    before = [_join(layout, layout.columns[:at], n) for n in range(_CYCLE)]
    after = [_join(layout, layout.columns[at + 1 :], n) for n in range(_CYCLE)]
    if at and at < len(names):
        before = [text + layout.delimiter for text in before]
    return before, [layout.delimiter + text if text else "" for text in after], at < len(names)


def _join(layout: Layout, columns: tuple[Column, ...], n: int) -> str:
    return layout.delimiter.join(_value(c, n).ljust(c.length) for c in columns)


def _value(column: Column, n: int) -> str:
    return "100" if column.name == "MANDT" else f"{column.name} {n:03d}"


def _range(condition: Condition | None, rows: int) -> tuple[int, int]:
    """Give the first and last row that fulfil a condition; only comparisons of the key, joined by AND, are possible."""
    first, last = 1, rows
    parts = condition.parts if isinstance(condition, And) else (condition,) if condition else ()
    for part in parts:
        if not isinstance(part, Comparison) or part.column.name != _KEY:
            raise OptionNotValidError("ZMLC_BULK can only be selected by MATNR")
        values = [int(str(v) or "0") for v in part.values]
        low, high = {
            "=": (values[0], values[0]),
            ">=": (values[0], last),
            ">": (values[0] + 1, last),
            "<=": (first, values[0]),
            "<": (first, values[0] - 1),
            "BETWEEN": (values[0], values[-1]),
        }.get(part.operator, (None, None))
        if low is None or high is None:
            raise OptionNotValidError(part.operator)
        first, last = max(first, low), min(last, high)
    return first, last
