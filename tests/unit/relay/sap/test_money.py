"""Which money counts as taken: by payment status, or by what a provider moved or a means that the mapping names."""

from typing import Any

import pytest
from mlconnector_relay.sap.mapping_file import Payments
from mlconnector_relay.sap.money import is_paid, is_tendered, money_taken, moved, says_nothing

from tests.support.building import with_parts
from tests.support.orders import an_order, revised

BANK = Payments(offline=("Bank Deposit",))
CAPTURE = {"id": 8, "event": "capture", "status": "ok", "amount": "5.00", "currency": "EUR", "method": "credit_card"}


@pytest.mark.parametrize(
    ("status", "paid", "silent"),
    [("", False, True), ("Captured", True, False), ("authorized", False, False), ("partially refunded", True, False)],
)
def test_the_payment_status_tells_unless_it_is_empty(status: str, paid: bool, silent: bool) -> None:
    """In any case; empty is no answer."""
    snapshot = revised(an_order(), payment_status=status)
    assert (is_paid(snapshot.order), says_nothing(snapshot.order)) == (paid, silent)
    assert money_taken(snapshot, Payments()) == paid
    assert money_taken(with_parts(snapshot, transactions=[CAPTURE]), Payments())


@pytest.mark.parametrize(
    ("transaction", "counts", "where_named"),
    [
        ({}, True, True),
        ({"event": "purchase"}, True, True),
        ({"event": "authorization"}, False, False),
        ({"status": "error"}, False, False),
        ({"test": True}, False, False),
        ({"amount": "0"}, False, False),
        ({"id": 0}, False, False),
        ({"method": "gift_certificate"}, False, False),
        ({"method": "store_credit"}, False, False),
        ({"method": "offline"}, False, True),
        ({"method": "custom"}, False, True),
    ],
)
def test_a_transaction_counts_by_what_moved_it(transaction: dict[str, Any], counts: bool, where_named: bool) -> None:
    """A certificate's payment is in the invoice; what is paid offline may only be promised."""
    snapshot = revised(an_order(), payment_status="", payment_method="BANK deposit")
    snapshot = with_parts(snapshot, transactions=[CAPTURE | transaction])
    assert money_taken(snapshot, Payments()) == counts
    assert money_taken(snapshot, BANK) == where_named
    assert bool(moved(snapshot, BANK)) == where_named


@pytest.mark.parametrize(
    ("transaction", "tendered"),
    [
        ({"method": "gift_certificate"}, True),
        ({"method": "store_credit"}, True),
        ({}, False),
        ({"method": "store_credit", "test": True}, False),
        ({"method": "store_credit", "event": "refund"}, False),
    ],
)
def test_what_the_store_took_of_its_own_is_told_apart(transaction: dict[str, Any], tendered: bool) -> None:
    """It is no money: what it has paid is in the invoice."""
    assert is_tendered(with_parts(an_order(), transactions=[CAPTURE | transaction])) == tendered


def test_what_was_paid_back_moved_too() -> None:
    """By the transactions' ids; it is no money that was taken."""
    back = CAPTURE | {"id": 3, "event": "refund"}
    snapshot = with_parts(revised(an_order(), payment_status=""), transactions=[back])
    assert not money_taken(snapshot, Payments())
    assert [one.id for one in moved(with_parts(snapshot, transactions=[CAPTURE, back]), Payments())] == [3, 8]
