"""What the store says of an order's way to the shopper, and what that means for blocks of its receivable: pure."""

from typing import Final

from ..bigcommerce.models import OrderProduct, OrderSnapshot
from .frozen import NO_BLOCKS, Blocks
from .mapping_file import CompanyCode, Payments, Shipments
from .money import money_taken

__all__ = [
    "COMPLETED",
    "SHIPPED",
    "anything_shipped",
    "blocks_of",
    "everything_shipped",
    "is_fetched",
    "is_released",
    "is_sent",
]

COMPLETED: Final = 10
"""Status Completed: sent, fetched or downloaded, and no more work for the merchant."""

SHIPPED: Final = frozenset({2, COMPLETED})
"""Shipped, and Completed."""

PARTIALLY_SHIPPED: Final = 3


def is_sent(line: OrderProduct) -> bool:
    """Tell whether a line goes in a parcel: not what is downloaded, mailed or fetched."""
    return line.type == "physical" and not is_fetched(line)


def is_fetched(line: OrderProduct) -> bool:
    """Tell whether the shopper fetches a line."""
    return bool(line.order_pickup_method_id)


def anything_shipped(snapshot: OrderSnapshot) -> bool:
    """Tell whether anything was shipped."""
    order = snapshot.order
    shipped = order.items_shipped > 0 or order.date_shipped is not None
    return shipped or any(line.quantity_shipped for line in snapshot.products)


def everything_shipped(snapshot: OrderSnapshot) -> bool:
    """Tell whether the last parcel has left, the last pickup was fetched, or the order is completed.

    The store has no field for a pickup that was fetched; the merchant completes the order then.
    """
    if snapshot.order.status_id in SHIPPED:
        return True
    if not anything_shipped(snapshot) or any(is_fetched(line) for line in snapshot.products):
        return False
    sent = [line for line in snapshot.products if is_sent(line)]
    return all(line.quantity_shipped >= line.quantity - line.quantity_refunded for line in sent)


def is_released(snapshot: OrderSnapshot, shipments: Shipments) -> bool:
    """Tell whether a block set at posting is to be released by now."""
    if shipments.release_on == "first":
        partly = snapshot.order.status_id == PARTIALLY_SHIPPED or anything_shipped(snapshot)
        return partly or everything_shipped(snapshot)
    return everything_shipped(snapshot)


def blocks_of(snapshot: OrderSnapshot, shipments: Shipments, payments: Payments, company: CompanyCode) -> Blocks:
    """Return the blocks an order is posted with: none where it is paid, or what would release them has happened.

    Args:
        snapshot: the order.
        shipments: what releases blocks, and the blocks where the company code names none of its own.
        payments: says what counts as paid.
        company: the company code, with what the rules for the order's documents say.
    """
    if money_taken(snapshot, payments) or is_released(snapshot, shipments):
        return NO_BLOCKS
    payment = shipments.payment_block if company.payment_block is None else company.payment_block
    dunning = shipments.dunning_block if company.dunning_block is None else company.dunning_block
    return Blocks(payment, dunning)
