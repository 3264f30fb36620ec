"""What an order's refunds owe once its invoice is posted. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final

from ..bigcommerce.models import Refund
from ..sap.credit_memo import OrderLevel, declined_document, refund_memo
from ..sap.currency import from_minor, quantize, to_minor
from ..sap.frozen import TENDERS, Frozen, worth_of
from ..sap.partial import together
from ..sap.reference import Kind
from ..sap.refund import TENDERS_BY_PROVIDER, provider_key
from ..sap.refund_items import of_the_order
from ..sap.tax_shift import standing, tax_shifts
from ..sap.values import Built, Gap, Refusal
from .balance import balance_of
from .deciding import COVERED, LEAVE, ask, digest_of, lines_digest, said
from .edited_first import edited_first
from .editing import is_reduced
from .owe import owe
from .posted import PostedOrder
from .settlement import Payback, declined_of, pause_before_asking
from .values import Cause, Decision, Owe, Park, Plan, Wait

__all__ = ["credit_memos", "declined_since", "pending"]

ORDER_LEVEL: Final[tuple[OrderLevel, ...]] = ("goodwill", "price_reduction")


def declined_since(case: PostedOrder) -> Plan | None:
    """Owe what undoes the credit memo of a refund whose payment was declined since.

    Not once a cancellation took back the rest: of a cancelled order nothing is owed, whatever its refunds come to.
    """
    if case.books == "cancelled":
        return None
    for refund in case.snapshot.refunds:
        memo = case.memo_of(refund.id)
        if memo and case.standing[refund.id] is Payback.DECLINED:
            build = partial(declined_document, memo, case.snapshot, case.mapping, case.store)
            amount = worth_of(together(memo), memo[0].places)
            return owe(case.step(Kind.SUPPLEMENT), case.entries, build, more=True, amount=amount)
        if memo and (found := _declined_in_part(case, refund, memo)):
            return found
    return None


def _declined_in_part(case: PostedOrder, refund: Refund, memo: Sequence[Frozen]) -> Plan | None:
    """Owe what undoes a part of a credit memo once a person says so; which of its lines it was for, nobody knows."""
    places = case.invoice.facts.places
    posted = -sum(line.gross for document in memo for line in document.lines if line.role not in TENDERS)
    declined = declined_of(refund)
    amount = posted - to_minor(refund.total_amount - declined, places)
    too_much = from_minor(amount, places)
    if not declined or amount <= 0:
        return None
    sentence = f"refund {refund.id} is posted with {from_minor(posted, places)}, and {declined} of {_payments(refund)} "
    sentence += f"was declined since: {too_much} too much is taken back"
    choices = ("declined_part", LEAVE) if _adds_up(refund) and not _is_claim(refund) else (LEAVE,)
    cause = ask(_key(case, refund), f"{sentence}; decide", choices, case.proposal(sentence), too_much)
    decision = case.decided(cause)
    if decision is None:
        return Park((cause,))
    if decision.choice == LEAVE:
        return None
    undo = partial(declined_document, memo, case.snapshot, case.mapping, case.store, amount=amount)
    undo = partial(undo, decided=(said(decision),))
    return owe(case.step(Kind.SUPPLEMENT), case.entries, undo, more=True, amount=too_much)


def _key(case: PostedOrder, refund: Refund) -> str:
    return f"decision:refund_declined:{case.snapshot.order.id}/{refund.id}"


def _payments(refund: Refund) -> str:
    return " + ".join(str(payment.amount) for payment in refund.payments)


def _adds_up(refund: Refund) -> bool:
    """Tell whether a refund's payments are what it gives back: else what was declined is no part of it."""
    return sum(payment.amount for payment in refund.payments) == refund.total_amount


def _is_claim(refund: Refund) -> bool:
    """Tell whether a claim on the store was declined, which is on an account of its own."""
    return any(one.is_declined and provider_key(one.provider_id) in TENDERS_BY_PROVIDER for one in refund.payments)


def _open_refunds(case: PostedOrder) -> Iterator[tuple[Refund, Payback]]:
    for refund in sorted(case.snapshot.refunds, key=lambda refund: refund.id):
        if case.is_open(refund.id):
            yield refund, case.standing[refund.id]


def credit_memos(case: PostedOrder) -> Plan:
    """Owe the first refund that can be posted; one that cannot does not hold up the others."""
    causes: list[Cause] = []
    for refund, payback in _open_refunds(case):
        if payback in {Payback.PAID, Payback.PARTLY_DECLINED}:
            attempt = partial(_credit_memo if payback is Payback.PAID else _paid_part, refund=refund)
            found = attempt(case)
            if isinstance(found, Owe):
                found = _beside_edit(case, refund, found)
            else:
                found = edited_first(case, refund, found, attempt) or found
            if not isinstance(found, Park):
                return found
            causes += found.causes
    return Park((*causes, *_unclear(case)), _asked_again(case))


def _credit_memo(case: PostedOrder, refund: Refund) -> Owe | Park:
    """Owe a refund's credit memo; what one of the whole order is, or of tax alone, a person may decide."""
    build = _build(case, refund)
    step = case.step(Kind.REFUND, refund.id)
    found = owe(step, case.entries, build, more=True, amount=_given_back(case, refund))
    answers = _answers(case, refund, found.causes[0]) if isinstance(found, Park) else None
    if answers is None:
        return found
    cause, builds = answers
    decision = case.decided(cause)
    if decision is None:
        return Park((cause,))
    # Leaving a refund out would have a later document give it back once more: it is no choice.
    build = partial(build, **builds[decision.choice], decided=(said(decision),))
    return owe(step, case.entries, build, more=True, amount=_given_back(case, refund))


def _answers(case: PostedOrder, refund: Refund, why: Cause) -> tuple[Cause, dict[str, dict[str, Any]]] | None:
    """Return what to ask about a refund, and how its credit memo is built by each answer; None where none helps."""
    key = f"{why.key}:{case.snapshot.order.id}/{refund.id}"
    if why.key == "decision:refund_order":
        cause = ask(key, why.sentence, ORDER_LEVEL, digest_of(why.sentence), why.amount)
        return cause, {level: {"order_level": level} for level in ORDER_LEVEL}
    if why.key == "decision:refund_tax":
        shifts = tax_shifts(refund, case.documents, case.snapshot, case.mapping)
        told = [f"{shift.choice}: {shift.sentence}" for shift in shifts] or [_unmatched(case)]
        sentence = "; ".join((why.sentence, *told))
        shown = [lines_digest(case.invoice.facts, shift.lines) for shift in shifts]
        choices = [shift.choice for shift in shifts]
        cause = ask(key, sentence, choices, case.proposal(sentence, *shown), why.amount)
        return cause, {shift.choice: {"moved": shift.lines} for shift in shifts}
    return None


def _unmatched(case: PostedOrder) -> str:
    there = f"no tax code of the mapping comes to that, of what is left: {standing(case.documents)}"
    return f"{there}; add a [[taxes]] rule with the code that is right, then `orders reprocess`, or post it by hand"


def _paid_part(case: PostedOrder, refund: Refund) -> Owe | Park:
    """Owe a credit memo of what was paid back of a refund, as a person says; only what was not declined counts."""
    declined = declined_of(refund)
    paid = refund.total_amount - declined
    waits = quantize(paid, case.invoice.facts.places)
    sentence = f"refund {refund.id} of {refund.total_amount}: {declined} of {_payments(refund)} was declined"
    if not refund.items or not _adds_up(refund):
        return Park((Cause(_key(case, refund), f"{sentence}; book by hand what was paid back", amount=waits),))
    step = case.step(Kind.REFUND, refund.id)
    found = owe(step, case.entries, _build(case, refund, paid=paid), amount=waits)
    sentence += f"; decide what the {paid} are that were paid back"
    if isinstance(found, Owe):
        choices: tuple[str, ...] = ("paid_part", *ORDER_LEVEL)
        shown = lines_digest(found.built.facts, found.built.facts.lines)
    else:
        choices, shown = ORDER_LEVEL, ""
        sentence += f"; {found.causes[0].sentence}"
    cause = ask(_key(case, refund), sentence, choices, case.proposal(sentence, shown), waits)
    decision = case.decided(cause)
    if decision is None:
        return Park((cause,))
    level = _order_level(decision)
    what = _build(case, refund, paid=paid) if level is None else _build(case, of_the_order(refund, paid))
    what = partial(what, order_level=level, decided=(said(decision),))
    return owe(step, case.entries, what, more=True, amount=waits)


def _beside_edit(case: PostedOrder, refund: Refund, owed: Owe) -> Owe | Park:
    """Post a refund of an order that an edit has reduced only where money and documents agree, or a person says so."""
    balance = balance_of(case, refund)
    if not is_reduced(case) or balance.fits(owed.built.gross):
        return owed
    sentence = f"refund {refund.id} of {refund.total_amount} after an edit took something off: "
    sentence += f"{balance.sentence(owed.built.gross)}; decide whether both count"
    shown = lines_digest(owed.built.facts, owed.built.facts.lines)
    proposal, amount = case.proposal(sentence, shown), owed.built.facts.worth
    cause = ask(case.beside_edit(refund.id), sentence, ("refund", COVERED), proposal, amount)
    return Park((cause,)) if case.decided(cause) is None else owed


def _build(
    case: PostedOrder, refund: Refund, paid: Decimal | None = None
) -> partial[Built | Refusal | tuple[Gap, ...]]:
    return partial(refund_memo, refund, case.documents, case.snapshot, case.mapping, case.store, paid=paid)


def _given_back(case: PostedOrder, refund: Refund) -> Decimal:
    """Return what a refund gives back."""
    return quantize(refund.total_amount, case.invoice.facts.places)


def _order_level(decision: Decision) -> OrderLevel | None:
    return next((level for level in ORDER_LEVEL if level == decision.choice), None)


def _unclear(case: PostedOrder) -> Iterator[Cause]:
    """List the refunds that a person must look at before anything is posted for them."""
    number = case.snapshot.order.id
    for refund, payback in _open_refunds(case):
        key = f"{number}/{refund.id}"
        if payback is Payback.OVERDUE:
            hours = case.mapping.file.refunds.alert_hours
            sentence = f"refund {refund.id} of {refund.total_amount}: its payment was neither carried out nor declined "
            sentence += f"within {hours} hours; look at the payment provider"
            yield Cause(f"refund:unsettled:{key}", sentence, amount=_given_back(case, refund))
        elif payback is Payback.FOREIGN:
            sentence = f"refund {refund.id} was paid back in another currency than the order's"
            sentence += f", {case.snapshot.order.default_currency_code}"
            yield Cause(f"refused:refund_currency:{key}", sentence, amount=_given_back(case, refund))


def pending(case: PostedOrder) -> Plan:
    """Wait for the refunds that are not paid back yet, or park on those that a person must look at."""
    causes = tuple(_unclear(case))
    if causes:
        return Park(causes, _asked_again(case))
    named = ", ".join(str(refund.id) for refund, payback in _open_refunds(case) if payback is Payback.PENDING)
    return Wait(f"refund {named}: not paid back yet, asked about again", again_at=_asked_again(case))


def _asked_again(case: PostedOrder) -> datetime | None:
    """Return when to look again whether a refund was paid back, which no event tells; None where none is to be."""
    waited_for = {Payback.PENDING, Payback.OVERDUE}
    pauses = [
        pause_before_asking(refund, payback, case.snapshot)
        for refund, payback in _open_refunds(case)
        if payback in waited_for
    ]
    return case.snapshot.fetched_at + min(pauses) if pauses else None
