"""An order with its documents, as what is decided after its invoice asks about it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..bigcommerce.models import OrderSnapshot
from ..sap.facts import StoreFacts
from ..sap.frozen import Frozen
from ..sap.mapping import Mapping
from ..sap.reference import Kind, StepId, document_of
from ..sap.remaining import CANCELLATION, DECLINED, DECLINED_IN_PART, REINSTATED, left_of, refund_of
from .deciding import chosen, digest_of, said
from .settlement import Payback
from .states import Books, RefundStanding
from .values import Cause, Decision, Entry, Settled

__all__ = ["PostedOrder", "name_of"]


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

    @property
    def refunds(self) -> RefundStanding:
        """Return how the refunds stand together."""
        open_ = [self.standing[refund] for refund in self.standing if not self.was_posted(refund)]
        if {Payback.PAID, Payback.PARTLY_DECLINED} & set(open_):
            return "paid"
        if set(open_) - {Payback.DECLINED, Payback.TEST}:
            return "pending"
        return "booked" if any(self.memo_of(refund) for refund in self.standing) else "none"

    def step(self, kind: Kind, ordinal: int = 1) -> StepId:
        """Return a step of the order."""
        return StepId(self.store.tenant, self.store.store_hash, self.snapshot.order.id, kind, ordinal)


def name_of(entry: Entry) -> str:
    """Return a posted document as people are told of it."""
    return document_of(entry.object_key)
