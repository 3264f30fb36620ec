"""What an order owes that was edited after its invoice: compared with what was posted. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from ..sap.currency import from_minor
from ..sap.document import later_document
from ..sap.edit import REPOST, REVERSAL, SUPPLEMENT, Edit, edit_of
from ..sap.frozen import NO_BLOCKS, TENDERS, Frozen, FrozenLine
from ..sap.reference import Kind
from ..sap.remaining import REINSTATED, REMAP_REPOST, REMAP_REVERSAL, is_of_refund, left_of
from ..sap.values import Gap, Refusal
from .balance import balance_of
from .changing import was_released
from .deciding import LEAVE, ask, lines_digest, said
from .earning import shows_in_shipments
from .owe import owe, parked_on
from .posted import PostedOrder, name_of
from .values import Cause, Entry, Owe, Park, Plan, Settled

__all__ = [
    "compared",
    "edit_question",
    "is_left",
    "is_reduced",
    "is_unchanged",
    "owe_edit",
    "owed_by",
    "reposted",
    "same_lines",
    "told_edit",
]


def compared(case: PostedOrder) -> Plan:
    """Compare the order with what was posted; once there are refunds, only by what these cannot change."""
    if is_unchanged(case):
        return _unchanged(case)
    return _beside_refunds(case) if case.refunds == "booked" else _edited(case)


def is_reduced(case: PostedOrder) -> bool:
    """Tell whether an edit has taken something off what the customer owes."""
    less = any(entry.facts.about == SUPPLEMENT and entry.gross < 0 for entry in case.posted)
    return less or sum(entry.gross for entry in case.posted if entry.facts.about in {REVERSAL, REPOST}) < 0


def _beside_refunds(case: PostedOrder) -> Plan:
    """Owe an edit of an order with refunds where documents and money agree with it, or where a person says so."""
    edit = told_edit(case)
    sentence = f"{name_of(case.invoice)}: edited beside its refunds"
    if not isinstance(edit, Edit):
        why = "; ".join(cause.sentence for cause in parked_on(edit).causes)
        return _ask_beside_refunds(case, f"{sentence}; {balance_of(case).sentence(Decimal(0))}; {why}", case.change)
    lines, balance = edit.supplement.lines, balance_of(case)
    if not lines:
        return _unchanged(case)
    change = from_minor(edit.gross, edit.supplement.places)
    possible = is_left(case, lines) and edit.is_postable
    if possible and edit.how == "supplement" and balance.fits(change):
        return owe_edit(case, Kind.SUPPLEMENT, edit.supplement)
    sentence += f"; {edit.sentence}; {balance.sentence(change)}"
    return _ask_beside_refunds(case, sentence, edit.supplement.worth, edit.supplement if possible else None)


def _ask_beside_refunds(case: PostedOrder, sentence: str, amount: Decimal, supplement: Frozen | None = None) -> Plan:
    """Ask what is owed; without a document that is possible the order may only be left as it is."""
    choices = (LEAVE,) if supplement is None else ("supplement", LEAVE)
    key, proposal = (
        f"decision:edit_and_refund:{case.snapshot.order.id}",
        case.proposal(case.snapshot.digest(), sentence),
    )
    cause = ask(key, f"{sentence}; decide what is owed", choices, proposal, amount)
    decision = case.decided(cause)
    if decision is None or decision.choice == LEAVE or supplement is None:
        return case.left_alone(cause) or Park((cause,))
    return owe_edit(case, Kind.SUPPLEMENT, supplement, decisions=(said(decision),))


def told_edit(case: PostedOrder) -> Edit | Refusal | tuple[Gap, ...]:
    """Return what an edit of an order with refunds comes to: what was refunded the store leaves in the order."""
    told = [document for document in case.documents if not is_of_refund(document.about)]
    return edit_of(told, case.snapshot, case.mapping, case.store)


def is_left(case: PostedOrder, lines: Sequence[FrozenLine]) -> bool:
    """Tell whether refunds have left of each tax code what an edit takes off; its lines may have other numbers."""
    sums: dict[str, int] = {}
    # Goodwill was never invoiced: nothing an edit could take off is left of it, nor missing.
    rest = [one.rest for one in left_of(case.documents) if one.line.role != "goodwill"]
    for line in (*rest, *lines):
        if line.role not in TENDERS:
            code = line.code.key if line.code else ""
            sums[code] = sums.get(code, 0) + line.gross
    return all(amount >= 0 for amount in sums.values())


def is_unchanged(case: PostedOrder) -> bool:
    """Tell whether the order is what was posted; once there are refunds, by what these cannot change."""
    return same_lines(case) if case.refunds == "booked" else case.snapshot.digest() == _base(case).snapshot_digest


def same_lines(case: PostedOrder) -> bool:
    """Tell whether the order's lines and charges are what was posted, whatever refunds have changed."""
    return case.snapshot.same_lines(_base(case).snapshot_digest)


def _base(case: PostedOrder) -> Entry:
    """Return the newest document that was made of the order as it was then."""
    return max((entry for entry in case.posted if _tells_the_order(entry)), key=lambda entry: entry.date_modified)


def _tells_the_order(entry: Entry) -> bool:
    return entry.facts.about in {"order", SUPPLEMENT, REVERSAL, REPOST, REINSTATED, REMAP_REVERSAL, REMAP_REPOST}


def _edited(case: PostedOrder) -> Plan:
    edit = edit_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(edit, Edit):
        return parked_on(edit, case.change)
    if not edit.supplement.lines:
        return _unchanged(case)
    # What cannot be posted is no choice: whoever chose it could not choose again.
    if edit.how != "propose" and (edit.how != "supplement" or edit.is_postable):
        return owed_by(case, edit, edit.how)
    cause = edit_question(case, edit)
    decision = case.decided(cause)
    if decision is None or decision.choice == LEAVE:
        return case.left_alone(cause) or Park((cause,))
    return owed_by(case, edit, decision.choice, decisions=(said(decision),))


def edit_question(case: PostedOrder, edit: Edit) -> Cause:
    """Return what is asked about an edit that no rule posts."""
    sentence = f"{name_of(case.invoice)}: edited after posting; {edit.sentence}{_unpaid(case, edit)}"
    proposal = case.proposal(lines_digest(edit.supplement, edit.supplement.lines))
    choices: tuple[str, ...] = ("reverse_and_repost", LEAVE)
    if edit.is_postable:
        choices = ("supplement", *choices)
        sentence += "; decide, or set on_edit"
    else:
        sentence += "; SAP takes no tax without its base (FF 747), so that this alone cannot be posted; decide"
    return ask(f"decision:edit:{case.snapshot.order.id}", sentence, choices, proposal, edit.supplement.worth)


def owed_by(case: PostedOrder, edit: Edit, how: str, *, decisions: tuple[str, ...] = ()) -> Owe | Park:
    """Owe what an edit comes to, as a rule or a person says: the difference, or all anew."""
    if how == "supplement":
        return owe_edit(case, Kind.SUPPLEMENT, edit.supplement, more=case.refunds == "paid", decisions=decisions)
    return owe_edit(case, Kind.REVERSAL, edit.reversal, more=True, decisions=decisions)


def _unpaid(case: PostedOrder, edit: Edit) -> str:
    """Write what the customer has not paid of an increase."""
    change = from_minor(edit.gross, edit.supplement.places)
    return f"; {balance_of(case).unpaid(change)}" if change > 0 else ""


def reposted(case: PostedOrder) -> Plan | None:
    """Owe the order as it is, where an edit has taken back what was posted; not where that was cancelled since."""
    about = [entry.facts.about for entry in case.posted if entry.step.part == 1]
    if about.count(REVERSAL) <= about.count(REPOST) or case.needs_nothing_anew:
        return None
    edit = edit_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(edit, Edit):
        return parked_on(edit)
    # Refunds of the order wait for what they are taken off.
    return owe_edit(case, Kind.REPOST, edit.repost, more=case.refunds != "none")


def owe_edit(
    case: PostedOrder,
    kind: Kind,
    frozen: Frozen,
    *,
    more: bool = False,
    decisions: tuple[str, ...] = (),
    dated: str = "the edit's",
) -> Owe | Park:
    """Owe a document of an edit, under the next step of its kind.

    Args:
        case: the order.
        kind: of the step.
        frozen: what the document is made of.
        more: whether another one follows it.
        decisions: what people decided about it, for its explanation.
        dated: whose day it has, for people.
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
        dated=dated,
        translated=translated,
        decisions=decisions,
        against=case.documents,
    )
    more = more or shows_in_shipments(case.snapshot, frozen)
    return owe(case.step(kind), case.entries, build, more=more, amount=frozen.worth)


def _unchanged(case: PostedOrder) -> Plan:
    archived = "; archived in the store since" if case.snapshot.order.is_deleted else ""
    return Settled(f"posted as {case.named}{archived}")
