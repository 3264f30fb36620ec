"""What an agent's answer means for the order: pure."""

from datetime import datetime, timedelta
from typing import Final

from mlconnector_shared.envelope import Receipt, ResultEnvelope

from ..db.outcomes import Cause, Done, Outcome, Parked, Retry

__all__ = ["of_receipt", "of_result"]

AGAIN_AFTER_FAILURE: Final = timedelta(seconds=5)
AGAIN_AFTER_EXPIRY: Final = timedelta(seconds=2)

_TRANSIENT_REFUSALS: Final = frozenset({"expired", "lifetime", "clock", "draining", "quarantined", "day_limit"})
"""Rules of the gate that say "not now"; all others say "not this"."""


def of_result(result: ResultEnvelope, now: datetime, answer_seconds: float) -> Outcome:
    """Decide how an order stands after its posting's result."""
    match result.outcome:
        case "posted" | "already_posted":
            number = result.object_key[:10].lstrip("0")
            how = "found in SAP by reading back" if result.outcome == "already_posted" else "posted"
            return Done("posted", f"{how}: document {number}")
        case "in_doubt":
            again = now + timedelta(seconds=answer_seconds)
            return Done("in_doubt", result.detail or "SAP did not answer; the agent reads it back", "agent", again)
        case "failed" if result.retryable:
            return Retry(now + AGAIN_AFTER_FAILURE, f"{result.reason}: {result.detail}")
        case "rejected":
            messages = [message for message in result.messages if message.is_error]
            code = messages[0].code if messages else result.reason
            primary = next((message for message in messages if message.code != "RW 609"), None)
            if primary is not None:
                code = primary.code
            sentence = f"SAP said no: {code} {primary.text if primary else result.detail}".strip()
            return Parked((Cause(f"sap:{code}", sentence, "finance"),), sentence, "finance")
        case "conflict":
            sentence = f"a person must decide: {result.detail}"
            return Parked((Cause(f"conflict:{result.posting_id}", sentence, "finance"),), sentence, "finance")
        case _:
            sentence = f"{result.reason}: {result.detail}"
            return Parked((Cause(f"agent:{result.reason}", sentence, "basis"),), sentence, "basis")


def of_receipt(receipt: Receipt, now: datetime) -> Outcome:
    """Decide how an order stands after the agent's gate refused its envelope."""
    sentence = f"the agent refused: {receipt.rule}: {receipt.detail}"
    if receipt.rule in _TRANSIENT_REFUSALS:
        return Retry(now + AGAIN_AFTER_EXPIRY, sentence)
    return Parked((Cause(f"gate:{receipt.rule}", sentence, "basis"),), sentence, "basis")
