"""A document of somebody else's through the relay's parts and a store: asked for, shown, decided by two, followed."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.db import sap_documents
from mlconnector_relay.db.engine import Database, Transaction
from mlconnector_relay.reconcile.adopting import request
from mlconnector_relay.reconcile.send import Sender
from mlconnector_relay.reconcile.steps import as_causes
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.decision_book import DecisionBook
from mlconnector_relay.tunnel.errors import CallRefused, SessionLost
from mlconnector_shared.envelope import Base, Post, ReadTable
from mlconnector_shared.errors import ConnectorError

from tests.integration.test_relay_money import LAMP, decide, next_call, refund, rows
from tests.support.mappings import MAPPING
from tests.support.relay_parts import Parts, some_parts
from tests.unit.relay.sap.test_adoption import KEY, in_sap

OLD = "Sat, 20 Dec 2025 12:00:00 +0000"
TABLES = in_sap((("0000805000", "", "", "A1"), "-100.00"), owed="119.00", tax="-19.00")


class Sap:
    """What SAP answers to reads of tables; `trouble` is how the next one ends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tables: dict[str, Any] = TABLES
        self.trouble: ConnectorError | None = None
        sap = self

        async def read(_: Sender, store: Any, work: ReadTable, trace: str) -> list[list[str]]:
            if sap.trouble:
                raise sap.trouble
            return [
                [row[name] for name in work.fields]
                for row in sap.tables.get(work.table, [])
                if all(row[one.field] == one.value for one in work.where)
            ]

        monkeypatch.setattr(Sender, "read", read)


@pytest.fixture
def sap(monkeypatch: pytest.MonkeyPatch) -> Sap:
    """SAP with the document of an order of one lamp."""
    return Sap(monkeypatch)


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    """A relay's insides with a store, whose decisions are taken by two people."""
    async with some_parts(database, tmp_path, MAPPING + "\n[decisions]\nfour_eyes = true\n") as made:
        yield made


async def sold_before(parts: Parts) -> int:
    """Place an order that is older than the cut-over."""
    order = await parts.store.describe(lines=[LAMP], date_created=OLD)
    await parts.look(order)
    assert await parts.state(order) == "skipped"
    return order


async def ask(parts: Parts, order: int, object_key: str = KEY) -> None:
    """Have a person ask for a document, and the order looked at."""
    book = DecisionBook(Audit(parts.vault, parts.runtime), parts.runtime)
    [cause] = as_causes([request(order, object_key)])

    async def work(tx: Transaction) -> None:
        await book.decide(tx, parts.key(order), cause, "propose", by="ida", reason="sold before", four_eyes=True)

    await parts.database.write(work)
    await parts.work()


async def adopted(parts: Parts) -> int:
    """Adopt the document for an order."""
    order = await sold_before(parts)
    await ask(parts, order)
    for person in ("ida", "otto"):
        assert await parts.causes(order) == [f"decision:adopt:{order}"]
        assert await parts.postings(order) == []
        await decide(parts, order, "adopt", person, four_eyes=True)
        await parts.work()
    return order


async def test_two_people_adopt_a_document_and_a_refund_follows(parts: Parts, sap: Sap) -> None:
    """Written down with what was read and who decided; the credit memo stands on its accounts, built on its key."""
    order = await adopted(parts)
    [entry] = await parts.postings(order)
    assert (entry.state, entry.object_key, str(entry.gross), entry.instance) == ("posted", KEY, "119.00", "")
    assert entry.detail == "adopt: decided by ida, confirmed by otto"
    async with parts.database.read() as tx:
        [document] = await sap_documents.entered_since(tx, "acme", entry.sysid, entry.client, date.min)
    assert (document.reference, str(document.gross), document.taxes) == ("R 4711", "119.00", "A1=19.00")
    assert "document.adopted" in [row.kind for row in await parts.records(order)]
    await parts.work()
    job = await parts.job(order)
    assert (job.state, job.reason) == ("posted", "posted as document 1400004711 of company code 1000, fiscal year 2025")

    agent = await parts.connect()
    line = (await parts.store.control(f"/orders/{order}")).body["products"][0]["id"]
    piece = {"item_type": "PRODUCT", "item_id": line, "quantity": 1}
    await refund(parts, order, items=[piece], provider_id="custom", offline=True)
    envelope = await next_call(parts, agent, order)
    assert isinstance(envelope.work, Post)
    assert envelope.work.base == Base(KEY, "R 4711")
    assert rows(envelope) == [("0000099000", "-119.00"), ("0000805000", "100.00"), ("A1", "19.00")]


async def test_what_can_not_be_adopted_leaves_the_order_as_it_was(parts: Parts, sap: Sap) -> None:
    """Skipped, with every reason; of several documents asked for the one that fits is proposed."""
    await adopted(parts)
    order = await sold_before(parts)
    await ask(parts, order)
    assert "is not adopted: it is in the ledger already, of order" in (await parts.job(order)).reason
    other = "140000471210002025"
    await ask(parts, order, other)
    assert "SAP has no such document" in (await parts.job(order)).reason
    assert await parts.state(order) == "skipped"
    sap.tables = {name: [row | {"BELNR": other[:10]} for row in some] for name, some in TABLES.items()}
    await parts.look(order)
    assert await parts.causes(order) == [f"decision:adopt:{order}"]
    await parts.map(
        MAPPING.replace(
            'gl_account = "800900"\ncost_center = "4100"',
            'gl_account = "800900"\ncost_center = "4100"\ncategories = [99]',
        )
    )
    await parts.look(order)
    assert "fiscal year 2025 is not adopted: " in (await parts.job(order)).reason


async def test_sap_away_is_waited_for_and_a_policy_told_to_basis(parts: Parts, sap: Sap) -> None:
    """As for everything that is read."""
    order = await sold_before(parts)
    sap.trouble = SessionLost("no agent of ECC client 100 is connected here")
    await ask(parts, order)
    assert (await parts.job(order)).due_at is not None
    sap.trouble = CallRefused("table", "BSIS is not named")
    await parts.look(order)
    assert await parts.causes(order) == ["gate:table"]
    assert "docs/howto/adopt-a-document.md" in (await parts.job(order)).reason
    sap.trouble = None
    await parts.look(order)
    assert await parts.causes(order) == [f"decision:adopt:{order}"]
