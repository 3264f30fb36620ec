"""A posted order is mapped anew where a person asks and decides: everything taken back, and posted by the mapping."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from mlconnector_relay.reconcile.plan import Owe, Park, Settled
from mlconnector_relay.reconcile.posted import posted_documents
from mlconnector_relay.reconcile.remapping import cannot_be_mapped_anew, request
from mlconnector_relay.reconcile.values import Decision

from tests.support.building import posted
from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import Charge, Line, an_order, revised
from tests.unit.relay.reconcile.test_later import LATER, edited
from tests.unit.relay.sap.test_change import a_shipment
from tests.unit.relay.sap.test_deferral import DEFERRED

ELSEWHERE = ('gl_account = "800000"', 'gl_account = "800777"')
HALF = an_item("PRODUCT", 61, "59.50", 1)
DEFAULT = '[[accounts]]\ngl_account = "800900"\ncost_center = "4100"\n'
NO_ACCOUNT = (("categories = [21]", "categories = [99]"), (DEFAULT, ""))


def two_lamps(**options: str) -> Life:
    """An order of two lamps at 59.50 with freight, posted; then a mapping with another account."""
    life = Life(an_order(Line("59.50", 2), shipping=Charge("5.95")), a_mapping(**options))  # type: ignore[arg-type]
    life.post()
    life.mapping = a_mapping(ELSEWHERE, **options)  # type: ignore[arg-type]
    return life


def asked(life: Life) -> Life:
    """Have somebody ask for it."""
    cause = request(life.snapshot.order.id, posted_documents(life.entries))
    life.decisions.append(Decision(cause.key, cause.proposal, *cause.choices, "ida"))
    return life


def test_a_wish_holds_for_the_documents_it_was_made_for() -> None:
    """It proposes, and chooses nothing that is posted."""
    entries = posted_documents(two_lamps().entries)
    wish = request(1000123, entries)
    assert (wish.key, wish.choices) == ("remap:1000123", ("propose",))
    assert wish.proposal != request(1000123, [*entries, *entries]).proposal


def test_nothing_is_mapped_anew_unless_somebody_asks() -> None:
    """A changed mapping never re-posts by itself; once it is asked for, the order waits with its lines."""
    life = two_lamps()
    assert isinstance(life.plan(), Settled)
    found = asked(life).plan()
    assert isinstance(found, Park)
    (cause,) = found.causes
    assert (cause.key, cause.choices) == ("decision:remap:1000123", ("reverse_and_repost", "leave"))
    assert cause.amount == Decimal("100.00")
    assert f"by mapping {life.mapping.version} " in cause.sentence
    assert "800000 4200 A1 -100.00 -> 0.00; 800777 4200 A1 0.00 -> -100.00; decide" in cause.sentence
    assert "808000" not in cause.sentence


def test_what_is_decided_is_taken_back_and_posted_by_the_mapping() -> None:
    """On the invoice's day, at its rate; the books then hold the order once, and a refund goes where it stands now."""
    life = asked(two_lamps()).decide("reverse_and_repost")
    back, anew = life.post(), life.post()
    assert (back.reference, back.document_type, back.gross) == ("B1-1000123-V", "DG", Decimal("-124.95"))
    assert (anew.reference, anew.document_type, anew.gross) == ("B1-1000123-N", "DR", Decimal("124.95"))
    assert posted(anew) == [
        ("customer", "99000", "", "124.95"),
        ("product", "800777", "A1", "-100.00"),
        ("freight", "808000", "A1", "-5.00"),
        ("tax", "", "A1", "-19.95"),
    ]
    days = {document.call.parameters["DOCUMENTHEADER"]["PSTNG_DATE"] for document in life.documents}
    assert days == {"20260305"}
    assert all(any(": the newest document's, in" in one for one in document.decisions) for document in (back, anew))
    assert "reverse_and_repost: decided by ida" in back.decisions
    assert isinstance(life.plan(), Settled)
    assert ("800000", "4200", "A1") not in life.books()

    memo = life.now(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", HALF)]).post()
    assert ("product", "800777", "A1", "50.00") in posted(memo)


def test_revenue_of_a_later_month_is_not_taken_back_before_it_was_earned() -> None:
    """On the day of the newest document: what each month stood at stays, and what was shipped is earned anew then."""
    life = Life(an_order(Line("59.50", 2)), a_mapping(DEFERRED))
    life.post()
    shipped = a_shipment(700, date_created=datetime(2026, 4, 30, 10, tzinfo=UTC))
    life.now(status_id=3, items_shipped=1).parts(shipments=[shipped]).settle()
    life.mapping = a_mapping(DEFERRED, ELSEWHERE)
    asked(life).decide("reverse_and_repost").settle()
    of_day: Counter[tuple[str, str]] = Counter()
    for document in life.documents:
        day = document.call.parameters["DOCUMENTHEADER"]["PSTNG_DATE"]
        for line in document.lines:
            of_day[day, line.account] += line.amount  # type: ignore[assignment]
    assert {key: amount for key, amount in of_day.items() if amount} == {
        ("20260305", "99000"): Decimal("119.00"),
        ("20260305", "249000"): Decimal("-100.00"),
        ("20260305", ""): Decimal("-19.00"),
        ("20260430", "249000"): Decimal("50.00"),
        ("20260430", "800777"): Decimal("-50.00"),
    }


def test_another_tax_code_is_shown_with_its_tax() -> None:
    """What changes is every place with another amount, the tax among them."""
    life = two_lamps()
    code = '[tax_codes.B1]\nrate = 19\ncondition_key = "MWAS"\naccount_key = "MWS"\n'
    life.mapping = a_mapping(('tax_code = "A1"', 'tax_code = "B1"'), more=code)
    found = asked(life).plan()
    assert isinstance(found, Park)
    assert "tax A1 MWAS MWS -19.95 -> 0.00; tax B1 MWAS MWS 0.00 -> -19.95" in found.causes[0].sentence
    life.decide("reverse_and_repost").settle()
    assert {key[2] for key in life.books()} == {"", "B1"}


def test_another_account_key_is_another_place() -> None:
    """SAP finds a tax's account by its key: a tax code whose key was wrong is put right, too."""
    life = two_lamps()
    key = '[tax_codes.A1]\nrate = 19\ncondition_key = "MWAS"\naccount_key = '
    life.mapping = a_mapping((f'{key}"MWS"', f'{key}"MW2"'))
    found = asked(life).plan()
    assert isinstance(found, Park)
    assert "tax A1 MWAS MW2 0.00 -> -19.95; tax A1 MWAS MWS -19.95 -> 0.00" in found.causes[0].sentence
    back, anew = life.decide("reverse_and_repost").post(), life.post()
    keys = [document.call.parameters["ACCOUNTTAX"][0]["ACCT_KEY"] for document in (back, anew)]
    assert keys == ["MWS", "MW2"]
    assert isinstance(life.plan(), Settled)


def test_an_order_that_is_left_stays_until_the_mapping_says_something_else() -> None:
    """A choice is bound to the lines that were shown."""
    life = asked(two_lamps()).decide("leave")
    found = life.plan()
    assert isinstance(found, Settled)
    assert "leave: decided by ida" in found.sentence
    life.mapping = a_mapping(('gl_account = "800000"', 'gl_account = "800888"'))
    assert isinstance(life.plan(), Park)


def test_an_order_that_the_mapping_has_as_it_is_posted_says_so() -> None:
    """Nothing is to be decided; nor once it was mapped anew, until somebody asks again."""
    life = asked(two_lamps())
    before, life.mapping = life.mapping, a_mapping()
    found = life.plan()
    assert isinstance(found, Settled)
    assert found.sentence.endswith(f"as mapping {life.mapping.version} has it, too")
    life.mapping = before
    life.decide("reverse_and_repost").settle()
    life.mapping = a_mapping()
    assert isinstance(life.plan(), Settled)
    assert isinstance(asked(life).plan(), Park)


def test_the_debtor_and_texts_stay_beside_which_later_documents_belong() -> None:
    """Only accounts, CO objects and tax codes are mapped anew."""
    life = two_lamps()
    rule = '[[documents]]\ncountries = ["DE"]\ncustomer = "4711"\ncustomer_text = "{order}"\n'
    life.mapping = a_mapping(ELSEWHERE, more=rule)
    asked(life).decide("reverse_and_repost").settle()
    lines = [document.call.parameters["ACCOUNTRECEIVABLE"][0] for document in life.documents]
    assert {(line["CUSTOMER"], line["ITEM_TEXT"]) for line in lines} == {("0000099000", "Web order 1000123")}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ([('company_code = "1000"', 'company_code = "2000"')], "posted in company code 1000, the mapping says 2000"),
        (NO_ACCOUNT, "no account for category 21"),
    ],
)
def test_what_the_mapping_cannot_post_stays(changes: Sequence[tuple[str, str]], why: str) -> None:
    """Another company code is for a person, a gap for the mapping; the order does not wait for either."""
    life = asked(two_lamps())
    life.mapping = a_mapping(*changes)
    found = life.plan()
    assert isinstance(found, Settled)
    assert "not mapped anew: " in found.sentence
    assert why in found.sentence


def test_an_edit_comes_first_and_what_was_left_of_one_stays() -> None:
    """What is mapped anew is the order as it was posted."""
    life = edited(asked(two_lamps()), Line("59.50", 3), shipping=Charge("5.95"))
    assert life.causes() == ["decision:edit:1000123"]
    found = life.decide("leave").plan()
    assert isinstance(found, Settled)
    assert "not mapped anew: it was edited since" in found.sentence


def test_an_order_that_was_refunded_or_cancelled_is_not_mapped_anew() -> None:
    """Its lines were given back as they were posted."""
    life = two_lamps().now(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", HALF)])
    life.settle()
    assert "refunded or cancelled" in cannot_be_mapped_anew(posted_documents(life.entries))
    found = asked(life).plan()
    assert isinstance(found, Settled)
    assert "not mapped anew: it was refunded or cancelled" in found.sentence
    assert "nothing of it is posted" in cannot_be_mapped_anew([])


def test_between_both_documents_the_order_is_posted_as_it_is_by_then() -> None:
    """Parked on what the mapping lacks; not posted anew where it was cancelled meanwhile."""
    life = asked(two_lamps()).decide("reverse_and_repost")
    life.post()
    whole, life.mapping = life.mapping, a_mapping(*NO_ACCOUNT)
    assert isinstance(life.plan(), Park)
    life.mapping = whole
    assert isinstance(life.plan(), Owe)
    life.snapshot = revised(life.snapshot, status_id=5, date_modified=LATER)
    assert isinstance(life.plan(), Settled)
    assert life.owed_by_customer == 0


@pytest.mark.parametrize("remap", [True, False])
def test_what_a_cancelled_order_is_refunded_is_taken_off_what_is_posted_anew(remap: bool) -> None:
    """Cancelled and refunded between both documents it is posted anew, refunded and cancelled; it parked for ever."""
    life = two_lamps()
    if remap:
        asked(life).decide("reverse_and_repost").post()
    else:
        edited(life, Line("59.50", 3), shipping=Charge("5.95")).decide("reverse_and_repost").post()
    life.snapshot = revised(life.snapshot, status_id=5, date_modified=LATER)
    assert isinstance(life.plan(), Settled)
    life.parts(refunds=[a_refund(7, "59.50", "9.50", HALF)])
    assert isinstance(life.settle(), Settled)
    about = [entry.facts.about for entry in posted_documents(life.entries)]
    assert about[-2:] == ["refund 7", "cancellation"]
    assert life.books() == {}
