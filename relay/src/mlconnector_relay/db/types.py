"""Column types that mean the same on SQLite and PostgreSQL."""

# mypy: disable-error-code="explicit-override"
# typing.override comes with Python 3.12.

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator
from sqlalchemy.dialects.sqlite import DATETIME

__all__ = ["Moment", "Money", "SqliteMoment", "moment_text"]


class Moment(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC at rest; on SQLite as ISO text of fixed width, which sorts by time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Return text for SQLite, whose own type is slow and has no time zone."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Turn an aware time into UTC; a naive one is a defect."""
        if value is None:
            return None
        return moment_text(value) if dialect.name == "sqlite" else _aware(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time aware, in UTC."""
        if value is None:
            return None
        return datetime.fromisoformat(value) if dialect.name == "sqlite" else value.astimezone(UTC)


class SqliteMoment(DATETIME):
    """What SQLite makes of a time that stands in an expression without a column's type: the same text."""

    def bind_processor(self, dialect: Dialect) -> Any:  # noqa: ARG002
        """Return the function that turns a time into text."""
        return lambda value: None if value is None else moment_text(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:  # noqa: ARG002
        """Return the function that reads the text."""
        return lambda value: None if value is None else datetime.fromisoformat(value)


class Money(TypeDecorator[Decimal]):
    """An amount, kept as text: exact to the digit, also its number of decimals."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Turn an amount into plain digits, never an exponent."""
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Return the amount."""
        return None if value is None else Decimal(value)


@lru_cache(maxsize=1024)
def moment_text(moment: datetime) -> str:
    """Return an aware time as UTC text of fixed width, which sorts by time."""
    # The rows of one commit share their moment.
    return _aware(moment).astimezone(UTC).isoformat(timespec="microseconds")


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment
