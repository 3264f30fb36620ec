"""Shipments through the relay's insides: a real store, real databases, an agent double."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.db.engine import Database
from mlconnector_shared.envelope import CallEnvelope, Change, Post

from tests.support.mappings import MAPPING
from tests.support.relay_parts import ANSWER_SECONDS, Parts, some_parts
from tests.support.tunnel import AgentDouble

INVOICE = "018000000110002026"
RULES = """
[shipments]
payment_block = "B"
release_on = "last"
fields = { XREF3 = "{tracking}" }
text_id = "0001"
"""
LAMPS = {"price": "119.00", "quantity": 2, "rates": [{"percent": "19", "name": "VAT"}], "name": "Lamp", "sku": "LAMP"}


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    """A relay's insides with a store, and rules for every means."""
    async with some_parts(database, tmp_path, mapping=MAPPING + RULES) as made:
        yield made


async def hear(parts: Parts, agent: AgentDouble, order: int) -> CallEnvelope:
    """Let the order be worked on, and hear what the agent is asked for."""
    if await parts.work() != [order]:
        await parts.look(order)
    return await agent.hear_call(parts.landing.trust)


async def done(parts: Parts, envelope: CallEnvelope, **answer: Any) -> None:
    """Let the agent tell that a change is made."""
    await parts.answer(envelope, "done", object_key=INVOICE, **answer)


async def control(parts: Parts, path: str, method: str = "POST", **body: Any) -> Any:
    """Ship, correct or delete in the store."""
    answer = await parts.store.control(path, method, body)
    assert answer.status < 300, answer.raw
    return answer.body


async def unpaid(parts: Parts) -> tuple[int, AgentDouble, int]:
    """Place and post an unpaid order of two lamps; return it with the agent and the id of its line."""
    order = await parts.store.describe(
        lines=[LAMPS], payment_method="Bank Deposit", payment_status="", payment_provider_id="bankdeposit"
    )
    agent = await parts.connect(writes=20)
    envelope = await hear(parts, agent, order)
    assert isinstance(envelope.work, Post)
    assert envelope.work.call.parameters["ACCOUNTRECEIVABLE"][0]["PMNT_BLOCK"] == "B"
    await parts.answer(envelope, object_key=INVOICE)
    shown = await control(parts, f"/orders/{order}", "GET")
    return order, agent, shown["products"][0]["id"]


async def test_shipments_change_the_invoice_and_repeated_callbacks_nothing(parts: Parts) -> None:
    """Fields and text of each, the block with the last; looked at ever again nothing more is sent."""
    order, agent, line = await unpaid(parts)
    one: dict[str, Any] = {"items": [{"order_product_id": line, "quantity": 1}]}
    first = await control(parts, f"/orders/{order}/ship", tracking_number="JJD01", **one)
    told = [await hear(parts, agent, order)]
    await done(parts, told[0])
    told.append(await hear(parts, agent, order))
    await done(parts, told[1])
    assert [envelope.posting_id.rsplit("/", 3)[1:] for envelope in told] == [
        ["shipment", str(first["id"]), "1"],
        ["shipment", str(first["id"]), "2"],
    ]
    assert all(isinstance(envelope.work, Change) for envelope in told)
    fields, text = (envelope.work for envelope in told)
    assert isinstance(fields, Change)
    assert isinstance(text, Change)
    assert (fields.base.object_key, fields.base.reference) == (INVOICE, f"A1-{order}-I")
    assert (fields.customer, text.customer) == ("0000099000", "")
    assert fields.call.parameters["T_ACCCHG"] == [{"FDNAME": "XREF3", "NEWVAL": "JJD01"}]
    await parts.work()
    assert await parts.state(order) == "posted"
    for _ in range(3):
        await parts.look(order)
    assert len(await parts.postings(order)) == 3

    second = await control(parts, f"/orders/{order}/ship", tracking_number="JJD02", **one)
    kinds = []
    for _ in range(3):
        envelope = await hear(parts, agent, order)
        assert isinstance(envelope.work, Change)
        kinds.append(envelope.work.call.parameters.get("T_ACCCHG", [{"FDNAME": "text"}])[0]["FDNAME"])
        await done(parts, envelope)
    assert kinds == ["ZLSPR", "XREF3", "text"]
    await parts.work()
    await control(parts, f"/orders/{order}/shipments/{second['id']}", "PATCH", tracking_number="JJD03")
    for _ in range(2):
        await done(parts, await hear(parts, agent, order))
    await parts.work()
    await control(parts, f"/orders/{order}/shipments/{second['id']}", "DELETE")
    for _ in range(2):
        await done(parts, await hear(parts, agent, order))
    await parts.work()
    assert await parts.state(order) == "posted"
    assert {entry.state for entry in await parts.postings(order)} == {"posted"}


async def test_a_cleared_item_is_reported_and_not_failed(parts: Parts) -> None:
    """Paid meanwhile: the order is posted, and says why nothing was released."""
    order, agent, _ = await unpaid(parts)
    await control(parts, f"/orders/{order}/ship")
    release = await hear(parts, agent, order)
    await done(parts, release, reason="cleared", detail="ZMLC 013: the item was cleared")
    entry = (await parts.postings(order))[-1]
    assert (entry.state, entry.reason, entry.document_type) == ("posted", "cleared", "change")
    assert "ZMLC 013" in entry.detail
    for _ in range(2):
        await done(parts, await hear(parts, agent, order))
    await parts.work()
    assert await parts.state(order) == "posted"


async def test_a_change_without_answer_is_asked_about_again(parts: Parts) -> None:
    """The same instance, the same content, under an id of the question's own."""
    order, agent, _ = await unpaid(parts)
    await control(parts, f"/orders/{order}/ship")
    first = await hear(parts, agent, order)
    await parts.answer(first, "in_doubt", reason="rfc_communication")
    assert await parts.state(order) == "in_doubt"
    await parts.runtime.sleep(ANSWER_SECONDS + 1)
    await parts.work()
    again = await agent.hear_call(parts.landing.trust)
    assert (again.posting_id, again.work) == (first.posting_id, first.work)
    assert again.envelope_id.startswith(f"{first.envelope_id}.")
    await done(parts, again)
    assert (await parts.postings(order))[-1].state == "posted"


async def test_every_shipment_reaches_the_audit_trail(database: Database, tmp_path: Path) -> None:
    """Also where the books show none of it; the number of the parcel only in the encrypted payload."""
    async with some_parts(database, tmp_path) as parts:
        order = await parts.store.describe(lines=[LAMPS])
        agent = await parts.connect()
        await parts.answer(await hear(parts, agent, order))
        made = await control(parts, f"/orders/{order}/ship", tracking_number="JJD04")
        await parts.look(order)
        assert (await parts.state(order), len(await parts.postings(order))) == ("posted", 1)
        fetched = [row for row in await parts.records(order) if row.kind == "store.fetched"][-1]
        assert f'"shipment":{made["id"]}' in fetched.fields
        assert '"tracked":true' in fetched.fields
        assert "JJD04" not in fetched.fields


async def test_an_order_invoiced_on_shipment_is_posted_with_its_last_one(database: Database, tmp_path: Path) -> None:
    """Paid at once; its parcels leave on two days."""
    rule = '[[triggers]]\nproduct_types = ["custom"]\ninvoice_on = "shipped"\n'
    async with some_parts(database, tmp_path, mapping=MAPPING + rule) as parts:
        order = await parts.store.describe(lines=[LAMPS], payment_status="captured")
        agent = await parts.connect()
        await parts.look(order)
        assert await parts.state(order) == "waiting"
        shown = await control(parts, f"/orders/{order}", "GET")
        one: dict[str, Any] = {"items": [{"order_product_id": shown["products"][0]["id"], "quantity": 1}]}
        await control(parts, f"/orders/{order}/ship", **one)
        await parts.look(order)
        assert await parts.state(order) == "waiting"
        await control(parts, f"/orders/{order}/ship", **one)
        envelope = await hear(parts, agent, order)
        assert isinstance(envelope.work, Post)
        await parts.answer(envelope, object_key=INVOICE)
        await parts.work()
        assert await parts.state(order) == "posted"
