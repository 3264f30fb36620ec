"""What can differ between store, provider, ledger and SAP: each cause with its owner and the next step; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from ..db.outcomes import JobState, Owner

__all__ = ["CAUSES", "PENDING", "TIMING", "Cause", "Source"]

Cause = Literal[
    "timing",
    "parked",
    "in_doubt",
    "failed",
    "never_seen",
    "missing_in_ledger",
    "order_changed",
    "not_read",
    "missing_in_sap",
    "reversed_by_hand",
    "amount_differs",
    "tax_differs",
    "document_unreadable",
    "posted_twice",
    "unknown_in_sap",
    "closed_books_changed",
    "closed_order_changed",
    "unknown_to_relay",
    "seen_otherwise",
    "gone_from_store",
    "refund_not_booked",
    "refund_waits",
    "refund_differs",
    "refund_unreadable",
    "payment_not_booked",
    "payment_waits",
    "not_asked",
    "settled_unknown",
    "refund_at_provider",
    "dispute",
    "settled_differs",
    "settled_in_other_currency",
    "not_settled",
    "settles_later",
    "payments_unknown",
    "fee",
]

Source = Literal["store", "provider"]
"""What is not in the database: what the store answers now, what a provider's file says."""


@dataclass(frozen=True, slots=True)
class About:
    """What a cause means to people.

    Attributes:
        owner: who takes the next step.
        wrong: whether the books are, or someone must look; else it passes, or is followed up elsewhere.
        step: the next step.
        source: what had to be asked to find it; `None` where it follows from what the relay keeps.
    """

    owner: Owner
    wrong: bool
    step: str
    source: Source | None = None


CAUSES: Final[Mapping[Cause, About]] = {
    "timing": About("nobody", wrong=False, step="wait: it is under way, or came after the last reading"),
    "parked": About("finance", wrong=False, step="see `orders show` for what it waits for"),
    "in_doubt": About("agent", wrong=False, step="wait for the agent's proof; see `orders show`"),
    "failed": About("relay", wrong=False, step="see `orders show`, then `orders reprocess`"),
    "never_seen": About(
        "finance", wrong=False, step="look the numbers up in the store: carts that were never ordered take some, too"
    ),
    "missing_in_ledger": About(
        "relay",
        wrong=True,
        step="the order counts as posted, but the ledger has no invoice: was the database restored?",
    ),
    "order_changed": About(
        "finance", wrong=True, step="compare the order in the store with its documents; book what is owed beyond them"
    ),
    "not_read": About("nobody", wrong=False, step="`mlconnector-relay readback --from` an earlier day"),
    "missing_in_sap": About(
        "basis", wrong=True, step="look the number up with FB03: was SAP restored, or the document archived?"
    ),
    "reversed_by_hand": About(
        "finance",
        wrong=True,
        step="say who reversed it and why; post by hand what is still owed: the relay posts it no more",
    ),
    "amount_differs": About("finance", wrong=True, step="compare the customer's lines with FB03"),
    "tax_differs": About(
        "finance", wrong=True, step="compare the document's taxes with FB03, and its tax codes with the mapping"
    ),
    "document_unreadable": About(
        "relay",
        wrong=True,
        step="did a newer relay write it? run that one, else restore the ledger; until then compare with FB03",
    ),
    "posted_twice": About("finance", wrong=True, step="reverse the one the ledger does not name, after comparing both"),
    "unknown_in_sap": About(
        "finance", wrong=True, step="find out who posted it; reverse it, or give it another reference"
    ),
    "closed_books_changed": About(
        "finance", wrong=True, step="find out why it was posted into closed days; tell the auditor, or post it again"
    ),
    "closed_order_changed": About(
        "nobody", wrong=False, step="see `orders show`: what it changes is posted in days that are open"
    ),
    "unknown_to_relay": About(
        "relay",
        wrong=True,
        step="save the order once in the store: the sweep brings what changed; `alerts list` may say why it was missed",
        source="store",
    ),
    "seen_otherwise": About(
        "relay",
        wrong=True,
        step="`orders reprocess`, and see `alerts list` for why the change was missed",
        source="store",
    ),
    "gone_from_store": About(
        "finance",
        wrong=True,
        step="find out who deleted the order in the store; decide what its documents owe",
        source="store",
    ),
    "refund_not_booked": About("relay", wrong=True, step="`orders reprocess`, then `orders show`", source="store"),
    "refund_waits": About("finance", wrong=False, step="see `orders show` for what it waits for", source="store"),
    "refund_differs": About(
        "finance", wrong=True, step="compare the refund in the store with its credit memo", source="store"
    ),
    "refund_unreadable": About(
        "relay",
        wrong=True,
        step="did a newer relay write the document? run that one, else restore the ledger; until then look with FB03 "
        "whether it is the refund's credit memo",
        source="store",
    ),
    "payment_not_booked": About("relay", wrong=True, step="`orders reprocess`, then `orders show`", source="store"),
    "payment_waits": About("finance", wrong=False, step="see `orders show` for what it waits for", source="store"),
    "not_asked": About(
        "nobody", wrong=False, step="`reconciliation --ask-store` for fewer days asks about all", source="store"
    ),
    "settled_unknown": About(
        "finance",
        wrong=True,
        step="look the payment up at the provider: whose order is it? refund it, or book it by hand",
        source="provider",
    ),
    "refund_at_provider": About(
        "finance",
        wrong=True,
        step="refund it in the store too, as offline, so that its credit memo is posted; or book it by hand",
        source="provider",
    ),
    "dispute": About(
        "finance", wrong=True, step="answer the dispute at the provider; book the outcome by hand", source="provider"
    ),
    "settled_differs": About(
        "finance",
        wrong=True,
        step="compare the payment at the provider with the order's transactions",
        source="provider",
    ),
    "settled_in_other_currency": About(
        "finance", wrong=True, step="book the exchange by hand, at the provider's rate", source="provider"
    ),
    "not_settled": About(
        "finance",
        wrong=True,
        step="look the payment up at the provider: was it held back, or never taken?",
        source="provider",
    ),
    "settles_later": About("nobody", wrong=False, step="wait for the provider's next file", source="provider"),
    "payments_unknown": About(
        "nobody",
        wrong=False,
        step="`reconciliation --provider --ask-store` asks for them: one request for each order",
        source="provider",
    ),
    "fee": About("finance", wrong=False, step="book it by the provider's statement", source="provider"),
}

TIMING: Final[frozenset[Cause]] = frozenset({"timing", "settles_later"})
"""What passes by itself: a class of its own, no difference."""

PENDING: Final[Mapping[JobState, Cause]] = {
    "waiting": "timing",
    "posting": "timing",
    "in_doubt": "in_doubt",
    "parked": "parked",
    "failed": "failed",
}
"""Why an order in a state is not in the books; posted and skipped ones have no such excuse."""
