"""What is still owed for an order: a pure decision over the order as it is and what was already posted.

Only positive evidence makes anything owed: a status, a refund record. An order that cannot be found, is older than
what was already posted, or is archived never causes a posting or a reversal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final, Literal

from mlconnector_shared.bapi import content_digest

from ..bigcommerce.models import OrderSnapshot
from ..sap.document import ar_document, later_document
from ..sap.facts import StoreFacts
from ..sap.frozen import Frozen
from ..sap.mapping import Mapping
from ..sap.reference import Kind, StepId
from ..sap.values import Built, Gap, Refusal

__all__ = ["Cause", "Entry", "EntryState", "Owe", "Park", "Plan", "Settle", "Settled", "Skip", "Wait", "plan"]

OPEN: Final = frozenset({"intended", "sent", "in_doubt"})
CANCELLED: Final = {5: "Cancelled", 6: "Declined"}
REFUNDED: Final = {4: "Refunded", 14: "Partially Refunded"}
MONEY_TAKEN: Final = frozenset({"captured", "paid", "partially refunded", "refunded"})

EntryState = Literal["intended", "sent", "in_doubt", "posted", "rejected", "failed", "conflict"]
"""rejected and failed: proven that nothing was committed. conflict: a person decides."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says about one posting of the order.

    Attributes:
        digest: of the posting's content, fixed for ever.
        object_key: SAP's key of the document, empty unless posted.
        snapshot_digest: of the order's content it was planned from.
        date_modified: of the order it was planned from.
        facts: what the document is made of.
    """

    posting_id: str
    state: EntryState
    digest: str
    gross: Decimal
    currency: str
    object_key: str
    snapshot_digest: str
    date_modified: datetime
    facts: Frozen

    @property
    def step(self) -> StepId:
        """Return which posting it is."""
        return StepId.parse(self.posting_id)


@dataclass(frozen=True, slots=True)
class Cause:
    """What an order waits for.

    Attributes:
        key: stable; orders with the same cause are released together.
        sentence: what is the matter and what to do.
        owner: who takes the next step.
    """

    key: str
    sentence: str
    owner: Literal["finance", "basis", "store"] = "finance"


@dataclass(frozen=True, slots=True)
class Settle:
    """A posting is open: nothing may be planned over it, only settled."""

    posting_id: str


@dataclass(frozen=True, slots=True)
class Owe:
    """The next document to post, under its step.

    Attributes:
        more: whether the order owes another one after it, which is planned once this one is posted.
    """

    built: Built
    step: StepId
    more: bool = False


@dataclass(frozen=True, slots=True)
class Park:
    """Nothing can be posted until every cause is cured."""

    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class Skip:
    """The order is not ours to post; the rule says why."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is owed yet.

    Attributes:
        refetch: the snapshot is too old to judge by, fetch again; else wait for the store's next event.
    """

    sentence: str
    refetch: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything owed is posted."""

    sentence: str


Plan = Settle | Owe | Park | Skip | Wait | Settled


def plan(snapshot: OrderSnapshot | None, entries: Sequence[Entry], mapping: Mapping, store: StoreFacts) -> Plan:
    """Decide what to do for an order.

    Args:
        snapshot: the order as it is, `None` where the store shows none.
        entries: all the ledger has about it, oldest first.
        mapping: the rules in force.
        store: the order's store.
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
    if posted:
        return _following(snapshot, entries, mapping, store) or _after_posting(snapshot, posted)
    return _not_ours(snapshot, mapping, store) or _first_posting(snapshot, entries, mapping, store)


def _open_or_in_conflict(entries: Sequence[Entry]) -> Plan | None:
    for entry in entries:
        if entry.state in OPEN:
            return Settle(entry.posting_id)
    conflicts = [entry for entry in entries if entry.state == "conflict"]
    causes = [
        Cause(
            f"conflict:{entry.posting_id}",
            f"SAP holds another document under the reference of {entry.posting_id}; compare both and decide",
            "basis",
        )
        for entry in conflicts
    ]
    return Park(tuple(causes)) if causes else None


def _following(snapshot: OrderSnapshot, entries: Sequence[Entry], mapping: Mapping, store: StoreFacts) -> Plan | None:
    """Owe what the invoice's step needs beside the invoice itself, as it was planned with it."""
    invoice = next(entry for entry in entries if entry.state == "posted")
    posted = {entry.step.part for entry in entries if entry.state == "posted" and entry.step.kind is Kind.INVOICE}
    for part, frozen in enumerate(invoice.facts.following, 2):
        if part not in posted:
            more = part <= len(invoice.facts.following)
            return _owe(
                replace(invoice.step, part=part),
                entries,
                partial(later_document, frozen, snapshot, mapping, store),
                more=more,
            )
    return None


def _after_posting(snapshot: OrderSnapshot, posted: Sequence[Entry]) -> Plan:
    """Compare the order with what was posted; what would change a posted document is not done yet."""
    order = snapshot.order
    base = posted[-1]
    document = f"{base.posting_id}, document {base.object_key}"
    if snapshot.refunds or order.status_id in REFUNDED:
        return _later("refund", f"{document}: the order was refunded; credit memos are not posted yet")
    if order.status_id in CANCELLED:
        status = CANCELLED[order.status_id].lower()
        return _later("cancellation", f"{document}: the order is {status} now; reversals are not posted yet")
    if snapshot.digest() != base.snapshot_digest:
        return _later("edit", f"{document}: lines, prices or destinations changed after posting")
    archived = "; archived in the store since" if order.is_deleted else ""
    return Settled(f"posted as {document}{archived}")


def _not_ours(snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts) -> Plan | None:
    order, rules = snapshot.order, mapping.file.skip
    if order.date_created < store.cut_over:
        created, since = order.date_created.isoformat(), store.cut_over.isoformat()
        return Skip("before_cut_over", f"created {created}, before the store's cut-over {since}")
    if order.external_source in rules.external_sources:
        return Skip("imported", f"imported from elsewhere ({order.external_source}), posted where it came from")
    if order.payment_method in rules.payment_methods:
        return Skip("test_payment", f"paid by {order.payment_method}, which moves no money")
    if rules.test_transactions and any(transaction.test for transaction in snapshot.transactions):
        return Skip("test_payment", "paid by a test transaction, which moves no money")
    return _by_status(snapshot, mapping)


def _by_status(snapshot: OrderSnapshot, mapping: Mapping) -> Plan | None:
    order = snapshot.order
    named = f"status {order.status_id} ({order.status or 'unnamed'})"
    if snapshot.refunds or order.status_id in REFUNDED:
        return _later("refund", f"{named}: refunded before it was posted; credit memos are not posted yet")
    if order.status_id in CANCELLED:
        if _money_taken(snapshot):
            return _later("cancellation", f"{named}, but its payment was taken; reversals are not posted yet")
        return Skip("cancelled", f"{named}: never posted, nothing is owed")
    meaning = mapping.posting(order.status_id)
    if meaning == "never":
        return Skip("status", f"{named} is never posted")
    return Wait(f"{named} does not post yet") if meaning == "wait" else None


def _money_taken(snapshot: OrderSnapshot) -> bool:
    if snapshot.order.payment_status.casefold() in MONEY_TAKEN:
        return True
    return any(
        transaction.event in {"purchase", "capture"} and transaction.status == "ok"
        for transaction in snapshot.transactions
    )


def _first_posting(snapshot: OrderSnapshot, entries: Sequence[Entry], mapping: Mapping, store: StoreFacts) -> Plan:
    """Build the invoice: under the step that was refused before where its content is the same, else the next."""
    order = snapshot.order
    marketplace = mapping.marketplace(order.order_source)
    if marketplace is not None:
        return Park((Cause(marketplace.key, marketplace.sentence),))
    if not order.total_inc_tax and not order.tendered:
        return Skip("nothing_to_post", "the order costs nothing")
    step = StepId(store.tenant, store.store_hash, order.id, Kind.INVOICE)
    return _owe(step, entries, partial(ar_document, snapshot, mapping, store))


Build = Callable[[StepId], Built | Refusal | tuple[Gap, ...]]


def _owe(step: StepId, entries: Sequence[Entry], build: Build, *, more: bool = False) -> Plan:
    """Owe a document: under the step that was refused before where its content is the same, else the next."""
    tried = [(entry.step.ordinal, entry.digest) for entry in entries if _same(entry.step, step)]
    last = max(tried, default=None)
    if last is not None:
        step = replace(step, ordinal=last[0])
    built = build(step)
    if last is not None and isinstance(built, Built) and content_digest(built.call) != last[1]:
        step = replace(step, ordinal=last[0] + 1)
        built = build(step)
    if isinstance(built, Built):
        return Owe(built, step, more or bool(built.facts.following))
    if isinstance(built, Refusal):
        return Park((Cause(built.rule, built.sentence, "store" if built.rule == "refused:address" else "finance"),))
    return Park(tuple(Cause(gap.key, gap.sentence) for gap in built))


def _same(one: StepId, other: StepId) -> bool:
    return (one.kind, one.part) == (other.kind, other.part)


def _later(what: str, sentence: str) -> Park:
    return Park((Cause(f"not_yet:{what}", sentence),))
