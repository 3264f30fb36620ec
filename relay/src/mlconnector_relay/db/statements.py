"""What the named queries share: inserts that tolerate conflicts on both databases, and rows read into values."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql, sqlite

from .engine import Transaction

__all__ = ["columns_of", "insert"]


def insert(tx: Transaction, table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT; both dialects spell it alike, but in classes of their own."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def columns_of(table: Table, value: type) -> tuple[Column[Any], ...]:
    """Return the columns a dataclass is read from, in the order of its fields."""
    return tuple(table.c[field.name] for field in fields(value))
