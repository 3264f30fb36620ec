"""A refund gives back what was charged, never more than is left of anything, to the cent."""

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from mlconnector_sandbox.store.behaviour import Behaviour
from mlconnector_sandbox.store.record import OrderRecord
from mlconnector_sandbox.store.refundable import RefundError
from mlconnector_sandbox.store.refunds import RefundWish, build_refund

D = Decimal
DEFAULT = Behaviour()
NOW = datetime(2026, 3, 4, tzinfo=UTC)
ORDER = OrderRecord.from_document(
    {
        "id": 7,
        "customer_id": 1,
        "default_currency_code": "EUR",
        "payment_provider_id": "stripe",
        "total_inc_tax": "31.9000",
        "total_tax": "5.0900",
        "products": [
            {
                "id": 1,
                "quantity": 3,
                "discounted_total_inc_tax": "10.0000",
                "total_tax": "1.6000",
                "wrapping_cost_inc_tax": "6.0000",
                "wrapping_cost_tax": "0.9600",
            },
        ],
        "shipping_addresses": [
            {
                "id": 5,
                "cost_inc_tax": "5.9000",
                "cost_tax": "0.9400",
                "handling_cost_inc_tax": "4.0000",
                "handling_cost_tax": "0.6400",
            }
        ],
        "fees": [{"id": 9, "cost_inc_tax": "6.0000", "cost_tax": "0.9500"}],
    }
)


def refunded(order: OrderRecord = ORDER, behaviour: Behaviour = DEFAULT, **wish: Any) -> tuple[Any, OrderRecord]:
    """Give a refund, and the order with it."""
    counter = itertools.count(100 * len(order.parts["refunds"]) + 1)
    built = msgspec.convert(wish, RefundWish)
    refund, entry = build_refund(order, built, behaviour, NOW, lambda _: next(counter))
    change = {"refunds": [*order.parts["refunds"], refund], "refund_book": [*order.parts["refund_book"], entry]}
    return refund, order.edited(change)


def amounts(refund: Any) -> tuple[Decimal, Decimal]:
    """Give a refund's total and tax."""
    return refund["total_amount"], refund["total_tax"]


def product(quantity: int, **more: Any) -> dict[str, Any]:
    """Name some units of the only product."""
    return {"item_type": "PRODUCT", "item_id": 1, "quantity": quantity, **more}


def test_without_items_everything_left_is_given_back() -> None:
    """Lines, wrapping, carriage, handling and fees, with their tax; a second time nothing is left."""
    refund, order = refunded()

    assert amounts(refund) == (D("31.90"), D("5.09"))
    assert {item["item_type"]: item["requested_amount"] for item in refund["items"]} == {
        "PRODUCT": D(10),
        "GIFT_WRAPPING": D(6),
        "SHIPPING": D("5.90"),
        "HANDLING": D(4),
        "FEE": D(6),
    }
    with pytest.raises(RefundError, match="nothing is left"):
        refunded(order)


def test_last_unit_takes_the_rest() -> None:
    """10.00 over three units is 3.33, 3.33 and 3.34; its tax 1.60 is 0.53, 0.53 and 0.54."""
    found = []
    order = ORDER
    for _ in range(3):
        refund, order = refunded(order, items=[product(1)])
        found.append(amounts(refund))

    assert found == [(D("3.33"), D("0.53")), (D("3.33"), D("0.53")), (D("3.34"), D("0.54"))]
    with pytest.raises(RefundError, match="0 of 3 are left"):
        refunded(order, items=[product(1)])


def test_what_is_left_after_parts_is_the_rest() -> None:
    """Parts and the rest add up to the order, whatever the parts were."""
    first, order = refunded(items=[product(2), {"item_type": "SHIPPING", "item_id": 5, "amount": "1.00"}])
    rest, _ = refunded(order)

    assert amounts(first) == (D("7.66"), D("1.22"))
    assert amounts(rest) == (D("24.24"), D("3.87"))
    assert next(item for item in rest["items"] if item["item_type"] == "PRODUCT")["quantity"] == 1


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        ({"item_type": "SHIPPING", "item_id": 5}, (D("5.90"), D("0.94"))),
        ({"item_type": "SHIPPING", "item_id": 5, "amount": "2.95"}, (D("2.95"), D("0.47"))),
        ({"item_type": "HANDLING", "item_id": 5, "amount": "1.00"}, (D("1.00"), D("0.16"))),
        ({"item_type": "FEE", "item_id": 9, "amount": "3.00"}, (D("3.00"), D("0.48"))),
        ({"item_type": "GIFT_WRAPPING", "item_id": 1, "quantity": 1}, (D("2.00"), D("0.32"))),
        ({"item_type": "ORDER", "item_id": 7, "amount": "4"}, (D(4), D(0))),
    ],
)
def test_every_kind_of_item_brings_its_tax(item: dict[str, Any], expected: tuple[Decimal, Decimal]) -> None:
    """In proportion to what was charged; a refund on the order as a whole carries none."""
    assert amounts(refunded(items=[item])[0]) == expected


def test_amounts_may_be_without_tax() -> None:
    """Then the items show net, and the total is with tax all the same."""
    net = Behaviour(refund_amounts="net")
    shipping = {"item_type": "SHIPPING", "item_id": 5, "amount": "2.48"}
    refund, order = refunded(behaviour=net, items=[product(1), shipping])

    assert amounts(refund) == (D("6.28"), D("1.00"))
    assert [item["requested_amount"] for item in refund["items"]] == [D("2.80"), D("2.48")]
    rest, _ = refunded(order, net, items=[{"item_type": "SHIPPING", "item_id": 5}])
    assert (rest["total_amount"], rest["items"][0]["requested_amount"]) == (D("2.95"), D("2.48"))


def test_something_can_be_kept_back() -> None:
    """An adjustment takes its tax with it; it is in the basis of the amounts."""
    kept = product(3, adjustments=[{"amount": "-2.50", "description": "Restocking"}])

    assert amounts(refunded(items=[kept])[0]) == (D("7.50"), D("1.20"))
    net, _ = refunded(behaviour=Behaviour(refund_amounts="net"), items=[kept])
    assert amounts(net) == (D("7.02"), D("1.12"))
    assert net["items"][0]["adjustments"] == [{"amount": D("-2.50"), "description": "Restocking"}]


def test_tax_alone_can_be_given_back_or_taken() -> None:
    """Without items; what is taken back pays nothing out."""
    back, order = refunded(tax_adjustment_amount="0.50")
    taken, _ = refunded(order, tax_adjustment_amount="-0.20")

    assert (amounts(back), back["items"]) == ((D("0.50"), D("0.50")), [])
    assert (amounts(taken), taken["payments"][0]["amount"]) == ((D(0), D("-0.20")), D(0))
    assert amounts(refunded(order)[0]) == (D("31.40"), D("4.59"))


def test_merchants_may_override() -> None:
    """Also with negative tax, and the record says so; a total alone takes the tax along, on the order none."""
    both, _ = refunded(items=[product(3)], total_amount="3", total_tax="-0.5")
    only, _ = refunded(items=[product(3)], total_amount="5")
    tax, _ = refunded(items=[product(3)], total_tax="0")
    whole, _ = refunded(total_amount="4.50")

    assert (amounts(both), both["uses_merchant_override_values"]) == ((D(3), D("-0.5")), True)
    assert (amounts(only), amounts(tax)) == ((D(5), D("0.80")), (D(10), D(0)))
    assert (amounts(whole), whole["items"][0]["item_type"]) == ((D("4.50"), D(0)), "ORDER")


def test_requested_amounts_may_be_null() -> None:
    """The documents' own example has them so."""
    refund, _ = refunded(behaviour=Behaviour(requested_amount="null"))

    assert {item["requested_amount"] for item in refund["items"]} == {None}


def test_three_decimals_may_be_refunded_with_two() -> None:
    """A documented refund has two decimals, whatever the currency: a rest of the third remains."""
    dinars = ORDER.edited(
        {"default_currency_code": "KWD", "total_inc_tax": "10.0050", "total_tax": "0", "products": []}
    )
    dinars = dinars.edited({"shipping_addresses": [], "fees": [{"id": 9, "cost_inc_tax": "10.0050", "cost_tax": "0"}]})

    assert refunded(dinars)[0]["total_amount"] == D("10.005")
    assert refunded(dinars, Behaviour(refund_decimals="two"))[0]["total_amount"] == D("10.00")


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"items": [product(4)]}, "4 cannot be refunded, 3 of 3 are left"),
        ({"items": [product(0)]}, "0 cannot be refunded"),
        ({"items": [product(1, amount="1")]}, "by quantity"),
        ({"items": [product(1, adjustments=[{"amount": "-9"}])]}, "cannot be kept back"),
        ({"items": [{"item_type": "SHIPPING", "item_id": 5, "amount": "5.91"}]}, "5.90 is left"),
        ({"items": [{"item_type": "SHIPPING", "item_id": 5, "amount": "0"}]}, "cannot be refunded"),
        ({"items": [{"item_type": "FEE", "item_id": 5}]}, "has no FEE 5"),
        ({"items": [{"item_type": "ORDER", "item_id": 7}]}, "needs an amount"),
        ({"total_amount": "31.91"}, "31.90 is left of order 7"),
        ({"items": [product(1)], "tax_adjustment_amount": "1"}, "no items"),
        ({"tax_adjustment_amount": "5.10"}, "5.09 is left"),
        ({"payments": [{"provider_id": "stripe", "amount": "1"}]}, "add up to something else"),
    ],
)
def test_more_than_is_left_is_refused(wish: dict[str, Any], sentence: str) -> None:
    """Of an item, of the order, and by what contradicts itself."""
    with pytest.raises(RefundError, match=sentence):
        refunded(**wish)


def test_declined_refunds_leave_their_items() -> None:
    """Wholly declined it took nothing; in part declined, the items are gone and the money is not."""
    refund, order = refunded(
        items=[product(3)], payments=[{"provider_id": "stripe", "amount": "10", "is_declined": True}]
    )
    assert refund["payments"][0]["declined_message"]
    assert amounts(refunded(order)[0]) == (D("31.90"), D("5.09"))

    halves = [{"provider_id": "stripe", "amount": "5"}, {"provider_id": "adyen", "amount": "5", "is_declined": True}]
    _, order = refunded(items=[product(3)], payments=halves)
    with pytest.raises(RefundError, match="0 of 3"):
        refunded(order, items=[product(1)])
    assert refunded(order)[0]["total_amount"] == D("26.90")
