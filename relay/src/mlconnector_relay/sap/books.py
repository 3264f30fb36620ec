"""Whether a company code's books take a posting: periods that SAP said are closed, and the close calendar. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from .facts import Books
from .gaps import key_of
from .mapping_file import CompanyCode, Hold
from .text import spelled_day
from .values import Refusal

__all__ = ["HELD", "PERIOD", "held", "hold_ends", "period_key", "posting_day"]

PERIOD: Final = "period"
"""Kind of the cause that a posting period is closed."""

HELD: Final = "hold"
"""Kind of the cause that the close calendar holds postings."""

MOST_MONTHS: Final = 13
"""How far a posting is moved at most: a year, and the month it ends in."""


def posting_day(day: str, company: CompanyCode, books: Books, zone: str) -> str | Refusal:
    """Return the posting date of what happened on a day: that day, or by rule the first of the next open period.

    A day that SAP has not refused counts as open: SAP is asked by posting. Further days are the first of each month
    after it and, for fiscal years of other months, today; never a day to come.

    Args:
        day: of the fact behind the document, `YYYYMMDD`.
        company: whose rule counts.
        books: what SAP said so far.
        zone: the time zone of its books.
    """
    code = company.company_code
    period = books.closed.get((code, day))
    if period is None:
        return day
    if company.closed_period == "next_open" and books.now is not None:
        today = books.now.astimezone(ZoneInfo(zone)).date()
        for later in _later(date.fromisoformat(spelled_day(day)), today):
            if (code, later) not in books.closed:
                return later
    return Refusal(
        period_key(code, period),
        f"company code {code}: posting period {period} is closed in SAP, and {spelled_day(day)} lies in it; what waits "
        "is released once it is open (OB52), or posted to the next open one where the mapping says "
        'closed_period = "next_open"',
    )


def period_key(company_code: str, period: str) -> str:
    """Return the cause of orders that wait for a period, given as `010/2026`."""
    number, _, year = period.partition("/")
    return key_of(PERIOD, {"company_code": company_code, "year": year, "period": number})


def held(calendar: Sequence[Hold], company_code: str, books: Books, zone: str) -> Refusal | None:
    """Return why nothing may be posted now, if the close calendar says so; of several holds the one that ends last.

    Args:
        calendar: the holds of a mapping.
        company_code: that of the document.
        books: when it is planned.
        zone: the time zone of its books, by which the calendar is read.
    """
    if books.now is None:
        return None
    local = books.now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    holding = [
        one
        for one in calendar
        if one.hold_from <= local < one.hold_until and (not one.company_codes or company_code in one.company_codes)
    ]
    if not holding:
        return None
    last = max(holding, key=lambda one: one.hold_until)
    until = last.hold_until.isoformat(timespec="minutes")
    key = key_of(HELD, {"company_code": company_code, "until": until, "zone": zone})
    sentence = f"company code {company_code}: {last.reason} holds postings until {until.replace('T', ' ')} ({zone})"
    return Refusal(key, f"{sentence}; they are released by themselves then")


def hold_ends(facts: Mapping[str, str]) -> datetime:
    """Return when the hold of a `hold` key ends.

    Raises:
        KeyError, ValueError: the facts are of no such key.
    """
    return datetime.fromisoformat(facts["until"]).replace(tzinfo=ZoneInfo(facts["zone"]))


def _later(day: date, today: date) -> Iterator[str]:
    """Name the days to try in place of one that is closed."""
    first = day
    for _ in range(MOST_MONTHS):
        first = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        if first > today:
            break
        yield f"{first:%Y%m%d}"
    if today > day:
        yield f"{today:%Y%m%d}"
