"""What happens to an order after its invoice ends in documents, one at a time, or parks with the one thing missing."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.reconcile.plan import Decision, Owe, Park, Settled, Wait
from mlconnector_relay.sap.mapping import Mapping

from tests.support.building import posted
from tests.support.lives import Life, a_refund, an_item, entry_of, paid_back
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Charge, Line, an_order, revised

ONLINE = {"id": 30, "provider_id": "stripe", "amount": "59.50", "offline": False, "is_declined": False}
HALF = an_item("PRODUCT", 61, "59.50", 1)
ALL = an_item("PRODUCT", 61, "119.00", 2)


def two_lamps(**options: Any) -> Life:
    """An order of two lamps at 59.50, its invoice posted."""
    life = Life(an_order(Line("59.50", 2)), **options)
    life.post()
    return life


def refunded(*refunds: Any, **options: Any) -> Life:
    """The same with refunds."""
    return two_lamps(**options).now(status_id=14).parts(refunds=list(refunds))


# --- refunds ---


def test_a_refund_becomes_a_credit_memo() -> None:
    """The refund's number in its reference, its day, the invoice's accounts and tax code, once."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF))
    memo = life.post()
    assert life.entries[-1].posting_id == "acme/abc123/1000123/refund/7/1"
    assert (memo.reference, memo.document_type, memo.gross) == ("B1-1000123-7R", "DG", Decimal("-59.50"))
    header = memo.call.parameters["DOCUMENTHEADER"]
    assert (header["DOC_DATE"], header["PSTNG_DATE"]) == ("20260307", "20260307")
    assert "TRANS_DATE" not in header
    assert posted(memo) == [
        ("customer", "99000", "", "-59.50"),
        ("product", "800000", "A1", "50.00"),
        ("tax", "", "A1", "9.50"),
    ]
    assert memo.lines[2].base == Decimal("50.00")
    assert memo.lines[1].text == "1x SKU-1"
    assert isinstance(life.plan(), Settled)


def test_several_refunds_post_one_after_the_other_in_their_order() -> None:
    """Each once, whatever the store's order; nothing is left then."""
    life = refunded(a_refund(9, "59.50", "9.50", HALF), a_refund(7, "59.50", "9.50", HALF))
    found = life.settle()
    assert isinstance(found, Settled)
    assert "nothing is left of it" in found.sentence
    assert [entry.posting_id.split("/")[3:] for entry in life.entries[1:]] == [
        ["refund", "7", "1"],
        ["refund", "9", "1"],
    ]
    assert life.books() == {}


def test_a_changed_mapping_or_catalog_changes_no_credit_memo() -> None:
    """It takes back what was posted, where it was posted."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF))
    before = life.plan()
    life.mapping = a_mapping(
        ('gl_account = "800000"', 'gl_account = "800777"'), ('one_time_customer = "99000"', 'one_time_customer = "9"')
    )
    life.parts(product_facts={}, customer_group_id=4)
    after = life.plan()
    assert isinstance(before, Owe)
    assert isinstance(after, Owe)
    assert before.built.lines == after.built.lines


def test_later_documents_keep_debtor_terms_and_texts() -> None:
    """As the mapping said when the invoice was posted; an edit's supplement, too."""
    rule = '[[documents]]\ncountries = ["DE"]\ncustomer = "4711"\npayment_terms = "ZB30"\n'
    rule += 'customer_text = "On account {order}"\n'
    life = two_lamps(mapping=a_mapping(more=rule))
    invoice = life.documents[0]
    life.mapping = a_mapping(('language = "DE"', 'language = "DE"\npayment_terms = "0001"\non_edit = "supplement"'))
    life.now(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", HALF)])
    memo = life.post()
    kept = ("CUSTOMER", "PMNTTRMS", "ITEM_TEXT")
    first, second = (document.call.parameters["ACCOUNTRECEIVABLE"][0] for document in (invoice, memo))
    assert [first[name] for name in kept] == ["0000004711", "ZB30", "On account 1000123"]
    assert [second[name] for name in kept] == [first[name] for name in kept]
    assert memo.call.parameters["CUSTOMERCPD"] == {}
    dearer = edited(two_lamps(mapping=a_mapping(more=rule)), Line("59.50", 3))
    dearer.mapping = life.mapping
    supplement = dearer.post().call.parameters["ACCOUNTRECEIVABLE"][0]
    assert [supplement[name] for name in kept] == [first[name] for name in kept]


def test_an_order_refunded_before_it_was_posted_gets_both_documents() -> None:
    """First the invoice, then the credit memo."""
    life = Life(an_order(Line("59.50", 2))).now(status_id=4, payment_status="refunded")
    life.parts(refunds=[a_refund(7, "119.00", "19.00", ALL)])
    assert isinstance(life.settle(), Settled)
    assert [document.document_type for document in life.documents] == ["DR", "DG"]
    assert life.books() == {}


def test_a_refund_that_cannot_be_posted_does_not_hold_up_the_others() -> None:
    """The clear one posts, the other parks with what is missing."""
    unclear = a_refund(7, "5.00", "0", an_item("ORDER", 1000123, "5.00"))
    pending = a_refund(6, "5.00", "0", HALF, payments=[ONLINE])
    life = refunded(pending, unclear, a_refund(8, "59.50", "9.50", HALF))
    assert isinstance(life.settle(), Park)
    assert [entry.posting_id.split("/")[4] for entry in life.entries[1:]] == ["8"]
    assert life.causes() == ["decision:refund_order:1000123/7"]
    found = life.later(hours=20).plan()
    assert isinstance(found, Park)
    assert found.again_at == PLACED + timedelta(days=2, hours=21), "of its payment nobody tells"
    assert life.later(hours=25).causes() == ["decision:refund_order:1000123/7", "refund:unsettled:1000123/6"]


def test_a_refund_for_a_person_does_not_end_the_asking_about_another() -> None:
    """One has waited for too long, the other is new; what is overdue alone is asked about when it is twice as old."""
    first = a_refund(6, "5.00", "0", HALF, payments=[ONLINE])
    newer = a_refund(7, "5.00", "0", HALF, payments=[ONLINE], created=(PLACED + timedelta(days=3)).isoformat())
    life = refunded(first, newer).later(hours=44)
    found = life.plan()
    assert isinstance(found, Park)
    assert ([one.key for one in found.causes], found.again_at) == (
        ["refund:unsettled:1000123/6"],
        PLACED + timedelta(days=3, hours=21),
    )
    overdue = refunded(first).later(hours=44)
    alone = overdue.plan()
    assert isinstance(alone, Park)
    assert overdue.snapshot.refunds[0].created is not None
    fetched = overdue.snapshot.fetched_at
    assert alone.again_at == fetched + (fetched - overdue.snapshot.refunds[0].created)


def test_a_rejected_credit_memo_is_tried_again_under_its_part() -> None:
    """Its ordinal is the refund's; so changed content takes the next part, the same content the same."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF))
    first = life.plan()
    assert isinstance(first, Owe)
    life.entries.append(entry_of(first, life.snapshot, 0, "rejected"))
    again = life.plan()
    assert isinstance(again, Owe)
    assert again.step == first.step
    life.mapping = a_mapping(('language = "DE"', 'language = "DE"\ndocument_types = { invoice = "DR", refund = "RG" }'))
    changed = life.plan()
    assert isinstance(changed, Owe)
    assert (changed.step.ordinal, changed.step.part, changed.built.reference) == (7, 2, "B1-1000123-7-2R")


def test_the_exchange_rate_of_a_credit_memo_may_be_the_invoice_s() -> None:
    """By rule; else it is that of its own date."""
    mapping = a_mapping(('language = "DE"', 'language = "DE"\ncredit_memo_rate = "original"'))
    memo = refunded(a_refund(7, "59.50", "9.50", HALF), mapping=mapping).post()
    assert memo.call.parameters["DOCUMENTHEADER"]["TRANS_DATE"] == "20260305"
    assert "exchange rate: of the invoice's date" in memo.decisions


def test_a_mapping_that_lost_its_company_code_parks_every_later_document() -> None:
    """Refund, cancellation and what undoes a refund alike."""
    gone = a_mapping(('language = "DE"', 'language = "DE"\ncurrencies = ["USD"]'))
    key = "company_code:store=abc123,channel=1,currency=EUR"
    life = refunded(a_refund(7, "59.50", "9.50", HALF))
    life.mapping = gone
    assert life.causes() == [key]
    cancelled = two_lamps().now(status_id=5)
    cancelled.mapping = gone
    assert cancelled.causes() == [key]
    life.mapping = a_mapping()
    life.post()
    life.mapping = gone
    declined = a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE | {"is_declined": True}])
    assert life.parts(refunds=[declined]).causes() == [key]


# --- when a refund counts ---


def test_a_pending_refund_posts_nothing_and_is_asked_about() -> None:
    """The older, the more rarely; then the transaction comes."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE]))
    for age, pause in ((timedelta(0), 1), (timedelta(minutes=20), 5), (timedelta(hours=20), 60)):
        found = life.later(seconds=age.total_seconds()).plan()
        assert isinstance(found, Wait)
        assert not found.refetch
        assert found.again_at == PLACED + timedelta(days=2) + age + timedelta(minutes=pause)
    life.parts(transactions=[paid_back("59.50")])
    assert isinstance(life.settle(), Settled)
    assert life.owed_by_customer == Decimal("59.50")


@pytest.mark.parametrize(("hours", "option"), [(24, ""), (2, "[refunds]\nalert_hours = 2\n")])
def test_a_refund_without_an_answer_is_for_a_person_after_a_while(hours: int, option: str) -> None:
    """No posting either."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE]), mapping=a_mapping(more=option))
    assert isinstance(life.later(hours=hours).plan(), Wait)
    assert life.later(hours=hours, seconds=1).causes() == ["refund:unsettled:1000123/7"]


def test_a_declined_refund_posts_nothing() -> None:
    """Its payment never happened."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE | {"is_declined": True}]))
    assert life.now(status_id=11).settle() == Settled(
        "posted as document 1800000000 of company code 1000, fiscal year 2026"
    )


def test_a_refund_declined_after_it_was_posted_is_undone() -> None:
    """By a document of the opposite; once."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE])).parts(transactions=[paid_back("59.50")])
    life.post()
    life.parts(refunds=[a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE | {"is_declined": True}])])
    counter = life.post()
    assert (counter.reference, counter.document_type, counter.gross) == ("B1-1000123-S", "DR", Decimal("59.50"))
    assert life.owed_by_customer == Decimal("119.00")
    assert isinstance(life.now(status_id=11).plan(), Settled)


def test_a_second_refund_declined_later_takes_the_next_supplement() -> None:
    """Each is undone by a document of its own."""
    payments = [ONLINE | {"is_declined": False}]
    both = [a_refund(number, "59.50", "9.50", HALF, payments=payments) for number in (7, 8)]
    life = refunded(*both).parts(transactions=[paid_back("59.50", 1), paid_back("59.50", 2)])
    life.settle()
    declined = [refund | {"payments": [ONLINE | {"is_declined": True}]} for refund in both]
    life.parts(refunds=declined).settle()
    assert [document.reference for document in life.documents[3:]] == ["B1-1000123-S", "B1-1000123-2S"]
    assert life.owed_by_customer == Decimal("119.00")


def test_a_refund_in_another_currency_is_refused() -> None:
    """The order has one."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE]))
    life.parts(transactions=[paid_back("59.50", currency="USD")])
    assert life.causes() == ["refused:refund_currency:1000123/7"]


def test_a_refund_of_a_test_payment_moves_no_money() -> None:
    """Nothing is owed for it."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE]))
    life.parts(transactions=[paid_back("59.50", test=True)])
    assert isinstance(life.now(status_id=11).plan(), Settled)


# --- cancellations ---


@pytest.mark.parametrize("status_id", [5, 6])
def test_a_cancelled_order_is_taken_back_once(status_id: int) -> None:
    """One credit memo for all that is left; archived later or seen again, nothing more."""
    life = two_lamps().now(status_id=status_id, date_modified=PLACED + timedelta(days=3))
    memo = life.post()
    assert (memo.reference, memo.document_type) == ("B1-1000123-V", "DG")
    assert memo.call.parameters["DOCUMENTHEADER"]["PSTNG_DATE"] == "20260308"
    assert life.books() == {}
    assert isinstance(life.plan(), Settled)
    assert isinstance(life.now(is_deleted=True).plan(), Settled)


def test_a_cancellation_takes_back_what_refunds_have_left() -> None:
    """Owed is what was invoiced, less what was given back."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF))
    life.settle()
    life.now(status_id=5).settle()
    assert [document.gross for document in life.documents] == [Decimal("119.00"), Decimal("-59.50"), Decimal("-59.50")]
    assert life.books() == {}


def test_a_refund_that_takes_everything_leaves_nothing_to_cancel() -> None:
    """Exactly one reducing document."""
    life = refunded(a_refund(6, "59.50", "9.50", HALF), a_refund(7, "59.50", "9.50", HALF))
    life.settle()
    found = life.now(status_id=5).plan()
    assert isinstance(found, Settled)
    assert found.sentence.endswith(
        "; nothing is left of it after document 1800000002 of company code 1000, fiscal year 2026"
    )


def test_a_refund_after_the_cancellation_pays_back_what_was_taken_back() -> None:
    """It is no second reduction."""
    life = two_lamps().now(status_id=5)
    life.settle()
    life.parts(refunds=[a_refund(7, "119.00", "19.00", ALL)])
    for status_id in (5, 4, 14):
        assert isinstance(life.now(status_id=status_id).plan(), Settled)


def test_a_refund_declined_after_the_cancellation_owes_nothing_again() -> None:
    """Of a cancelled order nothing is owed, whatever its refunds come to."""
    payments = [ONLINE | {"is_declined": False}]
    life = refunded(a_refund(7, "59.50", "9.50", HALF, payments=payments)).parts(transactions=[paid_back("59.50")])
    life.settle()
    declined = a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE | {"is_declined": True}])
    life.now(status_id=5).settle()
    assert isinstance(life.parts(refunds=[declined]).settle(), Settled)
    assert ([one.document_type for one in life.documents], life.books()) == (["DR", "DG", "DG"], {})


def test_a_cancelled_order_waits_for_its_refund() -> None:
    """While it is not known what is paid back, nothing else is taken back."""
    life = two_lamps().now(status_id=5).parts(refunds=[a_refund(7, "59.50", "9.50", HALF, payments=[ONLINE])])
    assert isinstance(life.plan(), Wait)


def test_a_cancelled_order_that_was_paid_but_never_posted_gets_both_documents() -> None:
    """Captured money makes the invoice owed at any status."""
    life = Life().now(status_id=5, payment_status="captured")
    assert isinstance(life.settle(), Settled)
    assert [document.document_type for document in life.documents] == ["DR", "DG"]
    assert life.books() == {}


@pytest.mark.parametrize("shipped", [{"items_shipped": 1}, {"date_shipped": PLACED}])
def test_cancelled_after_shipment_is_for_a_person(shipped: dict[str, Any]) -> None:
    """The goods are with the customer."""
    assert two_lamps().now(status_id=5, **shipped).causes() == ["decision:after_shipment:1000123"]
    lines = [an_order(Line("59.50", 2)).products[0].model_dump() | {"quantity_shipped": 1}]
    assert two_lamps().now(status_id=5).parts(products=lines).causes() == ["decision:after_shipment:1000123"]


def test_an_order_no_longer_cancelled_is_for_a_person() -> None:
    """Its invoice was taken back."""
    life = two_lamps().now(status_id=5)
    life.settle()
    assert life.now(status_id=11).causes() == ["decision:reinstated:1000123"]


def test_an_order_no_longer_cancelled_after_its_reversal_is_for_a_person_too() -> None:
    """A reversal takes everything back as a credit memo does; what is refunded then pays that back."""
    mapping = a_mapping(('language = "DE"', 'language = "DE"\non_cancel = "reversal"'))
    life = two_lamps(mapping=mapping).now(status_id=5)
    assert isinstance(life.settle(), Settled)
    assert life.documents[-1].document_type == ""
    assert life.now(status_id=11).causes() == ["decision:reinstated:1000123"]
    life.now(status_id=5).parts(refunds=[a_refund(7, "119.00", "19.00", ALL)])
    assert isinstance(life.plan(), Settled)


def test_a_cancellation_takes_back_discounts_charges_and_tenders() -> None:
    """Every line of the invoice, with discounts on their own account, to nothing."""
    own = a_mapping(('language = "DE"', 'language = "DE"\ndiscounts = "own_account"\ntenders = "own_document"'))
    lines = (Line("119.00", discount="11.90"), Line("53.50", rate="7", product_id=112, discount="5.35"))
    for mapping in (a_mapping(), own):
        life = Life(revised(an_order(*lines, shipping=Charge("5.95")), gift_certificate_amount="20"), mapping)
        life.settle()
        life.now(status_id=6).settle()
        assert life.books() == {}


# --- what one step needs beside its first document ---


@pytest.mark.parametrize(
    ("order", "refunds", "more"),
    [({}, [], False), ({"status_id": 5}, [], True), ({}, [a_refund(7, "59.50", "9.50", HALF)], True)],
)
def test_the_second_document_of_a_step_follows_the_first(
    order: dict[str, Any], refunds: list[Any], *, more: bool
) -> None:
    """Whatever happened meanwhile: then the order is looked at again after it."""
    own = a_mapping(('language = "DE"', 'language = "DE"\ntenders = "own_document"'))
    life = Life(revised(an_order(Line("59.50", 2)), gift_certificate_amount="20"), own)
    life.post()
    found = life.now(**order).parts(refunds=refunds).plan()
    assert isinstance(found, Owe)
    assert (found.step.kind, found.step.part, found.more) == ("invoice", 2, more)
    assert isinstance(life.settle(), Settled)


def test_the_same_step_once_more_needs_its_second_document_anew() -> None:
    """Two edits of one day may come to the same lines."""
    life = two_lamps(mapping=a_mapping(SUPPLEMENT))
    edited(life, Line("59.50", 3)).post()
    invoice, edit = life.entries
    first = replace(edit, facts=replace(edit.facts, following=(edit.facts,)))
    second, again = (
        replace(one, posting_id=edit.posting_id.removesuffix("1/1") + step)
        for one, step in ((edit, "1/2"), (first, "2/1"))
    )
    life.entries = [invoice, first, second, again]
    found = life.plan()
    assert isinstance(found, Owe)
    assert (found.step.kind, found.step.ordinal, found.step.part) == ("supplement", 2, 2)


# --- refunds without record ---


def test_a_status_without_a_refund_record_is_for_a_person() -> None:
    """Set by hand it moves no money; once all refunds are posted it is their status."""
    life = two_lamps().now(status_id=14)
    assert life.causes() == ["decision:no_record:1000123"]
    life.parts(refunds=[a_refund(7, "59.50", "9.50", HALF)])
    assert isinstance(life.settle(), Settled)


@pytest.mark.parametrize(("name", "told"), [("Partly Refunded", "Partly Refunded"), ("", "status 14")])
def test_a_status_is_told_by_its_name(name: str, told: str) -> None:
    """By its number where the store gives it none."""
    found = two_lamps().now(status_id=14, status=name).plan()
    assert isinstance(found, Park)
    assert f": the order is {told}, but has no refund record that counts" in found.causes[0].sentence


def test_totals_and_tax_rows_that_a_refund_changed_are_no_edit() -> None:
    """Lines are; without refunds totals are, too."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF))
    life.settle()
    life.now(total_inc_tax="59.50", total_tax="9.50", total_ex_tax="50", subtotal_tax="9.50").parts(taxes=[])
    assert isinstance(life.plan(), Settled)
    changed = [life.snapshot.products[0].model_dump() | {"quantity": 3}]
    assert life.parts(products=changed).causes() == ["decision:edit_and_refund:1000123"]
    assert two_lamps().now(total_inc_tax="60.00").causes() == ["refused:totals"]


# --- edits ---

SUPPLEMENT = ('language = "DE"', 'language = "DE"\non_edit = "supplement"')
REPOST = ('language = "DE"', 'language = "DE"\non_edit = "reverse_and_repost"')
LATER = PLACED + timedelta(days=3)


def edited(life: Life, *lines: Line, **options: Any) -> Life:
    """Edit the order: other lines, three days later."""
    life.snapshot = revised(an_order(*lines, **options), date_modified=LATER)
    return life


def test_an_edit_is_proposed_with_its_lines_and_amounts() -> None:
    """Accounts of a line that was posted are those of its posting; nothing is posted by itself."""
    life = edited(two_lamps(), Line("59.50", 3), Line("53.50", rate="7", product_id=112, categories=(22,)))
    life.mapping = a_mapping(('gl_account = "800000"', 'gl_account = "800777"'))
    found = life.plan()
    assert isinstance(found, Park)
    assert found.causes[0].key == "decision:edit:1000123"
    assert (
        "the customer owes +113.00 EUR: 1x SKU-1 +50.00 net and +9.50 of tax on 800000 A1; "
        "1x SKU-1 +50.00 net and +3.50 of tax on 800100 A2;"
    ) in found.causes[0].sentence


def test_an_edit_back_to_what_was_posted_is_none() -> None:
    """Nor is another address, while the tax stays what it was."""
    life = edited(two_lamps(), Line("59.50", 2))
    assert isinstance(life.plan(), Settled)
    place = life.snapshot.shipping_addresses[0].model_dump() | {"country_iso2": "AT", "state": "Wien"}
    assert isinstance(life.parts(shipping_addresses=[place]).plan(), Settled)


def test_an_order_that_became_dearer_owes_a_supplement() -> None:
    """Only the difference, on the day of the edit, once."""
    life = edited(two_lamps(mapping=a_mapping(SUPPLEMENT)), Line("59.50", 3), shipping=Charge("5.95"))
    document = life.post()
    assert (document.reference, document.document_type) == ("B1-1000123-S", "DR")
    assert document.call.parameters["DOCUMENTHEADER"]["PSTNG_DATE"] == "20260308"
    assert posted(document) == [
        ("customer", "99000", "", "65.45"),
        ("product", "800000", "A1", "-50.00"),
        ("freight", "808000", "A1", "-5.00"),
        ("tax", "", "A1", "-10.45"),
    ]
    assert isinstance(life.plan(), Settled)


def test_an_order_that_became_cheaper_owes_a_credit_memo() -> None:
    """A line that is gone is taken back; the next edit takes the next ordinal."""
    life = edited(two_lamps(mapping=a_mapping(SUPPLEMENT)), Line("59.50", 1))
    assert posted(life.post()) == [
        ("customer", "99000", "", "-59.50"),
        ("product", "800000", "A1", "50.00"),
        ("tax", "", "A1", "9.50"),
    ]
    assert life.documents[-1].document_type == "DG"
    again = edited(life, Line("59.50", 4)).now(date_modified=LATER + timedelta(days=1))
    assert (again.post().reference, again.owed_by_customer) == ("B1-1000123-2S", Decimal("238.00"))
    assert isinstance(again.plan(), Settled)


def test_an_equal_swap_leaves_the_customer_with_both_signs() -> None:
    """Only the accounts change."""
    life = Life(an_order(Line("59.50", 1), Line("119.00", product_id=112, categories=(22,))), a_mapping(SUPPLEMENT))
    life.post()
    edited(life, Line("119.00", 1), Line("59.50", product_id=112, categories=(22,)))
    assert posted(life.post()) == [
        ("customer", "99000", "", "59.50"),
        ("customer", "99000", "", "-59.50"),
        ("product", "800000", "A1", "-50.00"),
        ("product", "800100", "A1", "50.00"),
        ("tax", "", "A1", "0.00"),
    ]
    assert isinstance(life.plan(), Settled)


def test_another_rate_moves_the_line_to_another_code() -> None:
    """The tax changed, so the mapping is asked."""
    life = edited(two_lamps(mapping=a_mapping(SUPPLEMENT)), Line("53.50", 2, rate="7"))
    assert posted(life.post())[1:] == [
        ("product", "800000", "A2", "-100.00"),
        ("product", "800000", "A1", "100.00"),
        ("tax", "", "A2", "-7.00"),
        ("tax", "", "A1", "19.00"),
    ]


def test_an_edit_may_be_reversed_and_posted_anew() -> None:
    """Everything is taken back, then the order as it is now; the accounts of posted lines stay."""
    life = edited(two_lamps(mapping=a_mapping(REPOST)), Line("59.50", 3))
    assert (life.post().reference, life.books()) == ("B1-1000123-V", {})
    life.mapping = a_mapping(REPOST, ('gl_account = "800000"', 'gl_account = "800777"'))
    assert (life.post().reference, life.owed_by_customer) == ("B1-1000123-N", Decimal("178.50"))
    assert posted(life.documents[-1])[1] == ("product", "800000", "A1", "-150.00")
    assert isinstance(life.plan(), Settled)
    assert (
        edited(life, Line("59.50", 1)).now(date_modified=LATER + timedelta(days=1))
    ).post().reference == "B1-1000123-2V"


def test_what_changes_between_reversal_and_repost_is_reposted_as_it_is() -> None:
    """Nothing where it was cancelled or became free; parked where it cannot be built."""
    life = edited(two_lamps(mapping=a_mapping(REPOST)), Line("59.50", 3))
    life.post()
    assert isinstance(life.now(status_id=5).plan(), Settled)
    life.now(status_id=11, billing_address={"country_iso2": "DE"})
    assert life.causes() == ["refused:address"]
    life.mapping = a_mapping(('language = "DE"', 'language = "DE"\ncurrencies = ["USD"]'))
    assert life.causes() == ["company_code:store=abc123,channel=1,currency=EUR"]


def test_an_edit_that_cannot_be_read_parks_with_the_arithmetic() -> None:
    """As any order."""
    life = edited(two_lamps(), Line("59.50", 3)).now(total_inc_tax="1.00")
    assert life.causes() == ["refused:totals"]


def test_an_edit_of_tax_alone_is_no_supplement() -> None:
    """SAP takes no tax above its base, and the base has not changed: a person has the whole posted anew."""
    life = Life(an_order(Line("100.00", 1), inclusive=False), a_mapping(SUPPLEMENT))
    life.post()
    row = life.snapshot.taxes[0].model_dump() | {"line_amount": "19.01"}
    line = life.snapshot.products[0].model_dump() | {"total_inc_tax": "119.01", "discounted_total_inc_tax": "119.01"}
    totals = {"total_inc_tax": "119.01", "subtotal_inc_tax": "119.01", "total_tax": "19.01", "subtotal_tax": "19.01"}
    life.parts(taxes=[row], products=[line | {"total_tax": "19.01"}]).now(**totals, date_modified=LATER)
    assert life.decide("reverse_and_repost").settle() == life.plan()
    assert [str(document.gross) for document in life.documents] == ["119.00", "-119.00", "119.01"]


def test_refunds_and_cancellations_know_what_was_edited() -> None:
    """They take back what is left of everything posted."""
    life = edited(two_lamps(mapping=a_mapping(SUPPLEMENT)), Line("59.50", 3))
    life.settle()
    life.now(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", HALF)])
    life.settle()
    life.now(status_id=5).settle()
    assert [document.gross for document in life.documents[1:]] == [
        Decimal("59.50"),
        Decimal("-59.50"),
        Decimal("-119.00"),
    ]
    assert life.books() == {}


def test_discounts_and_tenders_are_edited_too() -> None:
    """On the accounts they were posted to."""
    own = (
        'language = "DE"',
        'language = "DE"\non_edit = "supplement"\ndiscounts = "own_account"\ntenders = "own_document"',
    )
    life = Life(revised(an_order(Line("119.00", discount="11.90")), gift_certificate_amount="10"), a_mapping(own))
    life.settle()
    edited(life, Line("119.00", discount="23.80")).now(gift_certificate_amount="15")
    assert posted(life.post()) == [
        ("customer", "99000", "", "-16.90"),
        ("discount", "888000", "A1", "10.00"),
        ("gift_certificate_used", "176500", "", "5.00"),
        ("tax", "", "A1", "1.90"),
    ]
    assert isinstance(life.settle(), Settled)


# --- archived without an end ---


def listed(life: Life) -> list[str]:
    """Return the keys an order is listed for, which must owe nothing."""
    found = life.plan()
    assert isinstance(found, Settled), found
    return [cause.key for cause in found.listed]


def test_a_posted_order_that_was_archived_without_an_end_is_listed_until_a_person_acknowledges_it() -> None:
    """Once for all orders of the store, with nothing taken back; not where it is brought back."""
    life = two_lamps().now(is_deleted=True)
    found = life.plan()
    assert isinstance(found, Settled)
    [cause] = found.listed
    assert (cause.key, cause.choices) == ("archived:abc123", ("leave",))
    assert cause.sentence.startswith("posted, and archived in the store since")
    assert "end it in the store where that was meant" in cause.sentence
    other = Life(revised(an_order(Line("10.00")), id=1000124)).now(is_deleted=True)
    other.post()
    assert isinstance(other.plan(), Settled)
    assert other.plan().listed[0].proposal == cause.proposal  # type: ignore[union-attr]
    assert listed(life.now(is_deleted=False)) == []
    life.now(is_deleted=True).decisions.append(Decision(cause.key, cause.proposal, "leave", "ida"))
    assert listed(life) == []


@pytest.mark.parametrize("status_id", [4, 5, 6])
def test_an_order_that_ended_is_archived_without_a_word(status_id: int) -> None:
    """Cancelled, declined or refunded; and so where nothing is left of it."""
    life = two_lamps().now(status_id=status_id)
    life.parts(refunds=[a_refund(7, "119.00", "19.00", ALL)] if status_id == 4 else [])
    life.settle()
    assert listed(life.now(is_deleted=True)) == []
    whole = refunded(a_refund(7, "119.00", "19.00", ALL))
    whole.settle()
    assert listed(whole.now(is_deleted=True)) == []


def test_an_order_left_with_something_refunded_is_listed_too() -> None:
    """A piece was refunded, and the rest stands."""
    life = refunded(a_refund(7, "59.50", "9.50", HALF))
    life.settle()
    assert listed(life.now(is_deleted=True)) == ["archived:abc123"]
    assert listed(life.now(status_id=4)) == []


STATES = '[tax_codes.O0]\nrate = 0\ncondition_key = "MWAS"\naccount_key = "MWS"\n'


def test_a_refund_after_an_edit_is_checked_at_the_rate_the_edit_brought() -> None:
    """Sales tax has one code at any rate: an edit from 8.25 to 9.5 % leaves a line of 9.5 %, given back whole."""
    rules = ('rate = 19\ntax_code = "A1"', 'tax_code = "O0"\nliability_account = "176900"')
    supplement = ('language = "DE"', 'language = "DE"\non_edit = "supplement"')
    life = Life(an_order(Line("100.00", rate="8.25"), inclusive=False), a_mapping(rules, supplement, more=STATES))
    life.post()
    edited(life, Line("100.00", rate="9.5"), inclusive=False).post()
    whole = a_refund(7, "109.50", "9.50", an_item("PRODUCT", 61, "109.50", 1))
    assert isinstance(life.now(status_id=4).parts(refunds=[whole]).settle(), Settled)
    assert life.books() == {}


def by_authority(rate: str, state: str, on_edit: str) -> Mapping:
    """A mapping that posts tax by jurisdiction: the state has its rate, the city 2 %."""
    levels = f'{{ jurisdiction = "TX0", rate = {state} }}, {{ jurisdiction = "TX1", rate = 2 }}'
    code = '[tax_codes.O1]\ncondition_key = "JR1"\naccount_key = "MWS"\n'
    rule = ('rate = 19\ntax_code = "A1"', f'rate = {rate}\ntax_code = "O1"\njurisdiction = "TX1"')
    edits = ('language = "DE"', f'language = "DE"\non_edit = "{on_edit}"')
    return a_mapping(rule, edits, more=f"{code}[jurisdictions.TX1]\nlevels = [{levels}]\n")


@pytest.mark.parametrize("on_edit", ["propose", "supplement"])
def test_where_only_the_tax_of_a_code_changed_the_difference_is_no_choice(on_edit: str) -> None:
    """SAP takes no tax without its base; posted anew, a refund is shared out over authorities as the repost was."""
    life = Life(an_order(Line("100.00", rate="8.25"), inclusive=False), by_authority("8.25", "6.25", on_edit))
    life.post()
    life.mapping = by_authority("8.5", "6.5", on_edit)
    found = edited(life, Line("100.00", rate="8.5"), inclusive=False).plan()
    assert isinstance(found, Park)
    assert found.causes[0].choices == ("reverse_and_repost", "leave")
    assert "(FF 747), so that this alone cannot be posted; decide" in found.causes[0].sentence
    life.decide("reverse_and_repost").settle()
    whole = a_refund(7, "108.50", "8.50", an_item("PRODUCT", 61, "108.50", 1))
    life.now(status_id=4).parts(refunds=[whole]).settle()
    taxes = [[str(line.amount) for line in one.lines if line.role == "tax"] for one in life.documents]
    assert taxes == [["-6.25", "-2.00"], ["6.25", "2.00"], ["-6.50", "-2.00"], ["6.50", "2.00"]]
