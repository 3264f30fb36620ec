"""A refund counts once its payment did, which follows from payments and transactions."""

from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.reconcile.settlement import Payback, pause_before_asking, paybacks

from tests.support.building import with_parts
from tests.support.lives import a_refund, paid_back
from tests.support.orders import PLACED, an_order


def payment(amount: str = "10.00", **more: Any) -> dict[str, Any]:
    """A payment through the gateway."""
    return {"id": 1, "provider_id": "stripe", "amount": amount, "offline": False, "is_declined": False} | more


def order(*refunds: dict[str, Any], transactions: Any = (), minutes: float = 0) -> OrderSnapshot:
    """An order with refunds of two days later, fetched some minutes after these."""
    at = PLACED + timedelta(days=2, minutes=minutes)
    return with_parts(an_order(), refunds=list(refunds), transactions=list(transactions), fetched_at=at)


def refund(number: int, *payments: dict[str, Any], **more: Any) -> dict[str, Any]:
    return a_refund(number, "10.00", "0", payments=list(payments), **more)


def standing(snapshot: OrderSnapshot) -> list[Payback]:
    return list(paybacks(snapshot, 24).values())


@pytest.mark.parametrize(
    "one",
    [
        payment(offline=True),
        payment(provider_id="storecredit"),
        payment(provider_id="store_credit"),
        payment(provider_id="giftcertificate"),
        payment("0"),
    ],
)
def test_what_needs_no_gateway_counts_at_once(one: dict[str, Any]) -> None:
    """Offline, claims on the store, nothing at all."""
    assert standing(order(refund(1, one))) == [Payback.PAID]


@pytest.mark.parametrize(
    ("transaction", "found"),
    [
        (paid_back("10.00"), Payback.PAID),
        (paid_back("-10.00"), Payback.PAID),
        (paid_back("10.00", currency=""), Payback.PAID),
        (paid_back("9.99"), Payback.PENDING),
        (paid_back("10.00", status="error"), Payback.PENDING),
        (paid_back("10.00", event="purchase"), Payback.PENDING),
        (paid_back("10.00", currency="USD"), Payback.FOREIGN),
        (paid_back("10.00", test=True), Payback.TEST),
    ],
)
def test_online_a_transaction_carries_it_out(transaction: dict[str, Any], found: Payback) -> None:
    """Of type refund, with status ok and its amount."""
    assert standing(order(refund(1, payment()), transactions=[transaction])) == [found]


def test_a_transaction_carries_out_one_payment() -> None:
    """The one that is named or whose gateway it is, else the first."""
    two = (refund(2, payment()), refund(1, payment()))
    assert paybacks(order(*two, transactions=[paid_back("10.00")]), 24) == {1: Payback.PAID, 2: Payback.PENDING}
    named = refund(1, payment(transaction_id="91"))
    test, real = paid_back("10.00", 90, test=True), paid_back("10.00", 91)
    assert standing(order(named, transactions=[test, real])) == [Payback.PAID]
    other = paid_back("10.00", 90, gateway="paypal", test=True)
    assert standing(order(refund(1, payment()), transactions=[other, real])) == [Payback.PAID]
    assert standing(order(refund(1, payment()), transactions=[other])) == [Payback.TEST]


def test_every_payment_of_a_refund_must_be_carried_out() -> None:
    """Declined ones never are."""
    both = (payment("4.00"), payment("6.00"))
    assert standing(order(refund(1, *both), transactions=[paid_back("4.00")])) == [Payback.PENDING]
    done = [paid_back("4.00", 1), paid_back("6.00", 2)]
    assert standing(order(refund(1, *both), transactions=done)) == [Payback.PAID]
    declined = payment("6.00", is_declined=True)
    assert standing(order(refund(1, both[0], declined), transactions=done)) == [Payback.PARTLY_DECLINED]
    assert standing(order(refund(1, declined, declined), transactions=done)) == [Payback.DECLINED]


def test_without_an_answer_it_is_overdue_after_a_while() -> None:
    """Counted from the refund, or from the order's last change where the store does not say when it was."""
    assert standing(order(refund(1, payment()), minutes=24 * 60)) == [Payback.PENDING]
    assert standing(order(refund(1, payment()), minutes=24 * 60 + 1)) == [Payback.OVERDUE]
    assert standing(order(refund(1), minutes=24 * 60 + 1)) == [Payback.OVERDUE]
    assert standing(order(refund(1, payment(), created=None))) == [Payback.OVERDUE]


def test_pauses_grow_with_age() -> None:
    """Between a minute and an hour; once people know of it, it is asked about when it is twice as old."""
    for minutes, payback, pause in (
        (0, Payback.PENDING, 1),
        (4, Payback.PENDING, 1),
        (40, Payback.PENDING, 10),
        (1000, Payback.PENDING, 60),
        (20, Payback.OVERDUE, 60),
        (3000, Payback.OVERDUE, 3000),
    ):
        snapshot = order(refund(1, payment()), minutes=minutes)
        assert pause_before_asking(snapshot.refunds[0], payback, snapshot) == timedelta(minutes=pause)
    undated = order(refund(1, payment(), created=None))
    since = undated.fetched_at - undated.order.date_modified
    assert pause_before_asking(undated.refunds[0], Payback.OVERDUE, undated) == since
