"""What an order owes that was edited after its invoice: compared with what was posted. Pure."""

from dataclasses import replace
from decimal import Decimal
from functools import partial

from ..sap.currency import quantize
from ..sap.document import later_document
from ..sap.edit import REPOST, REVERSAL, SUPPLEMENT, Edit, edit_of
from ..sap.frozen import NO_BLOCKS, Frozen
from ..sap.reference import Kind
from ..sap.remaining import REINSTATED
from .changing import was_released
from .deciding import LEAVE, ask, lines_digest, said
from .earning import shows_in_shipments
from .owe import owe, parked_on
from .posted import PostedOrder, name_of
from .situation import CANCELLED
from .values import Entry, Park, Plan, Settled

__all__ = ["compared", "owe_edit", "reposted"]


def compared(case: PostedOrder) -> Plan:
    """Compare the order with what was posted; once there are refunds, only by what these cannot change."""
    snapshot = case.snapshot
    base = max((entry for entry in case.posted if _tells_the_order(entry)), key=lambda entry: entry.date_modified)
    refunded = case.refunds == "booked"
    same = snapshot.same_lines(base.snapshot_digest) if refunded else snapshot.digest() == base.snapshot_digest
    if same:
        return _unchanged(case)
    if refunded:
        sentence = f"{name_of(case.invoice)}: edited after it was refunded; {_arithmetic(case)}; decide what is owed"
        cause = ask(f"decision:edit_and_refund:{snapshot.order.id}", sentence, (LEAVE,), snapshot.digest())
        return case.left_alone(cause) or Park((cause,))
    return _edited(case)


def _arithmetic(case: PostedOrder) -> str:
    """Write what an order is worth, what was paid back and what is posted side by side."""
    places = case.invoice.facts.places
    back = sum((refund.total_amount for refund in case.snapshot.refunds), Decimal(0))
    posted = sum((entry.gross for entry in case.posted), Decimal(0))
    charged, back, posted = (quantize(amount, places) for amount in (case.snapshot.order.total_inc_tax, back, posted))
    return f"it charges {charged} now, {back} was refunded, its documents stand at {posted}"


def _tells_the_order(entry: Entry) -> bool:
    return entry.facts.about in {"order", SUPPLEMENT, REVERSAL, REPOST, REINSTATED}


def _edited(case: PostedOrder) -> Plan:
    edit = edit_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(edit, Edit):
        return parked_on(edit)
    if not edit.supplement.lines:
        return _unchanged(case)
    how: str = edit.how
    decisions: tuple[str, ...] = ()
    if edit.how == "propose":
        sentence = f"{name_of(case.invoice)}: edited after posting; {edit.sentence}; decide, or set on_edit"
        proposal = case.proposal(lines_digest(edit.supplement, edit.supplement.lines))
        cause = ask(
            f"decision:edit:{case.snapshot.order.id}", sentence, ("supplement", "reverse_and_repost", LEAVE), proposal
        )
        decision = case.decided(cause)
        if decision is None or decision.choice == LEAVE:
            return case.left_alone(cause) or Park((cause,))
        how, decisions = decision.choice, (said(decision),)
    if how == "supplement":
        return owe_edit(case, Kind.SUPPLEMENT, edit.supplement, decisions=decisions)
    return owe_edit(case, Kind.REVERSAL, edit.reversal, more=True, decisions=decisions)


def reposted(case: PostedOrder) -> Plan | None:
    """Owe the order as it is, where an edit has taken back what was posted; not where it was cancelled since."""
    about = [entry.facts.about for entry in case.posted if entry.step.part == 1]
    if about.count(REVERSAL) <= about.count(REPOST) or case.snapshot.order.status_id in CANCELLED:
        return None
    edit = edit_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(edit, Edit):
        return parked_on(edit)
    return owe_edit(case, Kind.REPOST, edit.repost)


def owe_edit(
    case: PostedOrder, kind: Kind, frozen: Frozen, *, more: bool = False, decisions: tuple[str, ...] = ()
) -> Plan:
    """Owe a document of an edit, under the next step of its kind.

    Args:
        case: the order.
        kind: of the step.
        frozen: what the document is made of.
        more: whether another one follows it.
        decisions: what people decided about it, for its explanation.
    """
    # A block that was released is never set again.
    frozen = replace(frozen, blocks=NO_BLOCKS) if was_released(case.entries) else frozen
    # What is taken back and posted anew is worth what it was: the exchange rate did not change by the edit.
    translated = case.invoice.facts.rate_day if kind in {Kind.REVERSAL, Kind.REPOST} else ""
    build = partial(
        later_document,
        frozen,
        case.snapshot,
        case.mapping,
        case.store,
        dated="the edit's",
        translated=translated,
        decisions=decisions,
    )
    return owe(case.step(kind), case.entries, build, more=more or shows_in_shipments(case.snapshot, frozen))


def _unchanged(case: PostedOrder) -> Plan:
    archived = "; archived in the store since" if case.snapshot.order.is_deleted else ""
    return Settled(f"posted as {case.named}{archived}")
