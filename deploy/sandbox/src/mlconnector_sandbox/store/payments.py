"""Transactions of an order: what V3 shows of money that came in, was held, let go or given back; pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .description import OrderDescription
from .record import OrderRecord
from .refund_payments import OFFLINE_PROVIDERS
from .refundable import effective
from .tenders import Tender
from .wire import Json, iso8601

__all__ = [
    "Movement",
    "checkout_rows",
    "open_authorization",
    "payment_status",
    "transaction_row",
    "unpaid",
]

ZERO = Decimal(0)
EVENTS = {"captured": "purchase", "paid": "purchase", "authorized": "authorization"}
METHODS = {"storecredit": "store_credit", "giftcertificate": "gift_certificate", "custom": "custom"}
INCOMPLETE = 0
TEST_GATEWAY = "testgateway"
CARD = {
    "card_type": "visa",
    "card_iin": "411111",
    "card_last4": "1111",
    "card_expiry_month": 12,
    "card_expiry_year": 2030,
}


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of money; `reference` is the transaction it acts upon."""

    event: str
    gateway: str
    amount: Decimal
    currency: str
    reference: int | None = None
    status: str = "ok"
    test: bool = False
    name: str = ""
    block: Mapping[str, object] | None = None


def transaction_row(movement: Movement, number: int, order_id: int, now: datetime) -> Json:
    """Write a transaction as V3 shows it; the block of its method is filled, the others are null."""
    method = _method(movement.gateway)
    offline = method == "offline"
    row: Json = {
        "id": number,
        "order_id": str(order_id),
        "event": movement.event,
        "method": method,
        "amount": movement.amount,
        "currency": movement.currency,
        "gateway": movement.gateway,
        "gateway_transaction_id": "" if offline else f"sandbox-{number}",
        "date_created": iso8601(now),
        "test": movement.test or movement.gateway == TEST_GATEWAY,
        "status": movement.status,
        "fraud_review": False,
        "reference_transaction_id": movement.reference,
        "payment_method_id": f"{movement.gateway}.card" if method == "credit_card" else movement.gateway,
        "payment_instrument_token": None,
        "avs_result": {"code": "", "message": "", "street_match": "", "postal_match": ""},
        "cvv_result": {"code": "", "message": ""},
        "gift_certificate": movement.block if method == "gift_certificate" else None,
        "store_credit": movement.block if method == "store_credit" else None,
        "offline": {"display_name": movement.name} if offline else None,
        "custom": {"payment_method": movement.name} if method == "custom" else None,
        "custom_provider_field_result": None,
    }
    if row["reference_transaction_id"] is None:
        # Documented as a whole number, never as null.
        del row["reference_transaction_id"]
    return {**row, "credit_card": CARD} if method == "credit_card" else row


def _method(gateway: str) -> str:
    return METHODS.get(gateway) or ("offline" if gateway in OFFLINE_PROVIDERS else "credit_card")


def checkout_rows(
    description: OrderDescription,
    total: tuple[Decimal, str],
    tenders: Iterable[Tender],
    now: datetime,
    allocate: Callable[[str], int],
) -> list[Json]:
    """Write a transaction per means of payment; store credit and gift certificates come first, money pays the rest."""
    if description.status_id == INCOMPLETE:
        return []
    amount, currency = total
    moved = [
        Movement("purchase", tender.gateway, tender.amount, currency, block=tender.block)
        for tender in tenders
        if tender.amount
    ]
    rest = amount - sum((movement.amount for movement in moved), ZERO)
    event = EVENTS.get(description.payment_status)
    if event is not None and rest > 0:
        provider = description.payment_provider_id or "custom"
        moved.append(Movement(event, provider, rest, currency, name=description.payment_method))
    return [transaction_row(movement, allocate("transaction"), description.id or 0, now) for movement in moved]


def payment_status(record: OrderRecord, left: Decimal) -> str:
    """Tell what `payment_status` an order has after its refunds, with so much left of its total."""
    if any(effective(refund) for refund in record.parts["refunds"]):
        return "partially refunded" if left > 0 else "refunded"
    events = {row.get("event") for row in _good(record)}
    return "captured" if events & {"purchase", "capture"} else str(record.order.get("payment_status", ""))


def unpaid(record: OrderRecord) -> Decimal:
    """Give what purchases, captures and money held have left of the order's total."""
    held = open_authorization(record)[1]
    paid = _sum(row for row in _good(record) if row["event"] in {"purchase", "capture"})
    return record.charged - paid - held


def open_authorization(record: OrderRecord) -> tuple[Json | None, Decimal]:
    """Give the first authorization that is neither captured nor voided in full, and what is left of it."""
    rows = _good(record)
    for row in rows:
        if row["event"] == "authorization":
            left = Decimal(str(row["amount"])) - _sum(
                other for other in rows if other.get("reference_transaction_id") == row["id"]
            )
            if left > 0:
                return row, left
    return None, ZERO


def _good(record: OrderRecord) -> list[Json]:
    return [row for row in record.parts["transactions"] if row.get("status") == "ok"]


def _sum(rows: Iterable[Json]) -> Decimal:
    return sum((Decimal(str(row["amount"])) for row in rows), ZERO)
