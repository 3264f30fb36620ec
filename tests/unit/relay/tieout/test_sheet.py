"""Closed days stay as they were signed; what came since is told apart."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from mlconnector_relay.tieout.compare import Booked, Difference, InSap, Ordered, Read
from mlconnector_relay.tieout.sheet import (
    VERSION,
    Beyond,
    Books,
    Day,
    Sheet,
    SheetInvalid,
    Standing,
    digest_of,
    listed,
    read_sheet,
    sheet_text,
)

FIRST, DAY, LAST = date(2026, 3, 1), date(2026, 3, 10), date(2026, 3, 31)
PLACE = ("ECC", "100")
KEY, OTHER = "180000000710002026", "180000000910002026"
BEGUN = datetime(2026, 4, 1, 3, tzinfo=UTC)

ORDER = Ordered("abc", 7, DAY, "EUR", 11900, "posted")
BOOKED = Booked(
    *("abc", 7, "invoice", PLACE, "B1-7-I", KEY, DAY, "EUR", 11900, (11900, 11900)),
    is_posted=True,
    settled_at=BEGUN - timedelta(days=20),
)
IN_SAP = InSap(PLACE, KEY, "B1-7-I", DAY, "EUR", 11900, "", "MLC")
PARKED = replace(ORDER, order_id=8, amount=2000, state="parked")
BOOKS = Books(FIRST, LAST, (ORDER, PARKED), (BOOKED,), (IN_SAP,), (Read(PLACE, FIRST, BEGUN),))
CLOSED = Sheet.of("acme", BOOKS)


def told(now: Books, *closed: Sheet) -> list[tuple[Standing, str, int, str]]:
    return [
        (row.closed, row.difference.cause, row.difference.amount, row.difference.what) for row in listed(now, closed)
    ]


def test_a_sheet_adds_up_by_day_and_is_read_back_as_it_was() -> None:
    """Its digest is of its text, and alike for alike books."""
    april = replace(BOOKED, day=date(2026, 4, 2), object_key=OTHER)
    nameless = replace(IN_SAP, object_key=OTHER, amount=None)
    booked = replace(BOOKED, taxes=(("A1", 1900),))
    in_sap = replace(IN_SAP, taxes=(("A1", 1200), ("A2", 700)))
    sheet = Sheet.of("acme", replace(BOOKS, booked=(booked, april), in_sap=(in_sap, nameless)))

    assert sheet.days == (Day(DAY, "EUR", 13900, 11900, 11900, (("A1", 1900, 1200), ("A2", 0, 700))),)
    text = sheet_text(sheet)
    assert read_sheet(text) == sheet
    assert digest_of(text) == digest_of(sheet_text(replace(sheet)))
    assert digest_of(text) != digest_of(sheet_text(CLOSED))
    assert len(digest_of(text)) == 64


@pytest.mark.parametrize("text", [b"", b"{}", sheet_text(CLOSED).replace(b'"v": 1', b'"v": 2')])
def test_what_is_no_sheet_is_refused(text: bytes) -> None:
    """Also one of another version."""
    assert VERSION == 1
    with pytest.raises(SheetInvalid, match="sheet"):
        read_sheet(text)


def test_open_days_have_no_standing() -> None:
    """Nothing was signed."""
    assert told(BOOKS) == [("", "parked", -2000, "order 8 of abc")]


def test_what_was_signed_stays_and_what_is_cured_is_settled() -> None:
    """A parked order that is posted in an open month leaves the closed one as it was."""
    assert told(BOOKS, CLOSED) == [("frozen", "parked", -2000, "order 8 of abc")]
    late = replace(BOOKED, order_id=8, object_key=OTHER, reference="B1-8-I", day=date(2026, 4, 2), amount=2000)
    late = replace(late, charged=(2000, 2000))
    in_sap = replace(IN_SAP, object_key=OTHER, reference="B1-8-I", day=date(2026, 4, 2), amount=2000)
    cured = replace(
        BOOKS,
        orders=(ORDER, replace(PARKED, state="posted")),
        booked=(BOOKED, late),
        in_sap=(IN_SAP, in_sap),
    )

    assert told(cured, CLOSED) == [("settled", "parked", -2000, "order 8 of abc")]
    week = replace(cured, first=DAY, last=DAY + timedelta(days=6))
    assert told(week, CLOSED) == [("settled", "parked", -2000, "order 8 of abc")]
    assert told(replace(week, first=DAY + timedelta(days=1), orders=()), CLOSED) == []


def test_what_is_found_later_came_since() -> None:
    """On closed days and, as ever, on open ones."""
    two = replace(ORDER, order_id=9, day=date(2026, 4, 2), state="in_doubt")
    now = replace(BOOKS, last=date(2026, 4, 30), orders=(ORDER, PARKED, two), in_sap=(replace(IN_SAP, amount=11899),))

    assert told(now, CLOSED) == [
        ("since", "amount_differs", -1, "document 1800000007/1000/2026 (B1-7-I)"),
        ("frozen", "parked", -2000, "order 8 of abc"),
        ("", "in_doubt", -11900, "order 9 of abc"),
    ]


def test_a_document_posted_into_closed_days_is_told_though_the_books_agree() -> None:
    """Ledger and SAP have it both; the sheet does not. One that is gone from both, the other way round."""
    late = replace(BOOKED, kind="refund", object_key=OTHER, reference="B1-7-1R", amount=-1900, charged=(-1900, -1900))
    refunded = replace(IN_SAP, object_key=OTHER, reference="B1-7-1R", amount=-1900)
    now = replace(BOOKS, booked=(BOOKED, late), in_sap=(IN_SAP, refunded))
    parked = ("frozen", "parked", -2000, "order 8 of abc")

    assert told(now, CLOSED) == [
        ("since", "closed_books_changed", -1900, "document 1800000009/1000/2026 (B1-7-1R)"),
        parked,
    ]
    assert told(BOOKS, Sheet.of("acme", now)) == [
        ("since", "closed_books_changed", 1900, "document 1800000009/1000/2026 (B1-7-1R)"),
        parked,
    ]
    not_read = replace(BOOKS, in_sap=())
    assert told(BOOKS, Sheet.of("acme", not_read)) == [
        ("settled", "missing_in_sap", -11900, "document 1800000007/1000/2026 (B1-7-I)"),
        parked,
    ]


def test_reversing_in_an_open_month_leaves_the_closed_one_as_it_was() -> None:
    """The original keeps its amount there; that it was reversed by hand is told as ever."""
    pair = (replace(IN_SAP, partner_key=OTHER), replace(IN_SAP, object_key=OTHER, partner_key=KEY, day=LAST, amount=-1))

    causes = {(standing, cause) for standing, cause, _, _ in told(replace(BOOKS, in_sap=pair[:1]), CLOSED)}
    assert causes == {("frozen", "parked"), ("since", "reversed_by_hand")}
    causes = {(standing, cause) for standing, cause, _, _ in told(replace(BOOKS, in_sap=pair), CLOSED)}
    assert causes == {("frozen", "parked"), ("since", "reversed_by_hand"), ("since", "closed_books_changed")}


@pytest.mark.parametrize(
    ("order", "amount", "detail"),
    [
        (replace(PARKED, amount=2500), 500, "was 20.00, is 25.00"),
        (replace(PARKED, order_id=5, state="skipped"), 2000, "was not known, is 20.00"),
    ],
)
def test_an_order_of_closed_days_that_changed_or_came_late_is_told(order: Ordered, amount: int, detail: str) -> None:
    """Once, where nothing else is wrong with it."""
    closed = Sheet.of("acme", replace(BOOKS, orders=(ORDER, replace(PARKED, state="skipped"))))
    orders = {one.order_id: one for one in (*closed.books.orders, replace(order, state="skipped"))}

    [row] = listed(replace(BOOKS, orders=tuple(orders.values())), [closed])

    assert (row.closed, row.difference.cause, row.difference.amount) == ("since", "closed_order_changed", amount)
    assert row.difference.detail == detail


UNKNOWN = Difference("unknown_to_relay", DAY, "EUR", -500, "order 9 of abc", "5.00 EUR")
FEE = Difference("fee", DAY, "EUR", -30, "fees of the provider", "line 2")


def test_what_store_and_provider_said_is_signed_and_stays_until_they_are_asked_again() -> None:
    """Nobody settles a difference by not asking; asked again, what they no longer say is settled."""
    beyond = Beyond().plus("store", [UNKNOWN]).plus("provider", [FEE])
    signed = Sheet.of("acme", replace(BOOKS, beyond=beyond))
    parked, unknown, fee = (
        ("parked", -2000, "order 8 of abc"),
        ("unknown_to_relay", -500, UNKNOWN.what),
        ("fee", -30, FEE.what),
    )

    assert read_sheet(sheet_text(signed)) == signed
    assert told(BOOKS, signed) == [("frozen", *fee), ("frozen", *parked), ("frozen", *unknown)]
    asked = replace(BOOKS, beyond=Beyond().plus("store", []))
    assert told(asked, signed) == [("frozen", *fee), ("frozen", *parked), ("settled", *unknown)]
    assert told(replace(BOOKS, beyond=beyond), CLOSED) == [("since", *fee), ("frozen", *parked), ("since", *unknown)]
