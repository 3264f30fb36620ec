"""What was owed for an order so far, and what it was made of."""

from dataclasses import dataclass, field

from .goods import Given, Stage
from .rules import Rules
from .sums import Document, Posted, Source, summed

__all__ = ["Ledger"]


@dataclass
class Ledger:
    """What was owed so far, and what it was made of.

    Attributes:
        documents: of what the order charges, the invoice first; payments are apart.
        parts: every part of the cart as it was invoiced.
        given: what refunds gave back.
        memos: the credit memos of refunds that nothing has undone.
        paid: the documents of payments by their transactions.
        anew: documents before it were taken back as a whole.
        released: whether blocks were released.
        edited: the day of its last edit.
        reduced: whether an edit has taken something off.
        remaps: how often people have asked that it be mapped anew.
        shown: the order as it was posted last.
        first: the rules the invoice was posted by.
    """

    documents: list[Document] = field(default_factory=list)
    parts: list[Posted] = field(default_factory=list)
    given: dict[int, tuple[Given, ...]] = field(default_factory=dict)
    memos: dict[int, Document] = field(default_factory=dict)
    paid: dict[int, Document] = field(default_factory=dict)
    cancelled: bool = False
    anew: int = 0
    released: bool = False
    edited: str = ""
    reduced: bool = False
    remaps: int = 0
    shown: Stage | None = None
    first: Rules | None = None

    def add(self, document: Document, rules: Rules) -> bool:
        """Post a document; false where its period takes nothing."""
        if not dated(document, rules):
            return False
        self.documents.append(document)
        return True

    def pay(self, transaction: int, document: Document, rules: Rules) -> None:
        """Post a payment, unless its period takes nothing."""
        if dated(document, rules):
            self.paid[transaction] = document

    @property
    def deferred(self) -> dict[Source, tuple[int, int]]:
        """Return the pieces and the amount of each part that are deferred revenue yet."""
        return summed(self.documents, "", "", 1).deferred

    @property
    def earned(self) -> dict[Source, int]:
        """Return the pieces of each part whose deferred revenue became revenue."""
        return summed(self.documents, "", "", 1).earned


def dated(document: Document, rules: Rules) -> bool:
    """Give a document its posting date, tax date and exchange rate; false where its period takes nothing."""
    posting = rules.posting_day(document.day)
    if posting is None:
        return False
    if posting != document.day:
        document.translated = document.translated or document.day
    document.posting = posting
    document.taxed = document.day if rules.company.get("tax_reporting_date") else ""
    return True
