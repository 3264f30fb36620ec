"""Under which step a document is posted: pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, Literal

from mlconnector_shared.bapi import content_digest

from ..sap.reference import Kind, StepId
from ..sap.values import Built, Gap, Refusal
from .values import Cause, Entry, Owe, Park, Plan, Wait

__all__ = ["Build", "beside", "owe", "parked_on"]

BY_THE_STORE: Final = frozenset({Kind.REFUND, Kind.PAYMENT, Kind.SHIPMENT})
"""Kinds whose ordinal is the store's own id of what is posted, so that changed content takes the next part."""

Build = Callable[[StepId], Built | Refusal | tuple[Gap, ...]]


def owe(
    first: StepId, entries: Sequence[Entry], build: Build, *, more: bool = False, amount: Decimal | None = None
) -> Owe | Park:
    """Owe a document that is not posted yet, or park on why it cannot be built.

    What SAP refused is tried again under its step while its content is the same. Changed content takes the next
    ordinal, or the next part where the ordinal is the store's own id of what is posted.

    Args:
        first: the step it has where nothing of the kind was tried before.
        entries: all the ledger has about the order.
        build: makes the document of a step.
        more: whether the order owes another document after it.
        amount: how much waits where it cannot be built; `None`: the whole order.
    """
    tried = [entry for entry in entries if _alike(entry.step, first)]
    step = first
    if tried:
        last = max(tried, key=lambda entry: _count(entry.step))
        step = last.step if last.state != "posted" else _next(last.step)
        built = build(step)
        if last.state != "posted" and isinstance(built, Built) and content_digest(built.call) != last.digest:
            step = _next(step)
    built = build(step)
    if isinstance(built, Built):
        return Owe(built, step, more or bool(built.facts.following))
    return parked_on(built, amount)


def parked_on(why: Refusal | tuple[Gap, ...], amount: Decimal | None = None) -> Park:
    """Park so much, or the whole order, on why a document cannot be built."""
    if isinstance(why, Refusal):
        owner: Literal["store", "finance"] = "store" if why.rule == "refused:address" else "finance"
        return Park((Cause(why.rule, why.sentence, owner, amount=amount),))
    return Park(tuple(Cause(gap.key, gap.sentence, question=gap.question, amount=amount) for gap in why))


def beside(plan: Plan, causes: Sequence[Cause]) -> Plan:
    """Add what else an order waits for to what is planned for it; the plan's own next look is kept.

    Args:
        plan: what is owed beside it.
        causes: why something else cannot be posted; may be none.
    """
    if not causes:
        return plan
    match plan:
        case Owe():
            return replace(plan, more=True)
        case Park(others, again_at):
            return Park((*others, *causes), again_at)
        case Wait(again_at=again_at):
            return Park(tuple(causes), again_at)
        case _:
            return Park(tuple(causes))


def _alike(one: StepId, other: StepId) -> bool:
    if one.kind is not other.kind:
        return False
    return one.ordinal == other.ordinal if one.kind in BY_THE_STORE else one.part == other.part


def _count(step: StepId) -> int:
    return step.part if step.kind in BY_THE_STORE else step.ordinal


def _next(step: StepId) -> StepId:
    if step.kind in BY_THE_STORE:
        return replace(step, part=step.part + 1)
    return replace(step, ordinal=step.ordinal + 1)
