"""An order from before the cut-over whose document a person wants adopted: shown, compared, and taken as decided. Pure.

A person asks for it, document by document; then the order waits for the decision like any other that no rule decides.
Nothing is posted by that: the ledger learns of a document that stands, and what happens in the store from then on is
posted after it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from ..bigcommerce.models import OrderSnapshot
from ..sap.adoption import Adoption, Posted
from ..sap.facts import StoreFacts
from ..sap.values import Refusal
from .deciding import LEAVE, ask, chosen, digest_of, lines_digest, said
from .situation import CANCELLED
from .values import Adopt, Cause, Decision, Park, Skip

__all__ = ["ASKED", "BEFORE_CUT_OVER", "not_adopted", "proposed", "request", "requested"]

ASKED: Final = "adopt:"
"""Begins the cause under which it is kept that somebody asked, and for which document; that alone adopts nothing."""

BEFORE_CUT_OVER: Final = "before_cut_over"
"""Rule by which an order is skipped that is older than its store's cut-over."""


def request(order_id: int, object_key: str) -> Cause:
    """Return what is kept when somebody asks for a document."""
    key = f"{ASKED}{order_id}/{object_key}"
    return Cause(key, "take the document over", choices=("propose",), proposal=digest_of(object_key))


def requested(causes: Sequence[str]) -> list[str]:
    """Return the documents that were asked for, by the causes under which decisions are kept."""
    return [cause.rpartition("/")[2] for cause in causes if cause.startswith(ASKED)]


def not_adopted(skip: Skip, posted: str, why: str) -> Skip:
    """Skip the order as before, and say why a document was not taken over."""
    return Skip(skip.rule, f"{skip.sentence}; {posted} is not adopted: {why}")


def proposed(
    snapshot: OrderSnapshot,
    store: StoreFacts,
    posted: Posted,
    found: Adoption | Refusal,
    decisions: Sequence[Decision],
    skip: Skip,
) -> Adopt | Park | Skip:
    """Propose a document, or take it over where that was decided; the order stays skipped where it does not fit.

    Args:
        snapshot: the order as it is.
        store: its store.
        posted: the document as it stands in SAP.
        found: what taking it over comes to.
        decisions: what people decided about the order, as far as it counts.
        skip: why the order is not ours.
    """
    if isinstance(found, Refusal):
        return not_adopted(skip, posted.named, found.sentence)
    early = [one.id for one in snapshot.refunds if one.created is None or one.created < store.cut_over]
    if early:
        numbers = ", ".join(str(one) for one in early)
        why = f"refund {numbers} is from before the cut-over, too; what is left of the document is for hands to book"
        return not_adopted(skip, posted.named, why)
    sentence = "; ".join((posted.named, *found.told, *_follows(snapshot)))
    shown = digest_of(posted.object_key, snapshot.digest(), lines_digest(found.facts, found.facts.lines), sentence)
    cause = ask(f"decision:adopt:{snapshot.order.id}", f"{sentence}; decide", ("adopt", LEAVE), shown)
    decision = chosen(decisions, cause)
    if decision is None:
        return Park((cause,))
    if decision.choice == LEAVE:
        return not_adopted(skip, posted.named, said(decision))
    return Adopt(posted, found.facts, said(decision))


def _follows(snapshot: OrderSnapshot) -> Iterator[str]:
    """Say what is owed at once where the document is taken over: somebody may have booked that by hand, too."""
    order = snapshot.order
    for refund in snapshot.refunds:
        yield f"refund {refund.id} of {refund.total_amount} would then be posted"
    if order.status_id in CANCELLED:
        yield f"the order is {order.status or 'cancelled'}: what is left of it would then be taken back"
