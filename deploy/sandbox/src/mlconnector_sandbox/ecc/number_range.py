"""Document number ranges: one lock for each interval, held from the first number to the end of the LUW.

SAP does not buffer RF_BELEG: the interval's row stays locked until COMMIT or ROLLBACK, everybody else who posts into it
waits, and a LUW that is rolled back gives its numbers back.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .database import Database
from .errors import Drop, short_dump

__all__ = ["Interval", "Lease", "NumberRangeMissingError", "NumberRanges"]

_POLL = 0.1  # seconds between looks at the client while somebody waits for the lock


@dataclass(frozen=True, slots=True)
class Interval:
    """One interval of RF_BELEG: it belongs to a company code and a fiscal year."""

    client: str
    company_code: str
    number: str
    year: str


class NumberRangeMissingError(Exception):
    """The interval does not exist, or has no number left."""


@dataclass(slots=True)
class Lease:
    """The lock of one interval, with the last number its owner has taken."""

    owner: str
    level: int
    since: float = field(default_factory=time.time)


class NumberRanges:
    """Draws document numbers. An owner is a session."""

    def __init__(self, database: Database, max_wait: float) -> None:
        self._database = database
        self._max_wait = max_wait
        self._leases: dict[Interval, Lease] = {}
        self._freed = threading.Condition()
        self._waiting = 0

    def draw(self, interval: Interval, owner: str, gone: Callable[[], bool]) -> str:
        """Take the next number; wait while another owner holds the interval."""
        with self._freed:
            lease = self._leases.get(interval)
            if lease is not None and lease.owner != owner:
                self._wait(interval, gone)
                lease = None
            lowest, highest, level = self._limits(interval)
            number = max(lease.level if lease else level, lowest - 1) + 1
            if number > highest:
                raise NumberRangeMissingError
            if lease is None:
                self._leases[interval] = Lease(owner, number)
            else:
                lease.level = number
            return f"{number:010d}"

    def taken(self, owner: str) -> dict[Interval, int]:
        """Give the last number an owner has taken from each interval."""
        with self._freed:
            return {interval: lease.level for interval, lease in self._leases.items() if lease.owner == owner}

    def save(self, taken: dict[Interval, int]) -> None:
        """Write numbers as used; belongs into the transaction that makes the documents durable."""
        for interval, level in taken.items():
            self._database.execute(
                "UPDATE NRIV SET NRLEVEL = ? WHERE CLIENT = ? AND OBJECT = 'RF_BELEG' AND SUBOBJECT = ?"
                " AND NRRANGENR = ? AND TOYEAR = ?",
                (str(level), interval.client, interval.company_code, interval.number, interval.year),
            )

    def release(self, owner: str) -> None:
        """Free what an owner has locked; numbers that were not saved are given out again."""
        with self._freed:
            self._leases = {interval: lease for interval, lease in self._leases.items() if lease.owner != owner}
            if self._waiting:
                self._freed.notify_all()

    def leases(self) -> list[tuple[Interval, Lease]]:
        """List the locked intervals."""
        with self._freed:
            return list(self._leases.items())

    def _wait(self, interval: Interval, gone: Callable[[], bool]) -> None:
        until = time.monotonic() + self._max_wait
        self._waiting += 1
        try:
            while interval in self._leases:
                self._freed.wait(_POLL)
                if gone():
                    raise Drop
                if time.monotonic() > until:
                    raise short_dump("TIME_OUT", "Time limit exceeded.")
        finally:
            self._waiting -= 1

    def _limits(self, interval: Interval) -> tuple[int, int, int]:
        rows = self._database.tuples(
            "SELECT FROMNUMBER, TONUMBER, NRLEVEL FROM NRIV WHERE CLIENT = ? AND OBJECT = 'RF_BELEG' AND SUBOBJECT = ?"
            " AND NRRANGENR = ? AND TOYEAR = ?",
            (interval.client, interval.company_code, interval.number, interval.year),
        )
        if not rows:
            raise NumberRangeMissingError
        lowest, highest, level = rows[0]
        return int(lowest), int(highest), int(level)
