"""Column types that mean the same on SQLite and PostgreSQL.

`typing.override` comes with Python 3.12; hence the ignores.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

__all__ = ["Moment", "Money"]


class Moment(TypeDecorator[datetime]):
    """A point in time: aware in Python, UTC at rest (SQLite has no time zones, so text in UTC sorts right)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # type: ignore[explicit-override]
        """Turn an aware time into UTC; a naive one is a defect."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # type: ignore[explicit-override]
        """Return the time aware, in UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if dialect.name == "sqlite" else moment.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An amount, kept as text: exact to the digit, also its number of decimals."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:  # type: ignore[explicit-override]  # noqa: ARG002
        """Turn an amount into plain digits, never an exponent."""
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:  # type: ignore[explicit-override]  # noqa: ARG002
        """Return the amount."""
        return None if value is None else Decimal(value)
