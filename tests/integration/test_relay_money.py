"""Every kind of money through the relay's insides: a real store, real databases, an agent double."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.db.engine import Database
from mlconnector_relay.sap.frozen import read_frozen
from mlconnector_shared.envelope import CallEnvelope, Post

from tests.support.mappings import MAPPING
from tests.support.relay_parts import Parts, some_parts
from tests.support.tunnel import AgentDouble

OWN_DOCUMENT = MAPPING.replace('language = "DE"', 'language = "DE"\ntenders = "own_document"')
LAMP = {"price": "119.00", "rates": [{"percent": "19", "name": "VAT"}], "name": "Lamp", "sku": "LAMP"}


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    """A relay's insides with a store."""
    async with some_parts(database, tmp_path) as made:
        yield made


def rows(envelope: CallEnvelope) -> list[tuple[str, str]]:
    """Customer or account with amount of every row a document has in SAP."""
    assert isinstance(envelope.work, Post)
    parameters = envelope.work.call.parameters
    amounts = {row["ITEMNO_ACC"]: row["AMT_DOCCUR"] for row in parameters["CURRENCYAMOUNT"]}
    assert sum(Decimal(amount) for amount in amounts.values()) == 0
    tables = ("ACCOUNTRECEIVABLE", "ACCOUNTGL", "ACCOUNTTAX")
    return [
        (row.get("CUSTOMER") or row.get("GL_ACCOUNT") or row["TAX_CODE"], amounts[row["ITEMNO_ACC"]])
        for table in tables
        for row in parameters[table]
    ]


async def next_call(parts: Parts, agent: AgentDouble, order: int, **answer: Any) -> CallEnvelope:
    """Let the order be worked on, and the agent post what comes."""
    if await parts.work() != [order]:
        await parts.look(order)
    envelope = await agent.hear_call(parts.landing.trust)
    await parts.answer(envelope, **answer)
    return envelope


# --- tenders ---


async def test_tenders_reduce_what_the_customer_owes(parts: Parts) -> None:
    """A gift certificate sold, one used, store credit used: liabilities, in one document."""
    sold = {"type": "giftcertificate", "price": "50.00", "name": "For Ida", "rates": []}
    order = await parts.store.describe(lines=[LAMP, sold], gift_certificate="20", store_credit="5")
    agent = await parts.connect()
    envelope = await next_call(parts, agent, order)

    assert rows(envelope) == [
        ("0000099000", "144.00"),
        ("0000800900", "-100.00"),
        ("0000176500", "-50.00"),
        ("0000176500", "20.00"),
        ("0000176600", "5.00"),
        ("A1", "-19.00"),
    ]
    [entry] = await parts.postings(order)
    assert (entry.gross, entry.more) == (Decimal("144.00"), False)
    assert [line.role for line in read_frozen(entry.facts).lines][2:] == ["gift_certificate_used", "store_credit_used"]
    assert await parts.state(order) == "posted"


async def test_tenders_in_a_document_of_their_own_follow_the_invoice(database: Database, tmp_path: Path) -> None:
    """Without any event: the result of the first has the order looked at again."""
    async with some_parts(database, tmp_path, mapping=OWN_DOCUMENT) as parts:
        order = await parts.store.describe(lines=[LAMP], gift_certificate="20")
        agent = await parts.connect()
        first = await next_call(parts, agent, order)
        assert (await parts.state(order), rows(first)[0]) == ("waiting", ("0000099000", "119.00"))
        second = await next_call(parts, agent, order, object_key="160000000110002026")
        assert rows(second) == [("0000099000", "-20.00"), ("0000176500", "20.00")]

        entries = await parts.postings(order)
        assert [(entry.part, entry.document_type, entry.more) for entry in entries] == [
            (1, "DR", True),
            (2, "DZ", False),
        ]
        assert await parts.state(order) == "posted"
        await parts.look(order)
        assert (await parts.state(order), len(await parts.postings(order))) == ("posted", 2)
