"""How much of an order waits: of one that is posted only what is still owed, whichever way it goes."""

from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.reconcile.plan import Park

from tests.support.lives import Life, a_refund, an_item, paid_back
from tests.support.mappings import a_mapping
from tests.support.orders import PLACED, Line, an_order, revised

HALF = an_item("PRODUCT", 61, "59.50", 1)
ONE, OTHER = ({"id": 30, "provider_id": "custom", "amount": amount, "offline": True} for amount in ("30.00", "29.50"))
PART_DECLINED = [ONE, OTHER | {"is_declined": True}]
ONLINE = {"id": 30, "provider_id": "stripe", "amount": "59.50", "offline": False, "is_declined": False}
CAPTURE = paid_back("19.00", 8, event="capture", method="credit_card", gateway_transaction_id="pi_8")
PAYMENTS = '[payments]\npost = true\n[[clearing]]\ngateways = ["paypal"]\ngl_account = "113100"\n'


def two_lamps(more: str = "") -> Life:
    """An order of two lamps at 59.50, its invoice posted."""
    life = Life(an_order(Line("59.50", 2)), a_mapping(more=more))
    life.post()
    return life


def refunded(**more: Any) -> Life:
    return two_lamps().now(status_id=14).parts(refunds=[a_refund(7, "59.50", "9.50", HALF) | more])


def edited(*lines: Line) -> Life:
    life = two_lamps()
    life.snapshot = revised(an_order(*lines), date_modified=PLACED.replace(day=20))
    return life


def paid_by_certificate(*, total_after: bool) -> Life:
    """An order that a certificate has paid 50.00 of, then edited to something no rule has a tax code for."""
    used = {"gift_certificate_amount": "50.00"}
    life = Life(revised(an_order(Line("119.00")), **used, **({"total_inc_tax": "69.00"} if total_after else {})))
    life.post()
    more = revised(an_order(Line("119.00"), Line("11.60", rate="16")), **used)
    total = {"total_inc_tax": "80.60"} if total_after else {}
    life.snapshot = revised(more, date_modified=PLACED.replace(day=20), **total)
    return life


def declined_later() -> Life:
    life = refunded(payments=[ONE, OTHER])
    life.post()
    return life.parts(refunds=[a_refund(7, "59.50", "9.50", HALF) | {"payments": PART_DECLINED}])


@pytest.mark.parametrize(
    ("life", "amount"),
    [
        (edited(Line("59.50", 3)), "59.50"),
        (edited(Line("59.50", 1)), "59.50"),
        (edited(Line("59.50", 2), Line("11.60", rate="16")), "11.60"),
        (paid_by_certificate(total_after=False), "11.60"),
        (paid_by_certificate(total_after=True), "11.60"),
        (refunded(items=[]), "59.50"),
        (refunded(total_amount="400"), "400.00"),
        (refunded(payments=[ONLINE]).later(hours=80), "59.50"),
        (refunded(payments=PART_DECLINED), "30.00"),
        (refunded(payments=PART_DECLINED, items=[]), "30.00"),
        (declined_later(), "29.50"),
        (two_lamps().now(status_id=14), "119.00"),
        (two_lamps(PAYMENTS).parts(transactions=[CAPTURE]), "19.00"),
    ],
)
def test_of_a_posted_order_the_difference_waits(life: Life, amount: str) -> None:
    """An edit's change, a refund, what was declined of one, a payment; what is left where nobody knows more."""
    found = life.plan()
    assert isinstance(found, Park), found
    assert [cause.amount for cause in found.causes] == [Decimal(amount)], found.causes


def test_of_an_order_that_is_not_posted_all_waits() -> None:
    """Its total is what the job knows."""
    found = Life(an_order(Line("59.50", rate="16")), a_mapping()).plan()
    assert isinstance(found, Park)
    assert [cause.amount for cause in found.causes] == [None]
