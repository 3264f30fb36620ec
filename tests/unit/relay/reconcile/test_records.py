"""What the audit trail keeps of an order: facts in the open, what may be personal as payload."""

import json
from typing import Any

import msgspec
import pytest
from mlconnector_relay.bigcommerce.client import Fetch
from mlconnector_relay.bigcommerce.errors import StoreNotFound
from mlconnector_relay.bigcommerce.models import CompanyOrder
from mlconnector_relay.db.decisions import Decided
from mlconnector_relay.reconcile import plan as planning
from mlconnector_relay.reconcile.records import (
    brought_back,
    fetched,
    mapped,
    missing,
    planned,
    refused,
    resulted,
    sent,
    subject_of,
    unheard_of,
)
from mlconnector_relay.reconcile.snapshot import Taken
from mlconnector_shared.bapi import Message
from mlconnector_shared.envelope import Receipt, ResultEnvelope, RfcStep

from tests.support.building import built
from tests.support.mappings import STEP
from tests.support.orders import HAMBURG, an_order
from tests.support.relay_state import NOW
from tests.unit.relay.reconcile.test_steps import JOB, entry


def in_the_open(record: Any) -> str:
    return json.dumps(record.fields, default=str)


def test_a_fetch_is_kept_with_its_answers_as_payload() -> None:
    """Which requests, how long, how much; the bodies encrypted beside them."""
    taken = Taken(
        an_order(),
        (Fetch("GET", "/v2/orders/1", 200, 12.34, b'{"name": "Erika"}'),),
        asked=False,
    )
    record = fetched(JOB, taken)

    assert record.fields["requests"] == [
        {"request": "GET /v2/orders/1", "status": 200, "milliseconds": 12.3, "bytes": 17}
    ]
    assert "Erika" not in in_the_open(record)
    assert msgspec.json.decode(record.payload or b"")["answers"] == [["/v2/orders/1", '{"name": "Erika"}']]
    assert (record.tenant, record.subject, record.trace) == ("acme", "abc123/1000123", "00-trace")


def test_whose_an_order_is_stands_in_the_open_and_not_what_the_buyer_wrote() -> None:
    """A purchase order number may name a person."""
    company = CompanyOrder(standing="company", company_id=500, po_number="for Erika", days=30)
    snapshot = an_order().model_copy(update={"company": company})
    record = fetched(JOB, Taken(snapshot, (), asked=False))

    assert record.fields["b2b"] == {"standing": "company", "company": 500, "days": 30, "purchase_order": True}
    assert "Erika" not in in_the_open(record)
    assert b"for Erika" in (record.payload or b"")
    assert "b2b" not in fetched(JOB, Taken(an_order(), (), asked=False)).fields


def test_a_look_that_read_nothing_new_names_the_record_that_holds_the_order() -> None:
    """The order is kept once, however often it is looked at."""
    asked = False
    first, again = (fetched(JOB, Taken(an_order(), (), asked, record)) for record in (None, "earlier"))

    assert "same_as" not in first.fields
    assert again.fields["same_as"] == "earlier"
    assert again.fields["snapshot"] == first.fields["snapshot"] == an_order().digest()
    assert (b"Ida" in (first.payload or b""), again.payload) == (True, b'{"answers":[],"kept":null}')


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


def test_an_acknowledgement_that_is_over_is_kept_with_why() -> None:
    """With who had given it."""
    one = Decided(*JOB.key, "archived:abc123", "d1", "leave", "ida", "old orders", NOW)
    record = brought_back(JOB, one)

    assert (record.kind, record.fields["cause"], record.fields["by"]) == ("decision.ended", "archived:abc123", "ida")
    assert record.fields["reason"] == "the order is archived no longer"


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
