"""Transactions have the shape of their means of payment, and tell what is held and unpaid."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_sandbox.store.payments import Movement, open_authorization, payment_status, transaction_row, unpaid
from mlconnector_sandbox.store.record import OrderRecord

D = Decimal
NOW = datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("gateway", "method", "block"),
    [
        ("stripe", "credit_card", "credit_card"),
        ("giftcertificate", "gift_certificate", "gift_certificate"),
        ("storecredit", "store_credit", "store_credit"),
        ("bankdeposit", "offline", "offline"),
        ("custom", "custom", "custom"),
    ],
)
def test_only_the_block_of_the_method_is_filled(gateway: str, method: str, block: str) -> None:
    """A card has none besides its own."""
    row = transaction_row(Movement("purchase", gateway, D(5), "EUR", name="By hand", block={"x": 1}), 9, 7, NOW)
    filled = [
        name for name in ("credit_card", "gift_certificate", "store_credit", "offline", "custom") if row.get(name)
    ]

    assert (row["method"], filled, row["test"], row["order_id"]) == (method, [block], False, "7")


def test_test_gateway_is_a_test() -> None:
    """Whether or not the movement says so."""
    assert transaction_row(Movement("purchase", "testgateway", D(5), "EUR"), 9, 7, NOW)["test"] is True


def an_order(*rows: tuple[str, str, int | None], **fields: Any) -> OrderRecord:
    """Give an order of 100 with transactions of (event, amount, reference), numbered from 1."""
    transactions = [
        {"id": number, "event": event, "amount": D(amount), "status": "ok", "reference_transaction_id": reference}
        for number, (event, amount, reference) in enumerate(rows, 1)
    ]
    base = {"id": 7, "total_inc_tax": "100.0000", "payment_status": "authorized", "transactions": transactions}
    return OrderRecord.from_document({**base, **fields})


@pytest.mark.parametrize(
    ("rows", "held", "open_amount"),
    [
        ([("authorization", "100", None)], "100", "0"),
        ([("authorization", "100", None), ("capture", "40", 1)], "60", "0"),
        ([("authorization", "100", None), ("void", "100", 1)], "0", "100"),
        ([("purchase", "30", None)], "0", "70"),
        ([], "0", "100"),
    ],
)
def test_held_and_unpaid_follow_from_the_transactions(rows: Any, held: str, open_amount: str) -> None:
    """A capture takes from what is held, a void lets it go."""
    order = an_order(*rows)

    assert (open_authorization(order)[1], unpaid(order)) == (D(held), D(open_amount))


def test_payment_status_follows_refunds() -> None:
    """Wholly or in part; declined it is what the transactions say, or what it was."""
    refund = {"id": 1, "total_amount": D(5), "payments": [{"amount": D(5), "is_declined": False}]}
    declined = {**refund, "payments": [{"amount": D(5), "is_declined": True}]}
    paid = ("purchase", "100", None)

    assert payment_status(an_order(paid, refunds=[refund]), D(95)) == "partially refunded"
    assert payment_status(an_order(paid, refunds=[refund]), D(0)) == "refunded"
    assert payment_status(an_order(paid, refunds=[declined]), D(100)) == "captured"
    assert payment_status(an_order(refunds=[declined]), D(100)) == "authorized"
