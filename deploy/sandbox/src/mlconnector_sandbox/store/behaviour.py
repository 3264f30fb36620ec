"""What BigCommerce's documents leave open about an order after it is placed: a switch for each."""

from typing import Literal

import msgspec

__all__ = ["Behaviour"]


class Behaviour(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How this store behaves where the documents are silent or contradict themselves; first positions are defaults.

    Attributes:
        requested_amount: whether the items of a refund show the amount, or null.
        refund_amounts: whether amounts of refunded items are with or without tax; a refund's total is always with.
        refund_decimals: whether refunds have the decimals of their currency, or two at most.
        refund_status: whether the order's status follows its refunds to 4 and 14.
        refund_changes: whether a refund takes its tax out of the order's tax rows, and itself out of the totals.
        refund_transactions: whether only online refunds leave a transaction, or those that count at once too.
        date_modified: whether refunds, transactions and shipments move the date (and fire `updated`) by themselves, or
            only with the status.
        edit_discounts: whether a line that is edited loses its discounts, as documented of the API, or keeps them.
        address_taxes: whether another address leaves the taxes as they are, as documented, or brings its own.
        archived_orders: whether archived orders are like others, or not in lists, or not to be had at all.
        incomplete_orders: whether lists have orders whose checkout was never finished.
    """

    requested_amount: Literal["shown", "null"] = "shown"
    refund_amounts: Literal["gross", "net"] = "gross"
    refund_decimals: Literal["currency", "two"] = "currency"
    refund_status: Literal["follow", "keep"] = "follow"
    refund_changes: Literal["nothing", "taxes", "totals"] = "nothing"
    refund_transactions: Literal["online", "all"] = "online"
    date_modified: Literal["every_change", "status_only"] = "every_change"
    edit_discounts: Literal["clear", "keep"] = "clear"
    address_taxes: Literal["keep", "recompute"] = "keep"
    archived_orders: Literal["shown", "unlisted", "missing"] = "shown"
    incomplete_orders: Literal["listed", "unlisted"] = "listed"
