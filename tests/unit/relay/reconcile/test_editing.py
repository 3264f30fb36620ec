"""An edit is shown in full, dated and translated as what it is, and decided about anew once anything of it changes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.reconcile.plan import Owe, Settled

from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Charge, Line, an_order, revised
from tests.unit.relay.reconcile.test_balance import (
    ONE,
    REPOST,
    SUPPLEMENT,
    asked,
    edited,
    lamps,
    paid,
    reduced,
    refunded,
)

INVOICE = "document 1800000000 of company code 1000, fiscal year 2026"
BLOCKED = '[shipments]\npayment_block = "B"\n'


def changed(life: Life, *lines: Line, **options: Any) -> Life:
    """The same order with other lines, three days later, its refunds and payments as they were."""
    before, later = life.snapshot, {"date_modified": PLACED + timedelta(days=3)}
    after = revised(an_order(*lines, **options), status_id=before.order.status_id, **later)
    life.snapshot = after.model_copy(update={"refunds": before.refunds, "transactions": before.transactions})
    return life


# --- what a person is shown ---


@pytest.mark.parametrize(
    ("price", "told"),
    [
        ("119.01", "; of 119.01 in all 0.01 is unpaid; decide, or set on_edit"),
        ("118.99", " on 800000 A1; decide, or set on_edit"),
    ],
)
def test_only_an_increase_is_unpaid(price: str, told: str) -> None:
    """From the smallest unit on."""
    life = changed(lamps(2), Line(price)).parts(transactions=[paid("119.00")])
    sentence = asked(life).sentence
    assert sentence.startswith(f"{INVOICE}: edited after posting; the customer owes ")
    assert sentence.endswith(told)


def test_an_equal_swap_leaves_nothing_unpaid_to_tell() -> None:
    """The customer owes what they have paid."""
    life = Life(an_order(Line("59.50"), Line("119.00", product_id=112, categories=(22,))))
    life.post()
    changed(life, Line("119.00"), Line("59.50", product_id=112, categories=(22,))).parts(transactions=[paid("178.50")])
    assert "unpaid" not in asked(life).sentence


def test_what_cannot_be_posted_alone_is_shown_all_the_same() -> None:
    """Tax without a base, beside what it comes to."""
    life = Life(an_order(Line("100.00", 1), inclusive=False))
    life.post()
    row = life.snapshot.taxes[0].model_dump() | {"line_amount": "19.01"}
    line = life.snapshot.products[0].model_dump() | {"total_inc_tax": "119.01", "discounted_total_inc_tax": "119.01"}
    totals = {"total_inc_tax": "119.01", "subtotal_inc_tax": "119.01", "total_tax": "19.01", "subtotal_tax": "19.01"}
    life.parts(taxes=[row], products=[line | {"total_tax": "19.01"}]).now(**totals)
    assert asked(life).sentence.startswith(f"{INVOICE}: edited after posting; the customer owes +0.01 EUR: ")


def test_an_edit_beside_refunds_is_shown_with_both() -> None:
    """What it comes to, or why it cannot be read, beside the money."""
    life = edited(refunded(lamps(2, SUPPLEMENT), ONE, paid("119.00")), 1)
    assert asked(life).sentence.startswith(f"{INVOICE}: edited beside its refunds; the customer owes -59.50 EUR: ")
    sentence = asked(life.now(total_inc_tax="1.00")).sentence
    assert "; its documents stand at 59.50, with this at 59.50; " in sentence
    assert sentence.endswith(" is 59.50; 50.0000 without tax + 9.5000 of tax are not 1.00; decide what is owed")


# --- what a choice is bound to ---


def test_an_edit_beside_refunds_that_was_left_is_asked_about_once_more_comes_in() -> None:
    """Or once it is another order, though it comes to the same."""
    life = edited(refunded(lamps(2, SUPPLEMENT), ONE, paid("119.00")), 1).decide("leave")
    assert isinstance(life.plan(), Settled)
    other = life.snapshot.products[0].model_dump() | {"product_id": 113}
    assert asked(life.parts(products=[other])).key == "decision:edit_and_refund:1000123"
    life.parts(products=[other | {"product_id": 111}], transactions=[paid("119.00"), paid("10.00", id=2)])
    assert asked(life).key == "decision:edit_and_refund:1000123"


def test_a_refund_beside_an_edit_is_asked_about_again_once_money_comes_in() -> None:
    """What counts was decided by what was paid then."""
    life = refunded(reduced(3, 2), ONE).decide("refund")
    assert isinstance(life.plan(), Owe)
    assert asked(life.parts(transactions=[paid("100.00")])).key == "decision:edit_and_refund:1000123/7"


# --- what refunds have left ---


def test_no_edit_takes_off_a_unit_more_than_refunds_have_left() -> None:
    """One lamp of two is refunded; of the other 59.50 are left, and no more can be taken off."""
    for price, choices in (("59.50", ("supplement", "leave")), ("59.49", ("leave",))):
        life = changed(refunded(lamps(2, SUPPLEMENT), ONE, paid("119.00")), Line(price))
        assert asked(life).choices == choices


def test_what_is_left_is_left_under_its_tax_code() -> None:
    """The lamp's is refunded, so that no edit takes it off, though more is left of the book."""
    book = Line("107.00", rate="7", product_id=112, categories=(22,))
    life = Life(an_order(Line("59.50"), book), a_mapping(SUPPLEMENT))
    life.post()
    assert asked(changed(refunded(life, ONE, paid("166.50")), book)).choices == ("leave",)


def test_a_swap_of_equal_worth_takes_nothing_off() -> None:
    """So that a refund after it is posted whatever the store shows of the money."""
    life = Life(an_order(Line("59.50"), Line("119.00", product_id=112, categories=(22,))), a_mapping(SUPPLEMENT))
    life.post()
    changed(life, Line("119.00"), Line("59.50", product_id=112, categories=(22,))).settle()
    life.now(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", an_item("PRODUCT", 62, "59.50", 1))])
    assert life.post().gross == Decimal("-59.50")


# --- the documents of an edit ---


def test_an_edit_alone_owes_one_document_with_its_day() -> None:
    """Nothing follows it; its own rate counts."""
    life = changed(lamps(2, SUPPLEMENT), Line("59.50", 3))
    found = life.plan()
    assert isinstance(found, Owe)
    assert not found.more
    document = life.post()
    assert "document and posting date 20260308: the edit's, in Europe/Berlin" in document.decisions
    assert "TRANS_DATE" not in document.call.parameters["DOCUMENTHEADER"]


def test_nothing_follows_an_edit_beside_refunds_either() -> None:
    """Where money and documents agree with it."""
    found = edited(refunded(lamps(2, SUPPLEMENT), ONE, paid("178.50")), 3).plan()
    assert isinstance(found, Owe)
    assert (found.step.kind, found.more) == ("supplement", False)


def test_what_is_posted_anew_is_worth_what_it_was() -> None:
    """Both documents at the invoice's rate; after the second nothing follows, unless something was refunded."""
    life = changed(lamps(2, REPOST), Line("59.50", 3))
    back = life.post()
    found = life.plan()
    assert isinstance(found, Owe)
    assert not found.more
    headers = [document.call.parameters["DOCUMENTHEADER"] for document in (back, found.built)]
    assert [(one["PSTNG_DATE"], one["TRANS_DATE"]) for one in headers] == [("20260308", "20260305")] * 2
    found = life.parts(refunds=[ONE]).plan()
    assert isinstance(found, Owe)
    assert (found.step.kind, found.more) == ("repost", True)


@pytest.mark.parametrize(("status_id", "block"), [(11, "B"), (10, "")])
def test_what_is_posted_anew_is_blocked_while_nothing_was_released(status_id: int, block: str) -> None:
    """Once the goods were handed over, and that was told, it is never blocked again, though that was a mistake."""
    life = Life(an_order(), a_mapping(REPOST, more=BLOCKED)).now(payment_status="")
    life.post()
    life.now(status_id=status_id).settle()
    changed(life, Line("119.00"), shipping=Charge("5.95")).now(payment_status="", status_id=11).post()
    assert life.post().facts.blocks.payment == block
