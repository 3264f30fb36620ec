"""An order with both an edit and refunds is posted where documents and money agree; else a person sees both."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.reconcile.balance import Balance
from mlconnector_relay.reconcile.plan import Cause, Park, Settled

from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Line, an_order, revised

SUPPLEMENT = ('language = "DE"', 'language = "DE"\non_edit = "supplement"')
REPOST = ('language = "DE"', 'language = "DE"\non_edit = "reverse_and_repost"')
ONE = a_refund(7, "59.50", "9.50", an_item("PRODUCT", 61, "59.50", 1))
TWO = a_refund(7, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 2))
CREDIT = ONE | {"payments": [{"id": 70, "provider_id": "storecredit", "amount": "59.50"}]}


def paid(amount: str, **more: Any) -> dict[str, Any]:
    """The transaction that took the money."""
    row = {"id": 1, "event": "purchase", "status": "ok", "amount": amount, "currency": "EUR", "gateway": "stripe"}
    return row | {"method": "credit_card"} | more


def lamps(count: int, *changes: tuple[str, str]) -> Life:
    """So many lamps at 59.50, posted."""
    life = Life(an_order(Line("59.50", count)), a_mapping(*changes))
    life.post()
    return life


def refunded(life: Life, refund: Any, *money: Any) -> Life:
    """The same refunded, as far as it is posted."""
    parts = life.now(status_id=14).parts(refunds=[refund], transactions=list(money))
    parts.settle()
    return parts


def edited(life: Life, count: int, days: int = 3) -> Life:
    """The same edited to so many lamps, its refunds and payments as they were."""
    before = life.snapshot
    life.snapshot = revised(
        an_order(Line("59.50", count)), status_id=before.order.status_id, date_modified=PLACED + timedelta(days=days)
    ).model_copy(update={"refunds": before.refunds, "transactions": before.transactions})
    return life


def asked(life: Life) -> Cause:
    """Return the one thing to decide."""
    found = life.plan()
    assert isinstance(found, Park), found
    [cause] = found.causes
    return cause


# --- an edit beside refunds ---


@pytest.mark.parametrize(
    ("before", "now", "refund", "money", "owed"),
    [
        (2, 3, ONE, "178.50", "119.00"),
        (3, 2, ONE, "119.00", "59.50"),
        (2, 3, CREDIT, "178.50", "178.50"),
    ],
)
def test_an_edit_that_money_and_refunds_bear_out_is_posted(
    before: int, now: int, refund: Any, money: str, owed: str
) -> None:
    """What the customer owes is what was paid less what went back; a claim on the store is no money that went back."""
    life = edited(refunded(lamps(before, SUPPLEMENT), refund, paid(money)), now)
    assert life.post().reference == "B1-1000123-S"
    assert life.owed_by_customer == Decimal(owed)
    assert isinstance(life.plan(), Settled)


def test_what_edit_and_refund_took_off_both_is_never_taken_off_twice() -> None:
    """One lamp of two is taken out of the order, and the same refunded: 59.50 stay paid, not nothing."""
    life = edited(refunded(lamps(2, SUPPLEMENT), ONE, paid("119.00")), 1)
    cause = asked(life)
    assert (cause.key, cause.choices) == ("decision:edit_and_refund:1000123", ("supplement", "leave"))
    assert (
        "the customer owes -59.50 EUR: 1x SKU-1 -50.00 net and -9.50 of tax on 800000 A1; its documents stand at "
        "59.50, with this at 0.00; 119.00 was paid, less 59.50 refunded is 59.50; decide what is owed"
    ) in cause.sentence
    assert isinstance(life.decide("leave").plan(), Settled)
    assert life.owed_by_customer == Decimal("59.50")


@pytest.mark.parametrize("changes", [(), (REPOST,)])
def test_a_person_approves_where_edits_are_not_posted_as_supplements(changes: tuple[Any, ...]) -> None:
    """An order posted anew would forget its refunds, so that the difference alone is offered."""
    life = edited(refunded(lamps(2, *changes), ONE, paid("178.50")), 3)
    document = life.decide("supplement").post()
    assert document.gross == Decimal("59.50")
    assert "supplement: decided by ida" in document.decisions
    assert isinstance(life.plan(), Settled)


@pytest.mark.parametrize("money", [(), (paid("178.50", currency="USD"),), (paid("178.50", method="offline"),)])
def test_money_that_the_store_does_not_show_agrees_with_nothing(money: tuple[Any, ...]) -> None:
    """Paid by a bank transfer, or in another currency."""
    life = edited(refunded(lamps(2, SUPPLEMENT), ONE, *money), 3)
    assert "with this at 119.00; the store shows no payment, 59.50 was refunded" in asked(life).sentence


def test_no_edit_takes_off_what_was_refunded() -> None:
    """Three lamps, two refunded, and two taken out of the order: one is left."""
    assert asked(edited(refunded(lamps(3, SUPPLEMENT), TWO, paid("178.50")), 1)).choices == ("leave",)


def test_an_edit_that_cannot_be_read_may_only_be_left() -> None:
    """Its arithmetic is shown beside that of the money."""
    life = edited(refunded(lamps(2, SUPPLEMENT), ONE, paid("119.00")), 3).now(total_inc_tax="1.00")
    cause = asked(life)
    assert cause.choices == ("leave",)
    assert "119.00 was paid, less 59.50 refunded is 59.50; " in cause.sentence


def test_an_edit_that_changes_no_amount_owes_nothing() -> None:
    """Another product at the same price, beside refunds too: the line keeps its account."""
    life = refunded(lamps(2), ONE, paid("119.00"))
    other = life.snapshot.products[0].model_dump() | {"product_id": 112}
    assert isinstance(life.parts(products=[other]).plan(), Settled)


# --- a refund beside an edit ---


def reduced(before: int, now: int, change: tuple[str, str] = SUPPLEMENT) -> Life:
    """Edited to fewer lamps, and posted."""
    life = edited(lamps(before, change), now)
    life.settle()
    return life


def test_a_refund_after_an_edit_that_took_something_off_is_posted_where_the_money_agrees() -> None:
    """Three lamps, one taken out, two paid; of these one is refunded."""
    life = refunded(reduced(3, 2), ONE, paid("119.00"))
    assert [document.gross for document in life.documents] == [Decimal("178.50"), Decimal("-59.50"), Decimal("-59.50")]


@pytest.mark.parametrize("change", [SUPPLEMENT, REPOST])
def test_a_refund_of_what_an_edit_has_taken_off_is_never_posted_unasked(change: tuple[str, str]) -> None:
    """Two lamps, paid; one taken out and its money refunded: 59.50 are owed and paid. Covered, it is done for ever."""
    life = refunded(reduced(2, 1, change), ONE, paid("119.00"))
    cause = asked(life)
    assert (cause.key, cause.choices) == ("decision:edit_and_refund:1000123/7", ("refund", "covered"))
    assert cause.sentence == (
        "refund 7 of 59.50 after an edit took something off: its documents stand at 59.50, with this at 0.00; 119.00 "
        "was paid, less 59.50 refunded is 59.50; decide whether both count"
    )
    assert isinstance(life.decide("covered").plan(), Settled)
    assert isinstance(life.now(status_id=4).plan(), Settled)
    life.now(status_id=5, date_modified=PLACED + timedelta(days=5)).settle()
    assert life.books() == {}


def test_a_refund_beside_an_edit_may_count_all_the_same() -> None:
    """As a person says, once."""
    life = refunded(reduced(3, 2), ONE).decide("refund")
    assert life.post().gross == Decimal("-59.50")
    assert isinstance(life.plan(), Settled)


def test_an_edit_after_a_covered_refund_knows_the_money() -> None:
    """Of two lamps one was taken out and its money refunded; now another is bought and paid."""
    life = refunded(reduced(2, 1), ONE, paid("119.00")).decide("covered")
    edited(life, 2, days=5).parts(transactions=[paid("119.00"), paid("59.50", id=2)])
    assert life.post().gross == Decimal("59.50")
    assert life.owed_by_customer == Decimal("119.00")


# --- what is not paid of an increase ---


@pytest.mark.parametrize(
    ("money", "said"),
    [
        ((paid("119.00"),), "; of 178.50 in all 59.50 is unpaid; decide, or set on_edit"),
        ((paid("119.00"), paid("59.50", id=2, event="capture")), "; of 178.50 in all nothing is unpaid; decide"),
        ((), "; of 178.50 the store shows no payment; decide"),
    ],
)
def test_an_increase_shows_what_is_not_paid_of_it(money: tuple[Any, ...], said: str) -> None:
    """The one who approves sees whom to ask for it."""
    assert said in asked(edited(lamps(2), 3).parts(transactions=list(money))).sentence
    assert "unpaid" not in asked(edited(lamps(2), 1).parts(transactions=list(money))).sentence


def test_what_went_back_is_not_paid_any_more() -> None:
    """Of 119.00 that were paid half went back, and 60.00 are owed then."""
    balance = Balance(posted=Decimal("59.50"), paid=Decimal("119.00"), back=Decimal("59.50"))
    assert balance.unpaid(Decimal("0.50")) == "of 60.00 in all 0.50 is unpaid"
