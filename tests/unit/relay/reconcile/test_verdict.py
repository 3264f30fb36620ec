"""What an agent's answer means for an order: pure."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.db.outcomes import Cause, Done, Outcome, Parked, Retry
from mlconnector_relay.reconcile.verdict import (
    LONGEST_PAUSE_SECONDS,
    MOST_ATTEMPTS,
    closed_period,
    of_check,
    of_receipt,
    of_result,
    reason_of,
    with_amount,
    with_more,
    without_period,
)
from mlconnector_relay.sap.messages import built_in
from mlconnector_shared.bapi import Message
from mlconnector_shared.envelope import Receipt, ResultEnvelope

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POSTING = "acme/abc123/7/invoice/1/1"


def of(outcome: Any, *messages: Message, attempt: int = 1, reversal: bool = False, **fields: Any) -> Outcome:
    result = ResultEnvelope(f"{POSTING}#{attempt}", POSTING, "berlin", outcome, NOW, messages=messages, **fields)
    return of_result(result, NOW, 60.0, attempt, 0.0, built_in(), reversal=reversal)


def refused(rule: str, attempt: int = 1) -> Outcome:
    return of_receipt(Receipt(f"{POSTING}#1", POSTING, "berlin", rule, "because", NOW), NOW, attempt, 0.0)


def error(number: str, text: str, type_: str = "E") -> Message:
    return Message(type_, "F5" if number != "609" else "RW", number, text)


@pytest.mark.parametrize("outcome", ["posted", "already_posted"])
def test_a_document_ends_the_order(outcome: str) -> None:
    """With the number as people read it, and whether it was found by reading back."""
    found = of(outcome, object_key="018000000110002026")

    assert isinstance(found, Done)
    assert (found.state, found.again_at) == ("posted", None)
    assert "document 180000001" in found.reason
    assert ("reading back" in found.reason) is (outcome == "already_posted")


def test_a_change_that_is_done_or_needless_ends_its_step() -> None:
    """A cleared item is no failure; the sentence says what SAP did."""
    needless = of("done", reason="cleared", detail="ZMLC 013: the item was cleared")
    changed = of("done", object_key="180000000110002026")

    assert isinstance(needless, Done)
    assert isinstance(changed, Done)
    assert (needless.state, changed.state) == ("posted", "posted")
    assert "ZMLC 013" in needless.reason
    assert "1800000001" in changed.reason


def test_doubt_is_asked_about_again() -> None:
    """It is the agent's next step, never a failure."""
    assert of("in_doubt") == Done(
        "in_doubt", "SAP did not answer; the agent reads it back", "agent", NOW + timedelta(seconds=60)
    )
    assert of("in_doubt", detail="update pending").reason == "update pending"


def test_a_technical_failure_is_tried_again_at_growing_pauses_up_to_a_limit() -> None:
    """SAP is not hammered, and nothing is tried for ever."""
    tries = [of("failed", reason="commit_never_sent", retryable=True, attempt=n) for n in (1, 2, 20, MOST_ATTEMPTS - 1)]
    pauses = [(one.at - NOW).total_seconds() for one in tries if isinstance(one, Retry)]

    assert pauses == [2.0, 4.0, LONGEST_PAUSE_SECONDS / 2, LONGEST_PAUSE_SECONDS / 2]
    assert isinstance(of("failed", reason="x", retryable=True, attempt=MOST_ATTEMPTS), Parked)


def test_what_will_not_heal_is_for_basis() -> None:
    """Parked under the reason, so that all orders with it stand together."""
    found = of("failed", reason="logon", detail="circuit open")

    sentence = "logon: circuit open"
    assert found == Parked((Cause("posting:logon", sentence, "basis"),), sentence, "basis")


def test_saps_no_is_told_by_its_own_messages() -> None:
    """RW 609 only says that there is an error; each one behind it is a cause of its own, with its owner."""
    found = of("rejected", error("609", "Error in document"), error("102", "No customer"), error("083", "Not allowed"))

    assert isinstance(found, Parked)
    assert [(cause.key, cause.owner) for cause in found.causes] == [("sap:F5 102", "finance"), ("sap:F5 083", "basis")]
    assert found.reason == "; ".join(cause.sentence for cause in found.causes)
    assert found.owner == "finance"


def test_what_passes_by_itself_is_tried_a_few_times_then_parked() -> None:
    """A lock ends as a rule; one that does not is a person's."""
    tries = [of("rejected", error("353", "Account locked"), attempt=attempt) for attempt in (1, 2, 3)]

    assert [type(one) for one in tries] == [Retry, Retry, Parked]
    assert isinstance(tries[0], Retry)
    assert tries[0].reason.startswith("attempt 1: SAP said no: F5 353")


@pytest.mark.parametrize("messages", [(), (error("1", "fine", "S"),)])
def test_a_no_without_a_message_still_has_a_cause(messages: tuple[Message, ...]) -> None:
    """Nothing is parked without saying why."""
    found = of("rejected", *messages, reason="sap_message", detail="as told")

    assert isinstance(found, Parked)
    sentence = "SAP said no without a message: sap_message as told"
    assert ([cause.key for cause in found.causes], found.reason) == (["sap:sap_message"], sentence)


@pytest.mark.parametrize("message", ["F5 201", "F5 286", "F5 308"])
def test_a_reversal_that_sap_carries_out_no_more_is_planned_anew_at_once(message: str) -> None:
    """Told from a document that is refused for its period, which waits for the period."""
    refusal = (error("609", "Error in document"), Message("E", *message.split(), "no more"))
    answer = {"reason": "sap_message", "detail": f"{message}: no more"}
    found = of("rejected", *refusal, reversal=True, **answer)

    said = f"a credit memo takes the reversal's place: {message}: no more"
    assert found == Done("waiting", said, "relay", NOW)
    assert isinstance(of("rejected", *refusal, **answer), Parked)
    assert isinstance(of("rejected", error("083", "Not allowed"), reversal=True, **answer), Parked)


def test_the_ledger_keeps_which_message_refused() -> None:
    """Class and number; another reason as it was told."""
    told = {
        ("sap_message", (error("609", "Error in document"), error("308", "cleared"))): "sap:F5 308",
        ("sap_message", ()): "sap_message",
        ("base_missing", (error("308", "cleared"),)): "base_missing",
    }
    for (reason, messages), word in told.items():
        result = ResultEnvelope("a#1", "a", "berlin", "rejected", NOW, reason=reason, messages=messages)
        assert reason_of(result) == word


def test_a_conflict_is_one_posting_s_and_a_person_s() -> None:
    """No two conflicts are released together; finance decides, as it does when the order is looked at again."""
    found = of("conflict", detail="document 4711 has our reference")

    assert isinstance(found, Parked)
    assert [(cause.key, cause.owner) for cause in found.causes] == [(f"conflict:{POSTING}", "finance")]


def test_a_posted_document_that_is_not_all_has_its_order_looked_at_again() -> None:
    """At once, and as the relay's turn; anything but posted stays what it is."""
    posted, doubt = Done("posted", "posted: document 18"), Done("in_doubt", "silence", "agent", NOW)

    assert with_more(posted, NOW, more=True) == Done("waiting", "posted: document 18; more is owed", "relay", NOW)
    assert with_more(posted, NOW, more=False) == posted
    assert with_more(doubt, NOW, more=True) == doubt
    assert with_more(Retry(NOW, "later"), NOW, more=True) == Retry(NOW, "later")


@pytest.mark.parametrize("rule", ["expired", "draining", "clock", "fencing", "quarantine", "journal", "busy"])
def test_not_now_is_tried_again_at_growing_pauses(rule: str) -> None:
    """The gate's own names."""
    first, later = refused(rule), refused(rule, attempt=30)

    assert isinstance(first, Retry)
    assert isinstance(later, Retry)
    assert first.at < later.at


@pytest.mark.parametrize("rule", ["company_code", "amount", "signature", "unknown_rule"])
def test_not_this_is_for_basis(rule: str) -> None:
    """Only a person changes a policy."""
    found = refused(rule)

    assert isinstance(found, Parked)
    assert [(cause.key, cause.owner) for cause in found.causes] == [(f"gate:{rule}", "basis")]
    assert found.reason == f"the agent refused: {rule}: because"


def test_every_passing_rule_is_one_of_the_gate_s() -> None:
    """A name that the gate does not use would park what heals by itself, or hide a defect."""
    from pathlib import Path

    from mlconnector_relay.reconcile import verdict

    page = Path(__file__).parents[4] / "docs" / "reference" / "gate-rules.md"
    assert all(f"| `{rule}` |" in page.read_text("utf-8") for rule in verdict._TRANSIENT_REFUSALS)


@pytest.mark.parametrize("reason", ["base_missing", "base_other_reference", "base_reversed", "base_cleared"])
def test_a_base_that_does_not_stand_parks_its_order(reason: str) -> None:
    """Alone, under its own cause, with what the agent saw and what finance does; no message of SAP is missing."""
    found = of("rejected", reason=reason, detail="document 1 was taken back")

    assert isinstance(found, Parked)
    (cause,) = found.causes
    assert (cause.key, cause.owner, found.owner) == (f"{reason}:{POSTING}", "finance", "finance")
    assert cause.sentence.startswith("document 1 was taken back: ")
    assert "without a message" not in cause.sentence


# --- closed periods ---

CLOSED = Message("E", "F5", "201", "Posting period 010 2026 is not open", "010", "2026", "D", "1000")


def answer(outcome: Any, *messages: Message) -> ResultEnvelope:
    return ResultEnvelope(f"{POSTING}#1", POSTING, "berlin", outcome, NOW, messages=messages)


def test_a_closed_period_is_what_the_catalogue_calls_one() -> None:
    """Named by SAP with number and year; a warning, another outcome and another message are none."""
    assert closed_period(answer("rejected", error("609", "Error"), CLOSED), built_in()) == "010/2026"
    assert closed_period(answer("failed", CLOSED), built_in()) == ""
    assert closed_period(answer("rejected", error("102", "No customer")), built_in()) == ""
    assert closed_period(answer("rejected", Message("W", "F5", "201", "", "010", "2026")), built_in()) == ""
    assert closed_period(answer("rejected", error("201", "which?")), built_in()) == ""
    assert closed_period(answer("rejected", error("999", "unheard of")), built_in()) == ""


def test_what_is_known_of_a_period_is_planned_anew_and_other_causes_stay() -> None:
    """The plan parks on the period, or moves the posting."""
    alone = of("rejected", CLOSED)
    assert isinstance(alone, Parked)
    anew = without_period(alone, built_in(), NOW)
    assert anew == Retry(NOW + timedelta(seconds=1), alone.reason)
    both = without_period(of("rejected", CLOSED, error("102", "No customer")), built_in(), NOW)
    assert isinstance(both, Parked)
    assert ([cause.key for cause in both.causes], both.owner) == (["sap:F5 102"], "finance")
    assert both.reason == both.causes[0].sentence
    assert without_period(Retry(NOW, "later"), built_in(), NOW) == Retry(NOW, "later")
    unknown = Parked((Cause("posting:logon", "no", "basis"),), "no", "basis")
    assert without_period(unknown, built_in(), NOW) == unknown


def test_what_is_parked_says_how_much_waits() -> None:
    """Every cause of it; nothing is said where nothing waits."""
    parked = Parked((Cause("a", "A"), Cause("b", "B")), "A; B")
    found = with_amount(parked, Decimal("9.50"))
    assert isinstance(found, Parked)
    assert [one.amount for one in found.causes] == [Decimal("9.50")] * 2
    done = Done("posted", "document 1")
    assert with_amount(done, Decimal("9.50")) is done


def test_what_a_check_refuses_is_not_begun() -> None:
    """SAP's message is the cause; what was not asked is asked again; a defect parks."""

    def check(outcome: Any, *messages: Message, **fields: Any) -> Outcome:
        result = ResultEnvelope("id", "", "berlin", outcome, NOW, messages=messages, **fields)
        return of_check(result, NOW, 1, 0.0, built_in())

    closed = check("simulated", error("201", "Posting period is not open"), reason="sap_message")
    assert isinstance(closed, Parked)
    assert [cause.key for cause in closed.causes] == ["sap:F5 201"]
    away = check("failed", reason="rfc_communication", retryable=True)
    assert isinstance(away, Retry)
    assert (away.at > NOW, "rfc_communication" in away.reason) == (True, True)
    assert isinstance(check("failed", reason="rfc_dump"), Parked)
