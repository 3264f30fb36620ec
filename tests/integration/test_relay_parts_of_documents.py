"""An order of more than 999 items through the relay's insides: checked whole, then posted part by part."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.db.engine import Database
from mlconnector_shared.bapi import Message
from mlconnector_shared.envelope import CallEnvelope, Post, Simulate

from tests.support.relay_parts import Parts, some_parts
from tests.support.tunnel import AgentDouble

PENNY = {"price": "1.19", "rates": [{"percent": "19", "name": "VAT"}]}
CLOSED = Message("E", "F5", "201", "Posting period 003 2026 is not open")


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    """A relay's insides with a store."""
    async with some_parts(database, tmp_path) as made:
        yield made


async def long_order(parts: Parts) -> int:
    """Place an order of 1010 lines."""
    return await parts.store.describe(lines=[PENNY | {"name": f"Bead {n}", "sku": f"B{n}"} for n in range(1010)])


async def checked(parts: Parts, agent: AgentDouble, order: int, **answer: Any) -> CallEnvelope:
    """Let the order be looked at, and SAP's check of its second part be answered."""
    looking = asyncio.create_task(parts.look(order))
    check = await agent.hear_call(parts.landing.trust)
    await agent.say(agent.result(check, **({"outcome": "simulated"} | answer)))
    await looking
    return check


async def test_all_parts_are_checked_before_the_first_is_posted(parts: Parts) -> None:
    """Then posted in turn without any event; they add up to the order."""
    order = await long_order(parts)
    agent = await parts.connect()
    check = await checked(parts, agent, order)
    assert isinstance(check.work, Simulate)
    assert check.work.call.function == "BAPI_ACC_DOCUMENT_CHECK"
    first = await agent.hear_call(parts.landing.trust)
    await parts.answer(first)
    await parts.work()
    second = await agent.hear_call(parts.landing.trust)
    assert isinstance(second.work, Post)
    assert second.work.call.parameters == check.work.call.parameters
    await parts.answer(second, object_key="018000000210002026")
    assert await parts.state(order) == "posted"
    entries = await parts.postings(order)
    assert [(entry.part, entry.more) for entry in entries] == [(1, True), (2, False)]
    assert sum(entry.gross for entry in entries) == Decimal("1201.90")


async def test_what_sap_would_refuse_is_not_begun(parts: Parts) -> None:
    """Parked with SAP's message, and nothing is in the ledger."""
    order = await long_order(parts)
    agent = await parts.connect()
    await checked(parts, agent, order, reason="sap_message", messages=(CLOSED,))
    assert (await parts.state(order), await parts.causes(order)) == ("parked", ["sap:F5 201"])
    assert await parts.postings(order) == []
    assert "sap:F5 201" in await parts.open_alerts()


async def test_a_check_that_could_not_be_made_is_made_again(parts: Parts) -> None:
    """SAP was away."""
    order = await long_order(parts)
    agent = await parts.connect()
    await checked(parts, agent, order, outcome="failed", reason="rfc_communication", retryable=True)
    assert (await parts.state(order), await parts.postings(order)) == ("waiting", [])


async def test_a_policy_that_forbids_the_check_is_basis_matter(parts: Parts) -> None:
    """It names the rule."""
    order = await long_order(parts)
    agent = await parts.connect()
    looking = asyncio.create_task(parts.look(order))
    check = await agent.hear_call(parts.landing.trust)
    await agent.say(agent.refusal(check, "function_module"))
    await looking
    assert (await parts.state(order), await parts.causes(order)) == ("parked", ["gate:function_module"])


async def test_without_an_agent_nothing_is_begun(parts: Parts) -> None:
    """The order comes back by itself."""
    order = await long_order(parts)
    await parts.look(order)
    assert (await parts.state(order), await parts.postings(order)) == ("waiting", [])
