"""What an order owes after its invoice: the rest of the invoice's step, refunds, a cancellation. Pure.

One document at a time: each is planned from what is posted, so that the next one knows it.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from ..bigcommerce.models import OrderSnapshot
from ..sap.credit_memo import cancellation_memo
from ..sap.document import later_document
from ..sap.edit import Edit, edit_of
from ..sap.facts import StoreFacts
from ..sap.mapping import Mapping
from ..sap.reference import Kind, StepId
from ..sap.remaining import REINSTATED
from .cancelling import cancellation
from .changing import owed_change
from .deciding import LEAVE, ask, digest_of, said
from .earning import owed_deferral, owed_revenue, shows_in_shipments
from .editing import compared, owe_edit, reposted
from .owe import beside, owe, parked_on
from .pay import with_payments
from .posted import PostedOrder, name_of, posted_documents
from .refunding import credit_memos, declined_since, pending
from .remapping import mapped_anew, reposted_anew
from .settlement import paybacks
from .situation import CANCELLED, situation
from .states import Action, action
from .values import Decision, Entry, Owe, Park, Plan, Settled

__all__ = ["ARCHIVED", "after_posting"]

ARCHIVED: Final = "archived:"
"""Cause under which archived orders are listed, by their store."""

ENDED: Final = CANCELLED | {4}
"""Cancelled, Declined, Refunded: what an archived order is as a rule that is no sale any more."""

REFUNDED_WHOLLY: Final = 4
"""Status Refunded; Partially Refunded does not say how much."""


def after_posting(
    snapshot: OrderSnapshot,
    entries: Sequence[Entry],
    mapping: Mapping,
    store: StoreFacts,
    decisions: Sequence[Decision] = (),
) -> Plan:
    """Decide what is owed for an order whose invoice is posted; arguments as for `plan`."""
    posted = posted_documents(entries)
    standing = paybacks(snapshot, mapping.file.refunds.alert_hours)
    case = PostedOrder(snapshot, entries, posted, standing, mapping, store, decisions)
    found = with_payments(case.invoice.facts, snapshot, entries, mapping, store, rest=lambda: _rest(case))
    if isinstance(found, Owe):
        return found
    # Whatever cannot be changed in a document that stands, the documents themselves do not wait for it.
    change = owed_change(snapshot, entries, mapping, store)
    if isinstance(change, Owe):
        return change
    found = beside(found, change.causes if change is not None else ())
    return _listed(case, found) if isinstance(found, Settled) else found


def _listed(case: PostedOrder, found: Settled) -> Settled:
    """List an order whose invoice stands, but that was archived without an end: it may have been meant as cancelled.

    Merchants archive thousands at once, so that a store's are one entry, acknowledged together.
    """
    order = case.snapshot.order
    if not order.is_deleted or order.status_id in ENDED or case.books != "open":
        return found
    key = f"{ARCHIVED}{case.store.store_hash}"
    sentence = "posted, and archived in the store since without having been cancelled or refunded; that takes nothing "
    sentence += "back: end it in the store where that was meant, else acknowledge it"
    cause = ask(key, sentence, (LEAVE,), digest_of(key))
    return found if case.decided(cause) else replace(found, listed=(cause,))


def _rest(case: PostedOrder) -> Plan:
    """Decide what is owed beside payments and changes."""
    snapshot, mapping, store, entries = case.snapshot, case.mapping, case.store, case.entries
    owed = _following(case) or declined_since(case) or reposted(case) or reposted_anew(case) or owed_revenue(case)
    if owed is not None:
        return owed
    match action(situation(snapshot, mapping, case.refunds, case.books)):
        case Action.CREDIT_MEMO:
            return credit_memos(case)
        case Action.ASK_REFUND:
            return pending(case)
        case Action.CANCEL:
            build = partial(cancellation, entries, snapshot, mapping, store)
            return owe(case.step(Kind.REVERSAL), entries, build, amount=case.left)
        case Action.SETTLED:
            return _settled(case)
        case Action.COMPARE:
            found = owed_deferral(case) or compared(case)
            return (isinstance(found, Settled) and mapped_anew(case)) or found
        case parked:
            return _parked(case, parked)


def _following(case: PostedOrder) -> Plan | None:
    """Owe what a step needs beside its first document, as it was planned with it."""
    for entry in case.posted:
        for place, frozen in enumerate(entry.facts.following, 1):
            if not any(_is_of(one, entry.step) and one.facts.as_planned == frozen.as_planned for one in case.posted):
                # All parts are worth the same in the books as the first.
                rate = entry.facts.translated
                build = partial(later_document, frozen, case.snapshot, case.mapping, case.store, translated=rate)
                more = place < len(entry.facts.following) or _goes_on(case, entry)
                step = replace(entry.step, part=entry.step.part + place)
                return owe(step, case.entries, build, more=more, amount=frozen.worth)
    return None


def _is_of(entry: Entry, step: StepId) -> bool:
    """Tell whether a posting belongs to a step; changed content may have taken the step's next ordinal."""
    return entry.step.kind is step.kind and entry.step.ordinal >= step.ordinal


def _goes_on(case: PostedOrder, first: Entry) -> bool:
    """Tell whether something may follow once all parts of a step are posted."""
    ends = bool(case.standing) or case.snapshot.order.status_id in CANCELLED
    return ends or first.step.kind is not Kind.INVOICE or shows_in_shipments(case.snapshot, first.facts)


def _settled(case: PostedOrder) -> Plan:
    last = case.posted[-1]
    return Settled(f"{name_of(case.invoice)}; nothing is left of it after {name_of(last)}")


def _parked(case: PostedOrder, why: Action) -> Plan:
    order = case.snapshot.order
    status = order.status or f"status {order.status_id}"
    name, sentence = {
        Action.AFTER_SHIPMENT: ("after_shipment", "the order was cancelled, but is shipped"),
        Action.NO_RECORD: ("no_record", f"the order is {status}, but has no refund record that counts"),
        Action.REINSTATED: ("reinstated", f"the order was cancelled and taken back, and is {status} now"),
    }[why]
    decide = f"{name_of(case.invoice)}: {sentence}; decide what is due"
    proposal = case.proposal(case.snapshot.digest(), str(order.status_id))
    amount = None if why is Action.REINSTATED else case.left
    cause = ask(f"decision:{name}:{order.id}", decide, _choices(case, why), proposal, amount)
    decision = case.decided(cause)
    if decision is None or decision.choice == LEAVE:
        return case.left_alone(cause) or Park((cause,))
    if decision.choice == "credit_memo":
        build = partial(cancellation_memo, case.documents, case.snapshot, case.mapping, case.store)
        memo = partial(build, decisions=(said(decision),))
        return owe(case.step(Kind.REVERSAL), case.entries, memo, amount=case.left)
    edit = edit_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(edit, Edit):
        return parked_on(edit)
    anew = replace(edit.repost, about=REINSTATED)
    return owe_edit(case, Kind.REPOST, anew, decisions=(said(decision),))


def _choices(case: PostedOrder, why: Action) -> tuple[str, ...]:
    """Return what a person may decide: nothing that would need a refund's record, or give one back twice."""
    if why is Action.REINSTATED:
        return ("repost", LEAVE) if case.refunds == "none" else (LEAVE,)
    partly = why is Action.NO_RECORD and case.snapshot.order.status_id != REFUNDED_WHOLLY
    return (LEAVE,) if partly else ("credit_memo", LEAVE)
