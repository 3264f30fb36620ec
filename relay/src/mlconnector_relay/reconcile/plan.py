"""What is still owed for an order: a pure decision over the order as it is and what was already posted.

Only positive evidence makes anything owed: a status, captured money, a refund record. An order that cannot be found, is
older than what was already posted, or is archived never causes a posting or a reversal.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from ..bigcommerce.models import Order, OrderSnapshot
from ..sap.currency import to_minor
from ..sap.document import ar_document
from ..sap.facts import StoreFacts
from ..sap.frozen import TENDERS
from ..sap.mapping import Mapping
from ..sap.money import is_paid, is_tendered, money_taken, says_nothing
from ..sap.payment import counted
from ..sap.reference import Kind, StepId
from ..sap.remaining import is_of_refund
from ..sap.trigger import trigger_of
from .adopting import BEFORE_CUT_OVER
from .awaiting import awaited
from .deciding import LEAVE, ask, chosen, digest_of, said
from .earning import shows_in_shipments
from .later import after_posting
from .owe import owe
from .pay import paid_invoice
from .posted import posted_documents
from .settlement import Payback, paybacks
from .situation import situation
from .states import Action, RefundStanding, action
from .values import Cause, Decision, Entry, EntryState, Owe, Park, Plan, Settle, Settled, Skip, Wait

__all__ = [
    "Cause",
    "Decision",
    "Entry",
    "EntryState",
    "Owe",
    "Park",
    "Plan",
    "Settle",
    "Settled",
    "Skip",
    "Wait",
    "is_paid_unseen",
    "needs_transactions",
    "plan",
]

OPEN: Final = frozenset({"intended", "sent", "in_doubt"})

INVOICE_PAYMENT: Final = "invoice_payment"

SHORTEST_PAUSE: Final = timedelta(minutes=15)
"""Until it is read again whether an order was paid."""


def plan(
    snapshot: OrderSnapshot | None,
    entries: Sequence[Entry],
    mapping: Mapping,
    store: StoreFacts,
    decisions: Sequence[Decision] = (),
) -> Plan:
    """Decide what to do for an order.

    Args:
        snapshot: the order as it is, `None` where the store shows none.
        entries: all the ledger has about it, oldest first.
        mapping: the rules in force.
        store: the order's store.
        decisions: what people decided about it, as far as it counts.
    """
    blocked = _open_or_in_conflict(entries)
    if blocked is not None:
        return blocked
    posted = [entry for entry in entries if entry.state == "posted"]
    if snapshot is None:
        if posted:
            return Settled("posted; the store does not show the order any more, which changes nothing that is owed")
        return Wait("the store does not show the order; that proves nothing, it is asked again", refetch=True)
    known = max((entry.date_modified for entry in entries), default=None)
    if known is not None and snapshot.order.date_modified < known:
        modified = snapshot.order.date_modified.isoformat()
        return Wait(f"the store served the order as of {modified}, older than {known.isoformat()}", refetch=True)
    if any(entry.step.kind is not Kind.PAYMENT for entry in posted):
        return after_posting(snapshot, entries, mapping, store, decisions)
    skip = _not_ours(snapshot, mapping, store)
    if skip is not None and skip.rule == INVOICE_PAYMENT:
        return paid_invoice(snapshot, entries, mapping, store, skip)
    return skip or _before_posting(snapshot, entries, mapping, store, decisions)


def needs_transactions(order: Order, entries: Sequence[Entry], mapping: Mapping, store: StoreFacts) -> bool:
    """Tell whether its transactions decide what an order owes: they may forbid its invoice, or be posted themselves."""
    if any(entry.state == "posted" and entry.step.kind is not Kind.PAYMENT for entry in entries):
        return mapping.file.payments.post or _is_dearer(order, entries)
    # Money makes an invoice owed at a status that only waits, too, and may have been a test's there as well.
    paid = (is_paid(order) or says_nothing(order)) and mapping.posting(order.status_id) != "never"
    return _excluded(order, mapping, store) is None and (paid or mapping.may_post(order.status_id))


def is_paid_unseen(snapshot: OrderSnapshot, entries: Sequence[Entry], mapping: Mapping) -> bool:
    """Tell whether an order may have been paid since its transactions were read without its header showing that."""
    posts = mapping.posting(snapshot.order.status_id)
    on_money = posts == "wait" or (
        posts == "post" and any(one.invoice_on == "captured" for one in mapping.file.triggers)
    )
    open_ = says_nothing(snapshot.order) and not money_taken(snapshot, mapping.file.payments)
    return on_money and open_ and not any(entry.state == "posted" for entry in entries)


def _is_dearer(order: Order, entries: Sequence[Entry]) -> bool:
    """Tell whether an order costs more than was posted for it: an edit, whose payment people are told of.

    Where its total is what its own means of payment have left, a small increase may not show.
    """
    posted = [entry.facts for entry in posted_documents(entries)]
    charged = [one for one in posted if not is_of_refund(one.about)]
    gross = sum(line.gross for one in charged for line in one.lines if line.role not in TENDERS)
    return to_minor(order.total_inc_tax, posted[0].places) > gross


def _open_or_in_conflict(entries: Sequence[Entry]) -> Plan | None:
    for entry in entries:
        if entry.state in OPEN:
            return Settle(entry.posting_id)
    conflicts = [entry for entry in entries if entry.state == "conflict"]
    causes = [
        Cause(
            f"conflict:{entry.posting_id}",
            f"SAP holds another document under the reference of {entry.posting_id}; compare both and decide",
        )
        for entry in conflicts
    ]
    return Park(tuple(causes)) if causes else None


def _not_ours(snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts) -> Skip | None:
    excluded = _excluded(snapshot.order, mapping, store)
    company = snapshot.company
    if excluded is None and company is not None and company.standing == "invoice_payment":
        paid = f"pays invoice {company.invoice_number} of the B2B Edition: no sale, but money for an earlier order"
        return Skip(INVOICE_PAYMENT, f"{paid}; the bank statement or the provider's settlement clears that")
    if excluded is None and mapping.file.skip.test_transactions and _only_tested(snapshot):
        return Skip("test_payment", "paid by a test transaction, which moves no money")
    return excluded


def _only_tested(snapshot: OrderSnapshot) -> bool:
    """Tell whether money moved in a gateway's test mode alone; a failed try before a real payment is no reason."""
    real = any(one.took_money and not one.test for one in snapshot.transactions)
    return not real and any(one.test for one in snapshot.transactions)


def _excluded(order: Order, mapping: Mapping, store: StoreFacts) -> Skip | None:
    rules = mapping.file.skip
    if order.date_created < store.cut_over:
        created, since = order.date_created.isoformat(), store.cut_over.isoformat()
        return Skip(BEFORE_CUT_OVER, f"created {created}, before the store's cut-over {since}")
    if order.external_source in rules.external_sources:
        return Skip("imported", f"imported from elsewhere ({order.external_source}), posted where it came from")
    if order.payment_method in rules.payment_methods:
        return Skip("test_payment", f"paid by {order.payment_method}, which moves no money")
    return None


def _before_posting(
    snapshot: OrderSnapshot,
    entries: Sequence[Entry],
    mapping: Mapping,
    store: StoreFacts,
    decisions: Sequence[Decision],
) -> Plan:
    order = snapshot.order
    named = f"status {order.status_id} ({order.status or 'unnamed'})"
    now = situation(snapshot, mapping, _refunds(snapshot, mapping), "empty")
    match action(now):
        case Action.INVOICE:
            more = now.refund != "none" or now.status in {"cancelled", "refunded"}
            return _invoice(snapshot, entries, mapping, store, decisions, more=more)
        case Action.SKIP_CANCELLED:
            return Skip("cancelled", f"{named}: never posted, nothing is owed")
        case Action.SKIP:
            return Skip("status", f"{named} is never posted")
        case Action.NO_RECORD:
            sentence = f"{named}, without refund record or captured money; decide whether anything is due"
            proposal = digest_of(snapshot.digest(), str(order.status_id))
            cause = ask(f"decision:no_record:{order.id}", sentence, ("invoice", LEAVE), proposal)
            decision = chosen(decisions, cause)
            if decision is None:
                return Park((cause,))
            if decision.choice == LEAVE:
                return Skip("decided", f"{named}; {said(decision)}")
            return _invoice(snapshot, entries, mapping, store, decisions, more=True)
        case _:
            covered = _covered(snapshot, entries, mapping, store, decisions) if now.status == "wait" else None
            if covered is not None:
                return covered
            trigger = trigger_of(snapshot, mapping.file.triggers)
            sentence = f"{named} does not post yet" if trigger == "paid" else f"{named}: not {trigger} yet"
            return Wait(sentence, again_at=_again(snapshot) if now.status == "wait" else None)


def _covered(
    snapshot: OrderSnapshot,
    entries: Sequence[Entry],
    mapping: Mapping,
    store: StoreFacts,
    decisions: Sequence[Decision],
) -> Owe | None:
    """Owe the invoice of an order of which gift certificates and store credit left nothing that could be captured."""
    found = _invoice(snapshot, entries, mapping, store, decisions, more=False) if is_tendered(snapshot) else None
    if not isinstance(found, Owe):
        return None
    facts = found.built.facts
    left = sum(line.gross for one in (facts, *facts.following) for line in one.lines)
    return None if left else found


def _again(snapshot: OrderSnapshot) -> datetime | None:
    """Return when to read again whether an order was paid, where its transactions alone tell; else None.

    No event is promised for a transaction that moves nothing else, so that the order is looked at when it is twice as
    old: some thirty requests in its first year.
    """
    age = snapshot.fetched_at - snapshot.order.date_created
    return snapshot.fetched_at + max(age, SHORTEST_PAUSE) if says_nothing(snapshot.order) else None


def _refunds(snapshot: OrderSnapshot, mapping: Mapping) -> RefundStanding:
    standing = set(paybacks(snapshot, mapping.file.refunds.alert_hours).values())
    if Payback.PAID in standing:
        return "paid"
    return "pending" if standing - {Payback.DECLINED, Payback.TEST} else "none"


def _invoice(
    snapshot: OrderSnapshot,
    entries: Sequence[Entry],
    mapping: Mapping,
    store: StoreFacts,
    decisions: Sequence[Decision],
    *,
    more: bool,
) -> Plan:
    order = snapshot.order
    marketplace = mapping.marketplace(order.order_source)
    if marketplace is not None:
        return Park((Cause(marketplace.key, marketplace.sentence),))
    for one in snapshot.transactions:
        if one.took_money and one.currency not in {"", order.default_currency_code}:
            sentence = f"transaction {one.id} took {one.amount} {one.currency}, the order is in "
            return Park((Cause("refused:currency", sentence + order.default_currency_code),))
    if not order.total_inc_tax and not order.tendered:
        return Skip("nothing_to_post", "the order costs nothing")
    missing = awaited(snapshot, mapping, store.store_hash, decisions)
    if missing is not None:
        return missing
    step = StepId(store.tenant, store.store_hash, order.id, Kind.INVOICE)
    more = more or bool(counted(snapshot, mapping))
    found = owe(step, entries, partial(ar_document, snapshot, mapping, store), more=more)
    if isinstance(found, Owe) and shows_in_shipments(snapshot, found.built.facts):
        return replace(found, more=True)
    return found
