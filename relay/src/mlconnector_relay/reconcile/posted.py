"""An order with its documents, as what is decided after its invoice asks about it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ..bigcommerce.models import OrderSnapshot
from ..sap.currency import from_minor, quantize
from ..sap.facts import StoreFacts
from ..sap.frozen import TENDERS, Frozen, worth_of
from ..sap.mapping import Mapping
from ..sap.reference import Kind, StepId, document_of
from ..sap.remaining import CANCELLATION, DECLINED, DECLINED_IN_PART, REINSTATED, is_of_refund, left_of, refund_of
from .changing import is_document
from .deciding import COVERED, chosen, digest_of, said
from .settlement import Payback
from .situation import CANCELLED
from .states import Books, RefundStanding
from .values import Cause, Decision, Entry, Settled

__all__ = ["PostedOrder", "name_of", "posted_documents"]


@dataclass(frozen=True, slots=True)
class PostedOrder:
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
        """Return what people decided about a cause."""
        return chosen(self.decisions, cause)

    def left_alone(self, cause: Cause) -> Settled | None:
        """Settle an order that a person left as it is; None where none has."""
        decision = self.decided(cause)
        return Settled(f"posted as {self.named}; {said(decision)}") if decision is not None else None

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
        return "; ".join(name_of(entry) for entry in self.posted)

    @property
    def documents(self) -> list[Frozen]:
        """Return what was posted."""
        return [entry.facts for entry in self.posted]

    @property
    def left(self) -> Decimal:
        """Return how much is left of what was posted."""
        return worth_of([one.rest for one in left_of(self.documents)], self.invoice.facts.places)

    @property
    def change(self) -> Decimal:
        """Return by how much the order's total differs from what was posted; refunds leave it as it is.

        Whether the total is before or after certificates and store credit is the store's setting: the nearer counts.
        """
        places = self.invoice.facts.places
        charged = [one for one in self.posted if not is_of_refund(one.facts.about)]
        used = sum(line.gross for one in charged for line in one.facts.lines if line.role in TENDERS)
        apart = quantize(self.snapshot.order.total_inc_tax, places) - sum(one.gross for one in charged)
        return min(abs(apart), abs(apart + from_minor(used, places)))

    @property
    def books(self) -> Books:
        """Return how the documents stand."""
        about = [document.about for document in self.documents]
        if about.count(CANCELLATION) > about.count(REINSTATED):
            return "cancelled"
        left = sum(one.rest.gross for one in left_of(self.documents) if not one.is_tender)
        return "open" if left else "reduced"

    def memo_of(self, refund_id: int) -> list[Frozen]:
        """Return the credit memo of a refund, all parts of it, and what undid a part; nothing where all was undone."""
        undone = any(document.about == f"refund {refund_id}{DECLINED}" for document in self.documents)
        in_part = f"refund {refund_id}{DECLINED_IN_PART}"
        mine = [one for one in self.documents if refund_of(one.about) == refund_id or one.about == in_part]
        return [] if undone else mine

    def was_posted(self, refund_id: int) -> bool:
        """Tell whether a refund has a credit memo, undone or not."""
        return any(refund_of(document.about) == refund_id for document in self.documents)

    def is_covered(self, refund_id: int) -> bool:
        """Tell whether a person said that an edit has taken off already what a refund gives back.

        Whatever the order becomes since: the refund is never posted then.
        """
        key = self.beside_edit(refund_id)
        return any((one.cause, one.choice) == (key, COVERED) for one in self.decisions)

    def beside_edit(self, refund_id: int) -> str:
        """Return what is to be decided about a refund of an order that an edit has reduced."""
        return f"decision:edit_and_refund:{self.snapshot.order.id}/{refund_id}"

    def is_open(self, refund_id: int) -> bool:
        """Tell whether a refund may still be posted."""
        return not self.was_posted(refund_id) and not self.is_covered(refund_id)

    @property
    def refunds(self) -> RefundStanding:
        """Return how the refunds stand together."""
        open_ = [self.standing[refund] for refund in self.standing if self.is_open(refund)]
        if {Payback.PAID, Payback.PARTLY_DECLINED} & set(open_):
            return "paid"
        if set(open_) - {Payback.DECLINED, Payback.TEST}:
            return "pending"
        booked = any(self.memo_of(refund) or self.is_covered(refund) for refund in self.standing)
        return "booked" if booked else "none"

    @property
    def needs_nothing_anew(self) -> bool:
        """Tell whether what was taken back, to be posted anew, may stay so: the order was cancelled meanwhile.

        Not where something is to be refunded: a credit memo is of what is posted, and the cancellation of the rest.
        """
        return self.snapshot.order.status_id in CANCELLED and self.refunds not in {"paid", "pending"}

    def step(self, kind: Kind, ordinal: int = 1) -> StepId:
        """Return a step of the order."""
        return StepId(self.store.tenant, self.store.store_hash, self.snapshot.order.id, kind, ordinal)


def posted_documents(entries: Sequence[Entry]) -> list[Entry]:
    """Return what is in SAP of what an order charges, the invoice first; payments and changes are none of it."""
    posted = [entry for entry in entries if entry.state == "posted" and is_document(entry)]
    return sorted(posted, key=lambda entry: entry.step.kind is not Kind.INVOICE)


def name_of(entry: Entry) -> str:
    """Return a posted document as people are told of it."""
    return document_of(entry.object_key)
