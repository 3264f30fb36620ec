"""The demo's dozen orders: different kinds, each with what it shows; goods and people are the sandbox's own."""

from dataclasses import dataclass
from typing import Any, Final

__all__ = ["DEMO_ORDERS", "LOST_ANSWER_ORDER", "UNMAPPED_CATEGORY", "DemoOrder"]

UNMAPPED_CATEGORY: Final = 34
"""Garden: the demo's mapping has no rule for it at first."""

LOST_ANSWER_ORDER: Final = 10_000_011
"""The order whose COMMIT is answered into the void."""


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """An order as the store's control interface takes it, and why it is here."""

    shows: str
    description: dict[str, Any]


def _order(number: int, shows: str, *lines: dict[str, Any], **more: Any) -> DemoOrder:
    return DemoOrder(shows, {"id": 10_000_000 + number, "lines": list(lines), **more})


def _line(product: int, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"product_id": product, "quantity": quantity, **more}


_PARCEL: Final = [{"shipping": "5.90"}]

DEMO_ORDERS: Final = (
    _order(1, "one line, parcel", _line(111), destinations=_PARCEL),
    _order(2, "prices with four decimals", _line(113, 7), _line(118, 3)),
    _order(3, "two tax rates", _line(114), _line(131, 2), _line(133, 4), destinations=_PARCEL),
    _order(4, "discount on a line", _line(121, discounts=[{"amount": "30.00", "name": "Summer sale"}])),
    _order(5, "discount on the order", _line(117), _line(132, 2), discount="15.00", destinations=_PARCEL),
    _order(6, "coupon", _line(112, 6), coupons=[{"code": "HARBOUR10", "amount": "10", "type": "percentage"}]),
    _order(7, "handling and gift wrapping", _line(116, 2, wrapping="3.50"),
           destinations=[{"shipping": "5.90", "handling": "2.40"}]),
    _order(8, "digital goods", _line(141), _line(142)),
    _order(9, "registered trade customer", _line(123, 2), _line(124), customer_id=2, destinations=_PARCEL),
    _order(10, "category without mapping", _line(125, 2), _line(126), destinations=_PARCEL),
    _order(11, "answer of the COMMIT lost", _line(122), destinations=_PARCEL),
    _order(12, "not paid yet", _line(115, 3), status_id=7, payment_status=""),
)  # fmt: skip
