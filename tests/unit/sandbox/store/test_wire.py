"""JSON keeps every digit, and the three date formats are read and written."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from mlconnector_sandbox.store.wire import MalformedJsonError, decode, encode, iso8601, parse_moment, rfc2822

MOMENT = datetime(2019, 3, 5, 21, 40, 11, tzinfo=UTC)


def test_decimals_survive_the_round_trip() -> None:
    """A number that a binary float would change comes back as it was written."""
    raw = b'{"a":5.1000,"b":0.1000000000000000055511151231257827,"c":"8","d":12}'

    assert encode(decode(raw)) == raw
    assert decode(raw)["a"] == Decimal("5.1000")


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[1,]"])
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    """With one exception of our own."""
    with pytest.raises(MalformedJsonError):
        decode(raw)


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 05 Mar 2019 21:40:11 +0000",
        "2019-03-05T21:40:11Z",
        "2019-03-05T22:40:11+01:00",
        "2019-03-05T21:40:11",
        "2019-03-05T21:40:11 00:00",
    ],
)
def test_dates_are_read_in_every_accepted_form(text: str) -> None:
    """Also a plus sign that became a space in a query string."""
    assert parse_moment(text) == MOMENT


def test_bare_dates_begin_at_midnight() -> None:
    """In UTC."""
    assert parse_moment("2019-03-05") == datetime(2019, 3, 5, tzinfo=UTC)


@pytest.mark.parametrize("day", range(1, 8))
def test_the_first_minute_of_every_day_is_read(day: int) -> None:
    """A blank before midnight is no lost plus sign, though Tuesday and Thursday have the T of an ISO date."""
    moment = datetime(2019, 3, day, 0, 0, 7, tzinfo=UTC)
    assert parse_moment(rfc2822(moment)) == moment


def test_dates_are_written_as_v2_and_v3_do() -> None:
    """RFC 2822 and ISO 8601."""
    assert (rfc2822(MOMENT), iso8601(MOMENT)) == ("Tue, 05 Mar 2019 21:40:11 +0000", "2019-03-05T21:40:11Z")
