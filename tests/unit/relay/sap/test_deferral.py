"""Deferred revenue: what stands there, what each shipment earns, from where something is taken back; by hand."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.sap.explanation import explanation
from mlconnector_relay.sap.frozen import NO_BLOCKS, frozen_text, read_frozen
from mlconnector_relay.sap.mapping import MappingInvalid

from tests.support.lives import Life, a_refund, an_item
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Charge, Line, an_order
from tests.unit.relay.sap.test_change import BLOCKED, a_shipment

ACCOUNT = 'deferred_revenue = { gl_account = "249000", cost_center = "" }'
DEFERRED = ('language = "DE"', f'language = "DE"\nrevenue = "deferred"\n{ACCOUNT}')
MAPPING = a_mapping(DEFERRED)


def three_for_ten(**options: Any) -> Life:
    """An order of three pieces for 10.00 in all (19 %: net 8.40, tax 1.60), with its invoice posted."""
    line = Line("3.3333", 3)
    life = Life(an_order(line, order={"total_inc_tax": "10.00"}, **options), MAPPING)
    life.post()
    return life


def shipped(life: Life, *pieces: int, **more: Any) -> Life:
    """Show shipments 77, 78, ... of so many pieces of the first line."""
    rows = [
        a_shipment(77 + place, items=[{"order_product_id": 61, "quantity": count}])
        for place, count in enumerate(pieces)
    ]
    return life.now(status_id=3, items_shipped=sum(pieces), **more).parts(shipments=rows)


def lines(life: Life) -> list[tuple[str, str, str, str]]:
    """Role, account, tax code and amount of every line of the last document."""
    return [(one.role, one.account, one.tax_code, str(one.amount)) for one in life.documents[-1].lines]


def balances(life: Life) -> dict[str, str]:
    """What stands on each account, in all."""
    sums: dict[str, Any] = {}
    for (account, _, _), amount in life.books().items():
        sums[account] = sums.get(account, 0) + amount
    return {account: str(amount) for account, amount in sums.items() if amount and account}


def test_the_invoice_credits_deferred_revenue() -> None:
    """The line keeps its tax code; charges and what is downloaded are revenue at once."""
    order = an_order(Line("119.00"), Line("11.90", type="digital", product_id=112), shipping=Charge("5.95"))
    life = Life(order, MAPPING)
    life.post()
    assert lines(life) == [
        ("customer", "99000", "", "136.85"),
        ("product", "249000", "A1", "-100.00"),
        ("product", "800000", "A1", "-10.00"),
        ("freight", "808000", "A1", "-5.00"),
        ("tax", "", "A1", "-21.85"),
    ]
    deferred = life.documents[0].facts.lines[0]
    assert (deferred.accounts.cost_center, deferred.earned and deferred.earned.gl_account) == ("", "800000")
    assert read_frozen(frozen_text(life.documents[0].facts)) == life.documents[0].facts
    assert "once shipped 800000 by accounts[1]" in explanation(life.documents[0].facts)[1].because[0]


def test_each_shipment_earns_its_pieces_and_the_last_the_rest() -> None:
    """8.40 over three pieces: 2.80 each; an SA without customer, its tax item is zero on zero."""
    life = shipped(three_for_ten(), 1)
    document = life.post()
    assert (document.reference, document.document_type, document.facts.day) == ("B1-1000123-77D", "SA", "20260305")
    assert document.call.parameters.keys() == {"DOCUMENTHEADER", "ACCOUNTGL", "ACCOUNTTAX", "CURRENCYAMOUNT"}
    assert lines(life) == [
        ("product", "800000", "A1", "-2.80"),
        ("product", "249000", "A1", "2.80"),
        ("tax", "", "A1", "0.00"),
    ]
    assert [line.tax for line in document.facts.lines] == [0, 0]
    [told] = explanation(document.facts)[0].because
    assert "from shipments[id=77].items[order_product_id=61].quantity; " in told
    [gone] = explanation(replace(document.facts, about="shipment 77 deleted"))[0].because
    assert "from shipments[id=77].items[order_product_id=61].quantity, deleted since; " in gone
    [rest] = explanation(replace(document.facts, about="completion"))[0].because
    assert "from status_id, for what no shipment has earned of products[id=61]; " in rest
    assert ", its tax stands with the invoice; " in told
    assert life.settle()
    assert len(life.documents) == 2
    shipped(life, 1, 2).settle()
    assert lines(life)[0] == ("product", "800000", "A1", "-5.60")
    assert [line.tax for line in life.documents[-1].facts.lines] == [0, 0]
    assert balances(life) == {"99000": "10.00", "800000": "-8.40"}


def test_what_is_earned_has_no_customer_and_nothing_else_that_the_invoice_waited_for() -> None:
    """No block of an item that is not there, and no payment by gift certificate once more."""
    tenders = ('language = "DE"', 'language = "DE"\ntenders = "own_document"')
    order = {"payment_status": "", "gift_certificate_amount": "19.00"}
    life = Life(an_order(Line("119.00"), order=order), a_mapping(DEFERRED, tenders, more=BLOCKED))
    life.settle()
    document = shipped(life, 1).post()
    facts = document.facts
    assert (facts.customer, facts.following, facts.blocks) == ("", (), NO_BLOCKS)
    assert not any("debtor" in one for one in document.decisions)
    assert facts.reading == "deferred revenue of what was shipped"


def test_revenue_is_earned_at_the_rate_it_was_deferred_with() -> None:
    """Else a difference of exchange rates would stay on the deferred account in local currency."""
    life = three_for_ten()
    late = a_shipment(date_created=PLACED + timedelta(days=30))
    header = life.now(status_id=3, items_shipped=1).parts(shipments=[late]).post().call.parameters["DOCUMENTHEADER"]
    assert (header["PSTNG_DATE"], header["TRANS_DATE"]) == ("20260404", "20260305")


def test_amounts_that_do_not_divide_end_at_zero() -> None:
    """10.00 net over three pieces: 3.33, then half of 6.67, then what is left."""
    life = Life(an_order(Line("3.966667", 3, rate="19"), order={"total_inc_tax": "11.90"}), MAPPING)
    life.post()
    for pieces in ((1,), (1, 1), (1, 1, 1)):
        shipped(life, *pieces).post()
    assert [str(document.lines[0].amount) for document in life.documents[1:]] == ["-3.33", "-3.34", "-3.33"]
    assert "249000" not in balances(life)


def test_refunds_take_unshipped_pieces_from_deferred_revenue() -> None:
    """One of three shipped: the second and third piece come from the deferred account, the first from revenue."""
    life = shipped(three_for_ten(), 1)
    life.post()
    refunds = [a_refund(12, "6.67", "1.07", an_item("PRODUCT", 61, "6.67", 2))]
    life.parts(refunds=refunds).settle()
    assert lines(life) == [
        ("customer", "99000", "", "-6.67"),
        ("product", "249000", "A1", "5.60"),
        ("tax", "", "A1", "1.07"),
    ]
    life.parts(refunds=[*refunds, a_refund(13, "3.33", "0.53", an_item("PRODUCT", 61, "3.33", 1))]).settle()
    assert lines(life)[1] == ("product", "800000", "A1", "2.80")
    assert life.books() == {}


def test_a_refund_of_less_than_was_not_shipped_is_not_split() -> None:
    """None of three shipped, two given back."""
    life = three_for_ten()
    life.parts(refunds=[a_refund(12, "6.67", "1.07", an_item("PRODUCT", 61, "6.67", 2))]).settle()
    assert lines(life)[1:] == [("product", "249000", "A1", "5.60"), ("tax", "", "A1", "1.07")]


def test_a_refund_of_more_than_was_not_shipped_is_split() -> None:
    """Two of three shipped, two given back: one piece from each account, with its tax."""
    life = shipped(three_for_ten(), 2)
    life.post()
    life.parts(refunds=[a_refund(12, "6.67", "1.07", an_item("PRODUCT", 61, "6.67", 2))]).settle()
    assert lines(life)[1:3] == [("product", "249000", "A1", "2.80"), ("product", "800000", "A1", "2.80")]
    assert [(line.quantity, line.tax) for line in life.documents[-1].facts.lines] == [(-1, -54), (-1, -53)]
    assert balances(life) == {"99000": "3.33", "800000": "-2.80"}


def test_what_is_kept_back_of_the_last_piece_is_earned() -> None:
    """All given back for less than they cost: nothing will be shipped any more, so nothing stays deferred."""
    life = three_for_ten()
    life.parts(refunds=[a_refund(12, "7.00", "1.12", an_item("PRODUCT", 61, "7.00", 3))]).settle()
    assert lines(life)[1:3] == [("product", "249000", "A1", "8.40"), ("product", "800000", "A1", "-2.52")]
    assert balances(life) == {"99000": "3.00", "800000": "-2.52"}
    life = Life(an_order(Line("119.00")), MAPPING)
    life.post()
    life.parts(refunds=[a_refund(12, "59.50", "9.50", an_item("PRODUCT", 61, "59.50", 1))]).settle()
    assert (len(life.documents), balances(life)) == (2, {"99000": "59.50", "800000": "-50.00"})


def test_a_piece_that_is_given_back_for_nothing_is_waited_for_no_more() -> None:
    """Only its shipping was paid back: the other piece earns what was charged for both."""
    life = Life(an_order(Line("119.00", 2), shipping=Charge("5.95")), MAPPING)
    life.post()
    items = (an_item("PRODUCT", 61, "0.00", 1), an_item("SHIPPING", 51, "5.95"))
    life.parts(refunds=[a_refund(12, "5.95", "0.95", *items)]).settle()
    shipped(life, 1).settle()
    assert balances(life) == {"99000": "238.00", "800000": "-200.00"}


def test_a_price_reduction_is_shared_over_both() -> None:
    """One of three shipped: a third of it is revenue's."""
    reduction = ('language = "DE"', 'language = "DE"\norder_level_refund = "price_reduction"')
    life = three_for_ten()
    life.mapping = a_mapping(DEFERRED, reduction)
    shipped(life, 1).post()
    life.parts(refunds=[a_refund(12, "3.00", "0", an_item("ORDER", 1000123, "3.00"))]).settle()
    assert lines(life)[1:3] == [("product", "249000", "A1", "1.68"), ("product", "800000", "A1", "0.84")]
    assert [line.quantity for line in life.documents[-1].facts.lines] == [0, 0]
    shipped(life, 1, 2).settle()
    assert "249000" not in balances(life)


def test_a_cancellation_takes_back_what_is_deferred() -> None:
    """Nothing was shipped; where a shipment was posted and deleted, its part comes from revenue."""
    life = three_for_ten()
    life.now(status_id=5).settle()
    assert (lines(life)[1], life.books()) == (("product", "249000", "A1", "8.40"), {})

    life = shipped(three_for_ten(), 1)
    life.post()
    life.parts(shipments=[]).now(status_id=5, items_shipped=0).settle()
    assert lines(life)[1:3] == [("product", "249000", "A1", "5.60"), ("product", "800000", "A1", "2.80")]
    assert life.books() == {}


def test_a_deleted_shipment_takes_nothing_back_and_its_successor_earns_nothing_twice() -> None:
    """As merchants do to correct a tracking number."""
    life = shipped(three_for_ten(), 1)
    life.post()
    life.parts(shipments=[]).now(items_shipped=0)
    assert life.settle()
    assert len(life.documents) == 2
    again = a_shipment(90, items=[{"order_product_id": 61, "quantity": 1}])
    life.parts(shipments=[again]).settle()
    assert len(life.documents) == 2
    life.parts(shipments=[again, a_shipment(91, items=[{"order_product_id": 61, "quantity": 2}])]).settle()
    assert (len(life.documents), "249000" in balances(life)) == (3, False)


@pytest.mark.parametrize("status", [2, 10])
def test_orders_completed_by_hand_earn_everything(status: int) -> None:
    """Pickups, and merchants who make no shipments."""
    life = three_for_ten()
    life.now(status_id=status)
    document = life.post()
    assert (document.reference, document.lines[0].amount) == ("B1-1000123-F", -document.lines[1].amount)
    assert life.settle()
    assert balances(life) == {"99000": "10.00", "800000": "-8.40"}


def test_shipped_orders_earn_what_their_shipments_say() -> None:
    """Shipped says something of its own where there is no shipment at all; one of other goods is one."""
    life = three_for_ten()
    life.now(status_id=2).parts(shipments=[a_shipment(items=[])]).settle()
    assert len(life.documents) == 1


def test_shipped_orders_whose_shipments_are_deleted_earn_nothing_more() -> None:
    """Shipped stays when a shipment is deleted: only Completed says more than the shipments."""
    life = shipped(three_for_ten(), 1)
    life.post()
    life.parts(shipments=[]).now(status_id=2, items_shipped=0).settle()
    assert len(life.documents) == 2
    life.now(status_id=10).settle()
    assert (len(life.documents), "249000" in balances(life)) == (3, False)


def test_an_edit_of_what_was_shipped_does_not_stay_deferred() -> None:
    """Another price of a shipped line: the supplement's deferred part is earned at once."""
    on_edit = ('language = "DE"', 'language = "DE"\non_edit = "supplement"')
    life = Life(an_order(Line("119.00")), a_mapping(DEFERRED, on_edit))
    life.post()
    shipped(life, 1).settle()
    parts = life.snapshot.shipments
    life.snapshot = an_order(Line("130.90"))
    life.now(status_id=3, items_shipped=1).parts(shipments=[one.model_dump() for one in parts])
    life.now(date_modified=life.snapshot.order.date_modified.replace(day=6)).settle()
    assert [document.reference for document in life.documents[2:]] == ["B1-1000123-S", "B1-1000123-77-2D"]
    assert [document.facts.day for document in life.documents] == ["20260305", "20260305", "20260307", "20260307"]
    assert balances(life) == {"99000": "130.90", "800000": "-110.00"}


def test_what_an_edit_posts_anew_is_earned_anew() -> None:
    """Everything is taken back from where it stands, posted as it is now, and earned under the same shipment."""
    on_edit = ('language = "DE"', 'language = "DE"\non_edit = "reverse_and_repost"')
    life = Life(an_order(Line("119.00", 2)), a_mapping(DEFERRED, on_edit))
    life.post()
    shipped(life, 1).settle()
    parts = life.snapshot.shipments
    life.snapshot = an_order(Line("238.00", 2))
    life.now(status_id=3, items_shipped=1).parts(shipments=[one.model_dump() for one in parts])
    life.now(date_modified=life.snapshot.order.date_modified.replace(day=6)).settle()
    assert [document.reference[10:] for document in life.documents] == ["-I", "-77D", "-V", "-N", "-77-2D"]
    assert [document.facts.day[6:] for document in life.documents] == ["05", "05", "07", "07", "07"]
    assert balances(life) == {"99000": "476.00", "800000": "-200.00", "249000": "-200.00"}


def test_own_account_discounts_are_earned_with_the_price_before_them() -> None:
    """The discount account keeps the reduction, revenue gets the full price, deferred revenue ends at zero."""
    own = ('language = "DE"', 'language = "DE"\ndiscounts = "own_account"')
    life = Life(an_order(Line("119.00", 2, discount="23.80")), a_mapping(DEFERRED, own))
    life.post()
    shipped(life, 1).settle()
    assert [line[3] for line in lines(life)] == ["-100.00", "100.00", "0.00"]
    shipped(life, 1, 1).settle()
    assert balances(life) == {"99000": "214.20", "800000": "-200.00", "888000": "20.00"}


def test_refunds_take_the_price_before_discounts_from_where_it_stands() -> None:
    """Pieces at 100.00 less 10.00: two of three that were not shipped, then one of each account."""
    own = ('language = "DE"', 'language = "DE"\ndiscounts = "own_account"')
    for pieces, full in ((0, {"249000": "200.00"}), (2, {"249000": "100.00", "800000": "100.00"})):
        life = Life(an_order(Line("119.00", 3, discount="35.70")), a_mapping(DEFERRED, own))
        life.post()
        shipped(life, pieces).settle()
        refunds = [a_refund(12, "214.20", "34.20", an_item("PRODUCT", 61, "214.20", 2))]
        life.parts(refunds=refunds).settle()
        found = {account: amount for role, account, _, amount in lines(life) if role == "product"}
        assert (found, lines(life)[-2]) == (full, ("discount", "888000", "A1", "-20.00"))
        refunds.append(a_refund(13, "107.10", "17.10", an_item("PRODUCT", 61, "107.10", 1)))
        life.parts(refunds=refunds).settle()
        assert life.books() == {}


def test_a_price_and_its_discount_that_rise_after_shipment_do_not_stay_deferred() -> None:
    """An edit of a shipped line that moves no money: the higher price is earned all the same."""
    rules = ('language = "DE"', 'language = "DE"\ndiscounts = "own_account"\non_edit = "supplement"')
    life = Life(an_order(Line("119.00")), a_mapping(DEFERRED, rules))
    life.post()
    shipped(life, 1).settle()
    parts = [one.model_dump() for one in life.snapshot.shipments]
    life.snapshot = an_order(Line("130.90", discount="11.90"))
    life.now(status_id=3, items_shipped=1, date_modified=PLACED + timedelta(days=1)).parts(shipments=parts).settle()
    assert balances(life) == {"99000": "119.00", "800000": "-110.00", "888000": "10.00"}


def test_deferring_needs_an_account() -> None:
    """The mapping is refused without it."""
    with pytest.raises(MappingInvalid, match="deferred needs the account"):
        a_mapping(('language = "DE"', 'language = "DE"\nrevenue = "deferred"'))


def test_a_changed_mapping_changes_no_line_that_was_posted() -> None:
    """Direct stays direct, deferred stays deferred."""
    life = Life(an_order(Line("119.00")))
    life.post()
    life.mapping = MAPPING
    shipped(life, 1).settle()
    assert len(life.documents) == 1
    life = three_for_ten()
    life.mapping = a_mapping()
    shipped(life, 3).settle()
    assert balances(life) == {"99000": "10.00", "800000": "-8.40"}
