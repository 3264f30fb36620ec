"""What another look at an order asks the store for: its header, and what may change without it; all else is kept."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.db import audit, jobs
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.tables import audit_records
from mlconnector_relay.reconcile import kept, send
from mlconnector_relay.trail.sealer import Sealer
from sqlalchemy import update

from tests.support.mappings import MAPPING
from tests.support.relay_parts import TENANT, Parts, some_parts
from tests.support.store import HASH

NO_ACCOUNTS = re.sub(r"\[\[accounts\]\]\n(?:.+\n)+", "", MAPPING)
CAUSE = "account:category=22>21>20,company_code=1000"


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    """A relay's insides with a store, and a mapping that knows no accounts."""
    async with some_parts(database, tmp_path, mapping=NO_ACCOUNTS) as made:
        await made.connect()
        yield made


class Asked:
    """The requests the store gets from now on: what is below the order, `header` for the order itself."""

    def __init__(self, parts: Parts) -> None:
        self.paths: list[str] = []
        client = parts.account.client
        self._once = client._once
        client._once = self._noted  # type: ignore[method-assign]

    async def _noted(self, method: str, path: str, *rest: Any) -> Any:
        self.paths.append(re.sub(r"^/v\d/orders/\d+/?(payment_actions/)?", "", path) or "header")
        return await self._once(method, path, *rest)

    def since(self) -> list[str]:
        """Return what was asked since the last time."""
        asked, self.paths[:] = self.paths[:], []
        return asked


WHOLE = ["header", "products", "taxes", "refunds", "transactions", "header"]


async def parked(parts: Parts, **order: Any) -> tuple[int, Asked]:
    """Have an order fetched that no account is known for."""
    number = await parts.store.describe(**order)
    asked = Asked(parts)
    await parts.look(number)
    assert await parts.state(number) == "parked"
    assert asked.since()
    return number, asked


async def sent(parts: Parts) -> str:
    """Return the kind of posting that leaves next, which is answered."""
    [agent] = parts.landing.endings
    envelope = await agent.hear_call(parts.landing.trust)
    await parts.answer(envelope)
    return envelope.posting_id.split("/")[3]


async def test_an_order_that_did_not_change_is_not_fetched_again(parts: Parts) -> None:
    """Parked for a mapping, released by it: its header alone is read, and the trail says where the rest is."""
    order, asked = await parked(parts)
    await parts.map(MAPPING)
    await parts.work()

    assert asked.since() == ["header"]
    assert await sent(parts) == "invoice"
    first, again = [row for row in await parts.records(order) if row.kind == "store.fetched"]
    assert f'"same_as":"{first.record_id}"' in again.fields
    [entry] = await parts.postings(order)
    assert (entry.snapshot_digest in first.fields, entry.snapshot_digest in again.fields) == (True, True)


async def test_an_order_too_large_is_fetched_each_time(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither is it kept, nor is anything read back for it; parked or without write credit."""
    monkeypatch.setattr(kept, "MOST_BYTES", 500)
    number, asked = await parked(parts)
    assert (await parts.job(number)).fetched_as == ""
    await parts.database.write(lambda tx: jobs.release(tx, TENANT, CAUSE, parts.runtime.now()))
    assert await parts.work() == [number]
    assert asked.since() == WHOLE


async def test_an_order_that_changed_is_fetched_whole(parts: Parts) -> None:
    """Although nobody told, and however it shows: by the stamp, or by anything else of the header."""
    order, asked = await parked(parts)
    await parts.edit(order, date_modified="Mon, 23 Nov 2037 00:00:00 +0000")
    await parts.database.write(lambda tx: jobs.release(tx, TENANT, CAUSE, parts.runtime.now()))
    await parts.work()
    assert asked.since() == WHOLE

    before = (await parts.job(order)).modified_at
    await parts.edit(order, items_shipped=1, date_modified="Mon, 23 Nov 2037 00:00:00 +0000")
    await parts.map(MAPPING)
    await parts.work()
    shipped = [*WHOLE[:-1], "shipments", "header"]
    assert (asked.since(), (await parts.job(order)).modified_at) == (shipped, before)
    assert await sent(parts) == "invoice"


async def test_an_event_has_the_order_fetched_whole(parts: Parts) -> None:
    """Nothing says that a refund, a shipment or a payment moves the order's stamp: the event is evidence enough."""
    order, asked = await parked(parts)
    await parts.look(order)

    assert asked.since() == WHOLE


async def test_an_event_during_a_look_has_the_order_fetched_whole(parts: Parts) -> None:
    """What was fetched before the event came is not used after it."""
    order, asked = await parked(parts)
    client, get = parts.account.client, parts.account.client.get

    async def told_meanwhile(*question: Any) -> Any:
        client.get = get  # type: ignore[method-assign]
        await parts.database.write(lambda tx: jobs.enqueue(tx, parts.key(order), parts.runtime.now()))
        return await get(*question)

    await parts.database.write(lambda tx: jobs.release(tx, TENANT, CAUSE, parts.runtime.now()))
    client.get = told_meanwhile  # type: ignore[method-assign,assignment]
    assert await parts.work() == [order]
    assert asked.since() == ["header"]
    assert await parts.work() == [order]
    assert asked.since() == WHOLE


async def test_an_order_that_waits_for_credit_is_fetched_once(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """And posted from what was fetched then."""
    monkeypatch.setattr(send, "CREDIT_SECONDS", 0.05)
    await parts.map(MAPPING)
    [agent] = parts.landing.endings
    await agent.leave()
    order = await parts.store.describe()
    asked = Asked(parts)
    await parts.look(order)
    assert sorted(asked.since())[-6:] == sorted(WHOLE)
    for _ in range(2):
        await parts.runtime.sleep(5)
        assert await parts.work() == [order]
        assert asked.since() == ["header"]
    assert [row.kind for row in await parts.records(order)] == ["store.fetched"]

    again = await parts.landing.connected("berlin", writes=1, boot_id="boot-2")
    await parts.runtime.sleep(5)
    assert await parts.work() == [order]
    assert asked.since() == ["header"]
    await again.hear_call(parts.landing.trust)


async def test_reading_anew_is_what_a_person_asks_for(parts: Parts) -> None:
    """By naming the order, or a cause of the mapping, which a person only cures in the store."""
    order, asked = await parked(parts)
    await parts.database.write(lambda tx: jobs.bump(tx, parts.key(order), parts.runtime.now()))
    await parts.work()
    assert asked.since() == WHOLE
    await parts.database.write(lambda tx: jobs.release(tx, TENANT, CAUSE, parts.runtime.now(), anew=True))
    await parts.work()
    assert asked.since() == WHOLE


async def test_what_is_not_there_or_not_readable_is_fetched(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Archived, altered, or read by another version of the program; never a reason to stop."""
    order, asked = await parked(parts)

    async def again() -> list[str]:
        await parts.database.write(lambda tx: jobs.release(tx, TENANT, CAUSE, parts.runtime.now()))
        assert await parts.work() == [order]
        return asked.since()

    assert await again() == ["header"]
    monkeypatch.setattr(kept, "_PROGRAM", "another")
    assert await again() == WHOLE
    altered = update(audit_records).where(audit_records.c.kind == "store.fetched").values(payload=b"x" * 60)
    await parts.database.write(lambda tx: tx.execute(altered))
    assert await again() == WHOLE
    await Sealer(parts.database, parts.runtime).seal(TENANT)
    await parts.database.write(lambda tx: audit.archive(tx, TENANT, 99, parts.runtime.now()))
    assert await again() == WHOLE
    assert await again() == ["header"]


async def test_an_erased_order_is_not_read_from_what_was_kept(parts: Parts) -> None:
    """Its key is gone, so nothing of it can be used again."""
    order, asked = await parked(parts)
    await parts.database.write(lambda tx: parts.vault.erase(tx, TENANT, f"{HASH}/{order}", "asked to"))
    await parts.database.write(lambda tx: jobs.release(tx, TENANT, CAUSE, parts.runtime.now()))
    await parts.work()

    assert asked.since() == WHOLE
    assert await parts.causes(order) == ["failure:subject_erased"]


async def test_refunds_are_read_until_they_are_final(parts: Parts) -> None:
    """Neither a refund nor its payment need move any stamp: the one is always read, the other while it is awaited."""
    behaviour = {"date_modified": "status_only", "refund_status": "keep"}
    assert (await parts.store.control("/behaviour", "PATCH", behaviour)).status == 200
    await parts.map(MAPPING)
    order = await parts.store.describe()
    asked = Asked(parts)
    await parts.look(order)
    assert await sent(parts) == "invoice"
    shown = await parts.store.control(f"/orders/{order}")
    wish = {"items": [{"item_type": "PRODUCT", "item_id": shown.body["products"][0]["id"], "quantity": 1}]}
    refund = await parts.store.control(f"/orders/{order}/refunds", "POST", wish | {"provider_id": "stripe"})
    assert refund.status == 201, refund.raw
    await parts.look(order)
    assert asked.since()[-1] == "header"

    polled = ["refunds", "transactions", "header"]
    await parts.runtime.sleep(3700)
    assert (await parts.work(), asked.since()) == ([order], polled)
    assert (await parts.job(order)).reason.startswith("refund")
    settled = await parts.store.control(f"/orders/{order}/refunds/{refund.body['id']}/settle", "POST")
    assert settled.status == 200, settled.raw
    await parts.runtime.sleep(3700)
    assert (await parts.work(), asked.since()) == ([order], polled)
    assert await sent(parts) == "refund"
    assert (await parts.work(), asked.since()) == ([order], ["refunds", "header"])
    assert await parts.state(order) == "posted"
