"""Opening and closing posting periods in T001B, which has room for two intervals for each account type."""

import re
from dataclasses import dataclass
from typing import Any

from ..database import Row
from ..master_data import MasterData

__all__ = ["IntervalsExhaustedError", "Period", "change", "describe", "open_only"]

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_LAST_MONTH = 12


class IntervalsExhaustedError(Exception):
    """T001B would need a third interval."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A posting period of a fiscal year that is the calendar year."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read YYYY-MM."""
        match = _MONTH.fullmatch(text)
        if match is None or not 1 <= int(match.group(2)) <= _LAST_MONTH:
            raise ValueError(f"{text} is not a period; write YYYY-MM")
        return cls(int(match.group(1)), int(match.group(2)))

    def shifted(self, months: int) -> "Period":
        """Give the period so many months later."""
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Period(year, month + 1)


Interval = tuple[Period, Period]


def describe(master: MasterData, client: str) -> list[dict[str, Any]]:
    """List the open intervals by company code and account type."""
    return [
        {
            "company_code": row["BUKRS"],
            "account_type": row["MKOAR"],
            "open": [f"{a.year}-{a.month:02d}/{b.year}-{b.month:02d}" for a, b in _intervals(row)],
        }
        for row in master.select("T001B", client)
    ]


def change(master: MasterData, client: str, variant: str, account_types: str, period: Period, *, opened: bool) -> None:
    """Open or close one period."""
    for account_type in account_types:
        row = master.find("T001B", client, variant, "0", account_type)
        if row is None:
            raise ValueError(f"T001B has no account type {account_type} in {variant}")
        intervals = _with(_intervals(row), period) if opened else _without(_intervals(row), period)
        if len(intervals) > 2:  # noqa: PLR2004 - FRYE1 and FRYE2
            raise IntervalsExhaustedError(
                f"T001B has room for two intervals only; {account_type} in {variant} would need three"
            )
        master.put("T001B", {**row, **_columns(intervals)})


def open_only(master: MasterData, client: str, variant: str, account_types: str, first: Period, last: Period) -> None:
    """Leave one interval open and nothing else, as somebody does who closes a month in OB52."""
    for account_type in account_types:
        row = master.find("T001B", client, variant, "0", account_type)
        if row is None:
            raise ValueError(f"T001B has no account type {account_type} in {variant}")
        master.put("T001B", {**row, **_columns([(first, last)])})


def _intervals(row: Row) -> list[Interval]:
    found = []
    for i in (1, 2):
        if int(row[f"TOYE{i}"]):
            first = Period(int(row[f"FRYE{i}"]), int(row[f"FRPE{i}"]))
            found.append((first, Period(int(row[f"TOYE{i}"]), int(row[f"TOPE{i}"]))))
    return found


def _without(intervals: list[Interval], period: Period) -> list[Interval]:
    result: list[Interval] = []
    for first, last in intervals:
        if not first <= period <= last:
            result.append((first, last))
            continue
        if first < period:
            result.append((first, period.shifted(-1)))
        if period < last:
            result.append((period.shifted(1), last))
    return result


def _with(intervals: list[Interval], period: Period) -> list[Interval]:
    result: list[Interval] = []
    for first, last in sorted([*intervals, (period, period)]):
        if result and first <= result[-1][1].shifted(1):
            result[-1] = (result[-1][0], max(result[-1][1], last))
        else:
            result.append((first, last))
    return result


def _columns(intervals: list[Interval]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for i in (1, 2):
        first, last = intervals[i - 1] if i <= len(intervals) else (Period(0, 0), Period(0, 0))
        columns |= {f"FRYE{i}": f"{first.year:04d}", f"FRPE{i}": f"{first.month:03d}"}
        columns |= {f"TOYE{i}": f"{last.year:04d}", f"TOPE{i}": f"{last.month:03d}"}
    return columns
