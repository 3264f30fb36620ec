"""What people may choose where no rule decides, and what they chose: pure.

A choice is bound to a proposal, the digest of exactly what was shown: an order that changes makes another proposal, and
is asked about again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from ..sap.frozen import Frozen, FrozenLine, frozen_text
from ..sap.tax_shift import MOVE, REDUCE
from .values import Cause, Decision

__all__ = ["CHOICES", "COVERED", "LEAVE", "ask", "chosen", "digest_of", "follows", "lines_digest", "said"]

LEAVE: Final = "leave"
COVERED: Final = "covered"

CHOICES: Final[dict[str, str]] = {
    "supplement": "post the difference alone",
    "reverse_and_repost": "take back everything that was posted, and post the order as it is now",
    "credit_memo": "take back what is left by a credit memo",
    "repost": "post the order as it is now",
    "invoice": "post the invoice",
    "goodwill": "a credit memo without tax, to the goodwill account",
    "refund": "a credit memo of the refund beside the edit",
    COVERED: "post nothing for the refund: the edit has taken off already what it gives back",
    "defer": "take the revenue of what is not shipped any more back to the deferred account, until the goods leave",
    "paid_part": "a credit memo of what was paid back: every item of the refund at the same share",
    "declined_part": "undo what was declined of the credit memo: every line of it at the same share",
    "price_reduction": "a credit memo whose tax is carved out, pro rata over the invoice's tax codes",
    "adopt": "the document in SAP is the order's invoice: what follows in the store is posted after it",
    "private": "post it as an order of no company",
    LEAVE: "post nothing; the books stay as they are until the order changes",
}
"""What follows from every choice that is always written alike."""


def follows(choice: str) -> str:
    """Return what follows from a choice."""
    kind, *codes = choice.split(":")
    if kind == MOVE:
        return "a credit memo of the tax: what was charged at {} moves to {}".format(*codes)
    if kind == REDUCE:
        return f"a credit memo at {codes[0]}, spread over what is left there"
    return CHOICES[choice]


def digest_of(*parts: str) -> str:
    """Return the digest of what a person is shown, in hexadecimal."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def lines_digest(head: Frozen, lines: Sequence[FrozenLine]) -> str:
    """Return the digest of lines to be posted, whatever the day they are posted on."""
    return digest_of(frozen_text(replace(head, about="", day="", reading="", lines=tuple(lines), following=())))


def ask(key: str, sentence: str, choices: Sequence[str], proposal: str, amount: Decimal | None = None) -> Cause:
    """Return the cause to park so much on, or the whole order, until a choice is made for this proposal."""
    return Cause(key, sentence, choices=tuple(choices), proposal=proposal, amount=amount)


def chosen(decisions: Sequence[Decision], cause: Cause) -> Decision | None:
    """Return what was decided about a cause; None while it is still to be decided."""
    for one in decisions:
        if (one.cause, one.proposal) == (cause.key, cause.proposal) and one.choice in cause.choices:
            return one
    return None


def said(decision: Decision) -> str:
    """Return who decided, for people."""
    confirmed = f", confirmed by {decision.confirmed_by}" if decision.confirmed_by else ""
    return f"{decision.choice}: decided by {decision.decided_by}{confirmed}"
