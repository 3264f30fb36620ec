"""What makes an order's invoice owed: the rule of its goods, its channel and its means of payment. Pure."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

from pydantic import Field

from ..bigcommerce.models import OrderProduct, OrderSnapshot
from .section import ProductType, Section

__all__ = ["TRIGGER_SELECTORS", "InvoiceOn", "Trigger", "trigger_of"]

InvoiceOn = Literal["ordered", "paid", "captured", "shipped"]
"""From the earliest to the latest.

`ordered`: as soon as the store has it, paid or not; `paid`: at a status of `[status] post`, or once its money is taken;
`captured`: once its money is taken, whatever its status; `shipped`: once everything has left, whatever was paid.
"""

LATEST: Final[tuple[InvoiceOn, ...]] = get_args(InvoiceOn)

TRIGGER_SELECTORS: Final = ("product_types", "channels", "payment_methods")
"""In the order of their weight."""


class Trigger(Section):
    """When some orders are invoiced; others when they are paid."""

    product_types: tuple[ProductType, ...] = Field(
        (), description="custom: a line without a product; of several kinds in one order the latest trigger counts"
    )
    channels: tuple[int, ...] = Field((), description="channel ids")
    payment_methods: tuple[str, ...] = Field((), description="as the store names them, in any case")
    priority: int = 0
    invoice_on: InvoiceOn


def trigger_of(snapshot: OrderSnapshot, rules: Sequence[Trigger]) -> InvoiceOn:
    """Return what makes an order's invoice owed: of all its lines the latest, since it has one invoice."""
    kinds = {_kind(line) for line in snapshot.products} or {""}
    return max((_of_kind(kind, snapshot, rules) for kind in kinds), key=LATEST.index)


def _kind(line: OrderProduct) -> str:
    return line.type if line.product_id or line.gift_certificate_id else "custom"


def _of_kind(kind: str, snapshot: OrderSnapshot, rules: Sequence[Trigger]) -> InvoiceOn:
    order, method = snapshot.order, snapshot.order.payment_method.casefold()
    fitting = [
        rule
        for rule in rules
        if (not rule.product_types or kind in rule.product_types)
        and (not rule.channels or order.channel_id in rule.channels)
        and (not rule.payment_methods or method in {one.casefold() for one in rule.payment_methods})
    ]
    # Rules of one weight and priority that could fit the same order are refused when the file is read.
    best = max(fitting, key=_rank, default=None)
    return best.invoice_on if best else "paid"


def _rank(rule: Trigger) -> tuple[bool | int, ...]:
    return (*(bool(getattr(rule, name)) for name in TRIGGER_SELECTORS), rule.priority)
