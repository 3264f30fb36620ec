"""What a refund changes in the order, in each position of the switch; and takes back when it is declined."""

from decimal import Decimal
from typing import Any

import pytest
from mlconnector_sandbox.store.record import OrderRecord
from mlconnector_sandbox.store.refund_totals import unwritten, written

D = Decimal


def row(number: int, kind: str, amount: str, product: str | None = None, address: int = 5, rate: str = "19") -> Any:
    """Give a tax row."""
    amounts = {"line_amount": amount, "priority_amount": amount, "rate": rate}
    return {"id": number, "line_item_type": kind, "order_product_id": product, "order_address_id": address, **amounts}


ORDER = OrderRecord.from_document(
    {
        "id": 7,
        "total_inc_tax": "30.0000",
        "total_ex_tax": "25.0000",
        "total_tax": "5.0000",
        "products": [{"id": 1, "quantity": 2}, {"id": 2, "quantity": 1}],
        "taxes": [
            row(1, "item", "1.0000", "1", rate="4"),
            row(2, "item", "0.5000", "1", rate="2"),
            row(3, "item", "2.0000", "2"),
            row(4, "item", "0.3000"),
            row(5, "shipping", "0.7000"),
            row(6, "handling", "0.2000"),
            row(7, "gift-wrapping", "0.3000"),
        ],
    }
)
REFUND = {"id": 50, "total_amount": D(9), "total_tax": D("1.50")}


def entry(changed: str, *items: tuple[str, int, str]) -> Any:
    """Give what a refund took."""
    rows = [
        {"item_type": kind, "item_id": key, "quantity": 2, "amount": D(0), "tax": D(tax)} for kind, key, tax in items
    ]
    return {"refund_id": 50, "changed": changed, "items": rows}


def taxes(order: OrderRecord) -> dict[int, str]:
    """Give the amounts of the tax rows."""
    return {line["id"]: line["line_amount"] for line in order.parts["taxes"]}


def test_quantities_always_follow() -> None:
    """Refunded units are counted on their line."""
    order = written(ORDER, REFUND, entry("nothing", ("PRODUCT", 1, "1.50")))

    assert [(line.get("quantity_refunded"), line.get("is_refunded")) for line in order.parts["products"]] == [
        (2, True),
        (None, None),
    ]
    assert (taxes(order), order.order) == (taxes(ORDER), ORDER.order)


@pytest.mark.parametrize(
    ("item", "changed"),
    [
        (("PRODUCT", 1, "0.75"), {1: "0.5000", 2: "0.2500"}),
        (("FEE", 9, "0.30"), {4: "0.0000"}),
        (("SHIPPING", 5, "0.20"), {5: "0.5000"}),
        (("HANDLING", 5, "0.20"), {6: "0.0000"}),
        (("GIFT_WRAPPING", 1, "0.10"), {7: "0.2000"}),
        (("SHIPPING", 6, "0.20"), {}),
        (("ORDER", 7, "0"), {}),
    ],
)
def test_tax_rows_lose_what_was_given_back(item: tuple[str, int, str], changed: dict[int, str]) -> None:
    """Each rate of the item its part, nothing else any."""
    order = written(ORDER, REFUND, entry("taxes", item))

    assert taxes(order) == {**taxes(ORDER), **changed}
    assert order.order["total_tax"] == "5.0000"


def test_totals_may_shrink_and_come_back() -> None:
    """A refund that is declined altogether leaves the order as it was."""
    taken = entry("totals", ("PRODUCT", 1, "1.50"))
    refund = {**REFUND, "payments": [{"is_declined": False}]}
    order = written(ORDER.edited({"refunds": [refund], "refund_book": [taken]}), refund, taken)

    assert [order.order[f"total_{name}"] for name in ("inc_tax", "tax", "ex_tax")] == ["21.0000", "3.5000", "17.5000"]
    assert unwritten(order, refund) == order
    back = unwritten(order, {**refund, "payments": [{"is_declined": True}]})
    assert back.order == ORDER.order
    assert taxes(back) == taxes(ORDER)
    assert back.parts["products"][0]["quantity_refunded"] == 0
