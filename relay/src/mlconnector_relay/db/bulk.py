"""Inserts whose rows travel as one JSON document: one statement with one parameter, however many rows there are.

Handing SQLAlchemy every value of every row costs more than storing them, on PostgreSQL also a message per row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec
from sqlalchemy import (
    JSON,
    Column,
    DateTime,
    LargeBinary,
    Table,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

from .statements import Both
from .types import Moment, moment_text

__all__ = ["Bulk"]

_ROWS: Final = bindparam("rows", type_=Text())


class Bulk:
    """An INSERT of many rows into a table.

    Args:
        table: where they go.
        names: the attributes that are read from each value; the last part of a name is its column's.
        constant: SQL expressions of the columns that all rows share, by name.
        finish: adds what follows the rows, such as ON CONFLICT and RETURNING.
    """

    def __init__(
        self,
        table: Table,
        names: Sequence[str],
        constant: Mapping[str, Any] | None = None,
        finish: Callable[[Any], Any] = lambda statement: statement,
    ) -> None:
        columns = [table.c[name.rpartition(".")[2]] for name in names]
        same = constant or {}
        taken = {
            "sqlite": (sqlite.insert(table), _of_sqlite(columns, same)),
            "postgresql": (postgresql.insert(table), _of_postgresql(columns, same)),
        }
        self.statement: Both = {
            name: finish(insert.from_select([*(column.name for column in columns), *same], rows))
            for name, (insert, rows) in taken.items()
        }
        self._read = attrgetter(*names)
        self._written = [
            (at, _WRITTEN[type(column.type)]) for at, column in enumerate(columns) if type(column.type) in _WRITTEN
        ]

    def rows(self, values: Iterable[object]) -> dict[str, str]:
        """Return the parameter that carries the rows."""
        rows = [list(self._read(value)) for value in values]
        for at, written in self._written:
            for row in rows:
                row[at] = None if row[at] is None else written(row[at])
        return {"rows": msgspec.json.encode(rows).decode()}


_WRITTEN: Final[Mapping[type, Callable[[Any], str]]] = {Moment: moment_text, LargeBinary: bytes.hex}
"""How values are written that JSON does not know."""


def _of_sqlite(columns: Sequence[Column[Any]], constant: Mapping[str, Any]) -> Any:
    element = func.json_each(_ROWS).table_valued("value")
    read = [func.json_extract(element.c.value, literal_column(f"'$[{at}]'")) for at in range(len(columns))]
    values = [
        func.unhex(value) if isinstance(column.type, LargeBinary) else value
        for column, value in zip(columns, read, strict=True)
    ]
    # Without a condition SQLite would read ON CONFLICT as a join's.
    return select(*values, *constant.values()).select_from(element).where(true())


def _of_postgresql(columns: Sequence[Column[Any]], constant: Mapping[str, Any]) -> Any:
    element = func.json_array_elements(cast(_ROWS, JSON())).table_valued("value")
    read = [element.c.value.op("->>", return_type=Text())(literal_column(str(at))) for at in range(len(columns))]
    values = [
        func.decode(value, literal_column("'hex'"))
        if isinstance(column.type, LargeBinary)
        else cast(value, DateTime(timezone=True) if isinstance(column.type, Moment) else column.type)
        for column, value in zip(columns, read, strict=True)
    ]
    return select(*values, *constant.values()).select_from(element)
