"""What the audit trail keeps of an order: facts in the open, what may be personal as payload."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from mlconnector_relay.bigcommerce.client import Fetch
from mlconnector_relay.bigcommerce.errors import StoreNotFound
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.reconcile import plan as planning
from mlconnector_relay.reconcile.records import (
    SnapshotUnreadable,
    fetched,
    mapped,
    missing,
    planned,
    refused,
    resulted,
    sent,
    snapshot_in,
    subject_of,
    unheard_of,
)
from mlconnector_relay.reconcile.snapshot import Taken
from mlconnector_shared.bapi import Message
from mlconnector_shared.envelope import Receipt, ResultEnvelope, RfcStep

from tests.support.building import built
from tests.support.mappings import STEP
from tests.support.orders import HAMBURG, an_order, priced_orders
from tests.support.relay_state import NOW
from tests.unit.relay.reconcile.test_steps import JOB, entry


def in_the_open(record: Any) -> str:
    return json.dumps(record.fields, default=str)


def test_a_fetch_is_kept_with_its_answers_as_payload() -> None:
    """Which requests, how long, how much; the bodies encrypted beside them."""
    taken = Taken(an_order(), (Fetch("GET", "/v2/orders/1", 200, 12.34, b'{"name": "Erika"}'),))
    record = fetched(JOB, taken)

    assert record.fields["requests"] == [
        {"request": "GET /v2/orders/1", "status": 200, "milliseconds": 12.3, "bytes": 17}
    ]
    assert "Erika" not in in_the_open(record)
    kept = msgspec.json.decode(record.payload or b"")
    assert kept["answers"] == [["/v2/orders/1", '{"name": "Erika"}']]
    assert (record.tenant, record.subject, record.trace) == ("acme", "abc123/1000123", "00-trace")


@given(priced_orders())
@settings(max_examples=50, deadline=None)
def test_what_was_read_from_a_fetch_comes_back_whole(order: dict[str, Any]) -> None:
    """With what the catalog's memory held, which no answer repeats."""
    snapshot = OrderSnapshot.model_validate(order)
    record = fetched(JOB, Taken(snapshot, ()))
    assert snapshot_in(record.payload or b"") == snapshot


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"answers":[],"snapshot":{}}'])
def test_a_record_without_an_order_says_so(payload: bytes) -> None:
    """Such as one of a program before or after this one."""
    with pytest.raises(SnapshotUnreadable, match="cannot be read"):
        snapshot_in(payload)


def test_a_fetch_that_found_nothing_is_kept_too() -> None:
    """Absence is a fact."""
    record = missing(JOB, StoreNotFound("GET", "/v2/orders/7", "HTTP 404"))

    assert (record.kind, record.payload) == ("store.order_missing", None)
    assert record.fields == {"error": "GET /v2/orders/7: HTTP 404"}


@pytest.mark.parametrize(
    ("plan", "fields"),
    [
        (planning.Owe(built(an_order()), STEP), {"document": built(an_order()).reference, "more": False}),
        (planning.Park((planning.Cause("k", "s"),)), {"causes": [{"key": "k", "sentence": "s"}]}),
        (planning.Skip("status", "never"), {"rule": "status", "sentence": "never"}),
        (planning.Wait("later"), {"sentence": "later"}),
        (planning.Settled("done"), {"sentence": "done"}),
        (planning.Settle("p"), {"posting": "p"}),
    ],
)
def test_every_plan_is_kept_with_its_reason(plan: planning.Plan, fields: dict[str, Any]) -> None:
    """And with the mapping it was made by."""
    record = planned(JOB, plan, "m@1")

    assert record.fields == {"plan": type(plan).__name__.lower(), "mapping": "m@1"} | fields


def test_a_document_s_lines_are_open_and_its_decisions_are_not() -> None:
    """Decisions may quote names."""
    document = built(an_order())
    record = mapped(JOB, document)

    assert [line["amount"] for line in record.fields["lines"]] == [str(line.amount) for line in document.lines]
    assert record.fields["gross"] == f"{document.gross} EUR"
    assert msgspec.json.decode(record.payload or b"") == list(document.decisions)
    assert HAMBURG["last_name"] not in in_the_open(record)


def test_an_envelope_is_named_and_kept_elsewhere() -> None:
    """Its bytes are among the envelopes."""
    record = sent(JOB, entry(), "e#2", "berlin", 900)

    assert record.fields["envelope"] == "e#2"
    assert (record.fields["bytes"], record.payload) == (900, None)


def test_an_answer_is_kept_with_every_call() -> None:
    """The sealed bytes as payload, messages by their number alone."""
    step = RfcStep(
        "BAPI_TRANSACTION_COMMIT", NOW, 12.34, "ok", "note", (Message("S", "RW", "605", "Erika's document"),)
    )
    result = ResultEnvelope(
        f"{STEP.posting_id}#1", STEP.posting_id, "berlin", "posted", NOW, object_key="018", steps=(step,)
    )
    record = resulted(entry(), result, "recorded", b"sealed")
    stranger = unheard_of("acme", result, b"sealed")

    assert record.fields["steps"][0]["messages"] == ["S RW 605"]
    assert "Erika" not in in_the_open(record)
    assert (record.payload, record.fields["ledger"]) == (b"sealed", "recorded")
    assert (stranger.subject, stranger.fields["ledger"]) == (subject_of("abc123", 1000123), "unknown")
    assert stranger.fields["steps"] == record.fields["steps"]


def test_a_posting_id_of_another_shape_is_kept_all_the_same() -> None:
    """Evidence is not thrown away for its form."""
    result = ResultEnvelope("x#1", "x", "berlin", "posted", NOW)

    assert unheard_of("acme", result, b"sealed").subject == "/"


def test_a_refusal_names_its_rule() -> None:
    """With the signed receipt as payload."""
    record = refused(entry(), Receipt("e#1", "p", "berlin", "amount", "too much", NOW), b"sealed")

    assert record.fields == {"envelope": "e#1", "rule": "amount", "agent": "berlin"}
    assert record.payload == b"sealed"
