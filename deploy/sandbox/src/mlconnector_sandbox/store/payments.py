"""Transactions of an order: what V3 shows of the money that came in; pure."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from .description import OrderDescription
from .wire import Json, iso8601

__all__ = ["transaction_rows"]

EVENTS = {"captured": "purchase", "paid": "purchase", "authorized": "authorization"}


def transaction_rows(
    description: OrderDescription,
    order_id: int,
    total: tuple[Decimal, str],
    now: datetime,
    allocate: Callable[[str], int],
) -> list[Json]:
    """Write a transaction per means of payment; store credit and gift certificates come first, money pays the rest."""
    if description.payment_status not in EVENTS:
        return []
    tenders = (
        ("store_credit", "storecredit", description.store_credit),
        ("gift_certificate", "giftcertificate", description.gift_certificate),
        ("credit_card", "stripe", total[0] - description.store_credit - description.gift_certificate),
    )
    return [
        _row(description, allocate("transaction"), order_id, tender, (amount, total[1]), now)
        for *tender, amount in tenders
        if amount > 0
    ]


def _row(
    description: OrderDescription,
    number: int,
    order_id: int,
    tender: list[str],
    money: tuple[Decimal, str],
    now: datetime,
) -> Json:
    method, gateway = tender
    by_card = method == "credit_card"
    return {
        "id": number,
        "order_id": str(order_id),
        "event": EVENTS[description.payment_status] if by_card else "purchase",
        "method": method,
        "amount": money[0],
        "currency": money[1],
        "gateway": gateway,
        "gateway_transaction_id": f"sandbox-{number}",
        "date_created": iso8601(now),
        "test": False,
        "status": "ok",
        "fraud_review": False,
        "payment_method_id": f"{gateway}.card" if by_card else gateway,
        "avs_result": {"code": "", "message": "", "street_match": "", "postal_match": ""},
        "cvv_result": {"code": "", "message": ""},
        "gift_certificate": None,
        "store_credit": None,
        "offline": None,
        "custom": None,
    }
