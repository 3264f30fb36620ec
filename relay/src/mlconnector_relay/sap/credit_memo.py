"""Documents that take back: credit memos of refunds and cancellations, and what undoes one.

Their lines come from what was posted, never from a mapping or a catalog that has changed since.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Literal

from ..bigcommerce.models import OrderSnapshot, Refund
from .companies import company_of
from .currency import to_minor
from .dates import day_of
from .deferral import taken_back
from .document import later_document
from .facts import StoreFacts
from .frozen import NO_BLOCKS, TENDERS, Frozen, FrozenLine
from .mapping import Mapping
from .mapping_file import CompanyCode
from .partial import part_of, together
from .reference import Kind, StepId
from .refund import RefundLines, refund_lines
from .remaining import CANCELLATION, DECLINED, DECLINED_IN_PART, left_of, negated
from .values import Built, Gap, Refusal

__all__ = ["OrderLevel", "cancellation_memo", "declined_document", "refund_memo"]

OrderLevel = Literal["goodwill", "price_reduction"]

Document = Built | Refusal | tuple[Gap, ...]


def refund_memo(
    refund: Refund,
    posted: Sequence[Frozen],
    snapshot: OrderSnapshot,
    mapping: Mapping,
    store: StoreFacts,
    step: StepId,
    *,
    order_level: OrderLevel | None = None,
    paid: Decimal | None = None,
    moved: tuple[FrozenLine, ...] = (),
    decided: tuple[str, ...] = (),
) -> Document:
    """Build the credit memo of a refund that was paid back.

    Args:
        refund: the store's record.
        posted: everything posted for the order, the invoice first.
        snapshot: the order.
        mapping: for accounts that no invoice has, and what is no line.
        store: the order's store.
        step: the posting.
        order_level: what a refund of the order as a whole is, where a person said; else the mapping says.
        paid: what of it counts, where a part of its payment was declined: every line has the same share of it.
        moved: the lines of a refund of tax alone, where a person said which code is right.
        decided: who said so.
    """
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap):
        return (company,)
    if order_level is not None:
        company = company.model_copy(update={"order_level_refund": order_level})
    invoice = posted[0]
    found = refund_lines(refund, left_of(posted), snapshot, mapping, company, invoice.places, moved)
    if isinstance(found, Gap):
        return (found,)
    if not isinstance(found, RefundLines):
        return found
    if paid is not None:
        found = _paid_part(found, -to_minor(paid, invoice.places))
    frozen = replace(
        invoice,
        about=f"refund {refund.id}",
        document_type=company.document_type(Kind.REFUND),
        day=day_of(refund.created or snapshot.order.date_modified, company, store),
        reading=found.reading,
        lines=found.lines,
        following=(),
        blocks=NO_BLOCKS,
    )
    translated, decision = _rate(company, invoice)
    decisions = (decision, *decided)
    return later_document(
        frozen,
        snapshot,
        mapping,
        store,
        step,
        dated="the refund's",
        translated=translated,
        decisions=decisions,
        against=posted,
    )


def cancellation_memo(
    posted: Sequence[Frozen],
    snapshot: OrderSnapshot,
    mapping: Mapping,
    store: StoreFacts,
    step: StepId,
    *,
    decisions: tuple[str, ...] = (),
) -> Document:
    """Build the credit memo of everything that is left of a cancelled order.

    Args:
        posted: everything posted for the order, the invoice first.
        snapshot: the order.
        mapping: for what is no line.
        store: the order's store.
        step: the posting.
        decisions: why it is no reversal.
    """
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap):
        return (company,)
    rest = [part for one in left_of(posted) for part in taken_back(one, one.rest)]
    frozen = replace(
        posted[0],
        about=CANCELLATION,
        document_type=company.document_type(Kind.REVERSAL),
        day=day_of(snapshot.order.date_modified, company, store),
        reading="what is left of the invoice",
        lines=tuple(negated(line) for line in rest if line.full or line.net or line.tax),
        following=(),
        blocks=NO_BLOCKS,
    )
    translated, decision = _rate(company, posted[0])
    return later_document(
        frozen,
        snapshot,
        mapping,
        store,
        step,
        dated="the cancellation's",
        translated=translated,
        decisions=(decision, *decisions),
        against=posted,
    )


def declined_document(
    credit_memo: Sequence[Frozen],
    snapshot: OrderSnapshot,
    mapping: Mapping,
    store: StoreFacts,
    step: StepId,
    *,
    amount: int | None = None,
    decided: tuple[str, ...] = (),
) -> Document:
    """Build what undoes the credit memo of a refund whose payment was declined after it was posted.

    Args:
        credit_memo: all parts of it, the first first, and what undid a part of it already.
        snapshot: the order.
        mapping: for what is no line.
        store: the order's store.
        step: the posting.
        amount: how much of it was declined, in smallest units; all of it where `None`.
        decided: who said that a part of it is undone.
    """
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap):
        return (company,)
    lines = [line for line in together(credit_memo) if line.full or line.net or line.tax]
    if amount is not None:
        lines = list(part_of([line for line in lines if line.role not in TENDERS], -amount))
    frozen = replace(
        credit_memo[0],
        about=f"{credit_memo[0].about}{DECLINED if amount is None else DECLINED_IN_PART}",
        document_type=company.document_type(Kind.SUPPLEMENT),
        day=day_of(snapshot.order.date_modified, company, store),
        lines=tuple(negated(line) for line in lines),
        following=(),
    )
    # What is undone is undone at the rate it was posted with.
    rate_day = credit_memo[0].rate_day
    return later_document(
        frozen,
        snapshot,
        mapping,
        store,
        step,
        dated="the day it was declined",
        translated=rate_day,
        decisions=decided,
        against=credit_memo,
    )


def _paid_part(found: RefundLines, amount: int) -> RefundLines:
    """Bring the lines to what was paid back; what went back as a claim on the store is a part of that as it is."""
    claims = tuple(line for line in found.lines if line.role in TENDERS)
    part = part_of([line for line in found.lines if line.role not in TENDERS], amount)
    return RefundLines((*part, *claims), f"{found.reading}; the part that was paid back")


def _rate(company: CompanyCode, invoice: Frozen) -> tuple[str, str]:
    """Return the day whose exchange rate a credit memo has, empty for its own, and the decision as a sentence."""
    if company.credit_memo_rate == "original":
        return invoice.rate_day, "exchange rate: of the invoice's date"
    return "", "exchange rate: of the credit memo's own date"
