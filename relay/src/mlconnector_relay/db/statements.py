"""What the named queries share. Statements are built once: building one costs more than executing it."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Column, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

from .engine import Transaction

__all__ = ["Both", "both", "columns_of", "insert", "names_of", "on", "rows_of"]

Both = Mapping[str, Any]
"""A statement by the name of the dialect."""

_INSERT: Final[dict[str, Callable[[Table], Any]]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def both(build: Callable[[Callable[[Table], Any]], Executable]) -> Both:
    """Build a statement with each dialect's INSERT: they spell ON CONFLICT alike, but in classes of their own."""
    return {name: build(spelled) for name, spelled in _INSERT.items()}


def on(tx: Transaction, statements: Both) -> Any:
    """Return the statement for a transaction's database."""
    return statements[tx.dialect.name]


def columns_of(table: Table, value: type) -> tuple[Column[Any], ...]:
    """Return the columns a dataclass is read from, in the order of its fields."""
    return tuple(table.c[name] for name in names_of(value))


def names_of(value: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields."""
    return tuple(field.name for field in fields(value))


def rows_of(value: type) -> Callable[[Any], dict[str, Any]]:
    """Return a function from a value of a dataclass to its row."""
    names = names_of(value)
    read = attrgetter(*names)
    return lambda one: dict(zip(names, read(one), strict=True))


def insert(tx: Transaction, table: Table) -> Any:
    """Return an INSERT of the transaction's dialect, for statements that are rarely executed."""
    return _INSERT[tx.dialect.name](table)
