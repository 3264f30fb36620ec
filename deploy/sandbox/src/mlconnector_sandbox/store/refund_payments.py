"""How a refund's money goes back: through which providers, and whether it has arrived; pure."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec

from .record import OrderRecord
from .refundable import AT_ONCE, RefundError
from .wire import Json

__all__ = [
    "OFFLINE_PROVIDERS",
    "RefundPayment",
    "counts",
    "declined",
    "is_online",
    "is_pending",
    "payment_rows",
    "settled",
]

ZERO = Decimal(0)
# Providers of BigCommerce's own with which no gateway is asked.
OFFLINE_PROVIDERS = ("bankdeposit", "cheque", "cod", "custom", "instore", "moneyorder")


class RefundPayment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the money and its provider; offline is what the provider is, unless said otherwise."""

    provider_id: str
    amount: Decimal
    offline: bool | None = None
    is_declined: bool = False


def payment_rows(
    record: OrderRecord, wanted: Sequence[RefundPayment], amount: Decimal, allocate: Callable[[str], int]
) -> list[Json]:
    """Write a refund's payments: those wanted, or back the way the order was paid.

    Raises:
        RefundError: They do not add up to the refund, or a guest would get store credit.
    """
    payments = wanted or _the_way_it_came(record, amount)
    if sum((payment.amount for payment in payments), ZERO) != amount:
        raise RefundError(f"the payments add up to something else than {amount}")
    if any(payment.provider_id == "storecredit" for payment in payments) and not record.order.get("customer_id"):
        raise RefundError("Unable to provide store credit for a guest customer.")
    return [_row(payment, allocate("refund_payment")) for payment in payments]


def _row(payment: RefundPayment, number: int) -> Json:
    offline = payment.provider_id in OFFLINE_PROVIDERS if payment.offline is None else payment.offline
    row = {
        "id": number,
        "provider_id": payment.provider_id,
        "amount": payment.amount,
        "offline": offline,
        "is_declined": False,
        "declined_message": "",
    }
    return declined(row, "The payment provider declined.") if payment.is_declined else row


def _the_way_it_came(record: OrderRecord, amount: Decimal) -> list[RefundPayment]:
    """Give money back before gift certificates and store credit, and to none more than came from it."""
    paid = _paid(record)
    for refund in record.parts["refunds"]:
        for row in refund.get("payments", []):
            if counts(row) and row["provider_id"] in paid:
                paid[row["provider_id"]] -= Decimal(str(row["amount"]))
    main = str(record.order.get("payment_provider_id") or "") or "custom"
    found: list[RefundPayment] = []
    for provider in sorted(paid, key=lambda name: (name in AT_ONCE, name != main, name)):
        part = min(paid[provider], amount - sum((payment.amount for payment in found), ZERO))
        if part > 0:
            found.append(RefundPayment(provider, part))
    rest = amount - sum((payment.amount for payment in found), ZERO)
    # More than came in, as after a change by hand, goes through the order's own provider.
    return found if found and not rest else [*found, RefundPayment(main, rest)]


def _paid(record: OrderRecord) -> dict[str, Decimal]:
    paid: dict[str, Decimal] = {}
    for row in record.parts["transactions"]:
        if row.get("event") in {"purchase", "capture"} and row.get("status") == "ok":
            provider = str(row.get("gateway", ""))
            paid[provider] = paid.get(provider, ZERO) + Decimal(str(row["amount"]))
    return paid


def counts(row: Mapping[str, object]) -> bool:
    """Tell whether a payment was not declined."""
    return not row.get("is_declined")


def is_online(row: Mapping[str, object]) -> bool:
    """Tell whether a gateway has to carry a payment out."""
    return not row.get("offline") and row.get("provider_id") not in AT_ONCE


def is_pending(row: Mapping[str, object]) -> bool:
    """Tell whether a payment still waits for its gateway."""
    return is_online(row) and counts(row) and not row.get("transaction_id")


def settled(row: Json, transaction_id: int) -> Json:
    """Give a payment with the transaction that carried it out."""
    return {**row, "transaction_id": str(transaction_id)}


def declined(row: Json, message: str) -> Json:
    """Give a payment that its provider has declined."""
    return {**row, "is_declined": True, "declined_message": message}
