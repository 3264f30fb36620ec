"""What the store says of the money that moved on an order: by its payment status, and by its transactions. Pure."""

from typing import Final

from ..bigcommerce.models import Order, OrderSnapshot, Transaction
from .mapping_file import Payments

__all__ = ["TENDERS", "is_paid", "is_tendered", "money_taken", "moved", "says_nothing"]

TENDERS: Final = frozenset({"gift_certificate", "store_credit"})
"""Methods of transactions that are in the invoice."""

OFFLINE: Final = frozenset({"offline", "custom"})
"""Methods of transactions that no provider carried out."""

MONEY_TAKEN: Final = frozenset({"captured", "paid", "partially refunded", "refunded"})


def money_taken(snapshot: OrderSnapshot, payments: Payments) -> bool:
    """Tell whether an order's payment was taken; authorised only is not, nor is what a certificate has paid of it."""
    return is_paid(snapshot.order) or any(one.took_money for one in moved(snapshot, payments))


def is_paid(order: Order) -> bool:
    """Tell whether an order's payment was taken by its payment status alone, which its header has."""
    return order.payment_status.casefold() in MONEY_TAKEN


def says_nothing(order: Order) -> bool:
    """Tell whether an order's header leaves open whether its payment was taken: only its transactions tell then."""
    return not order.payment_status


def is_tendered(snapshot: OrderSnapshot) -> bool:
    """Tell whether the store took gift certificates or store credit for an order."""
    return any(one.took_money and not one.test and one.method in TENDERS for one in snapshot.transactions)


def moved(snapshot: OrderSnapshot, payments: Payments) -> list[Transaction]:
    """Return the transactions that count, by their ids: money that came in, and money that was paid back.

    Args:
        snapshot: the order with its transactions.
        payments: says which means of payment without a provider count.
    """
    offline = snapshot.order.payment_method.casefold() in {one.casefold() for one in payments.offline}
    found = [
        one
        for one in snapshot.transactions
        if one.id
        and (one.took_money or (one.event == "refund" and one.status == "ok"))
        and one.amount
        and not one.test
        and one.method not in TENDERS
        and (offline or one.method not in OFFLINE)
    ]
    return sorted(found, key=lambda one: one.id)
