"""What an order's refunds owe once its invoice is posted. Pure."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from ..bigcommerce.models import Refund
from ..sap.credit_memo import OrderLevel, declined_document, refund_memo
from ..sap.reference import Kind
from ..sap.tax_shift import tax_shifts
from .deciding import ask, digest_of, lines_digest, said
from .owe import owe
from .posted import PostedOrder
from .settlement import Payback, pause_before_asking
from .values import Cause, Owe, Park, Plan, Wait

__all__ = ["credit_memos", "declined_since", "pending"]

ORDER_LEVEL: Final[tuple[OrderLevel, ...]] = ("goodwill", "price_reduction")


def declined_since(case: PostedOrder) -> Plan | None:
    """Owe what undoes the credit memo of a refund whose payment was declined since."""
    for refund, payback in case.standing.items():
        memo = case.memo_of(refund)
        if memo and payback is Payback.DECLINED:
            build = partial(declined_document, memo, case.snapshot, case.mapping, case.store)
            return owe(case.step(Kind.SUPPLEMENT), case.entries, build, more=True)
        if memo and payback is Payback.PARTLY_DECLINED:
            sentence = f"refund {refund} is posted, and a part of it was declined since; correct it by hand"
            return Park((Cause(f"decision:refund_declined:{case.snapshot.order.id}/{refund}", sentence),))
    return None


def _open_refunds(case: PostedOrder) -> Iterator[tuple[Refund, Payback]]:
    for refund in sorted(case.snapshot.refunds, key=lambda refund: refund.id):
        if not case.was_posted(refund.id):
            yield refund, case.standing[refund.id]


def credit_memos(case: PostedOrder) -> Plan:
    """Owe the first refund that can be posted; one that cannot does not hold up the others."""
    causes: list[Cause] = []
    for refund, payback in _open_refunds(case):
        if payback is Payback.PAID:
            found = _credit_memo(case, refund)
            if not isinstance(found, Park):
                return found
            causes += found.causes
    return Park((*causes, *_unclear(case)))


def _credit_memo(case: PostedOrder, refund: Refund) -> Owe | Park:
    """Owe a refund's credit memo; what one of the whole order is, or of tax alone, a person may decide."""
    build = partial(refund_memo, refund, case.documents, case.snapshot, case.mapping, case.store)
    step = case.step(Kind.REFUND, refund.id)
    found = owe(step, case.entries, build, more=True)
    answers = _answers(case, refund, found.causes[0]) if isinstance(found, Park) else None
    if answers is None:
        return found
    cause, builds = answers
    decision = case.decided(cause)
    if decision is None:
        return Park((cause,))
    # Leaving a refund out would have a later document give it back once more: it is no choice.
    return owe(step, case.entries, partial(build, **builds[decision.choice], decided=(said(decision),)), more=True)


def _answers(case: PostedOrder, refund: Refund, why: Cause) -> tuple[Cause, dict[str, dict[str, Any]]] | None:
    """Return what to ask about a refund, and how its credit memo is built by each answer; None where none helps."""
    key = f"{why.key}:{case.snapshot.order.id}/{refund.id}"
    if why.key == "decision:refund_order":
        cause = ask(key, why.sentence, ORDER_LEVEL, digest_of(why.sentence))
        return cause, {level: {"order_level": level} for level in ORDER_LEVEL}
    if why.key == "decision:refund_tax":
        shifts = tax_shifts(refund, case.documents, case.snapshot, case.mapping)
        told = [f"{shift.choice}: {shift.sentence}" for shift in shifts] or ["no tax code of the mapping comes to that"]
        sentence = "; ".join((why.sentence, *told))
        shown = [lines_digest(case.invoice.facts, shift.lines) for shift in shifts]
        cause = ask(key, sentence, [shift.choice for shift in shifts], case.proposal(sentence, *shown))
        return cause, {shift.choice: {"moved": shift.lines} for shift in shifts}
    return None


def _unclear(case: PostedOrder) -> Iterator[Cause]:
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


def pending(case: PostedOrder) -> Plan:
    """Wait for the refunds that are not paid back yet, or park on those that a person must look at."""
    causes = tuple(_unclear(case))
    if causes:
        return Park(causes)
    pending = [refund for refund, payback in _open_refunds(case) if payback is Payback.PENDING]
    pause = min(pause_before_asking(refund, case.snapshot) for refund in pending)
    named = ", ".join(str(refund.id) for refund in pending)
    return Wait(f"refund {named}: not paid back yet, asked about again", again_at=case.snapshot.fetched_at + pause)
