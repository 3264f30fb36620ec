"""The fifteen order statuses."""

from dataclasses import dataclass

__all__ = ["STATUSES", "Status"]


@dataclass(frozen=True, slots=True)
class Status:
    """One status: its number, its label, its place in the control panel, and what it says, in our words."""

    id: int
    name: str
    sort: int
    meaning: str


STATUSES = {
    status.id: status
    for status in (
        Status(0, "Incomplete", 0, "The shopper saw the payment page and went no further."),
        Status(1, "Pending", 1, "Checkout was begun, not finished."),
        Status(2, "Shipped", 8, "Everything has left; receipt is not confirmed."),
        Status(3, "Partially Shipped", 6, "Some of it has left."),
        Status(4, "Refunded", 11, "The whole amount was given back."),
        Status(5, "Cancelled", 9, "The seller called it off."),
        Status(6, "Declined", 10, "The seller turned it down, for want of payment or otherwise."),
        Status(7, "Awaiting Payment", 2, "Checkout is finished, payment is not confirmed."),
        Status(8, "Awaiting Pickup", 5, "Packed, waiting at a location of the seller."),
        Status(9, "Awaiting Shipment", 4, "Packed, waiting for the carrier."),
        Status(10, "Completed", 7, "Paid, and delivered or ready to download."),
        Status(11, "Awaiting Fulfillment", 3, "Checkout is finished and payment confirmed."),
        Status(12, "Manual Verification Required", 13, "On hold until somebody has checked it."),
        Status(13, "Disputed", 12, "The shopper has opened a dispute."),
        Status(14, "Partially Refunded", 14, "A part of the amount was given back."),
    )
}
