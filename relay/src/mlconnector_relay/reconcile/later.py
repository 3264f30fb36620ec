"""What an order owes after its invoice: the rest of the invoice's step, refunds, a cancellation. Pure.

One document at a time: each is planned from what is posted, so that the next one knows it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Final

from ..bigcommerce.models import OrderSnapshot, Refund
from ..sap.credit_memo import OrderLevel, cancellation_memo, declined_document, refund_memo
from ..sap.currency import quantize
from ..sap.document import later_document
from ..sap.edit import REPOST, REVERSAL, SUPPLEMENT, Edit, edit_of
from ..sap.facts import StoreFacts
from ..sap.frozen import NO_BLOCKS, Frozen
from ..sap.mapping import Mapping
from ..sap.reference import Kind, StepId, document_of
from ..sap.remaining import CANCELLATION, REINSTATED, left_of, refund_of
from .cancelling import cancellation
from .changing import is_document, owed_change, was_released
from .deciding import LEAVE, ask, chosen, digest_of, lines_digest, said
from .earning import owed_revenue, shows_in_shipments
from .owe import owe, parked_on
from .pay import with_payments
from .settlement import Payback, pause_before_asking, paybacks
from .situation import CANCELLED, situation
from .states import Action, Books, RefundStanding, action
from .values import Cause, Decision, Entry, Owe, Park, Plan, Settled, Wait

__all__ = ["after_posting"]

ORDER_LEVEL: Final[tuple[OrderLevel, ...]] = ("goodwill", "price_reduction")

REFUNDED_WHOLLY: Final = 4
"""Status Refunded; Partially Refunded does not say how much."""


@dataclass(frozen=True, slots=True)
class _Posted:
    """An order with its documents.

    Attributes:
        entries: all the ledger has about the order, oldest first.
        posted: those that are in SAP, the invoice first, payments and changes apart.
        standing: how each refund stands.
    """

    snapshot: OrderSnapshot
    entries: Sequence[Entry]
    posted: Sequence[Entry]
    standing: dict[int, Payback]
    mapping: Mapping
    store: StoreFacts
    decisions: Sequence[Decision] = ()

    def decided(self, cause: Cause) -> Decision | None:
        """Return what people decided about a cause, where it counts."""
        return chosen(self.decisions, cause, four_eyes=self.mapping.file.decisions.four_eyes)

    def proposal(self, *shown: str) -> str:
        """Return the digest of what people are shown, beside the documents it would follow.

        What was decided ends with the document it led to: the same edit or cancellation once more is another one.
        """
        return digest_of(*shown, *(entry.posting_id for entry in self.posted))

    @property
    def invoice(self) -> Entry:
        """Return the invoice's entry."""
        return self.posted[0]

    @property
    def named(self) -> str:
        """Return what was posted in words."""
        return "; ".join(_document(entry) for entry in self.posted)

    @property
    def documents(self) -> list[Frozen]:
        """Return what was posted."""
        return [entry.facts for entry in self.posted]

    @property
    def books(self) -> Books:
        """Return how the documents stand."""
        about = [document.about for document in self.documents]
        if about.count(CANCELLATION) > about.count(REINSTATED):
            return "cancelled"
        left = sum(one.rest.gross for one in left_of(self.documents) if not one.is_tender)
        return "open" if left else "reduced"

    def memo_of(self, refund_id: int) -> list[Frozen]:
        """Return the credit memo of a refund, all parts of it; nothing where it was undone."""
        undone = any(document.about == f"refund {refund_id} declined" for document in self.documents)
        return [] if undone else [one for one in self.documents if refund_of(one.about) == refund_id]

    def was_posted(self, refund_id: int) -> bool:
        """Tell whether a refund has a credit memo, undone or not."""
        return any(refund_of(document.about) == refund_id for document in self.documents)

    @property
    def refunds(self) -> RefundStanding:
        """Return how the refunds stand together."""
        open_ = [self.standing[refund] for refund in self.standing if not self.was_posted(refund)]
        if Payback.PAID in open_:
            return "paid"
        if set(open_) - {Payback.DECLINED, Payback.TEST}:
            return "pending"
        return "booked" if any(self.memo_of(refund) for refund in self.standing) else "none"


def after_posting(
    snapshot: OrderSnapshot,
    entries: Sequence[Entry],
    mapping: Mapping,
    store: StoreFacts,
    decisions: Sequence[Decision] = (),
) -> Plan:
    """Decide what is owed for an order whose invoice is posted; arguments as for `plan`."""
    posted = [entry for entry in entries if entry.state == "posted" and is_document(entry)]
    posted.sort(key=lambda entry: entry.step.kind is not Kind.INVOICE)
    standing = paybacks(snapshot, mapping.file.refunds.alert_hours)
    case = _Posted(snapshot, entries, posted, standing, mapping, store, decisions)
    found = with_payments(case.invoice.facts, snapshot, entries, mapping, store, rest=lambda: _rest(case))
    if isinstance(found, Owe):
        return found
    # Whatever cannot be changed in a document that stands, the documents themselves do not wait for it.
    return owed_change(snapshot, entries, mapping, store) or found


def _rest(case: _Posted) -> Plan:
    """Decide what is owed beside payments and changes."""
    snapshot, mapping, store, entries = case.snapshot, case.mapping, case.store, case.entries
    owed = (
        _following(case)
        or _declined(case)
        or _reposted(case)
        or owed_revenue(snapshot, entries, case.documents, mapping, store)
    )
    if owed is not None:
        return owed
    match action(situation(snapshot, mapping, case.refunds, case.books)):
        case Action.CREDIT_MEMO:
            return _credit_memos(case)
        case Action.ASK_REFUND:
            return _pending(case)
        case Action.CANCEL:
            return owe(_step(case, Kind.REVERSAL), entries, partial(cancellation, entries, snapshot, mapping, store))
        case Action.SETTLED:
            return _settled(case)
        case Action.COMPARE:
            return _compared(case)
        case parked:
            return _parked(case, parked)


def _step(case: _Posted, kind: Kind, ordinal: int = 1) -> StepId:
    return StepId(case.store.tenant, case.store.store_hash, case.snapshot.order.id, kind, ordinal)


def _following(case: _Posted) -> Plan | None:
    """Owe what a step needs beside its first document, as it was planned with it."""
    for entry in case.posted:
        for place, frozen in enumerate(entry.facts.following, 1):
            if not any(_is_of(one, entry.step) and one.facts.as_planned == frozen.as_planned for one in case.posted):
                # All parts are worth the same in the books as the first.
                rate = entry.facts.translated
                build = partial(later_document, frozen, case.snapshot, case.mapping, case.store, translated=rate)
                more = place < len(entry.facts.following) or _goes_on(case, entry)
                return owe(replace(entry.step, part=entry.step.part + place), case.entries, build, more=more)
    return None


def _is_of(entry: Entry, step: StepId) -> bool:
    """Tell whether a posting belongs to a step; changed content may have taken the step's next ordinal."""
    return entry.step.kind is step.kind and entry.step.ordinal >= step.ordinal


def _goes_on(case: _Posted, first: Entry) -> bool:
    """Tell whether something may follow once all parts of a step are posted."""
    ends = bool(case.standing) or case.snapshot.order.status_id in CANCELLED
    return ends or first.step.kind is not Kind.INVOICE or shows_in_shipments(case.snapshot, first.facts)


def _declined(case: _Posted) -> Plan | None:
    """Owe what undoes the credit memo of a refund whose payment was declined since.

    Not once a cancellation took back the rest: of a cancelled order nothing is owed, whatever its refunds come to.
    """
    if case.books == "cancelled":
        return None
    for refund, payback in case.standing.items():
        memo = case.memo_of(refund)
        if memo and payback is Payback.DECLINED:
            build = partial(declined_document, memo, case.snapshot, case.mapping, case.store)
            return owe(_step(case, Kind.SUPPLEMENT), case.entries, build, more=True)
        if memo and payback is Payback.PARTLY_DECLINED:
            sentence = f"refund {refund} is posted, and a part of it was declined since; correct it by hand"
            return Park((Cause(f"decision:refund_declined:{case.snapshot.order.id}/{refund}", sentence),))
    return None


def _open_refunds(case: _Posted) -> Iterator[tuple[Refund, Payback]]:
    for refund in sorted(case.snapshot.refunds, key=lambda refund: refund.id):
        if not case.was_posted(refund.id):
            yield refund, case.standing[refund.id]


def _credit_memos(case: _Posted) -> Plan:
    """Owe the first refund that can be posted; one that cannot does not hold up the others."""
    causes: list[Cause] = []
    for refund, payback in _open_refunds(case):
        if payback is Payback.PAID:
            found = _credit_memo(case, refund)
            if not isinstance(found, Park):
                return found
            causes += found.causes
    return Park((*causes, *_unclear(case)))


def _credit_memo(case: _Posted, refund: Refund) -> Owe | Park:
    """Owe a refund's credit memo; what one of the whole order is, a person may decide."""
    build = partial(refund_memo, refund, case.documents, case.snapshot, case.mapping, case.store)
    step = _step(case, Kind.REFUND, refund.id)
    found = owe(step, case.entries, build, more=True)
    if not isinstance(found, Park) or found.causes[0].key != "decision:refund_order":
        return found
    key = f"decision:refund_order:{case.snapshot.order.id}/{refund.id}"
    sentence = found.causes[0].sentence
    cause = ask(key, sentence, ORDER_LEVEL, digest_of(sentence))
    decision = case.decided(cause)
    if decision is None:
        return Park((cause,))
    # Leaving a refund out would have a later document give it back once more: it is no choice.
    order_level = next(level for level in ORDER_LEVEL if level == decision.choice)
    return owe(step, case.entries, partial(build, order_level=order_level, decided=(said(decision),)), more=True)


def _unclear(case: _Posted) -> Iterator[Cause]:
    """List the refunds that a person must look at before anything is posted for them."""
    number = case.snapshot.order.id
    for refund, payback in _open_refunds(case):
        key = f"{number}/{refund.id}"
        if payback is Payback.OVERDUE:
            hours = case.mapping.file.refunds.alert_hours
            sentence = f"refund {refund.id} of {refund.total_amount}: its payment was neither carried out nor declined "
            yield Cause(f"refund:unsettled:{key}", f"{sentence}within {hours} hours; look at the payment provider")
        elif payback is Payback.PARTLY_DECLINED:
            sentence = f"refund {refund.id} of {refund.total_amount}: a part of its payment was declined"
            yield Cause(f"decision:refund_declined:{key}", f"{sentence}; which items it was for must be decided")
        elif payback is Payback.FOREIGN:
            sentence = f"refund {refund.id} was paid back in another currency than the order's"
            yield Cause(f"refused:refund_currency:{key}", f"{sentence}, {case.snapshot.order.default_currency_code}")


def _pending(case: _Posted) -> Plan:
    causes = tuple(_unclear(case))
    if causes:
        return Park(causes)
    pending = [refund for refund, payback in _open_refunds(case) if payback is Payback.PENDING]
    pause = min(pause_before_asking(refund, case.snapshot) for refund in pending)
    named = ", ".join(str(refund.id) for refund in pending)
    return Wait(f"refund {named}: not paid back yet, asked about again", again_at=case.snapshot.fetched_at + pause)


def _settled(case: _Posted) -> Plan:
    last = case.posted[-1]
    return Settled(f"{_document(case.invoice)}; nothing is left of it after {_document(last)}")


def _compared(case: _Posted) -> Plan:
    """Compare the order with what was posted; once there are refunds, only by what these cannot change."""
    snapshot = case.snapshot
    base = max((entry for entry in case.posted if _tells_the_order(entry)), key=lambda entry: entry.date_modified)
    refunded = case.refunds == "booked"
    same = snapshot.same_lines(base.snapshot_digest) if refunded else snapshot.digest() == base.snapshot_digest
    if same:
        return _unchanged(case)
    if refunded:
        sentence = f"{_document(case.invoice)}: edited after it was refunded; {_arithmetic(case)}; decide what is owed"
        cause = ask(f"decision:edit_and_refund:{snapshot.order.id}", sentence, (LEAVE,), snapshot.digest())
        return _left(case, cause) or Park((cause,))
    return _edited(case)


def _arithmetic(case: _Posted) -> str:
    """Write what an order is worth, what was paid back and what is posted side by side."""
    places = case.invoice.facts.places
    back = sum((refund.total_amount for refund in case.snapshot.refunds), Decimal(0))
    posted = sum((entry.gross for entry in case.posted), Decimal(0))
    charged, back, posted = (quantize(amount, places) for amount in (case.snapshot.order.total_inc_tax, back, posted))
    return f"it charges {charged} now, {back} was refunded, its documents stand at {posted}"


def _tells_the_order(entry: Entry) -> bool:
    return entry.facts.about in {"order", SUPPLEMENT, REVERSAL, REPOST, REINSTATED}


def _edited(case: _Posted) -> Plan:
    edit = edit_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(edit, Edit):
        return parked_on(edit)
    if not edit.supplement.lines:
        return _unchanged(case)
    how: str = edit.how
    decisions: tuple[str, ...] = ()
    if edit.how == "propose":
        sentence = f"{_document(case.invoice)}: edited after posting; {edit.sentence}; decide, or set on_edit"
        proposal = case.proposal(lines_digest(edit.supplement, edit.supplement.lines))
        cause = ask(
            f"decision:edit:{case.snapshot.order.id}", sentence, ("supplement", "reverse_and_repost", LEAVE), proposal
        )
        decision = case.decided(cause)
        if decision is None or decision.choice == LEAVE:
            return _left(case, cause) or Park((cause,))
        how, decisions = decision.choice, (said(decision),)
    if how == "supplement":
        return _owe_edit(case, Kind.SUPPLEMENT, edit.supplement, decisions=decisions)
    return _owe_edit(case, Kind.REVERSAL, edit.reversal, more=True, decisions=decisions)


def _reposted(case: _Posted) -> Plan | None:
    """Owe the order as it is, where an edit has taken back what was posted; not where it was cancelled since."""
    about = [entry.facts.about for entry in case.posted if entry.step.part == 1]
    if about.count(REVERSAL) <= about.count(REPOST) or case.snapshot.order.status_id in CANCELLED:
        return None
    edit = edit_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(edit, Edit):
        return parked_on(edit)
    return _owe_edit(case, Kind.REPOST, edit.repost)


def _owe_edit(
    case: _Posted, kind: Kind, frozen: Frozen, *, more: bool = False, decisions: tuple[str, ...] = ()
) -> Plan:
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
    return owe(_step(case, kind), case.entries, build, more=more or shows_in_shipments(case.snapshot, frozen))


def _unchanged(case: _Posted) -> Plan:
    archived = "; archived in the store since" if case.snapshot.order.is_deleted else ""
    return Settled(f"posted as {case.named}{archived}")


def _parked(case: _Posted, why: Action) -> Plan:
    order = case.snapshot.order
    status = order.status or f"status {order.status_id}"
    name, sentence = {
        Action.AFTER_SHIPMENT: ("after_shipment", "the order was cancelled, but is shipped"),
        Action.NO_RECORD: ("no_record", f"the order is {status}, but has no refund record that counts"),
        Action.REINSTATED: ("reinstated", f"the order was cancelled and taken back, and is {status} now"),
    }[why]
    decide = f"{_document(case.invoice)}: {sentence}; decide what is due"
    left = lines_digest(case.invoice.facts, [one.rest for one in left_of(case.documents)])
    proposal = case.proposal(case.snapshot.digest(), left, str(order.status_id))
    cause = ask(f"decision:{name}:{order.id}", decide, _choices(case, why), proposal)
    decision = case.decided(cause)
    if decision is None or decision.choice == LEAVE:
        return _left(case, cause) or Park((cause,))
    if decision.choice == "credit_memo":
        build = partial(cancellation_memo, case.documents, case.snapshot, case.mapping, case.store)
        return owe(_step(case, Kind.REVERSAL), case.entries, partial(build, decisions=(said(decision),)))
    edit = edit_of(case.documents, case.snapshot, case.mapping, case.store)
    if not isinstance(edit, Edit):
        return parked_on(edit)
    anew = replace(edit.repost, about=REINSTATED)
    return _owe_edit(case, Kind.REPOST, anew, decisions=(said(decision),))


def _choices(case: _Posted, why: Action) -> tuple[str, ...]:
    """Return what a person may decide: nothing that would need a refund's record, or give one back twice."""
    if why is Action.REINSTATED:
        return ("repost", LEAVE) if case.refunds == "none" else (LEAVE,)
    partly = why is Action.NO_RECORD and case.snapshot.order.status_id != REFUNDED_WHOLLY
    return (LEAVE,) if partly else ("credit_memo", LEAVE)


def _left(case: _Posted, cause: Cause) -> Settled | None:
    """Settle an order that a person left as it is; None where none has."""
    decision = case.decided(cause)
    return Settled(f"posted as {case.named}; {said(decision)}") if decision is not None else None


def _document(entry: Entry) -> str:
    return document_of(entry.object_key)
