"""How columns are written down in `tables`: every one with a comment, every key beginning with the tenant."""

from typing import Any, Final

from sqlalchemy import Column, Index, MetaData, Text, text

__all__ = ["key", "maybe", "metadata", "of", "partial_index", "tenant"]

metadata: Final = MetaData(naming_convention={"pk": "pk_%(table_name)s"})


def key(name: str, kind: Any, comment: str) -> Column[Any]:
    """Return a column of the primary key."""
    return Column(name, kind, primary_key=True, autoincrement=False, comment=comment)


def tenant() -> Column[Any]:
    """Return the first column of every key."""
    return key("tenant", Text, "the tenant the row belongs to")


def of(name: str, kind: Any, comment: str) -> Column[Any]:
    """Return a column that always has a value."""
    return Column(name, kind, nullable=False, comment=comment)


def maybe(name: str, kind: Any, comment: str) -> Column[Any]:
    """Return a column whose value may be unknown."""
    return Column(name, kind, nullable=True, comment=comment)


def partial_index(name: str, *columns: str, where: str) -> Index:
    """Return an index of some rows only."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))
