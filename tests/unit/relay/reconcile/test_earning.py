"""Deferred revenue among the other steps of an order: when it is looked at again, and when it waits."""

from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.reconcile.plan import Owe, Park, Settled

from tests.support.building import posted
from tests.support.lives import Life, a_refund, an_item, entry_of
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Charge, Line, an_order
from tests.unit.relay.sap.test_change import a_shipment
from tests.unit.relay.sap.test_deferral import DEFERRED, balances, shipped


def days(life: Life) -> dict[str, str]:
    """Return the day of every document, and whose it is said to be."""
    found = {}
    for document in life.documents:
        [said] = [one for one in document.decisions if one.startswith("document and posting date ")]
        found[document.reference.removeprefix("B1-1000123-")] = said.removeprefix("document and posting date ")
    return found


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
    assert days(life)["77D"] == "20260305: the order's last change, in Europe/Berlin"


def test_each_revenue_has_the_day_of_its_own_shipment() -> None:
    """What was completed without a shipment has the order's, whatever numbers the shipments have."""
    life = Life(an_order(Line("119.00", 3)), a_mapping(DEFERRED))
    life.post()
    second = a_shipment(2, date_created=PLACED + timedelta(days=5))
    life.parts(shipments=[a_shipment(1, date_created=PLACED + timedelta(days=3)), second])
    life.now(status_id=10, date_modified=PLACED + timedelta(days=8)).settle()
    assert days(life) == {
        "I": "20260305: the order's, in Europe/Berlin",
        "D": "20260308: the shipment's, in Europe/Berlin",
        "2D": "20260310: the shipment's, in Europe/Berlin",
        "F": "20260313: the order's last change, in Europe/Berlin",
    }


def test_what_was_posted_anew_is_not_earned_before_that_day() -> None:
    """Although it was shipped before; what leaves later has its own day."""
    on_edit = ('one_time_customer = "99000"', 'one_time_customer = "99000"\non_edit = "reverse_and_repost"')
    life = Life(an_order(Line("119.00", 3)), a_mapping(DEFERRED, on_edit))
    life.post()
    shipped(life, 1).settle()
    parts = [one.model_dump() for one in life.snapshot.shipments]
    life.snapshot = an_order(Line("119.00", 3), shipping=Charge("5.95"))
    life.parts(shipments=parts).now(status_id=3, items_shipped=1, date_modified=PLACED + timedelta(days=3)).settle()
    later = [a_shipment(number, date_created=PLACED + timedelta(days=days)) for number, days in ((78, 7), (79, 4))]
    life.parts(shipments=[*parts, *later]).settle()
    assert days(life)["77-2D"] == "20260308: the newest document's, in Europe/Berlin"
    assert days(life)["79D"] == "20260309: the shipment's, in Europe/Berlin"


# --- a shipment that was deleted after its revenue was posted ---

KEY = "decision:shipment_deleted:1000123"


def deleted(pieces: int = 3, first: int = 1, **order: Any) -> Life:
    """Pieces at 100.00 net; shipment 77 of the first ones is posted, and then deleted."""
    life = Life(an_order(Line("119.00", pieces)), a_mapping(DEFERRED))
    life.post()
    shipped(life, first).settle()
    return life.parts(shipments=[]).now(items_shipped=0, **order)


def again(*shipments: tuple[int, int]) -> list[dict[str, Any]]:
    """Shipments by number and pieces."""
    return [a_shipment(number, items=[{"order_product_id": 61, "quantity": pieces}]) for number, pieces in shipments]


def test_the_revenue_of_a_deleted_shipment_goes_back_as_a_person_says() -> None:
    """By the opposite of its document under the same shipment, on the day it was seen; once."""
    life = deleted(date_modified=PLACED + timedelta(days=3))
    found = life.plan()
    assert isinstance(found, Park)
    [cause] = found.causes
    assert (cause.key, cause.choices) == (KEY, ("defer", "leave"))
    assert "shipment 77 was deleted, and its revenue of 100.00 EUR is posted; decide" in cause.sentence
    document = life.decide("defer").post()
    assert (document.reference, document.document_type, document.facts.day) == ("B1-1000123-77-2D", "SA", "20260308")
    assert document.call.parameters["DOCUMENTHEADER"]["TRANS_DATE"] == "20260305"
    assert posted(document) == [
        ("product", "249000", "A1", "-100.00"),
        ("product", "800000", "A1", "100.00"),
        ("tax", "", "A1", "0.00"),
    ]
    assert "defer: decided by ida" in document.decisions
    assert days(life)["77-2D"] == "20260308: the day it was deleted, in Europe/Berlin"
    assert isinstance(life.plan(), Settled)
    assert balances(life) == {"99000": "357.00", "249000": "-300.00"}


def test_goods_that_leave_then_are_earned_anew() -> None:
    """By the shipments there are then; Shipped alone says nothing that the deleted shipment did not."""
    life = deleted().decide("defer")
    life.post()
    assert isinstance(life.now(status_id=2).plan(), Settled)
    life.parts(shipments=again((90, 2)))
    assert life.post().reference == "B1-1000123-90D"
    life.now(status_id=10).settle()
    assert balances(life) == {"99000": "357.00", "800000": "-300.00"}


def test_it_may_be_left_and_the_rest_goes_on() -> None:
    """An edit is still seen; a shipment in its place earns nothing twice."""
    life = deleted().decide("leave")
    assert isinstance(life.plan(), Settled)
    life.now(total_inc_tax="1.00")
    assert life.causes() == ["refused:totals"]


@pytest.mark.parametrize(
    ("shipments", "order"),
    [
        ([(90, 1)], {}),
        ([(90, 1), (91, 1)], {}),
        ([], {"status_id": 10}),
        ([], {"status_id": 5}),
    ],
)
def test_nothing_is_asked_where_goods_left_otherwise_or_the_order_ends(
    shipments: list[tuple[int, int]], order: dict[str, int]
) -> None:
    """Another shipment of as many pieces, completed, or cancelled: then everything goes back at once."""
    life = deleted(first=1).parts(shipments=again(*shipments)).now(**order)
    assert isinstance(life.settle(), Settled)


def test_only_what_left_with_no_other_shipment_goes_back() -> None:
    """Two pieces were deleted, one has left since; the part is rounded as the shipment's was."""
    life = deleted(first=2).parts(shipments=again((90, 1))).now(items_shipped=1)
    life.decide("defer")
    assert posted(life.post())[0] == ("product", "249000", "A1", "-100.00")
    assert isinstance(life.plan(), Settled)


def test_what_was_given_back_meanwhile_does_not_go_back_again() -> None:
    """Of one piece deleted and refunded nothing is left; pieces not shipped are given back first."""
    life = deleted(1)
    life.parts(refunds=[a_refund(12, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1))]).now(status_id=4)
    assert isinstance(life.settle(), Settled)
    assert life.books() == {}
    life = deleted(2, 2, status_id=14)
    life.parts(refunds=[a_refund(12, "119.00", "19.00", an_item("PRODUCT", 61, "119.00", 1))])
    life.post()
    life.decide("defer")
    assert posted(life.post())[0] == ("product", "249000", "A1", "-100.00")
    life.now(status_id=5).settle()
    assert life.books() == {}


def test_what_no_shipment_earned_is_no_deleted_shipment() -> None:
    """An order that was completed and is not any more, and lines that were never deferred."""
    life = Life(an_order(Line("119.00", 2), shipping=Charge("5.95")), a_mapping(DEFERRED))
    life.post()
    life.now(status_id=10).settle()
    assert isinstance(life.now(status_id=11).plan(), Settled)
    life = Life(an_order(Line("119.00"), Line("11.90", type="digital", product_id=112)), a_mapping(DEFERRED))
    life.post()
    shipped(life, 1).settle()
    life.parts(shipments=[]).now(items_shipped=0).decide("defer")
    assert len(life.post().lines) == 3


def test_only_the_pieces_of_the_deleted_shipment_go_back() -> None:
    """Not what was completed without a shipment meanwhile; lines that were never deferred may stand before them."""
    digital = Line("11.90", type="digital", product_id=112)
    life = Life(an_order(digital, Line("119.00", 2), Line("59.50", product_id=113)), a_mapping(DEFERRED))
    life.post()
    sent = a_shipment(items=[{"order_product_id": 62, "quantity": 1}])
    life.parts(shipments=[sent]).now(status_id=3, items_shipped=1).settle()
    life.now(status_id=10).settle()
    life.parts(shipments=[]).now(status_id=11, items_shipped=0).decide("defer").settle()
    assert posted(life.documents[-1]) == [
        ("product", "249000", "A1", "-100.00"),
        ("product", "800000", "A1", "100.00"),
        ("tax", "", "A1", "0.00"),
    ]


def test_what_goes_back_has_its_price_before_discounts_and_no_tax() -> None:
    """The discount stays on its account, as it did when the shipment was posted."""
    own = ('one_time_customer = "99000"', 'one_time_customer = "99000"\ndiscounts = "own_account"')
    life = Life(an_order(Line("119.00", 3, discount="35.70")), a_mapping(DEFERRED, own))
    life.post()
    shipped(life, 1).settle()
    document = life.parts(shipments=[]).now(items_shipped=0).decide("defer").post()
    assert [(line.full, line.net, line.tax) for line in document.facts.lines] == [
        (10000, 9000, 0),
        (-10000, -9000, 0),
    ]
    assert document.facts.reading == "revenue of what is not shipped any more"
    assert balances(life) == {"99000": "321.30", "249000": "-300.00", "888000": "30.00"}
