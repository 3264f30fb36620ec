"""What was shipped, fetched or completed, and which blocks an invoice is posted with."""

from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.frozen import NO_BLOCKS, Blocks, frozen_text, read_frozen
from mlconnector_relay.sap.mapping_file import CompanyCode, Payments, Shipments
from mlconnector_relay.sap.shipping import anything_shipped, blocks_of, everything_shipped, is_released

from tests.support.building import built, with_parts
from tests.support.mappings import a_mapping
from tests.support.orders import Line, an_order, revised

BLOCKED = '[shipments]\npayment_block = "B"\ndunning_block = "R"\n'


def shipped(*quantities: int, fetched: int = 0, refunded: int = 0, **order: Any) -> OrderSnapshot:
    """An unpaid order of lines of two pieces, so many of each shipped; `fetched` of them are pickups."""
    snapshot = revised(an_order(*(Line("10.00", 2) for _ in quantities)), payment_status="", **order)
    rows = snapshot.model_dump()["products"]
    lines = [
        row
        | {
            "quantity_shipped": quantity,
            "quantity_refunded": refunded,
            "order_pickup_method_id": 7 if place < fetched else None,
        }
        for place, (row, quantity) in enumerate(zip(rows, quantities, strict=True))
    ]
    return with_parts(snapshot, products=lines)


@pytest.mark.parametrize(
    ("snapshot", "first", "last"),
    [
        (shipped(0, 0), False, False),
        (shipped(1, 0), True, False),
        (shipped(2, 2), True, True),
        (shipped(0, 0, status_id=3), True, False),
        (shipped(0, 0, status_id=2), True, True),
        (shipped(0, 0, status_id=10), True, True),
        (shipped(1, 1, refunded=1), True, True),
        (shipped(0, 0, refunded=2), False, False),
        (shipped(0, 2, fetched=1), True, False),
        (shipped(0, 2, fetched=1, status_id=10), True, True),
        (shipped(0, 0, fetched=2, status_id=8), False, False),
        (shipped(0, items_shipped=1), True, False),
        (shipped(0, date_shipped="Thu, 05 Mar 2026 10:00:00 +0000"), True, False),
    ],
)
def test_a_block_is_released_on_the_first_or_last_shipment_pickup_or_completion(
    snapshot: OrderSnapshot, first: bool, last: bool
) -> None:
    """Refunded pieces are not waited for; pickups are fetched once the order is completed."""
    assert is_released(snapshot, Shipments(release_on="first")) is first
    assert is_released(snapshot, Shipments()) is last
    assert everything_shipped(snapshot) is last


def test_what_is_downloaded_is_not_waited_for() -> None:
    """Only lines that go in a parcel are."""
    snapshot = revised(an_order(Line("10.00"), Line("5.00", type="digital")), payment_status="")
    rows = snapshot.model_dump()["products"]
    assert not anything_shipped(snapshot)
    assert everything_shipped(with_parts(snapshot, products=[rows[0] | {"quantity_shipped": 1}, rows[1]]))


def test_blocks_only_on_unpaid_orders_that_wait_for_a_shipment() -> None:
    """Paid by status or by a transaction, or shipped already: none."""
    rules = Shipments(payment_block="B", dunning_block="R")
    company = CompanyCode(company_code="1000", one_time_customer="99000")
    unpaid = shipped(0)
    assert blocks_of(unpaid, rules, Payments(), company) == Blocks("B", "R")
    assert blocks_of(unpaid, Shipments(), Payments(), company) == NO_BLOCKS
    assert blocks_of(revised(unpaid, payment_status="captured"), rules, Payments(), company) == NO_BLOCKS
    capture = {"id": 1, "event": "capture", "status": "ok", "amount": "20", "currency": "EUR"}
    assert blocks_of(with_parts(unpaid, transactions=[capture]), rules, Payments(), company) == NO_BLOCKS
    assert blocks_of(shipped(2), rules, Payments(), company) == NO_BLOCKS


def test_some_orders_have_blocks_of_their_own() -> None:
    """What their rule says counts before the company code's, that before those of [shipments]; "" is none."""
    rule = '[[documents]]\ncountries = ["DE"]\npayment_block = "A"\n'
    own = ('language = "DE"', 'language = "DE"\ndunning_block = ""\npayment_block = "*"')
    plain, ruled = a_mapping(own, more=BLOCKED), a_mapping(own, more=BLOCKED + rule)
    assert built(shipped(0), plain).facts.blocks == Blocks("*", "")
    [receivable] = built(shipped(0), ruled).call.parameters["ACCOUNTRECEIVABLE"]
    assert (receivable["PMNT_BLOCK"], "DUNN_BLOCK" in receivable) == ("A", False)
    assert built(shipped(2), ruled).facts.blocks == NO_BLOCKS


def test_an_invoice_is_posted_with_its_blocks_and_remembers_them() -> None:
    """On the customer's line; where gift certificates paid everything there is nothing to block."""
    document = built(shipped(0), a_mapping(more=BLOCKED))
    [receivable] = document.call.parameters["ACCOUNTRECEIVABLE"]
    assert (receivable["PMNT_BLOCK"], receivable["DUNN_BLOCK"]) == ("B", "R")
    assert read_frozen(frozen_text(document.facts)).blocks == Blocks("B", "R")

    only = built(shipped(0), a_mapping(more='[shipments]\ndunning_block = "R"\n'))
    [receivable] = only.call.parameters["ACCOUNTRECEIVABLE"]
    assert ("PMNT_BLOCK" in receivable, receivable["DUNN_BLOCK"]) == (False, "R")

    tendered = built(revised(shipped(0), gift_certificate_amount="20.00", total_inc_tax="0"), a_mapping(more=BLOCKED))
    assert [row.keys() & {"PMNT_BLOCK", "DUNN_BLOCK"} for row in tendered.call.parameters["ACCOUNTRECEIVABLE"]] == [
        set(),
        set(),
    ]


def test_tenders_in_a_document_of_their_own_are_not_blocked() -> None:
    """They are paid."""
    own = a_mapping(('language = "DE"', 'language = "DE"\ntenders = "own_document"'), more=BLOCKED)
    document = built(revised(shipped(0), gift_certificate_amount="5.00", total_inc_tax="15.00"), own)
    assert (document.facts.blocks, document.facts.following[0].blocks) == (Blocks("B", "R"), NO_BLOCKS)
