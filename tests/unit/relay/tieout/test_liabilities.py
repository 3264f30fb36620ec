"""Gift certificates and store credit are rolled forward by what documents moved, to the cent."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from mlconnector_relay.sap.frozen import Frozen
from mlconnector_relay.tieout.liabilities import Booked, Roll, booked, rolled

from tests.support.building import built
from tests.support.lives import Life, a_refund, an_item
from tests.support.orders import Line, an_order, revised

D = Decimal
CERTIFICATES: Any = ("gift_certificate", "EUR")
CREDIT: Any = ("store_credit", "EUR")


def documents() -> list[Frozen]:
    """A certificate of 50.00 sold; 30.00 used with 5.00 of credit; 119.00 refunded to credit."""
    sold = Line("50.00", rate="0", type="giftcertificate", product_id=0)
    order = revised(an_order(Line("119.00")), gift_certificate_amount="30", store_credit_amount="5")
    life = Life(an_order())
    life.post()
    payment = {"id": 1, "provider_id": "storecredit", "amount": "119.00", "offline": False, "is_declined": False}
    life.parts(refunds=[a_refund(7, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1), payments=[payment])])
    return [built(an_order(sold)).facts, built(order).facts, life.post().facts]


def test_documents_issue_and_use() -> None:
    """Sold and given back on one side, redeemed on the other; whether added up at once or one by one."""
    one, *others = documents()
    assert (
        booked(others, booked([one]))
        == booked(documents())
        == {
            CERTIFICATES: Booked(D("50.00"), D("30.00")),
            CREDIT: Booked(D("119.00"), D("5.00")),
        }
    )


def test_what_was_adopted_moved_before() -> None:
    """The store's balance has it already: it is explained by nothing that came since."""
    assert booked([replace(one, adopted="R 4711") for one in documents()]) == {}


def test_the_first_time_opens_with_what_no_document_explains() -> None:
    """80.00 in the store, 20.00 by documents: 60.00 are from before."""
    whole = Booked(D(50), D(30))
    first, gone = rolled({CERTIFICATES: D(80)}, {CERTIFICATES: whole, CREDIT: Booked(used=D(5))}, {})
    assert first == Roll(*CERTIFICATES, D(60), whole, D(80))
    assert (first.expected, first.unexplained) == (D(80), D(0))
    assert (gone.opening, gone.store, gone.unexplained) == (D(5), D(0), D(0))


def test_later_only_what_moved_since_counts() -> None:
    """80.00 the last time, 10.00 used since, 75.00 now: 5.00 were granted without an order."""
    then, now = Booked(D(50), D(30)), Booked(D(50), D(40))
    before = {CERTIFICATES: (D(80), then)}
    found, new = rolled({CERTIFICATES: D(75)}, {CERTIFICATES: now, CREDIT: Booked(issued=D(9))}, before)
    assert (found.moved, found.expected, found.unexplained) == (Booked(D(0), D(10)), D(70), D(5))
    assert (new.opening, new.expected, new.unexplained) == (D(0), D(9), D(-9))
