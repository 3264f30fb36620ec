"""Every difference has its cause; books that agree have none."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from mlconnector_relay.db.outcomes import JobState
from mlconnector_relay.tieout.causes import CAUSES, Cause
from mlconnector_relay.tieout.compare import Booked, Difference, InSap, Ordered, Read, compare

DAY = date(2026, 3, 10)
BEGUN = datetime(2026, 3, 31, 3, 0, tzinfo=UTC)
PLACE = ("ECC", "100")
READ = (Read(PLACE, date(2026, 3, 1), BEGUN),)
KEY, OTHER = "180000000710002026", "180000000910002026"

ORDER = Ordered("abc", 7, DAY, "EUR", 11900, "posted")
BOOKED = Booked(
    store_hash="abc",
    order_id=7,
    kind="invoice",
    place=PLACE,
    reference="B1-7-I",
    object_key=KEY,
    day=DAY,
    currency="EUR",
    amount=11900,
    charged=(11900, 11900),
    is_posted=True,
    settled_at=BEGUN - timedelta(days=20),
)
IN_SAP = InSap(PLACE, KEY, "B1-7-I", DAY, "EUR", 11900, "", "MLC")


def causes(found: list[Difference]) -> list[tuple[Cause, int]]:
    return [(one.cause, one.amount) for one in found]


def test_books_that_agree_have_no_difference() -> None:
    """Store, ledger and SAP, a refund and a skipped order included."""
    refund = replace(BOOKED, kind="refund", object_key=OTHER, reference="B1-7-1R", amount=-1900, charged=(-1900, -1900))
    skipped = replace(ORDER, order_id=8, state="skipped")
    refunded = replace(IN_SAP, object_key=OTHER, reference="B1-7-1R", amount=-1900)

    assert compare([ORDER, skipped], [BOOKED, refund], [IN_SAP, refunded], READ) == []


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ("waiting", "timing"),
        ("posting", "timing"),
        ("in_doubt", "in_doubt"),
        ("parked", "parked"),
        ("failed", "failed"),
        ("posted", "missing_in_ledger"),
    ],
)
def test_an_order_without_an_invoice_says_why(state: JobState, cause: Cause) -> None:
    """A refund is none, nor is a posting that is not in the books."""
    refund = replace(BOOKED, kind="refund", amount=-11900, object_key=OTHER, reference="B1-7-1R")
    opened = replace(BOOKED, is_posted=False, object_key="", settled_at=None)
    in_sap = replace(IN_SAP, object_key=OTHER, reference="B1-7-1R", amount=-11900)

    [found] = compare([replace(ORDER, state=state)], [refund, opened], [in_sap], READ)
    assert (found.cause, found.amount, found.what) == (cause, -11900, "order 7 of abc")
    assert found.detail == {"in_doubt": "in doubt"}.get(state, state)


@pytest.mark.parametrize(
    ("charged", "total", "found"),
    [
        ((11900, 11900), 11900, []),
        ((16900, 11900), 16900, []),
        ((16900, 11900), 11900, []),
        ((11900, 11900), 13900, [("order_changed", -2000)]),
        ((11900, 11900), 9900, [("order_changed", 2000)]),
        ((16900, 11900), 15900, [("order_changed", 1000)]),
    ],
)
def test_an_order_is_compared_before_or_after_its_tenders(
    charged: tuple[int, int], total: int, found: list[tuple[Cause, int]]
) -> None:
    """Which of them the total is, is the store's setting; anything else is a change after posting."""
    assert causes(compare([replace(ORDER, amount=total)], [replace(BOOKED, charged=charged)], [IN_SAP], READ)) == found


def test_a_changed_order_is_told_in_its_currency() -> None:
    """As money, not as counts of cents; beside what its documents charge before its own means of payment."""
    [found] = compare([replace(ORDER, amount=13900)], [replace(BOOKED, charged=(11900, 9900))], [IN_SAP], READ)
    assert found.detail == "charges 139.00 EUR, documents 119.00 EUR"


def test_a_refund_may_come_out_of_the_orders_total() -> None:
    """In stores where it does; half of it is a change all the same, and so is one that is not posted."""
    refund = replace(BOOKED, kind="refund", object_key=OTHER, reference="B1-7-1R", amount=-1900, charged=(-1900, -1900))
    in_sap = [IN_SAP, replace(IN_SAP, object_key=OTHER, reference="B1-7-1R", amount=-1900)]

    assert compare([replace(ORDER, amount=10000)], [BOOKED, refund], in_sap, READ) == []
    found = compare([replace(ORDER, amount=11000)], [BOOKED, refund], in_sap, READ)
    assert causes(found) == [("order_changed", 900)]
    opened = replace(refund, is_posted=False, object_key="", settled_at=None)
    assert causes(compare([replace(ORDER, amount=10000)], [BOOKED, opened], [IN_SAP], READ)) == [
        ("order_changed", 1900)
    ]


def test_parts_and_edits_add_up() -> None:
    """An order's documents together are its total; another currency never is."""
    part = replace(BOOKED, kind="edit", object_key=OTHER, reference="B1-7-S", amount=100, charged=(100, 100))
    in_sap = [IN_SAP, replace(IN_SAP, object_key=OTHER, reference="B1-7-S", amount=100)]

    assert compare([replace(ORDER, amount=12000)], [BOOKED, part], in_sap, READ) == []
    assert causes(compare([replace(ORDER, currency="USD")], [BOOKED], [IN_SAP], READ)) == [("order_changed", 0)]


@pytest.mark.parametrize(
    ("settled", "read", "cause"),
    [
        (BEGUN - timedelta(days=29), READ, "missing_in_sap"),
        (BEGUN, READ, "timing"),
        (BEGUN - timedelta(days=30), READ, "not_read"),
        (BEGUN - timedelta(days=20), (), "not_read"),
        (None, READ, "not_read"),
    ],
)
def test_a_document_that_was_not_found_is_missing_only_where_it_was_looked_for(
    settled: datetime | None, read: dict[tuple[str, str], Read], cause: Cause
) -> None:
    """What came after the reading, or before its second day, may well be there."""
    assert causes(compare([ORDER], [replace(BOOKED, settled_at=settled)], [], read)) == [(cause, -11900)]


def test_a_reversal_by_hand_is_one_difference() -> None:
    """The reversing document is told with the reversed one."""
    pair = [replace(IN_SAP, partner_key=OTHER), replace(IN_SAP, object_key=OTHER, amount=-11900, partner_key=KEY)]
    [found] = compare([ORDER], [BOOKED], pair, READ)

    assert (found.cause, found.amount, found.detail) == (
        "reversed_by_hand",
        -11900,
        "reversed by 1800000009/1000/2026",
    )


def test_a_reversal_of_ours_is_none() -> None:
    """The ledger knows both documents."""
    reversal = replace(BOOKED, kind="reversal", object_key=OTHER, reference="B1-7-V", amount=-11900)
    pair = [replace(IN_SAP, partner_key=OTHER), replace(IN_SAP, object_key=OTHER, amount=-11900, partner_key=KEY)]

    assert compare([ORDER], [BOOKED, reversal], pair, READ) == []


def test_sap_s_own_reversal_needs_neither_a_reference_nor_its_original_among_what_is_compared() -> None:
    """What it reverses may be of other days; another amount is a difference all the same."""
    reversal = replace(BOOKED, kind="reversal", object_key=OTHER, reference="B1-7-V", amount=-11900, reverses=True)
    mirrored = replace(IN_SAP, object_key=OTHER, reference="", amount=-11900, partner_key=KEY)

    assert compare([], [reversal], [mirrored], READ) == []
    assert compare([ORDER], [BOOKED, reversal], [replace(IN_SAP, partner_key=OTHER), mirrored], READ) == []
    found = compare([], [reversal], [replace(mirrored, amount=-10000)], READ)
    assert causes(found) == [("amount_differs", 1900)]


@pytest.mark.parametrize(
    ("changes", "amount", "said"),
    [
        ({"amount": 10000}, -1900, "SAP has 100.00 EUR"),
        ({"amount": None}, -11900, "no customer's line of ours"),
        ({"currency": "USD"}, 0, "119.00 USD"),
    ],
)
def test_another_amount_in_sap_is_found(changes: dict[str, object], amount: int, said: str) -> None:
    """Another currency, too, and a document that is not the customer's any more."""
    [found] = compare([ORDER], [BOOKED], [replace(IN_SAP, **changes)], READ)  # type: ignore[arg-type]

    assert (found.cause, found.amount, said in found.detail) == ("amount_differs", amount, True)


def test_a_document_without_a_customer_agrees_with_one_that_moves_nothing_of_theirs() -> None:
    """Deferred revenue becomes revenue without any customer's line."""
    earned = replace(BOOKED, kind="shipment", object_key=OTHER, reference="B1-7-1D", amount=0, charged=(0, 0))
    in_sap = replace(IN_SAP, object_key=OTHER, reference="B1-7-1D", amount=None)
    assert compare([ORDER], [BOOKED, earned], [IN_SAP, in_sap], READ) == []


@pytest.mark.parametrize(
    ("taxes", "amount", "said"),
    [
        ((("A1", 1200), ("A2", 700)), 0, "posted 19.00 with A1, SAP has 12.00 with A1, 7.00 with A2"),
        ((("A1", 1899),), -1, "SAP has 18.99 with A1"),
        ((), -1900, "SAP has no tax"),
    ],
)
def test_tax_that_differs_by_code_is_found(taxes: tuple[tuple[str, int], ...], amount: int, said: str) -> None:
    """Though the amount is the same: it is the tax return that is wrong."""
    booked = replace(BOOKED, taxes=(("A1", 1900),))
    assert compare([ORDER], [booked], [replace(IN_SAP, taxes=(("A1", 1900),))], READ) == []

    [found] = compare([ORDER], [booked], [replace(IN_SAP, taxes=taxes)], READ)
    assert (found.cause, found.amount, said in found.detail) == ("tax_differs", amount, True)


def test_a_document_that_cannot_be_read_is_told_as_that() -> None:
    """Not as tax that differs; whose amount differs is told by its amount."""
    [found] = compare([ORDER], [replace(BOOKED, taxes=None)], [replace(IN_SAP, taxes=(("A1", 1900),))], READ)
    assert (found.cause, found.amount) == ("document_unreadable", 0)
    [found] = compare([ORDER], [replace(BOOKED, taxes=None)], [replace(IN_SAP, amount=10000)], READ)
    assert found.cause == "amount_differs"


def test_documents_the_ledger_does_not_know_are_found() -> None:
    """By their reference they are a second one, one that is not settled yet, or nobody's."""
    second = replace(IN_SAP, object_key=OTHER)
    stranger = replace(IN_SAP, object_key="010000000110002026", reference="B1-9-I", amount=500)
    by_hand = replace(IN_SAP, object_key="010000000210002026", reference="", amount=None)
    found = compare([ORDER], [BOOKED], [IN_SAP, second, stranger, by_hand], READ)
    assert causes(found) == [("posted_twice", 11900), ("unknown_in_sap", 500), ("unknown_in_sap", 0)]
    assert [one.what for one in found][1:] == [
        "document 100000001/1000/2026 (B1-9-I)",
        "document 100000002/1000/2026 (no reference)",
    ]

    opened = replace(BOOKED, is_posted=False, object_key="", settled_at=None)
    waiting = replace(ORDER, state="in_doubt")
    assert causes(compare([waiting], [opened], [IN_SAP], READ)) == [("in_doubt", 11900), ("in_doubt", -11900)]


def test_what_was_posted_and_reversed_by_others_is_none() -> None:
    """It adds up to nothing."""
    assert compare([], [], [replace(IN_SAP, partner_key=OTHER)], READ) == []


def test_differences_stand_by_day() -> None:
    """Then by currency and cause."""
    orders = [replace(ORDER, order_id=8, day=DAY + timedelta(days=1)), replace(ORDER, state="parked")]

    assert [one.day for one in compare(orders, [], [], READ)] == [DAY, DAY + timedelta(days=1)]


@pytest.mark.parametrize(("unknown", "what"), [((5, 6), "orders 5 to 6 of abc"), ((6, 6), "order 6 of abc")])
def test_numbers_that_were_never_seen_are_listed(unknown: tuple[int, int], what: str) -> None:
    """Beside whatever else is said of the order that follows them."""
    [found] = compare([replace(ORDER, unknown_before=unknown)], [BOOKED], [IN_SAP], READ)

    assert (found.cause, found.amount, found.what) == ("never_seen", 0, what)
    assert not CAUSES[found.cause].wrong
