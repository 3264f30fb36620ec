"""Times and amounts come back from both databases exactly as they went in."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.types import Moment, Money
from sqlalchemy import bindparam, case, func, null, select, true
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

SQLITE = sqlite_dialect()


async def echoed(database: Database, value: object, kind: object) -> object:
    async with database.read() as tx:
        return (await tx.execute(select(bindparam("value", type_=kind)), {"value": value})).scalar_one()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2))),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-11, minutes=-30))),
    ],
)
async def test_a_moment_comes_back_in_utc(database: Database, moment: datetime) -> None:
    """The same moment, aware, in UTC, to the microsecond, whatever zone it was written in."""
    found = await echoed(database, moment, Moment())

    assert found == moment
    assert isinstance(found, datetime)
    assert found.utcoffset() == timedelta(0)


async def test_a_time_in_an_expression_is_written_like_one_in_a_column(database: Database) -> None:
    """A moment inside CASE or COALESCE, where no column tells its type, compares and comes back like any other."""
    moment = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    column = bindparam("moment", moment, type_=Moment())

    async with database.read() as tx:
        found = (await tx.execute(select(func.coalesce(null(), moment), column == case((true(), moment))))).one()
    assert tuple(found) == (moment, True)


@pytest.mark.parametrize("kind", [Moment(), Money()])
async def test_nothing_stays_nothing(database: Database, kind: object) -> None:
    """An unknown value is unknown afterwards."""
    assert await echoed(database, None, kind) is None


def test_a_naive_time_is_refused() -> None:
    """A time without a zone is a defect, found where it is written."""
    with pytest.raises(ValueError, match="no time zone"):
        Moment().process_bind_param(datetime(2026, 3, 1), SQLITE)  # noqa: DTZ001  the point of the test


@given(st.lists(st.datetimes(timezones=st.timezones()), min_size=2, max_size=10))
def test_sqlites_texts_sort_by_time(moments: list[datetime]) -> None:
    """What SQLite compares as text is in order of time."""
    texts = [Moment().process_bind_param(moment, SQLITE) for moment in moments]

    assert [text for _, text in sorted(zip(moments, texts, strict=True), key=lambda pair: pair[0].astimezone(UTC))] == (
        sorted(texts)
    )


@pytest.mark.parametrize("amount", ["0", "-0.01", "119.00", "1.5000", "12345678901234567890.1234", "1E+3"])
async def test_an_amount_keeps_every_digit(database: Database, amount: str) -> None:
    """Amounts are exact, with their number of decimals, never in exponents."""
    found = await echoed(database, Decimal(amount), Money())

    assert found == Decimal(amount)
    assert str(found) == f"{Decimal(amount):f}"
