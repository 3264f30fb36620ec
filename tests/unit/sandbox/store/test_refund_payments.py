"""A refund goes back the way the money came."""

import itertools
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_sandbox.store.record import OrderRecord
from mlconnector_sandbox.store.refund_payments import RefundPayment, is_pending, payment_rows
from mlconnector_sandbox.store.refundable import RefundError

D = Decimal


def an_order(**fields: Any) -> OrderRecord:
    """Give an order of 100 that was paid by card, gift certificate and store credit."""
    paid = (("storecredit", 10), ("giftcertificate", 30), ("stripe", 60))
    rows = [{"event": "purchase", "status": "ok", "gateway": name, "amount": D(amount)} for name, amount in paid]
    base = {"id": 7, "customer_id": 1, "payment_provider_id": "stripe", "transactions": rows}
    return OrderRecord.from_document({**base, **fields})


def paid_back(order: OrderRecord, amount: str, *wanted: RefundPayment) -> list[Any]:
    """Give the payments of a refund."""
    counter = itertools.count(1)
    return payment_rows(order, wanted, D(amount), lambda _: next(counter))


def test_cards_come_before_certificates_and_credit() -> None:
    """And nothing gives back more than came from it."""
    rows = paid_back(an_order(), "95")

    assert [(row["provider_id"], row["amount"]) for row in rows] == [
        ("stripe", D(60)),
        ("giftcertificate", D(30)),
        ("storecredit", D(5)),
    ]
    assert [is_pending(row) for row in rows] == [True, False, False]


def test_earlier_refunds_are_counted_unless_declined() -> None:
    """What went back through the card is no longer there."""
    gone = {"provider_id": "stripe", "amount": D(60), "is_declined": False}
    order = an_order(refunds=[{"id": 1, "payments": [gone]}])
    declined = an_order(refunds=[{"id": 1, "payments": [{**gone, "is_declined": True}]}])

    assert paid_back(order, "5")[0]["provider_id"] == "giftcertificate"
    assert paid_back(declined, "5")[0]["provider_id"] == "stripe"


def test_without_payments_the_order_says_how() -> None:
    """An offline provider is offline; an order without any is refunded by other means."""
    deposit = paid_back(an_order(transactions=[], payment_provider_id="bankdeposit"), "5")
    nothing = paid_back(an_order(transactions=[], payment_provider_id=""), "5")

    assert [(row["provider_id"], row["offline"], is_pending(row)) for row in deposit] == [("bankdeposit", True, False)]
    assert nothing[0]["provider_id"] == "custom"
    assert [row["amount"] for row in paid_back(an_order(), "101")] == [D(60), D(30), D(10), D(1)]


def test_guests_get_no_store_credit() -> None:
    """They have no account to keep it."""
    with pytest.raises(RefundError, match="guest"):
        paid_back(an_order(customer_id=0), "5", RefundPayment("storecredit", D(5)))


def test_online_can_be_said_to_be_offline() -> None:
    """A gateway that knows no partial refunds is paid around."""
    (row,) = paid_back(an_order(), "5", RefundPayment("stripe", D(5), offline=True))

    assert (row["offline"], is_pending(row)) == (True, False)
