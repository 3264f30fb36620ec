"""Deferred revenue among the other steps of an order: when it is looked at again, and when it waits."""

from mlconnector_relay.reconcile.plan import Owe, Settled

from tests.support.lives import Life, a_refund, an_item, entry_of
from tests.support.mappings import a_mapping
from tests.support.orders import Line, an_order
from tests.unit.relay.sap.test_change import a_shipment
from tests.unit.relay.sap.test_deferral import DEFERRED, shipped


def test_an_order_first_seen_shipped_earns_after_its_invoice() -> None:
    """By shipments or by hand; the invoice says that more is owed."""
    life = Life(an_order(Line("119.00")), a_mapping(DEFERRED)).now(status_id=2)
    assert isinstance(life.settle(), Settled)
    assert [document.reference for document in life.documents] == ["B1-1000123-I", "B1-1000123-F"]
    life = shipped(Life(an_order(Line("119.00")), a_mapping(DEFERRED)), 1)
    assert isinstance(life.settle(), Settled)
    assert [document.reference for document in life.documents] == ["B1-1000123-I", "B1-1000123-77D"]


def test_direct_revenue_owes_nothing_more() -> None:
    """An order posted when it is Shipped is looked at once."""
    owed = Life(an_order(Line("119.00"))).now(status_id=2).plan()
    assert isinstance(owed, Owe)
    assert not owed.more


def test_revenue_is_earned_before_a_refund_is_taken_back() -> None:
    """So that the refund knows what was shipped; what SAP refused is tried again under its step."""
    life = Life(an_order(Line("119.00")), a_mapping(DEFERRED))
    life.post()
    shipped(life, 1).parts(refunds=[a_refund(12, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1))])
    owed = life.plan()
    assert isinstance(owed, Owe)
    assert (owed.built.reference, owed.more) == ("B1-1000123-77D", True)
    life.entries.append(entry_of(owed, life.snapshot, 0, "rejected"))
    again = life.plan()
    assert isinstance(again, Owe)
    assert again.step == owed.step


def test_a_company_code_that_is_gone_parks() -> None:
    """Like any other document of the order."""
    life = Life(an_order(Line("119.00")), a_mapping(DEFERRED))
    life.post()
    life.mapping = a_mapping(DEFERRED, ('company_code = "1000"', 'company_code = "1000"\ncurrencies = ["USD"]'))
    shipped(life, 1)
    assert [cause.partition(":")[0] for cause in life.causes()] == ["company_code"]


def test_a_shipment_without_a_date_is_dated_by_the_order() -> None:
    """As far as the store says."""
    life = Life(an_order(Line("119.00")), a_mapping(DEFERRED))
    life.post()
    undated = a_shipment(date_created=None)
    life.now(status_id=3, items_shipped=1).parts(shipments=[undated])
    assert life.post().facts.day == "20260305"
