"""Keeps gift certificates and store credit in step with the orders that sell, use and refund them."""

from collections.abc import Iterable
from decimal import Decimal

from .record import OrderRecord
from .state import StoreState
from .tenders import new_certificate, with_balance, with_credit
from .wire import Json

__all__ = ["Purse"]

CERTIFICATES, CUSTOMERS = "gift_certificates", "customers"
PAID = ("captured", "paid")


class Purse:
    """The balances that are the store's own money."""

    def __init__(self, state: StoreState) -> None:
        self._state = state

    def checked_out(self, record: OrderRecord) -> None:
        """Bring forth the gift certificates that an order sells, and take what it was paid with."""
        active = record.order.get("payment_status") in PAID
        for row in record.parts["products"]:
            number = row.get("gift_certificate_id")
            if number is not None and number not in self._state.resources[CERTIFICATES]:
                amount = Decimal(str(row["base_total"]))
                made = new_certificate(number, record.order, amount, self._state.clock.now(), active=active)
                self._state.put_resource(CERTIFICATES, made)
        for row in record.parts["transactions"]:
            self._moved(record, str(row["gateway"]), -Decimal(str(row["amount"])), _code(row))

    def paid(self, record: OrderRecord) -> None:
        """Make the gift certificates usable that an order has sold, once it is paid."""
        for row in record.parts["products"]:
            made = self._state.resources[CERTIFICATES].get(row.get("gift_certificate_id") or 0)
            if made is not None and made["status"] == "pending":
                self._state.put_resource(CERTIFICATES, {**made, "status": "active"})

    def refunded(self, record: OrderRecord, payments: Iterable[Json], sign: int = 1) -> None:
        """Put back what refunds give to store credit and gift certificates; with -1 take it away again."""
        used = next((_code(row) for row in record.parts["transactions"] if row["gateway"] == "giftcertificate"), "")
        for payment in payments:
            self._moved(record, str(payment["provider_id"]), Decimal(str(payment["amount"])) * sign, used)

    def _moved(self, record: OrderRecord, provider: str, change: Decimal, code: str) -> None:
        if provider == "storecredit":
            customer = self._state.resources[CUSTOMERS].get(int(record.order.get("customer_id") or 0))
            if customer is not None:
                self._state.put_resource(CUSTOMERS, with_credit(customer, change))
        elif provider == "giftcertificate":
            self._on_certificate(record, change, code)

    def _on_certificate(self, record: OrderRecord, change: Decimal, code: str) -> None:
        rows = self._state.resources[CERTIFICATES].values()
        mine = next((row for row in rows if row["code"] == code or (not code and row["order_id"] == record.id)), None)
        if mine is not None:
            self._state.put_resource(CERTIFICATES, with_balance(mine, change))
        elif change > 0:
            number = self._state.allocate(CERTIFICATES)
            made = new_certificate(number, record.order, change, self._state.clock.now(), active=True)
            self._state.put_resource(CERTIFICATES, {**made, "code": code or made["code"]})


def _code(row: Json) -> str:
    return str((row.get("gift_certificate") or {}).get("code", ""))
