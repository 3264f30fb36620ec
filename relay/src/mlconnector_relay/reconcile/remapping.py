"""A posted order that a person wants mapped anew: shown with its old and new lines, and posted as it is decided. Pure.

A changed mapping never changes by itself what was posted. A person asks for it, order by order; then the order waits
for the decision like any other that no rule decides.
"""

from collections.abc import Sequence
from typing import Final

from ..sap.reference import Kind
from ..sap.remaining import CANCELLATION, REMAP_REPOST, REMAP_REVERSAL, is_of_refund
from ..sap.remap import Remap, remap_of
from .deciding import LEAVE, ask, digest_of, lines_digest, said
from .editing import is_unchanged, owe_edit
from .owe import parked_on
from .posted import PostedOrder, name_of
from .values import Cause, Entry, Park, Plan, Settled

__all__ = ["ASKED", "cannot_be_mapped_anew", "mapped_anew", "reposted_anew", "request"]

ASKED: Final = "remap:"
"""Begins the cause under which it is kept that somebody asked, and when; that alone posts nothing."""


def request(order_id: int, posted: Sequence[Entry]) -> Cause:
    """Return what is kept when somebody asks: it holds while the order has exactly these documents."""
    sentence = "map the order anew"
    return Cause(f"{ASKED}{order_id}", sentence, choices=("propose",), proposal=digest_of(*_ids(posted)))


def cannot_be_mapped_anew(posted: Sequence[Entry]) -> str:
    """Return why an order with these documents cannot be mapped anew; empty where it can."""
    about = [entry.facts.about for entry in posted]
    if not about:
        return "nothing of it is posted: the mapping in force counts in any case"
    if any(one == CANCELLATION or is_of_refund(one) for one in about):
        return "it was refunded or cancelled, by lines as they were posted; what is wrong there is booked by hand"
    return ""


def mapped_anew(case: PostedOrder) -> Plan | None:
    """Decide what follows for a settled order where somebody asked; None where nobody did."""
    order_id = case.snapshot.order.id
    if case.decided(request(order_id, case.posted)) is None:
        return None
    why = cannot_be_mapped_anew(case.posted) or ("" if is_unchanged(case) else "it was edited since, and left as it is")
    if why:
        return Settled(f"posted as {case.named}; not mapped anew: {why}")
    remap = remap_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(remap, Remap):
        why = "; ".join(cause.sentence for cause in parked_on(remap).causes)
        return Settled(f"posted as {case.named}; not mapped anew: {why}")
    if not remap.moved:
        return Settled(f"posted as {case.named}, as mapping {case.mapping.version} has it, too")
    sentence = f"{name_of(case.invoice)}: by mapping {case.mapping.version} {'; '.join(remap.moved)}; decide"
    proposal = case.proposal(lines_digest(remap.repost, remap.repost.lines))
    cause = ask(f"decision:remap:{order_id}", sentence, ("reverse_and_repost", LEAVE), proposal, remap.amount)
    decision = case.decided(cause)
    if decision is None or decision.choice == LEAVE:
        return case.left_alone(cause) or Park((cause,))
    decisions = (said(decision),)
    return owe_edit(case, Kind.REVERSAL, remap.reversal, more=True, decisions=decisions, dated="the newest document's")


def reposted_anew(case: PostedOrder) -> Plan | None:
    """Owe the order by the mapping in force, where all was taken back for it; not where it was cancelled since."""
    about = [entry.facts.about for entry in case.posted if entry.step.part == 1]
    if about.count(REMAP_REVERSAL) <= about.count(REMAP_REPOST) or case.needs_nothing_anew:
        return None
    remap = remap_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(remap, Remap):
        return parked_on(remap)
    return owe_edit(case, Kind.REPOST, remap.repost, more=case.refunds != "none", dated="the newest document's")


def _ids(posted: Sequence[Entry]) -> list[str]:
    return [entry.posting_id for entry in posted]
