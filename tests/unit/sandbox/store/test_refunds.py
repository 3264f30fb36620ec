"""A refund is recorded with what it gives back."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal

from mlconnector_sandbox.store.record import OrderRecord
from mlconnector_sandbox.store.refunds import RefundItem, RefundWish, build_refund, refunded_so_far

D = Decimal
NOW = datetime(2026, 3, 4, tzinfo=UTC)
ORDER = OrderRecord.from_document(
    {
        "id": 7,
        "total_inc_tax": "35.9000",
        "products": [
            {"id": 1, "quantity": 3, "discounted_total_inc_tax": "30.0000", "total_tax": "4.7900"},
        ],
        "shipping_addresses": [{"id": 5, "cost_inc_tax": "5.9000", "cost_tax": "0.9400"}],
    }
)


def _refund(wish: RefundWish, order: OrderRecord = ORDER) -> dict[str, object]:
    counter = itertools.count(1)
    return build_refund(order, wish, NOW, lambda _: next(counter))


def test_without_items_everything_left_is_given_back() -> None:
    """Lines and carriage, with their tax; a second time nothing is left."""
    refund = _refund(RefundWish())
    again = _refund(RefundWish(), ORDER.edited({"refunds": [refund]}))

    assert (refund["total_amount"], refund["total_tax"]) == (D("35.9000"), D("5.7300"))
    assert again["total_amount"] == 0


def test_products_are_refunded_by_quantity() -> None:
    """One of three is a third of what was charged."""
    refund = _refund(RefundWish((RefundItem("PRODUCT", 1, 1),)))

    assert (refund["total_amount"], refund["total_tax"]) == (D("10.0000"), D("1.5967"))


def test_order_refunds_carry_no_tax() -> None:
    """An amount off the order as a whole is tax-free."""
    refund = _refund(RefundWish((RefundItem("ORDER", 7, amount=D(4)),)))

    assert (refund["total_amount"], refund["total_tax"]) == (D(4), D(0))


def test_merchants_may_override() -> None:
    """Also with negative tax, and the record says so."""
    refund = _refund(RefundWish(total_amount=D(3), total_tax=D("-0.5")))

    assert (refund["total_tax"], refund["uses_merchant_override_values"]) == (D("-0.5"), True)


def test_unknown_rows_give_nothing_back() -> None:
    """A row that is not there has no amount."""
    assert _refund(RefundWish((RefundItem("PRODUCT", 99, 1),)))["total_amount"] == 0
    assert _refund(RefundWish((RefundItem("FEE", 3),)))["total_amount"] == 0
    assert refunded_so_far(ORDER) == 0
