"""What a person chose is done, once, for exactly what they were shown; anything else asks again."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from mlconnector_relay.reconcile.deciding import CHOICES, ask, chosen, follows, lines_digest, said
from mlconnector_relay.reconcile.plan import Owe, Park, Settled, Skip
from mlconnector_relay.reconcile.values import Decision
from mlconnector_relay.sap.credit_memo import OrderLevel
from mlconnector_relay.sap.values import Built

from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Line, an_order

HALF = an_item("PRODUCT", 61, "59.50", 1)
CAUSE = ask("decision:edit:7", "edited", ("supplement", "leave"), "d1")
GOODWILL = ('language = "DE"', 'language = "DE"\ngoodwill = { gl_account = "888100", cost_center = "4100" }')


def two_lamps(**order: Any) -> Life:
    """An order of two lamps at 59.50, posted, then changed."""
    life = Life(an_order(Line("59.50", 2)))
    life.post()
    return life.now(**order) if order else life


def edited(lamps: int = 3) -> Life:
    """The same with other pieces."""
    life = two_lamps()
    life.snapshot = an_order(Line("59.50", lamps))
    return life.now(date_modified=PLACED + timedelta(days=1))


def done(life: Life) -> Built:
    """Post what was decided, and see that looking again owes nothing more."""
    document = life.post()
    assert any("decided by ida" in one for one in document.decisions)
    return document


# --- what counts ---


def test_a_decision_counts_for_its_proposal_alone() -> None:
    """Not for another cause, another proposal, or what is no choice any more."""
    decision = Decision("decision:edit:7", "d1", "supplement", "ida")
    assert chosen([decision], CAUSE) == decision
    for other in (
        replace(CAUSE, key="decision:edit:8"),
        replace(CAUSE, proposal="d2"),
        replace(CAUSE, choices=("leave",)),
    ):
        assert chosen([decision], other) is None


def test_a_document_says_who_decided_and_who_confirmed() -> None:
    """One person, or two."""
    life = edited().decide("supplement", confirmed_by="otto")
    assert "supplement: decided by ida, confirmed by otto" in life.post().decisions
    assert said(replace(life.decisions[0], confirmed_by="")) == "supplement: decided by ida"


def test_a_proposal_is_its_lines_whatever_document_they_belong_to() -> None:
    """Whenever that is posted, and whatever comes with it: a choice must not end with the day."""
    head = two_lamps().documents[0].facts
    other = replace(head, about="edit", day="20260401", reading="another", following=(head,))
    assert lines_digest(other, head.lines) == lines_digest(head, head.lines)
    assert lines_digest(head, ()) != lines_digest(head, head.lines)


# --- edits ---


def test_an_edit_is_posted_as_it_was_approved() -> None:
    """The difference alone."""
    life = edited().decide("supplement")
    assert (done(life).gross, life.owed_by_customer) == (Decimal("59.50"), Decimal("178.50"))
    assert isinstance(life.plan(), Settled)


def test_an_edit_may_be_reversed_and_posted_anew() -> None:
    """Both documents follow from one decision."""
    life = edited().decide("reverse_and_repost")
    assert done(life).gross == Decimal("-119.00")
    assert life.post().gross == Decimal("178.50")
    assert isinstance(life.plan(), Settled)


def test_a_further_edit_voids_the_approval() -> None:
    """What was approved was something else; touching the order otherwise does not."""
    life = edited().decide("supplement")
    touched = life.now(date_modified=PLACED + timedelta(days=3), status_id=10).plan()
    assert isinstance(touched, Owe)
    life.snapshot = an_order(Line("59.50", 4))
    life.now(date_modified=PLACED + timedelta(days=4))
    assert life.causes() == ["decision:edit:1000123"]


def test_an_edit_may_be_left_until_the_next_one() -> None:
    """Nothing is posted, and it says who decided so."""
    life = edited().decide("leave")
    found = life.plan()
    assert isinstance(found, Settled)
    assert "leave: decided by ida" in found.sentence
    life.snapshot = an_order(Line("59.50", 1))
    life.now(date_modified=PLACED + timedelta(days=4))
    assert life.causes() == ["decision:edit:1000123"]


# --- cancelled after shipment, reinstated, refunded without record ---


def test_what_was_cancelled_after_shipment_may_be_credited_never_reversed() -> None:
    """Once; with the mapping's reversal it is a credit memo all the same."""
    life = two_lamps(status_id=5, items_shipped=2)
    life.mapping = a_mapping(('language = "DE"', 'language = "DE"\non_cancel = "reversal"'))
    assert (done(life.decide("credit_memo")).document_type, life.books()) == ("DG", {})
    assert isinstance(life.plan(), Settled)
    assert isinstance(two_lamps(status_id=5, items_shipped=2).decide("leave").plan(), Settled)


def test_an_order_no_longer_cancelled_may_be_posted_anew_and_cancelled_again() -> None:
    """As often as it happens, each time one document; what is left then is the order."""
    life = two_lamps(status_id=5)
    life.settle()
    life.now(status_id=11, date_modified=PLACED + timedelta(days=3)).decide("repost")
    anew = done(life)
    assert (anew.reference, anew.document_type, anew.gross) == ("B1-1000123-N", "DR", Decimal("119.00"))
    assert isinstance(life.plan(), Settled)

    life.parts(refunds=[a_refund(7, "59.50", "9.50", HALF)]).now(status_id=14)
    assert life.post().gross == Decimal("-59.50")
    life.now(status_id=5, date_modified=PLACED + timedelta(days=4))
    again = life.post()
    assert (again.reference, again.gross, life.books()) == ("B1-1000123-2V", Decimal("-59.50"), {})
    assert isinstance(life.plan(), Settled)


def test_an_order_posted_anew_is_compared_with_that() -> None:
    """A later edit is one of what was posted anew."""
    life = two_lamps(status_id=5)
    life.settle()
    life.snapshot = an_order(Line("59.50", 3))
    life.now(status_id=11, date_modified=PLACED + timedelta(days=3)).decide("repost")
    assert done(life).gross == Decimal("178.50")
    assert isinstance(life.plan(), Settled)
    life.snapshot = an_order(Line("59.50", 2))
    life.now(status_id=11, date_modified=PLACED + timedelta(days=4)).decide("supplement")
    assert done(life).gross == Decimal("-59.50")
    assert isinstance(life.plan(), Settled)


def test_an_order_posted_anew_needs_its_mapping() -> None:
    """What is missing then is asked for, and the decision holds."""
    life = two_lamps(status_id=5)
    life.settle()
    life.snapshot = an_order(Line("59.50", 2), Line("10.00", rate="5", product_id=112))
    life.now(status_id=11, date_modified=PLACED + timedelta(days=3)).decide("repost")
    assert all(cause.startswith("tax:") for cause in life.causes())


def test_an_order_with_refunds_is_not_posted_anew_by_us() -> None:
    """The order as it is now does not know what was given back."""
    life = two_lamps(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", HALF)])
    life.post()
    life.now(status_id=5, date_modified=PLACED + timedelta(days=3)).settle()
    found = life.now(status_id=11, date_modified=PLACED + timedelta(days=4)).plan()
    assert isinstance(found, Park)
    assert [cause.choices for cause in found.causes] == [("leave",)]


def test_an_order_refunded_without_record_may_be_credited_or_left() -> None:
    """Refunded in part says not how much, so that only a person's own document can."""
    life = two_lamps(status_id=4).decide("credit_memo")
    assert (done(life).gross, life.books()) == (Decimal("-119.00"), {})
    assert isinstance(life.plan(), Settled)
    partly = two_lamps(status_id=14).plan()
    assert isinstance(partly, Park)
    assert partly.causes[0].choices == ("leave",)


def test_an_order_never_posted_and_refunded_without_record_may_be_invoiced_or_left() -> None:
    """Left, it is skipped, visibly by whom."""
    life = Life().now(status_id=4, payment_status="")
    left = Life().now(status_id=4, payment_status="").decide("leave").plan()
    assert isinstance(left, Skip)
    assert (left.rule, "decided by ida" in left.sentence) == ("decided", True)
    assert life.decide("invoice").post().gross == Decimal("119.00")
    assert life.causes() == ["decision:no_record:1000123"]


# --- refunds of the order as a whole ---


@pytest.mark.parametrize(("choice", "tax"), [("goodwill", None), ("price_reduction", "1.60")])
def test_a_refund_of_the_whole_order_is_what_a_person_says(choice: str, tax: str | None) -> None:
    """For this refund alone; the mapping's own rule stays."""
    life = two_lamps(status_id=14)
    life.mapping = a_mapping(GOODWILL)
    refunds = [a_refund(number, "10.00", "0", an_item("ORDER", 1000123, "10.00")) for number in (7, 8)]
    life.parts(refunds=refunds)
    assert life.causes() == ["decision:refund_order:1000123/7", "decision:refund_order:1000123/8"]
    life.parts(refunds=refunds[:1]).decide(choice).parts(refunds=refunds)
    document = done(life)
    assert document.gross == Decimal("-10.00")
    assert [line.amount for line in document.lines if line.role == "tax"] == ([Decimal(tax)] if tax else [])
    assert life.causes() == ["decision:refund_order:1000123/8"]


def test_every_choice_is_explained() -> None:
    """Those a plan offers are those a person reads about."""
    assert set(get_args(OrderLevel)) <= set(CHOICES)
    assert all(len(follows(choice)) > 15 for choice in CHOICES)
    assert follows("move:A1:A2") == "a credit memo of the tax: what was charged at A1 moves to A2"


# --- the same once more ---


def test_another_edit_of_the_same_amount_is_asked_about_again() -> None:
    """A decision is for the documents it was shown beside: one more lamp is no second lamp more."""
    life = edited(3).decide("supplement")
    done(life)

    life.snapshot = an_order(Line("59.50", 4))
    life.now(date_modified=PLACED + timedelta(days=2))

    assert life.causes() == ["decision:edit:1000123"]


def test_another_cancellation_after_shipment_is_asked_about_again() -> None:
    """The order was taken back, posted anew and cancelled once more: each time a person says what is due."""
    life = two_lamps(status_id=5, date_shipped=PLACED).decide("credit_memo")
    done(life)
    life.now(status_id=11).decide("repost")
    done(life)

    assert life.now(status_id=5).causes() == ["decision:after_shipment:1000123"]


@pytest.mark.parametrize("change", [{"status_id": 4}, {"total_inc_tax": "118.00"}])
def test_an_order_that_was_left_is_asked_about_again_once_it_changes(change: dict[str, Any]) -> None:
    """Its status is what it was left with."""
    life = two_lamps(status_id=14).decide("leave")
    assert isinstance(life.plan(), Settled)
    assert life.now(**change).causes() == ["decision:no_record:1000123"]
