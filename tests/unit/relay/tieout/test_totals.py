"""Sums per day and currency: nothing is lost between store, ledger and SAP."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from mlconnector_relay.tieout.totals import DayTotals, Sold, Standing, Sum, Written, added, totals

DAY = date(2026, 3, 1)
READ = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def written(amount: str, settled: datetime = READ - timedelta(hours=1), read: datetime | None = READ) -> Written:
    return Written(DAY, "EUR", Decimal(amount), settled, read)


def test_every_order_is_posted_or_in_between() -> None:
    """By state; what is posted is found in the ledger and in SAP."""
    sold = [
        Sold(DAY, "EUR", Decimal("119.00"), "posted"),
        Sold(DAY, "EUR", Decimal("20.00"), "parked"),
        Sold(DAY, "EUR", Decimal("5.00"), "parked"),
        Sold(DAY, "EUR", Decimal("7.00"), "in_doubt"),
    ]
    [row] = totals(sold, [written("119.00"), written("-19.00")], [Standing(DAY, "EUR", Decimal("100.00"))])

    assert row.sold == Sum(4, Decimal("151.00"))
    assert row.between == {"parked": Sum(2, Decimal("25.00")), "in_doubt": Sum(1, Decimal("7.00"))}
    assert (row.posted, row.sap) == (Sum(2, Decimal("100.00")), Sum(1, Decimal("100.00")))
    assert row.difference == 0


def test_what_was_posted_after_the_reading_is_no_difference() -> None:
    """Nor is anything where SAP was never read."""
    rows = [written("119.00"), written("50.00", READ), written("1.00", read=None)]
    [row] = totals([], rows, [Standing(DAY, "EUR", Decimal("119.00"))])

    assert (row.newer, row.difference) == (Sum(2, Decimal("51.00")), 0)


def test_what_was_in_doubt_when_sap_was_read_is_not_newer() -> None:
    """SAP had it already, though its outcome was recorded later: both books count it."""
    rows = [written("119.00"), replace(written("45.80", READ + timedelta(minutes=1)), read=True)]
    [row] = totals([], rows, [Standing(DAY, "EUR", Decimal("119.00")), Standing(DAY, "EUR", Decimal("45.80"))])

    assert (row.newer, row.difference) == (Sum(), 0)


def test_what_sap_lacks_or_has_beyond_is_a_difference() -> None:
    """With its sign."""
    [row] = totals([], [written("119.00")], [Standing(DAY, "EUR", Decimal("100.00"))])

    assert row.difference == Decimal("-19.00")


def test_days_and_currencies_stand_apart_and_are_added_up() -> None:
    """In order; sums never mix currencies."""
    later = DAY + timedelta(days=1)
    rows = totals(
        [Sold(later, "EUR", Decimal(1), "waiting"), Sold(DAY, "JPY", Decimal(100), "waiting")],
        [],
        [Standing(DAY, "EUR", Decimal(2))],
    )

    assert [(row.day, row.currency) for row in rows] == [(DAY, "EUR"), (DAY, "JPY"), (later, "EUR")]
    sums = added(rows)
    assert sums["EUR"] == DayTotals(
        later, "EUR", sold=Sum(1, Decimal(1)), between={"waiting": Sum(1, Decimal(1))}, sap=Sum(1, Decimal(2))
    )
    assert sums["JPY"].sold == Sum(1, Decimal(100))


def test_payments_stand_apart_and_count_in_the_difference() -> None:
    """They are no sale; but what SAP lacks of them is missing all the same."""
    rows = [written("119.00"), replace(written("-119.00"), payment=True)]
    standing = [Standing(DAY, "EUR", Decimal("119.00")), Standing(DAY, "EUR", Decimal("-100.00"), payment=True)]
    [row] = totals([], rows, standing)
    assert (row.posted, row.payments) == (Sum(1, Decimal("119.00")), Sum(1, Decimal("-119.00")))
    assert (row.sap, row.sap_payments) == (Sum(1, Decimal("119.00")), Sum(1, Decimal("-100.00")))
    assert row.difference == Decimal("19.00")
    newer = [written("119.00"), replace(written("-119.00", READ), payment=True)]
    [row] = totals([], newer, standing[:1])
    assert (row.newer, row.difference) == (Sum(1, Decimal("-119.00")), 0)


def test_what_was_moved_out_of_a_closed_period_is_late() -> None:
    """On the day it was posted, as a part of what was."""
    [row] = totals([], [written("119.00"), replace(written("20.00"), late=True)], [])
    assert (row.posted, row.late) == (Sum(2, Decimal("139.00")), Sum(1, Decimal("20.00")))
    assert added([row])["EUR"].late == Sum(1, Decimal("20.00"))
