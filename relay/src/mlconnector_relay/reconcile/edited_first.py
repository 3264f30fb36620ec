"""A refund of what an edit has brought into the order, while the edit is not posted: it is posted first. Pure."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from ..bigcommerce.models import Refund
from ..sap.currency import from_minor, quantize
from ..sap.edit import Edit
from ..sap.reference import Kind
from ..sap.refund import TENDERS_BY_PROVIDER, provider_key
from .balance import balance_of
from .deciding import ask, said
from .editing import edit_question, is_left, owed_by, same_lines, told_edit
from .posted import PostedOrder, name_of
from .values import Owe, Park

__all__ = ["edited_first"]

EITHER_WAY: Final = frozenset({"goodwill", "price_reduction"})
"""Choices that a refund has without fitting anything invoiced."""


def edited_first(
    case: PostedOrder, refund: Refund, found: Park, attempt: Callable[[PostedOrder], Owe | Park]
) -> Owe | Park | None:
    """Owe the edit that a refund needs, or ask for it; None where no edit explains what the refund gives back.

    By rule it is posted only where both together come to what was paid and not given back; else a person approves it.

    Args:
        case: the order.
        refund: the store's record, paid back.
        found: why it cannot be posted as things stand.
        attempt: plans its credit memo.
    """
    # Totals and taxes may have been changed by the refund itself: what counts as an edit is its lines.
    edit = None if not _is_stuck(found) or same_lines(case) else told_edit(case)
    if not isinstance(edit, Edit) or not edit.supplement.lines:
        return None
    choices = _choices(case, edit)
    if not choices or _is_stuck(attempt(_with(case, edit))):
        return None
    change = from_minor(edit.gross, edit.supplement.places)
    back = -quantize(_money_of(refund), edit.supplement.places)
    balance = balance_of(case, refund)
    if edit.how in choices and balance.fits(change + back):
        return owed_by(case, edit, edit.how)
    why = "; ".join(cause.sentence for cause in found.causes)
    sentence = f"{name_of(case.invoice)}: edited after posting; {edit.sentence}; refund {refund.id} of "
    sentence += (
        f"{refund.total_amount} is of the order as it is edited: {why}; with edit {change:+} and refund {back:+}, "
    )
    sentence += f"{balance.sentence(change + back)}; decide how the edit is posted, then the refund follows by itself"
    question = edit_question(case, edit)
    cause = ask(question.key, sentence, choices, case.proposal(question.proposal, sentence), question.amount)
    # Who has approved the edit before there was a refund need not do so again.
    decision = case.decided(cause) or case.decided(question)
    if decision is None or decision.choice not in choices:
        return Park((cause,))
    return owed_by(case, edit, decision.choice, decisions=(said(decision),))


def _is_stuck(found: Owe | Park) -> bool:
    """Tell whether a refund cannot be posted as what it is, whatever a person decides and whenever its period opens."""
    causes = found.causes if isinstance(found, Park) else ()
    return any(
        cause.key.startswith("refused:refund")
        or (cause.key.startswith("decision:refund") and not set(cause.choices) - EITHER_WAY)
        for cause in causes
    )


def _money_of(refund: Refund) -> Decimal:
    """Return what the customer gets back by a refund's credit memo: not what was declined, nor claims on the store."""
    other = [one for one in refund.payments if one.is_declined or provider_key(one.provider_id) in TENDERS_BY_PROVIDER]
    return refund.total_amount - sum(one.amount for one in other)


def _choices(case: PostedOrder, edit: Edit) -> tuple[str, ...]:
    choices = ("supplement",) if edit.is_postable and is_left(case, edit.supplement.lines) else ()
    refunded = any(case.memo_of(one) for one in case.standing)
    return choices if refunded else (*choices, "reverse_and_repost")


def _with(case: PostedOrder, edit: Edit) -> PostedOrder:
    """Return the order as if the edit were posted."""
    facts, step = edit.supplement, case.step(Kind.SUPPLEMENT)
    gross = from_minor(edit.gross, facts.places)
    entry = replace(case.invoice, posting_id=step.posting_id, gross=gross, facts=facts)
    return replace(case, posted=(*case.posted, entry))
