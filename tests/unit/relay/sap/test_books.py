"""A closed period parks or is moved by rule, never before SAP said so; a hold ends by its own clock."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.books import held, hold_ends, period_key, posting_day
from mlconnector_relay.sap.facts import Books
from mlconnector_relay.sap.gaps import read_key
from mlconnector_relay.sap.mapping_file import CompanyCode, Hold
from mlconnector_relay.sap.values import Refusal

BERLIN = "Europe/Berlin"
PARK = CompanyCode(company_code="1000", one_time_customer="9")
MOVE = PARK.model_copy(update={"closed_period": "next_open"})
NOON = datetime(2026, 12, 15, 12, tzinfo=UTC)
CLOSE = Hold(
    hold_from=datetime.fromisoformat("2026-12-01T18:00"),
    hold_until=datetime.fromisoformat("2026-12-03T06:00"),
    reason="month-end close",
)


def closed(*days: str, now: datetime | None = NOON) -> Books:
    """Books whose company code 1000 takes nothing on these days."""
    return Books(now, {("1000", day): f"0{day[4:6]}/{day[:4]}" for day in days})


def parked_on(found: str | Refusal) -> str:
    """Return the key a document parks on."""
    assert isinstance(found, Refusal)
    return found.rule


# --- closed periods ---


def test_a_day_counts_as_open_until_sap_refused_it() -> None:
    """Whatever is known of other days and other company codes."""
    assert posting_day("20261031", MOVE, closed("20261030"), BERLIN) == "20261031"
    other = MOVE.model_copy(update={"company_code": "2000"})
    assert posting_day("20261031", other, closed("20261031"), BERLIN) == "20261031"


def test_a_closed_period_parks_unless_a_rule_says_otherwise() -> None:
    """One cause per company code and period, and the day in the sentence."""
    found = posting_day("20261031", PARK, closed("20261031"), BERLIN)
    assert isinstance(found, Refusal)
    assert found.rule == period_key("1000", "010/2026") == "period:company_code=1000,year=2026,period=010"
    assert "2026-10-31 lies in it" in found.sentence
    assert "OB52" in found.sentence


@pytest.mark.parametrize(
    ("refused", "moved"),
    [
        (["20261031"], "20261101"),
        (["20261031", "20261101"], "20261201"),
        (["20261031", "20261101", "20261201"], "20261215"),
    ],
)
def test_by_rule_the_next_open_period_takes_it(refused: list[str], moved: str) -> None:
    """The first day of the next month, and at last today, as for fiscal years of other months."""
    assert posting_day("20261031", MOVE, closed(*refused), BERLIN) == moved


def test_it_parks_where_nothing_is_open() -> None:
    """Every try was refused: no day to come is taken, however far back the fact lies."""
    assert parked_on(posting_day("20261031", MOVE, closed("20261031", "20261101", "20261201", "20261215"), BERLIN))
    assert parked_on(posting_day("20261215", MOVE, closed("20261215"), BERLIN))
    years = [f"{year}{month:02}01" for year in (2024, 2025, 2026) for month in range(1, 13)]
    assert parked_on(posting_day("20231231", MOVE, closed("20231231", "20261215", *years), BERLIN))
    assert posting_day("20231231", MOVE, closed("20231231", *years), BERLIN) == "20261215"


def test_a_posting_is_moved_over_the_end_of_a_year() -> None:
    """The company code's own day decides what is today: in Berlin it is 2027 already."""
    eve = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    books = closed("20261231", now=eve)
    assert posting_day("20261231", MOVE, books, BERLIN) == "20270101"
    assert parked_on(posting_day("20261231", MOVE, books, "UTC"))


def test_without_a_clock_nothing_is_moved() -> None:
    """As where a document is only explained."""
    assert parked_on(posting_day("20261031", MOVE, closed("20261031", now=None), BERLIN))


# --- the close calendar ---


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        (datetime(2026, 12, 1, 16, 59, tzinfo=UTC), False),
        (datetime(2026, 12, 1, 17, 0, tzinfo=UTC), True),
        (datetime(2026, 12, 3, 4, 59, tzinfo=UTC), True),
        (datetime(2026, 12, 3, 5, 0, tzinfo=UTC), False),
    ],
)
def test_a_hold_is_of_the_company_code_s_clock(moment: datetime, *, holds: bool) -> None:
    """From its first to its last minute in Berlin, an hour before UTC."""
    assert (held([CLOSE], "1000", Books(moment), BERLIN) is not None) == holds


def test_a_hold_says_why_and_until_when() -> None:
    """The key is what it ends by."""
    found = held([CLOSE], "1000", Books(datetime(2026, 12, 2, tzinfo=UTC)), BERLIN)
    assert found is not None
    assert found.sentence == (
        "company code 1000: month-end close holds postings until 2026-12-03 06:00 (Europe/Berlin); "
        "they are released by themselves then"
    )
    kind, facts = read_key(found.rule)
    assert (kind, facts["company_code"]) == ("hold", "1000")
    assert hold_ends(facts) == datetime(2026, 12, 3, 6, tzinfo=ZoneInfo(BERLIN)) == datetime(2026, 12, 3, 5, tzinfo=UTC)


def test_a_hold_may_be_one_company_code_s_and_the_longer_of_two_counts() -> None:
    """Others post on; without a clock nothing is held."""
    until = datetime.fromisoformat("2026-12-09T00:00")
    own = CLOSE.model_copy(update={"company_codes": ("2000",), "hold_until": until})
    now = Books(datetime(2026, 12, 2, tzinfo=UTC))
    assert held([own], "1000", now, BERLIN) is None
    both = held([own, CLOSE], "2000", now, BERLIN)
    assert both is not None
    assert "until 2026-12-09 00:00" in both.sentence
    assert held([CLOSE], "1000", replace(now, now=None), BERLIN) is None


@settings(deadline=None)
@given(
    st.dates(date(2023, 1, 1), date(2026, 12, 31)),
    st.sets(st.dates(date(2023, 1, 1), date(2026, 12, 31)), max_size=40),
    st.datetimes(datetime.fromisoformat("2025-01-01"), datetime.fromisoformat("2026-12-31"), timezones=st.just(UTC)),
)
def test_whatever_is_closed_nothing_is_posted_there_nor_ahead(day: date, shut: set[date], now: datetime) -> None:
    """Moved only forward, never to a refused day, never beyond today; open days are never moved."""
    books = Books(now, {("1000", f"{one:%Y%m%d}"): "001/2026" for one in shut})
    found = posting_day(f"{day:%Y%m%d}", MOVE, books, "UTC")
    if day not in shut:
        assert found == f"{day:%Y%m%d}"
    elif isinstance(found, str):
        assert f"{day:%Y%m%d}" < found <= f"{now:%Y%m%d}"
        assert ("1000", found) not in books.closed
