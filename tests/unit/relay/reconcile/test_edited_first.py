"""A refund of what only an edit explains is posted after the edit, which is posted by rule or approved first."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.reconcile.plan import Cause, Decision, Owe, Park, Settled
from mlconnector_relay.reconcile.steps import as_causes
from mlconnector_relay.sap.facts import Books, StoreFacts

from tests.support.building import posted
from tests.support.lives import Life, a_refund, an_item, paid_back
from tests.support.mappings import STORE, a_mapping
from tests.support.orders import PLACED, Line, an_order, revised
from tests.unit.relay.reconcile.test_later import by_authority

LAMPS, DEARER = Line("59.50", 2), Line("71.40", 2)
WHOLE = a_refund(7, "142.80", "22.80", an_item("PRODUCT", 61, "142.80", 2))
BY_RULE = ('language = "DE"', 'language = "DE"\non_edit = "supplement"')
ANEW = ('language = "DE"', 'language = "DE"\non_edit = "reverse_and_repost"')
LATER = PLACED + timedelta(days=3)
CLOSED = replace(STORE, books=Books(LATER, {("1000", "20260307"): "003/2026"}))
CAPTURES = [paid_back("119.00", 1, event="capture"), paid_back("23.80", 2, event="capture")]


def lamps(*rules: tuple[str, str]) -> Life:
    """An order of two lamps at 59.50, its invoice posted."""
    life = Life(an_order(LAMPS), a_mapping(*rules))
    life.post()
    return life


def edited(life: Life, *lines: Line, refunds: Any = (), paid: Any = CAPTURES) -> Life:
    """Edit the order, pay the rest, and refund some of it."""
    life.snapshot = revised(an_order(*lines), status_id=14 if refunds else 11, date_modified=LATER)
    return life.parts(refunds=list(refunds), transactions=paid)


def asked(life: Life) -> Cause:
    """Return the one thing to decide."""
    found = life.plan()
    assert isinstance(found, Park), found
    [cause] = found.causes
    return cause


@pytest.mark.parametrize("choice", ["supplement", "reverse_and_repost"])
def test_a_refund_at_a_new_price_offers_the_edit_first(choice: str) -> None:
    """With the arithmetic of both; approved and posted, the refund follows by itself, and nothing is left."""
    life = edited(lamps(), DEARER, refunds=[WHOLE])
    cause = asked(life)
    assert (cause.key, cause.choices) == ("decision:edit:1000123", ("supplement", "reverse_and_repost"))
    assert "the customer owes +23.80 EUR" in cause.sentence
    assert "refund 7 of 142.80 is of the order as it is edited: refund 7 gives back 142.80 in all, 119.00 are left" in (
        cause.sentence
    )
    assert (
        "with edit +23.80 and refund -142.80, its documents stand at 119.00, with this at 0.00; "
        "142.80 was paid, less 142.80 refunded is 0.00" in cause.sentence
    )
    assert cause.sentence.endswith("decide how the edit is posted, then the refund follows by itself")
    assert cause.amount == Decimal("23.80")
    first = life.decide(choice).plan()
    assert isinstance(first, Owe)
    assert first.more
    assert f"{choice}: decided by ida" in first.built.decisions
    assert isinstance(life.settle(), Settled)
    assert life.entries[-1].posting_id == "acme/abc123/1000123/refund/7/1"
    assert life.documents[-1].gross == Decimal("-142.80")
    assert life.books() == {}


def test_a_refund_of_a_line_that_an_edit_added_offers_the_edit_first() -> None:
    """It was not invoiced; approved, it is, and the refund gives back what the edit posted."""
    added = Line("10.70", rate="7", product_id=112, categories=(22,))
    refund = a_refund(7, "10.70", "0.70", an_item("PRODUCT", 62, "10.70", 1))
    life = edited(lamps(), LAMPS, added, refunds=[refund])
    cause = asked(life)
    assert "refund 7 gives back PRODUCT 62, which was not invoiced" in cause.sentence
    life.decide("supplement").settle()
    assert [document.gross for document in life.documents] == [Decimal("119.00"), Decimal("10.70"), Decimal("-10.70")]
    assert posted(life.documents[2])[1:] == [("product", "800100", "A2", "10.00"), ("tax", "", "A2", "0.70")]


@pytest.mark.parametrize(("rule", "documents"), [(BY_RULE, 3), (ANEW, 4)])
def test_by_rule_the_edit_is_posted_where_both_are_what_was_paid_and_given_back(
    rule: tuple[str, str], documents: int
) -> None:
    """Else a person decides, as beside any refund."""
    life = edited(lamps(rule), DEARER, refunds=[WHOLE])
    assert isinstance(life.settle(), Settled)
    assert (len(life.documents), life.books()) == (documents, {})
    unpaid = edited(lamps(rule), DEARER, refunds=[WHOLE], paid=CAPTURES[:1])
    assert "119.00 was paid, less 142.80 refunded is -23.80" in asked(unpaid).sentence


def test_a_claim_on_the_store_is_none_of_the_money_that_was_given_back() -> None:
    """Of 142.80 only 100.00 were paid back, whenever it is posted: the customer's account keeps 42.80."""
    payments = [
        {"id": 1, "provider_id": "custom", "amount": "100.00", "offline": True, "is_declined": False},
        {"id": 2, "provider_id": "storecredit", "amount": "42.80", "offline": True, "is_declined": False},
    ]
    life = edited(lamps(BY_RULE), DEARER, refunds=[WHOLE | {"payments": payments}])
    life.store = CLOSED
    assert life.post().gross == Decimal("23.80")
    life.store = STORE
    assert isinstance(life.settle(), Settled)
    assert life.owed_by_customer == Decimal("42.80")


@pytest.mark.parametrize("store", [STORE, CLOSED])
def test_a_refund_of_more_than_was_paid_back_lets_no_rule_post_the_edit(store: StoreFacts) -> None:
    """Its document gives back all of it, whenever it is posted."""
    life = edited(lamps(BY_RULE), DEARER, refunds=[WHOLE | {"payments": [WHOLE["payments"][0] | {"amount": "100.00"}]}])
    life.store = store
    assert "with edit +23.80 and refund -142.80" in asked(life).sentence


def test_the_question_is_another_once_what_was_shown_is() -> None:
    """Other money, or other lines for the same amounts: what was decided before does not count."""
    added = Line("10.70", rate="7", product_id=112, categories=(22,))
    refund = a_refund(7, "10.70", "0.70", an_item("PRODUCT", 62, "10.70", 1))
    life = edited(lamps(), LAMPS, added, refunds=[refund])
    paid = asked(life)
    life.parts(transactions=CAPTURES[:1])
    unpaid = asked(life)
    life.mapping = a_mapping(('cost_center = "PACK"', 'cost_center = "BOXES"'))
    elsewhere = asked(life)
    assert elsewhere.sentence == unpaid.sentence
    assert len({paid.proposal, unpaid.proposal, elsewhere.proposal}) == 3


def test_a_refund_that_fits_what_was_invoiced_asks_for_no_edit() -> None:
    """It waits for its period alone; the edit is looked at after it."""
    life = edited(lamps(), DEARER, refunds=[a_refund(7, "59.50", "9.50", an_item("PRODUCT", 61, "59.50", 1))])
    life.store = CLOSED
    assert life.causes() == ["period:company_code=1000,year=2026,period=003"]


def test_an_edit_of_tax_alone_is_posted_anew_or_not_at_all() -> None:
    """SAP takes no tax without its base."""
    life = Life(an_order(Line("100.00", rate="8.25"), inclusive=False), by_authority("8.25", "6.25", "propose"))
    life.post()
    life.mapping = by_authority("8.5", "6.5", "propose")
    life.snapshot = revised(an_order(Line("100.00", rate="8.5"), inclusive=False), status_id=4, date_modified=LATER)
    life.parts(refunds=[a_refund(7, "108.50", "8.50", an_item("PRODUCT", 61, "108.50", 1))])
    assert asked(life).choices == ("reverse_and_repost",)
    life.decide("reverse_and_repost").settle()
    assert life.books() == {}


def test_who_approved_the_edit_before_need_not_do_so_again() -> None:
    """But who left it is asked once more: the refund cannot be posted without it."""
    life = edited(lamps(), DEARER)
    assert asked(life).choices == ("supplement", "reverse_and_repost", "leave")
    life.decide("supplement")
    edited(life, DEARER, refunds=[WHOLE])
    assert isinstance(life.settle(), Settled)
    assert life.books() == {}
    left = edited(lamps(), DEARER).decide("leave")
    assert isinstance(left.plan(), Settled)
    edited(left, DEARER, refunds=[WHOLE])
    left.decide("supplement").settle()
    assert left.books() == {}


def test_once_something_was_refunded_nothing_is_reversed() -> None:
    """A credit memo stands: only the difference may be posted."""
    half = a_refund(7, "59.50", "9.50", an_item("PRODUCT", 61, "59.50", 1))
    life = lamps().now(status_id=14).parts(refunds=[half])
    life.settle()
    added = Line("10.70", rate="7", product_id=112, categories=(22,))
    refund = a_refund(8, "10.70", "0.70", an_item("PRODUCT", 62, "10.70", 1))
    edited(life, LAMPS, added, refunds=[half, refund])
    assert asked(life).choices == ("supplement",)
    life.decide("supplement").settle()
    assert life.owed_by_customer == Decimal("59.50")


def test_what_was_declined_in_part_may_be_a_part_of_the_edited_order() -> None:
    """First the edit, then the person says what was paid back."""
    payments = [
        {"id": 1, "provider_id": "custom", "amount": "100.00", "offline": True, "is_declined": False},
        {"id": 2, "provider_id": "custom", "amount": "42.80", "offline": True, "is_declined": True},
    ]
    refund = a_refund(7, "142.80", "22.80", an_item("PRODUCT", 61, "142.80", 2), payments=payments)
    life = edited(lamps(), DEARER, refunds=[refund])
    assert "with edit +23.80 and refund -100.00" in asked(life).sentence
    assert life.decide("supplement").post().gross == Decimal("23.80")
    assert asked(life).choices == ("paid_part", "goodwill", "price_reduction")
    life.decide("paid_part").settle()
    assert life.owed_by_customer == Decimal("42.80")


def test_an_edit_that_two_refunds_need_is_asked_about_and_waits_once() -> None:
    """Approved, both follow."""
    added = Line("10.70", 2, rate="7", product_id=112, categories=(22,))
    refunds = [a_refund(number, "10.70", "0.70", an_item("PRODUCT", 62, "10.70", 1)) for number in (7, 8)]
    life = edited(lamps(), LAMPS, added, refunds=refunds)
    found = life.plan()
    assert isinstance(found, Park)
    [cause] = as_causes(found.causes)
    assert (cause.key, cause.amount) == ("decision:edit:1000123", Decimal("21.40"))
    assert "refund 7 of 10.70" in cause.sentence
    assert "refund 8 of 10.70" in cause.sentence
    life.decisions.append(Decision(cause.key, cause.proposal, "supplement", "ida"))
    assert isinstance(life.settle(), Settled)
    assert [str(one.gross) for one in life.documents] == ["119.00", "21.40", "-10.70", "-10.70"]


def test_a_refund_that_no_edit_explains_parks_as_it_is() -> None:
    """Not edited at all, its totals alone changed, edited to less than is given back, or to what cannot be read."""
    more = a_refund(7, "178.50", "28.50", an_item("PRODUCT", 61, "178.50", 3))
    assert edited(lamps(), LAMPS, refunds=[more]).causes() == ["refused:refund_exceeds"]
    assert edited(lamps(), DEARER, refunds=[more]).causes() == ["refused:refund_exceeds"]
    unreadable = edited(lamps(), DEARER, refunds=[WHOLE]).now(total_inc_tax="999.00")
    assert unreadable.causes() == ["refused:refund_exceeds"]
    unmapped = edited(lamps(), LAMPS, Line("10.70", rate="3"), refunds=[more])
    assert unmapped.causes() == ["refused:refund_exceeds"]
    whole_order = a_refund(7, "9.00", "0", an_item("ORDER", 1000123, "9.00"))
    assert edited(lamps(), DEARER, refunds=[whole_order]).causes() == ["decision:refund_order:1000123/7"]


def test_an_edit_that_cannot_be_posted_beside_refunds_is_no_way_forward() -> None:
    """Refunds have left less of the lamps than the edit takes off."""
    both = a_refund(7, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 2))
    life = lamps().now(status_id=4).parts(refunds=[both])
    life.settle()
    added = Line("10.70", rate="7", product_id=112, categories=(22,))
    refund = a_refund(8, "10.70", "0.70", an_item("PRODUCT", 62, "10.70", 1))
    edited(life, Line("59.50", 1), added, refunds=[both, refund])
    assert life.causes() == ["refused:refund_item"]


def test_a_refund_in_a_closed_period_needs_the_edit_all_the_same() -> None:
    """The edit may be posted meanwhile; the refund waits for its period then."""
    life = edited(lamps(), DEARER, refunds=[WHOLE])
    life.store = CLOSED
    life.decide("supplement").post()
    assert life.causes() == ["period:company_code=1000,year=2026,period=003"]
    life.store = STORE
    assert isinstance(life.settle(), Settled)
    assert life.books() == {}


def test_goodwill_that_was_given_leaves_every_edit_possible() -> None:
    """It was never invoiced, so that nothing of it could be missing."""
    goodwill = ('language = "DE"', 'language = "DE"\ngoodwill = { gl_account = "889000", cost_center = "4900" }')
    given = a_refund(6, "9.00", "0", an_item("ORDER", 1000123, "9.00"))
    life = lamps(goodwill).now(status_id=14).parts(refunds=[given])
    life.decide("goodwill").settle()
    most = a_refund(7, "130.00", "20.76", an_item("PRODUCT", 61, "130.00", 2))
    edited(life, DEARER, refunds=[given, most])
    assert asked(life).choices == ("supplement",)
