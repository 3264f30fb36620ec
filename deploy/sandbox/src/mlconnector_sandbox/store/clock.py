"""The store's time: now, or the moment a simulated life is at."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

__all__ = ["Clock"]


class Clock:
    """Tells the time that what happens is dated with."""

    def __init__(self) -> None:
        self._moment: datetime | None = None

    def now(self) -> datetime:
        """Give the present moment."""
        return self._moment or datetime.now(UTC)

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Let it be another moment for a while; nothing may wait in between."""
        self._moment = moment
        try:
            yield
        finally:
            self._moment = None
