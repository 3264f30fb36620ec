"""A refund whose payment was declined in part: only what was not declined counts, and a person says what it was."""

from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.reconcile.plan import Cause, Owe, Park, Settled, Wait

from tests.support.building import posted
from tests.support.lives import Life, a_refund, an_item, paid_back
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Line, an_order

HALF = an_item("PRODUCT", 61, "59.50", 1)
GOODWILL = ('language = "DE"', 'language = "DE"\ngoodwill = { gl_account = "888100", cost_center = "4100" }')
KEY = "decision:refund_declined:1000123/7"


def payment(amount: str, *, declined: bool = False, **more: Any) -> dict[str, Any]:
    """A part of a refund's payment, back at once."""
    row = {"id": 30, "provider_id": "custom", "amount": amount, "offline": True, "is_declined": declined}
    return row | more


PAID, DECLINED = payment("30.00"), payment("29.50", declined=True)


def refund(*payments: Any, **more: Any) -> dict[str, Any]:
    """A refund of one lamp, in two payments as a rule."""
    return a_refund(7, "59.50", "9.50", HALF) | {"payments": list(payments or (PAID, DECLINED))} | more


def refunded(*refunds: Any) -> Life:
    """Two lamps at 59.50, posted, then refunded."""
    life = Life(an_order(Line("59.50", 2)), a_mapping(GOODWILL))
    life.post()
    return life.now(status_id=14).parts(refunds=list(refunds))


def declined_later(*payments: Any) -> Life:
    """The credit memo of a whole lamp is posted, and then payments are declined."""
    life = refunded(refund(payment("30.00"), payment("29.50")))
    life.post()
    return life.parts(refunds=[refund(*payments)])


def asked(life: Life) -> Cause:
    """Return the one thing to decide."""
    found = life.plan()
    assert isinstance(found, Park), found
    [cause] = found.causes
    return cause


# --- before it is posted ---


def test_what_was_paid_back_is_a_part_of_every_item() -> None:
    """30.00 of 59.50: of the tax 9.50 x 30.00 / 59.50 = 4.79; no piece is back yet, so that it can be given back."""
    life = refunded(refund())
    cause = asked(life)
    assert (cause.key, cause.choices) == (KEY, ("paid_part", "goodwill", "price_reduction"))
    assert cause.sentence == (
        "refund 7 of 59.50: 29.50 of 30.00 + 29.50 was declined; decide what the 30.00 are that were paid back"
    )
    memo = life.decide("paid_part").post()
    assert (memo.reference, memo.document_type) == ("B1-1000123-7R", "DG")
    assert posted(memo) == [
        ("customer", "99000", "", "-30.00"),
        ("product", "800000", "A1", "25.21"),
        ("tax", "", "A1", "4.79"),
    ]
    assert memo.facts.reading == "items as stated, with tax; the part that was paid back"
    assert "paid_part: decided by ida" in memo.decisions
    assert isinstance(life.plan(), Settled)
    life.parts(refunds=[refund(), a_refund(8, "29.50", "4.71", an_item("PRODUCT", 61, "29.50", 1))])
    life.settle()
    assert life.owed_by_customer == Decimal("59.50")


@pytest.mark.parametrize(("choice", "tax"), [("goodwill", None), ("price_reduction", "4.79")])
def test_or_it_is_of_the_order_as_a_whole(choice: str, tax: str | None) -> None:
    """Without tax, or with the tax of what is left of the invoice; no item is given back."""
    life = refunded(refund())
    memo = life.decide(choice).post()
    assert memo.gross == Decimal("-30.00")
    assert [line.amount for line in memo.lines if line.role == "tax"] == ([Decimal(tax)] if tax else [])
    assert isinstance(life.plan(), Settled)


def test_a_part_that_is_not_paid_back_yet_is_waited_for() -> None:
    """What may still be declined, too, is decided about once it was not."""
    online = payment("30.00", provider_id="stripe", offline=False)
    life = refunded(refund(online, DECLINED))
    assert isinstance(life.plan(), Wait)
    life.parts(transactions=[paid_back("30.00")])
    assert asked(life).key == KEY


def test_nothing_that_counts_is_nothing_paid_back() -> None:
    """A payment of nothing beside one that was declined."""
    life = refunded(refund(payment("0"), payment("59.50", declined=True)))
    assert isinstance(life.now(status_id=11).plan(), Settled)


@pytest.mark.parametrize(
    "more",
    [
        {"payments": [PAID, payment("20.00", declined=True)]},
        {"items": []},
    ],
)
def test_what_cannot_be_worked_out_is_no_choice(more: dict[str, Any]) -> None:
    """Payments that are not what was refunded, tax alone: the arithmetic is shown, nothing is offered."""
    cause = asked(refunded(refund(**more)))
    assert (cause.key, cause.choices) == (KEY, ())
    assert "book by hand" in cause.sentence


def test_items_that_cannot_be_read_leave_the_order_as_a_whole() -> None:
    """Why not is said."""
    unread = refund(items=[an_item("PRODUCT", 99, "59.50", 1)])
    cause = asked(refunded(unread))
    assert cause.choices == ("goodwill", "price_reduction")
    assert cause.sentence.startswith("refund 7 of 59.50: 29.50 of 30.00 + 29.50 was declined; decide what ")
    assert "gives back PRODUCT 99, which was not invoiced" in cause.sentence


def test_an_order_that_changes_is_asked_about_again() -> None:
    """What is proposed is proposed beside the documents there are."""
    life = refunded(refund(), refund() | {"id": 8})
    first, second = (cause.proposal for cause in life.plan().causes)  # type: ignore[union-attr]
    life.parts(refunds=[refund()]).decide("paid_part")
    life.post()
    life.parts(refunds=[refund(), refund() | {"id": 8}])
    assert asked(life).proposal not in {first, second}


def test_a_claim_on_the_store_is_a_part_as_it_is() -> None:
    """20.00 to store credit and 10.00 to the customer of 59.50, 29.50 declined."""
    life = refunded(refund(payment("20.00", provider_id="storecredit"), payment("10.00"), DECLINED))
    memo = life.decide("paid_part").post()
    assert posted(memo) == [
        ("customer", "99000", "", "-10.00"),
        ("product", "800000", "A1", "25.21"),
        ("store_credit_used", "176600", "", "-20.00"),
        ("tax", "", "A1", "4.79"),
    ]


def test_what_was_decided_was_about_the_payments_there_were() -> None:
    """Once another part of it is declined, what the rest is is asked about again."""
    life = refunded(refund()).decide("goodwill")
    assert isinstance(life.plan(), Owe)
    life.parts(refunds=[refund(payment("40.00"), payment("19.50", declined=True))])
    assert asked(life).key == KEY


# --- after it was posted ---


def test_what_was_declined_since_is_undone_as_a_part_of_the_credit_memo() -> None:
    """29.50 of 59.50: of the tax 9.50 x 29.50 / 59.50 = 4.71, so that 4.79 stay."""
    life = declined_later(PAID, DECLINED)
    cause = asked(life)
    assert (cause.key, cause.choices) == (KEY, ("declined_part", "leave"))
    assert cause.sentence == (
        "refund 7 is posted with 59.50, and 29.50 of 30.00 + 29.50 was declined since: 29.50 too much is taken back; "
        "decide"
    )
    counter = life.decide("declined_part").post()
    assert (counter.reference, counter.document_type) == ("B1-1000123-S", "DR")
    assert posted(counter) == [
        ("customer", "99000", "", "29.50"),
        ("product", "800000", "A1", "-24.79"),
        ("tax", "", "A1", "-4.71"),
    ]
    assert "declined_part: decided by ida" in counter.decisions
    assert isinstance(life.plan(), Settled)
    assert life.owed_by_customer == Decimal("89.00")


def test_what_is_declined_after_that_undoes_the_rest() -> None:
    """Not what was undone already; and a whole decline asks nobody."""
    life = declined_later(PAID, DECLINED).decide("declined_part")
    life.post()
    life.parts(refunds=[refund(payment("30.00", declined=True), DECLINED)])
    rest = life.post()
    assert posted(rest)[0] == ("customer", "99000", "", "30.00")
    assert len(rest.lines) == 3
    assert life.owed_by_customer == Decimal("119.00")
    assert isinstance(life.now(status_id=11).plan(), Settled)


def test_a_part_declined_twice_is_asked_about_twice() -> None:
    """Each time what is too much by then."""
    thirds = [payment("20.00"), payment("20.00"), payment("19.50")]
    life = refunded(refund(*thirds))
    life.post()
    thirds[0] = payment("20.00", declined=True)
    life.parts(refunds=[refund(*thirds)]).decide("declined_part")
    assert life.post().gross == Decimal("20.00")
    thirds[1] = payment("20.00", declined=True)
    life.parts(refunds=[refund(*thirds)]).decide("declined_part")
    assert life.post().gross == Decimal("20.00")
    assert isinstance(life.plan(), Settled)
    assert life.owed_by_customer == Decimal("99.50")


def test_it_may_be_left() -> None:
    """Then what else is owed goes on."""
    life = declined_later(PAID, DECLINED).decide("leave")
    life.parts(refunds=[refund(PAID, DECLINED), a_refund(8, "59.50", "9.50", HALF)])
    assert isinstance(life.plan(), Owe)


@pytest.mark.parametrize(
    "payments",
    [
        (PAID, payment("20.00", declined=True)),
        (PAID, payment("29.50", declined=True, provider_id="store_credit")),
    ],
)
def test_what_cannot_be_worked_out_afterwards_may_only_be_left(payments: tuple[Any, ...]) -> None:
    """Payments that are not what was refunded; a claim on the store, which is on an account of its own."""
    assert asked(declined_later(*payments)).choices == ("leave",)


def test_a_cancellation_takes_back_what_is_left_then() -> None:
    """To the cent."""
    life = declined_later(PAID, DECLINED).decide("declined_part")
    life.post()
    life.now(status_id=5, date_modified=PLACED).settle()
    assert life.books() == {}


def test_the_smallest_unit_too_much_is_asked_about() -> None:
    """What is declined may be less than any item."""
    life = declined_later(payment("59.49"), payment("0.01", declined=True)).decide("declined_part")
    assert life.post().gross == Decimal("0.01")


def test_what_was_declined_meanwhile_is_asked_about_again() -> None:
    """What was decided was about another amount."""
    life = declined_later(PAID, DECLINED).decide("declined_part")
    life.parts(refunds=[refund(payment("40.00"), payment("19.50", declined=True))])
    assert asked(life).key == KEY


# --- what comes after it ---


def test_an_order_is_looked_at_again_after_what_was_decided() -> None:
    """Its next refund waits for that."""
    whole = a_refund(7, "5.00", "0", an_item("ORDER", 1000123, "5.00"))
    for life, choice in (
        (refunded(refund()), "paid_part"),
        (refunded(refund()), "goodwill"),
        (refunded(whole), "goodwill"),
        (declined_later(PAID, DECLINED), "declined_part"),
    ):
        found = life.decide(choice).plan()
        assert isinstance(found, Owe)
        assert found.more


# --- what people are told of refunds ---


def test_refunds_that_wait_are_named() -> None:
    """All of them, by their numbers; and what a person must look at says why."""
    online = payment("59.50", provider_id="stripe", offline=False)
    life = refunded(refund(online), refund(online) | {"id": 8})
    found = life.plan()
    assert isinstance(found, Wait)
    assert found.sentence == "refund 7, 8: not paid back yet, asked about again"
    overdue = life.later(hours=25).plan()
    assert isinstance(overdue, Park)
    assert overdue.again_at is not None, "the provider may carry it out still, and no event tells"
    assert overdue.causes[0].sentence == (
        "refund 7 of 59.50: its payment was neither carried out nor declined within 24 hours; "
        "look at the payment provider"
    )
    life.parts(refunds=[refund(online)], transactions=[paid_back("59.50", currency="USD")])
    assert asked(life).sentence == "refund 7 was paid back in another currency than the order's, EUR"
