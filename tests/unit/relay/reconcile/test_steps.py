"""From what is owed to what travels: pure."""

from dataclasses import asdict, fields, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from mlconnector_relay.db.decisions import Decided
from mlconnector_relay.db.job import Job
from mlconnector_relay.db.ledger import LedgerEntry
from mlconnector_relay.reconcile.plan import Owe
from mlconnector_relay.reconcile.steps import (
    PlanBroken,
    as_causes,
    as_decided,
    as_planned,
    attempt_of,
    base_of,
    envelope,
    is_reversal,
    new_entry,
    plan_digest,
    resend_id,
    waiting_of,
    work_of,
)
from mlconnector_relay.reconcile.values import Cause
from mlconnector_relay.sap.frozen import frozen_text, read_frozen
from mlconnector_shared.bapi import BapiCall, content_digest
from mlconnector_shared.envelope import Audience, Base, Change, Post, Reverse, from_bytes, to_bytes
from mlconnector_shared.envelope import CallEnvelope as Call

from tests.support.building import built
from tests.support.mappings import STEP
from tests.support.orders import Line, an_order
from tests.support.relay_state import NOW, a_store, an_entry

JOB = Job("acme", "abc123", 1000123, 1, "waiting", "", "relay", NOW, "relay-1", 1, 0, "00-trace", NOW, NOW, NOW)


def entry() -> LedgerEntry:
    return LedgerEntry(
        **asdict(an_entry(facts=frozen_text(built(an_order()).facts))),
        state="sent",
        attempt=2,
        instance="berlin",
        fencing_token=3,
        object_key="",
        reason="",
        detail="",
        retryable=False,
        intended_at=NOW,
        sent_at=NOW,
        settled_at=None,
        updated_at=NOW,
    )


def test_a_ledger_entry_says_everything_the_document_was_built_from() -> None:
    """Identity, scheme, mapping, snapshot and content, so that it can be derived again for ever."""
    document = built(an_order())
    owe = Owe(document, STEP, more=True)
    made = new_entry(JOB, a_store(sysid="PRD"), owe, mapping="m@1", snapshot="s" * 64, modified=NOW)

    assert (made.posting_id, made.kind, made.ordinal, made.part) == (STEP.posting_id, "invoice", 1, 1)
    assert (made.sysid, made.client, made.reference) == ("PRD", "100", document.reference)
    assert (made.digest, made.mapping_version, made.plan_digest) == (
        content_digest(document.call),
        "m@1",
        plan_digest(owe),
    )
    assert (read_frozen(made.facts), made.more) == (document.facts, True)
    assert (made.gross, made.currency, made.trace, made.scheme_version) == (document.gross, "EUR", "00-trace", 1)


def test_the_plan_sees_what_the_ledger_knows() -> None:
    """Every field of the plan's entry comes from the ledger's of the same name."""
    seen = as_planned(entry())

    same = {field.name for field in fields(seen)} - {"facts"}
    assert {name: getattr(entry(), name) for name in same} == {name: getattr(seen, name) for name in same}
    assert seen.facts == built(an_order()).facts


def test_a_plan_s_digest_follows_its_documents() -> None:
    """The same documents the same digest, others another."""
    one, other = built(an_order()), built(an_order(Line("50.00")))

    followed = replace(one, facts=replace(one.facts, following=(other.facts,)))

    assert plan_digest(Owe(one, STEP)) == plan_digest(Owe(one, STEP, more=True))
    assert len({plan_digest(Owe(document, STEP)) for document in (one, other, followed)}) == 3


def test_several_reasons_behind_one_cause_are_one() -> None:
    """A job waits for a cause once; causes with questions of their own stay apart."""
    alike = [Cause("refused:refund_sum", f"refund {number}", choices=("leave",), proposal="d") for number in (1, 2)]
    asked = [Cause("account:x", "map it", question=question) for question in ("a", "b")]

    assert [(one.key, one.sentence) for one in as_causes([*alike, *asked])] == [
        ("refused:refund_sum", "refund 1; refund 2"),
        ("account:x", "map it"),
        ("account:x", "map it"),
    ]
    assert (as_causes(alike)[0].choices, as_causes(alike)[0].proposal) == (("leave",), "d")


def test_what_waits_for_one_cause_is_added_up() -> None:
    """Two payments to one unknown account; of a reason that concerns the whole order there is no sum."""
    first, second = (Cause("clearing:x", "map it", amount=Decimal(amount)) for amount in ("19.00", "100.00"))
    assert [one.amount for one in as_causes([first, second])] == [Decimal("119.00")]
    whole = replace(first, amount=None)
    assert [one.amount for one in as_causes([whole, second])] == [one.amount for one in as_causes([second, whole])]
    assert [one.amount for one in as_causes([whole, second])] == [None]


@pytest.mark.parametrize(
    ("kind", "part", "amount"), [("invoice", 1, None), ("invoice", 2, "119.00"), ("refund", 1, "119.00")]
)
def test_a_document_that_is_not_taken_waits_alone(kind: str, part: int, amount: str | None) -> None:
    """Of an order whose invoice is not taken, everything waits."""
    facts = frozen_text(built(an_order(Line("59.50", 2))).facts)
    waiting = waiting_of(replace(entry(), kind=kind, part=part, facts=facts))
    assert waiting == (None if amount is None else Decimal(amount))


def test_a_document_that_cannot_be_read_hides_no_answer_of_sap() -> None:
    """A newer relay wrote it: the refusal is kept all the same, and its whole order counts."""
    assert waiting_of(replace(entry(), kind="refund", facts='{"v":99}')) is None


def test_what_was_decided_is_seen_by_the_plan() -> None:
    """Every field of the plan's decision comes from the one kept."""
    kept = Decided("acme", "abc123", 7, "decision:edit:7", "d1", "leave", "ida", "asked", NOW, "otto", NOW)
    seen = as_decided(kept)

    assert all(getattr(seen, field.name) == getattr(kept, field.name) for field in fields(seen))


def test_an_envelope_is_for_one_agent_and_one_life() -> None:
    """What travels is what was written down."""
    audience = Audience("acme", "berlin", "ECC", "100")
    made = envelope(entry(), "id#2", Post(built(an_order()).call), audience, 9, (NOW, 300.0))

    assert (made.posting_id, made.audience, made.fencing_token) == (entry().posting_id, audience, 9)
    assert (made.issued_at, made.not_after) == (NOW, NOW + timedelta(seconds=300))
    assert (made.trace, type(made.work)) == ("00-trace", Post)
    assert from_bytes(Call, to_bytes(made)) == made


def posted(kind: str, reference: str, ordinal: int = 1, part: int = 1, hours: int = 0) -> LedgerEntry:
    facts = {"kind": kind, "ordinal": ordinal, "part": part, "reference": reference, "state": "posted"}
    key = f"18000000{ordinal}{part}10002026"
    return replace(entry(), **facts, object_key=key, intended_at=NOW + timedelta(hours=hours))


@pytest.mark.parametrize("kind", ["refund", "supplement", "reversal", "shipment", "completion"])
def test_a_step_names_the_document_it_builds_on(kind: str) -> None:
    """The latest that stands for the order: its invoice, or what it was posted again as; never a second part."""
    refused = replace(posted("invoice", "B1-1-I"), state="rejected", object_key="")
    invoice = posted("invoice", "B1-1-I2", ordinal=2)
    entries = [refused, invoice, posted("invoice", "B1-1-I2-2", 2, 2, 1), posted("refund", "B1-1-R", hours=2)]
    again = posted("repost", "B1-1-N", 3, hours=3)

    assert base_of(posted(kind, "B1-1-X"), entries) == Base(invoice.object_key, "B1-1-I2")
    assert base_of(posted(kind, "B1-1-X"), [again, *entries]) == Base(again.object_key, "B1-1-N")


@pytest.mark.parametrize("carried", ["R 4711", ""])
def test_an_adopted_document_is_known_by_what_it_carries(carried: str) -> None:
    """Its own reference, or none; the ledger's names only the step."""
    text = frozen_text(replace(built(an_order()).facts, adopted=carried))
    invoice = replace(posted("invoice", "B1-1-I"), facts=text)
    assert base_of(posted("refund", "B1-1-R"), [invoice]) == Base(invoice.object_key, carried)


def test_a_reversal_travels_as_one_of_exactly_its_base() -> None:
    """All else is posted, on a base that may be cleared: a credit memo is as right where the invoice was paid."""
    invoice = posted("invoice", "B1-1-I")
    base, asked = Base(invoice.object_key, "B1-1-I"), posted("reversal", "B1-1-V")
    reversal = BapiCall("BAPI_ACC_DOCUMENT_REV_POST", {"REVERSAL": {"OBJ_KEY_R": base.object_key}, "BUS_ACT": "RFBU"})
    memo = built(an_order()).call

    assert work_of(reversal, asked, [invoice]) == Reverse(reversal, base)
    assert work_of(memo, asked, [invoice]) == Post(memo, base)
    assert (work_of(memo, invoice, []), base.uncleared) == (Post(memo), False)
    other = replace(invoice, object_key="180000009910002026")
    with pytest.raises(PlanBroken, match=f"a reversal of {invoice.object_key}"):
        work_of(reversal, asked, [other])
    assert is_reversal(replace(posted("reversal", "B1-1-V"), document_type=""))
    assert not is_reversal(posted("reversal", "B1-1-V"))
    assert not is_reversal(replace(posted("invoice", "B1-1-I"), document_type=""))


def test_an_invoice_stands_alone() -> None:
    """Nothing comes before it; a step without its invoice in the ledger is a defect."""
    assert base_of(posted("invoice", "B1-1-I"), []) is None
    assert base_of(posted("payment", "B1-1-P"), [posted("invoice", "B1-1-I")]) is None
    with pytest.raises(PlanBroken, match="builds on an invoice"):
        base_of(posted("refund", "B1-1-R"), [posted("refund", "B1-1-R")])


def test_a_change_names_the_document_it_changes() -> None:
    """Never an earlier change of it, which has the same key; the customer only of an item."""
    invoice = posted("invoice", "B1-1-I")
    earlier = replace(posted("shipment", "B1-1-9D", 9), object_key=invoice.object_key, document_type="change")
    key = invoice.object_key
    item = {"I_BELNR": key[:10], "I_BUKRS": key[10:14], "I_GJAHR": key[14:]}
    text = {"TEXT_LINES": [{"TDNAME": f"{key[10:14]}{key[:10]}{key[14:]}"}]}
    asked, entries = posted("shipment", "B1-1-10D", 10), [earlier, invoice]
    base = Base(key, "B1-1-I")

    field_change, text_change = BapiCall("Z_MLC_DOCUMENT_CHANGE", item), BapiCall("RFC_SAVE_TEXT", text)
    assert work_of(field_change, asked, entries) == Change(field_change, base, "0000099000")
    assert work_of(text_change, asked, entries) == Change(text_change, base)
    assert work_of(built(an_order()).call, asked, entries) == Post(built(an_order()).call, base)
    with pytest.raises(PlanBroken, match="none of the order's"):
        work_of(field_change, asked, [earlier])


def test_asking_again_names_the_same_attempt() -> None:
    """Under an id of its own each time, which the agent refers to the posting by."""
    asked = {resend_id(entry(), NOW + timedelta(milliseconds=number)) for number in range(3)}

    assert len(asked) == 3
    assert {attempt_of(one) for one in asked} == {2}
    assert all(one.startswith(f"{entry().posting_id}#2.") for one in asked)


@pytest.mark.parametrize(
    ("envelope_id", "attempt"),
    [("a/b/1/invoice/1/1#12", 12), ("x#3.99", 3), ("x", 0), ("x#", 0), ("x#²", 0), ("x#-1", 0), ("x#a.1", 0)],
)
def test_the_attempt_stands_behind_the_hash(envelope_id: str, attempt: int) -> None:
    """Any other id names none."""
    assert attempt_of(envelope_id) == attempt


def test_the_first_envelope_s_id_is_read_back() -> None:
    """What the ledger derives, the result names."""
    assert attempt_of(replace(entry(), attempt=7).envelope_id) == 7
