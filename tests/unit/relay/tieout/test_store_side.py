"""What the store says now, against what the relay saw and posted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from mlconnector_relay.db.outcomes import JobState
from mlconnector_relay.tieout.compare import Difference
from mlconnector_relay.tieout.store_side import (
    InStore,
    Paid,
    PaidBack,
    Seen,
    compare_order,
    compare_payments,
    compare_refund,
    may_lack_payments,
)

DAY = date(2026, 3, 10)
CHANGED = datetime(2026, 3, 10, 12, tzinfo=UTC)
LATER = CHANGED + timedelta(hours=1)
ORDER = InStore("abc", 7, DAY, "EUR", 11900, 0, 11, "captured", CHANGED)
SEEN = Seen("posted", "EUR", 11900, CHANGED, is_due=False)
REFUND = PaidBack(
    *("abc", 7, 3, DAY, "EUR", 1900),
    declined=False,
    state="posted",
    credited=(-1900, -1900),
    left=10000,
)  # fmt: skip
PAID = Paid(DAY, "EUR", 11900, "ch_1", is_posted=False)


def told(found: list[Difference]) -> list[tuple[str, int, str, str]]:
    assert {(one.day, one.currency) for one in found} == {(DAY, "EUR")}
    return [(one.cause, one.amount, one.what, one.detail) for one in found]


def test_an_order_the_relay_never_heard_of_is_told() -> None:
    """With its total; a checkout that never ended owes nothing, and what just changed may be on its way."""
    assert told([*compare_order(ORDER, None, LATER)]) == [("unknown_to_relay", -11900, "order 7 of abc", "119.00 EUR")]
    assert [*compare_order(replace(ORDER, status_id=0), None, LATER)] == []
    assert [*compare_order(ORDER, None, CHANGED)] == []


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ({}, None),
        ({"amount": None, "currency": None, "modified_at": None}, None),
        ({"amount": 9900}, -2000),
        ({"currency": "USD"}, 0),
        ({"amount": 9900, "is_due": True}, None),
        ({"amount": 9900, "state": "in_doubt"}, None),
        ({"amount": 9900, "state": "skipped"}, None),
        ({"amount": 9900, "state": "parked"}, -2000),
        ({"state": "waiting"}, None),
        ({"state": "waiting", "modified_at": CHANGED - timedelta(seconds=1)}, 0),
    ],
)
def test_an_order_that_changed_unseen_is_told(changes: dict[str, object], amount: int | None) -> None:
    """Not one that was never fetched, nor one that is about to be fetched again, nor one that is not ours."""
    found = [*compare_order(ORDER, replace(SEEN, **changes), LATER)]  # type: ignore[arg-type]
    assert [(one.cause, one.amount) for one in found] == ([] if amount is None else [("seen_otherwise", amount)])


def test_a_change_that_was_missed_says_what_it_is() -> None:
    """Another total, else another time: an order may be paid meanwhile, or cancelled."""
    [found] = compare_order(ORDER, replace(SEEN, amount=9900), LATER)
    assert found.detail == "119.00 EUR in the store, 99.00 EUR when last fetched"
    [found] = compare_order(ORDER, replace(SEEN, modified_at=CHANGED - timedelta(seconds=1)), LATER)
    assert found.detail == "changed at 2026-03-10 12:00:00 UTC, fetched as it was at 2026-03-10 11:59:59 UTC"


@pytest.mark.parametrize(
    ("changes", "cause", "amount"),
    [
        ({}, None, 0),
        ({"credited": (-2500, -1900)}, None, 0),
        ({"credited": (-1800, -1800)}, "refund_differs", 100),
        ({"credited": (-1800, -1800), "state": "skipped"}, None, 0),
        ({"credited": None}, "refund_not_booked", 1900),
        ({"credited": None, "left": 0}, None, 0),
        ({"credited": None, "state": None, "left": 0}, "refund_not_booked", 1900),
        ({"credited": None, "state": "parked"}, "refund_waits", 1900),
        ({"credited": None, "state": "waiting"}, "refund_waits", 1900),
        ({"credited": None, "state": "skipped"}, None, 0),
        ({"credited": None, "declined": True}, None, 0),
        ({"credited": None, "unreadable": ("B1-7-R1",)}, "refund_unreadable", 1900),
        ({"credited": None, "unreadable": ("B1-7-R1",), "left": 0}, "refund_unreadable", 1900),
        ({"credited": None, "unreadable": ("B1-7-R1",), "state": "skipped"}, None, 0),
        ({"unreadable": ("B1-7-R1",)}, None, 0),
    ],
)
def test_a_refund_has_its_credit_memo(changes: dict[str, object], cause: str | None, amount: int) -> None:
    """Of its amount, unless it was declined or a cancellation took everything back; the order's state says why not."""
    found = [*compare_refund(replace(REFUND, **changes))]  # type: ignore[arg-type]
    assert [(one.cause, one.amount) for one in found] == ([(cause, amount)] if cause else [])


def test_a_refund_is_told_as_finance_would() -> None:
    """With its order and why it is not booked."""
    [found] = compare_refund(replace(REFUND, credited=None, state=None))
    assert (found.what, found.detail) == ("refund 3 of order 7 of abc", "19.00 EUR, its order is unknown to the relay")
    [found] = compare_refund(replace(REFUND, credited=None, unreadable=("B1-7-R1", "B1-7-R2")))
    assert found.detail.endswith("may be what cannot be read: B1-7-R1, B1-7-R2")
    [found] = compare_refund(replace(REFUND, credited=(-1800, -1800)))
    assert found.detail == "19.00 EUR in the store, credited 18.00 EUR"


@pytest.mark.parametrize(
    ("state", "booked", "refunds", "status", "asks"),
    [
        ("posted", 11900, 0, "captured", False),
        ("posted", 6900, 0, "captured", False),  # after its own means of payment
        ("posted", 0, 0, "captured", True),
        ("posted", 5000, 0, "captured", True),
        ("posted", 11900, 1, "partially refunded", True),
        ("posted", 0, 0, "Authorized", False),
        ("posted", 0, 0, "", False),
        ("posted", 5000, 0, "pending", True),
        ("skipped", 0, 0, "captured", False),
        ("parked", 0, 0, "paid", True),
    ],
)
def test_only_orders_whose_payments_do_not_add_up_are_asked_about(
    state: JobState, booked: int, refunds: int, status: str, *, asks: bool
) -> None:
    """One question each: an order that nobody paid yet is worth none."""
    order = replace(ORDER, tendered=5000, payment_status=status)
    assert may_lack_payments(order, state, booked, refunds) is asks


def test_a_payment_without_a_document_is_told() -> None:
    """What came in is missing, what was paid back too; the order's state may excuse it."""
    back = replace(PAID, amount=-1900, name="re_1")
    done = replace(PAID, is_posted=True)
    assert told([*compare_payments(("abc", 7), "posted", [PAID, done, back])]) == [
        ("payment_not_booked", -11900, "payment ch_1 of order 7 of abc", "119.00 EUR, its order is posted"),
        ("payment_not_booked", 1900, "paid back re_1 of order 7 of abc", "19.00 EUR, its order is posted"),
    ]
    yen = replace(PAID, currency="JPY", amount=1)
    [small] = compare_payments(("abc", 7), "posted", [yen])
    assert (small.currency, small.what, small.detail) == (
        "JPY",
        "payment ch_1 of order 7 of abc",
        "1 JPY, its order is posted",
    )
    [waits] = compare_payments(("abc", 7), "in_doubt", [PAID])
    assert (waits.cause, waits.detail) == ("payment_waits", "119.00 EUR, its order is in doubt")
