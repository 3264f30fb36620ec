"""Gift certificates and store credit: what they have, and how they show in transactions; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .description import DescriptionError, OrderDescription
from .money import text4
from .wire import Json, rfc2822

__all__ = ["Tender", "credit_of", "new_certificate", "tenders_of", "with_balance", "with_credit"]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Tender:
    """A gift certificate or store credit at the moment it pays: its block in the transaction."""

    gateway: str
    amount: Decimal
    block: Mapping[str, object]


def tenders_of(
    description: OrderDescription, customer: Json | None, certificates: Mapping[int, Json]
) -> tuple[Tender, ...]:
    """Give what pays an order besides money.

    Raises:
        DescriptionError: There is not so much credit, or no such gift certificate.
    """
    found = []
    if description.store_credit:
        found.append(_store_credit(description.store_credit, customer))
    if description.gift_certificate:
        found.append(_gift_certificate(description, certificates))
    return tuple(found)


def _store_credit(amount: Decimal, customer: Json | None) -> Tender:
    if customer is None:
        raise DescriptionError("a guest has no store credit")
    rest = credit_of(customer) - amount
    if rest < 0:
        raise DescriptionError(f"customer {customer['id']} has {credit_of(customer)} of store credit, not {amount}")
    return Tender("storecredit", amount, {"remaining_balance": rest})


def _gift_certificate(description: OrderDescription, certificates: Mapping[int, Json]) -> Tender:
    amount, code = description.gift_certificate, description.gift_certificate_code
    if not code:
        # One that this store does not know otherwise; it had just enough.
        return Tender("giftcertificate", amount, _block(f"GC-{description.id}", amount, amount, amount))
    row = next((row for row in certificates.values() if row["code"] == code), None)
    if row is None or row["currency_code"] != description.currency or row["status"] != "active":
        raise DescriptionError(f"there is no active gift certificate {code} in {description.currency}")
    balance = Decimal(row["balance"])
    if amount > balance:
        raise DescriptionError(f"gift certificate {code} has {balance}, not {amount}")
    return Tender("giftcertificate", amount, _block(code, Decimal(row["amount"]), balance, amount))


def _block(code: str, original: Decimal, balance: Decimal, amount: Decimal) -> Json:
    return {
        "code": code,
        "original_balance": original,
        "starting_balance": balance,
        "remaining_balance": balance - amount,
        "status": "active",
    }


def credit_of(customer: Json) -> Decimal:
    """Give a customer's store credit, which is in the store's currency."""
    return sum((Decimal(str(row["amount"])) for row in customer.get("store_credit_amounts", [])), ZERO)


def with_credit(customer: Json, change: Decimal) -> Json:
    """Give a customer with more or less store credit."""
    return {**customer, "store_credit_amounts": [{"amount": credit_of(customer) + change}]}


def new_certificate(number: int, order: Json, amount: Decimal, now: datetime, *, active: bool) -> Json:
    """Write a gift certificate that an order brings about, to the one who ordered."""
    billing = order.get("billing_address") or {}
    name = f"{billing.get('first_name', '')} {billing.get('last_name', '')}".strip()
    return {
        "id": number,
        "customer_id": order.get("customer_id", 0),
        "order_id": order.get("id", 0),
        "code": f"GIFT-{number:06d}",
        "to_name": name,
        "to_email": billing.get("email", ""),
        "from_name": name,
        "from_email": billing.get("email", ""),
        "amount": text4(amount),
        "balance": text4(amount),
        "status": "active" if active else "pending",
        "template": "General.html",
        "message": "",
        "purchase_date": rfc2822(now),
        "expiry_date": "0",
        "currency_code": order.get("default_currency_code", ""),
    }


def with_balance(certificate: Json, change: Decimal) -> Json:
    """Give a gift certificate with more or less on it."""
    return {**certificate, "balance": text4(Decimal(str(certificate["balance"])) + change)}
