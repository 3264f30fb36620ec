"""What an agent's answer means for the order: pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from mlconnector_shared.envelope import Receipt, ResultEnvelope
from mlconnector_shared.runtime import backoff

from ..db.outcomes import Cause, Done, Outcome, Parked, Retry
from ..sap.messages import MessageCatalogue, telling
from ..sap.reversal import IRREVERSIBLE

__all__ = [
    "closed_period",
    "of_check",
    "of_receipt",
    "of_result",
    "reason_of",
    "with_amount",
    "with_more",
    "without_period",
]

FIRST_PAUSE_SECONDS: Final = 4.0
LONGEST_PAUSE_SECONDS: Final = 900.0
MOST_ATTEMPTS: Final = 40
"""Technical failures in some eight hours; then a person looks. SAP being away is no attempt."""

SAP: Final = "sap:"
"""What SAP refused has its message's class and number behind this."""

CLOSED: Final = "period_closed"
"""The catalogue's word for a posting period that takes nothing."""

PLANNED_ANEW: Final = timedelta(seconds=1)

_TRANSIENT_REFUSALS: Final = frozenset(
    {
        "audit",
        "busy",
        "clock",
        "draining",
        "expired",
        "fencing",
        "journal",
        "lifetime",
        "quarantine",
        "relay_regression",
    }
)
"""Rules of the gate that say "not now"; all others say "not this"."""

UNFOUNDED: Final = {
    "base_missing": "was SAP restored from a backup? Compare SAP and ledger, then post or settle the rest by hand",
    "base_other_reference": "restore the reference in SAP (FB02), then release the order",
    "base_reversed": "the order's documents were taken back by hand; settle the rest by hand",
    "base_cleared": "reset the clearing (FBRA), then release the order, or settle the rest by hand",
}
"""Why a step was not built on its base, as the agent says it, and what a person does about it."""


def of_result(
    result: ResultEnvelope,
    now: datetime,
    answer_seconds: float,
    attempt: int,
    jitter: float,
    catalogue: MessageCatalogue,
    *,
    reversal: bool = False,
) -> Outcome:
    """Decide how an order stands after its posting's result.

    Args:
        result: what the agent answered.
        now: the wall clock.
        answer_seconds: pause until a posting in doubt is asked about again.
        attempt: which attempt at the posting it was, from 1.
        jitter: a number in [0, 1).
        catalogue: what SAP's messages mean.
        reversal: whether it was to reverse a document.
    """
    match result.outcome:
        case "done":
            return Done("posted", f"changed in SAP, or needless by now: {result.detail or result.object_key[:10]}")
        case "posted" | "already_posted":
            number = result.object_key[:10].lstrip("0")
            how = "found in SAP by reading back" if result.outcome == "already_posted" else "posted"
            return Done("posted", f"{how}: document {number}")
        case "in_doubt":
            again = now + timedelta(seconds=answer_seconds)
            return Done("in_doubt", result.detail or "SAP did not answer; the agent reads it back", "agent", again)
        case "failed" if result.retryable and attempt < MOST_ATTEMPTS:
            pause = backoff(attempt, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, jitter)
            return Retry(now + timedelta(seconds=pause), f"attempt {attempt}: {result.reason}: {result.detail}")
        case "rejected" if result.reason in UNFOUNDED:
            sentence = f"{result.detail}: {UNFOUNDED[result.reason]}"
            return Parked((Cause(f"{result.reason}:{result.posting_id}", sentence, "finance"),), sentence, "finance")
        case "rejected" if reversal and reason_of(result).removeprefix(SAP) in IRREVERSIBLE:
            return Done("waiting", f"a credit memo takes the reversal's place: {result.detail}", "relay", now)
        case "rejected":
            return _rejected(result, now, attempt, jitter, catalogue)
        case "conflict":
            sentence = f"a person must decide: {result.detail}"
            return Parked((Cause(f"conflict:{result.posting_id}", sentence, "finance"),), sentence, "finance")
        case _:
            sentence = f"{result.reason}: {result.detail}"
            return Parked((Cause(f"posting:{result.reason}", sentence, "basis"),), sentence, "basis")


def reason_of(result: ResultEnvelope) -> str:
    """Return the stable word for an outcome's cause: SAP's message where it refused, as the plan asks for it later."""
    errors = telling(result.messages)
    return f"{SAP}{errors[0].code}" if result.reason == "sap_message" and errors else result.reason


def _rejected(
    result: ResultEnvelope, now: datetime, attempt: int, jitter: float, catalogue: MessageCatalogue
) -> Retry | Parked:
    meanings = catalogue.causes(result.messages)
    if not meanings:
        sentence = f"SAP said no without a message: {result.reason} {result.detail}".strip()
        return Parked((Cause(f"sap:{result.reason}", sentence, "basis"),), sentence, "basis")
    sentence = "; ".join(meaning.sentence for meaning in meanings)
    if attempt < catalogue.tries(meanings):
        pause = backoff(attempt, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, jitter)
        return Retry(now + timedelta(seconds=pause), f"attempt {attempt}: {sentence}")
    causes = tuple(Cause(meaning.key, meaning.sentence, meaning.owner) for meaning in meanings)
    return Parked(causes, sentence, causes[0].owner)


def closed_period(result: ResultEnvelope, catalogue: MessageCatalogue) -> str:
    """Return the posting period that SAP said is closed, as `010/2026`; empty where it said nothing of the kind."""
    if result.outcome != "rejected":
        return ""
    for message in result.messages:
        entry = catalogue.entries.get(message.code)
        if message.is_error and entry is not None and entry.cause == CLOSED and message.v1 and message.v2:
            return f"{message.v1}/{message.v2}"
    return ""


def without_period(outcome: Outcome, catalogue: MessageCatalogue, now: datetime) -> Outcome:
    """Take out of an outcome what is known of the period by now: with other causes the order waits for these.

    Without any it is planned anew, and parks on the period or is moved to another by the mapping's rule.
    """
    if not isinstance(outcome, Parked):
        return outcome
    rest = tuple(cause for cause in outcome.causes if not _tells_closed(cause, catalogue))
    if not rest:
        return Retry(now + PLANNED_ANEW, outcome.reason)
    return Parked(rest, "; ".join(cause.sentence for cause in rest), rest[0].owner)


def _tells_closed(cause: Cause, catalogue: MessageCatalogue) -> bool:
    code = cause.key.removeprefix("sap:").partition(",")[0]
    entry = catalogue.entries.get(code)
    return entry is not None and entry.cause == CLOSED


def of_check(
    result: ResultEnvelope, now: datetime, attempt: int, jitter: float, catalogue: MessageCatalogue
) -> Retry | Parked:
    """Decide how an order stands that was not begun, since a part would be refused; arguments as for `of_result`."""
    if result.outcome == "simulated" or not result.retryable:
        return _rejected(result, now, attempt, jitter, catalogue)
    pause = backoff(attempt, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, jitter)
    return Retry(now + timedelta(seconds=pause), f"SAP's check: {result.reason}: {result.detail}")


def with_more(outcome: Outcome, now: datetime, *, more: bool) -> Outcome:
    """Have an order looked at again at once where its document is posted, but not all that is owed."""
    if more and isinstance(outcome, Done) and outcome.state == "posted":
        return Done("waiting", f"{outcome.reason}; more is owed", "relay", now)
    return outcome


def with_amount(outcome: Outcome, amount: Decimal | None) -> Outcome:
    """Say how much of an order waits where its document was not taken; `None`: the whole order."""
    if not isinstance(outcome, Parked):
        return outcome
    return replace(outcome, causes=tuple(replace(cause, amount=amount) for cause in outcome.causes))


def of_receipt(receipt: Receipt, now: datetime, attempt: int, jitter: float) -> Outcome:
    """Decide how an order stands after the agent's gate refused its envelope; arguments as for `of_result`."""
    sentence = f"the agent refused: {receipt.rule}: {receipt.detail}"
    if receipt.rule in _TRANSIENT_REFUSALS:
        pause = backoff(max(attempt, 1), FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, jitter)
        return Retry(now + timedelta(seconds=pause), sentence)
    return Parked((Cause(f"gate:{receipt.rule}", sentence, "basis"),), sentence, "basis")
