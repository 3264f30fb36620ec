"""Whether a refund was paid back: the store has no field for it, so it follows from payments and transactions. Pure.

What goes back offline, as store credit or as a gift certificate counts at once; online, when the provider has carried
it out: a transaction of type refund with status ok. A payment may be declined at any time, even later.
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from ..bigcommerce.models import OrderSnapshot, Refund, RefundPayment, Transaction
from ..sap.refund import TENDERS_BY_PROVIDER, provider_key

__all__ = ["Payback", "declined_of", "pause_before_asking", "paybacks"]

SHORTEST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)


class Payback(StrEnum):
    """How a refund stands."""

    PAID = "paid"
    PENDING = "pending"
    OVERDUE = "overdue"
    DECLINED = "declined"
    PARTLY_DECLINED = "partly declined, the rest paid back"
    FOREIGN = "in another currency"
    TEST = "test"


def paybacks(snapshot: OrderSnapshot, alert_hours: int) -> dict[int, Payback]:
    """Return how each refund of an order stands, in the order of their ids.

    Args:
        snapshot: the order with its refunds and transactions.
        alert_hours: after how long without an answer a person looks.
    """
    unused = [one for one in snapshot.transactions if one.event == "refund" and one.status == "ok"]
    found = {}
    for refund in sorted(snapshot.refunds, key=lambda refund: refund.id):
        found[refund.id] = _payback(refund, snapshot, unused, timedelta(hours=alert_hours))
    return found


def declined_of(refund: Refund) -> Decimal:
    """Return how much of a refund's payment was declined."""
    return sum((payment.amount for payment in refund.payments if payment.is_declined), Decimal(0))


def pause_before_asking(refund: Refund, payback: Payback, snapshot: OrderSnapshot) -> timedelta:
    """Return how long to wait before a refund is asked about again that is pending or overdue: the older, the longer.

    Of an overdue one people know: it is looked at once more when it is twice as old, some ten times in its first years.
    """
    age = snapshot.fetched_at - (refund.created or snapshot.order.date_modified)
    return max(age, LONGEST_PAUSE) if payback is Payback.OVERDUE else min(max(age / 4, SHORTEST_PAUSE), LONGEST_PAUSE)


def _payback(refund: Refund, snapshot: OrderSnapshot, unused: list[Transaction], patience: timedelta) -> Payback:
    counting = [payment for payment in refund.payments if not payment.is_declined]
    declined = len(counting) < len(refund.payments)
    if declined and not any(payment.amount for payment in counting):
        return Payback.DECLINED
    matched = [_match(payment, unused) for payment in counting if not _at_once(payment)]
    if not refund.payments or None in matched:
        created = refund.created or snapshot.order.date_modified
        return Payback.OVERDUE if snapshot.fetched_at - created > patience else Payback.PENDING
    currencies = {one.currency for one in matched if one is not None and one.currency}
    if currencies - {snapshot.order.default_currency_code}:
        return Payback.FOREIGN
    if any(one is not None and one.test for one in matched):
        return Payback.TEST
    return Payback.PARTLY_DECLINED if declined else Payback.PAID


def _at_once(payment: RefundPayment) -> bool:
    return payment.offline or not payment.amount or provider_key(payment.provider_id) in TENDERS_BY_PROVIDER


def _match(payment: RefundPayment, unused: list[Transaction]) -> Transaction | None:
    """Take the transaction that carried a payment out; each carries out one."""
    fitting = [one for one in unused if abs(one.amount) == payment.amount]
    best = _best(payment, fitting)
    if best is not None:
        unused.remove(best)
    return best


def _best(payment: RefundPayment, fitting: Sequence[Transaction]) -> Transaction | None:
    name = payment.transaction_id
    named = [one for one in fitting if name and name in {str(one.id), one.gateway_transaction_id}]
    same = [one for one in fitting if one.gateway == payment.provider_id]
    return next(iter([*named, *same, *fitting]), None)
