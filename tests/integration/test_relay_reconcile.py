"""One order brought into step with SAP: a real store, real databases, an agent double; the rules of snapshots."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.db.engine import Database
from mlconnector_relay.reconcile import send
from mlconnector_shared.envelope import CallEnvelope

from tests.support.mappings import MAPPING
from tests.support.relay_parts import ANSWER_SECONDS, Parts, some_parts

NO_ACCOUNTS = re.sub(r"\[\[accounts\]\]\n(?:.+\n)+", "", MAPPING)
NEITHER = NO_ACCOUNTS.replace('countries = ["DE"]', 'countries = ["AT"]')


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    """A relay's insides with a store."""
    async with some_parts(database, tmp_path) as made:
        yield made


async def posted(parts: Parts, **order: Any) -> tuple[int, CallEnvelope]:
    """Place an order and post it."""
    number = await parts.store.describe(**order)
    agent = await parts.connect()
    await parts.look(number)
    envelope = await agent.hear_call(parts.landing.trust)
    await parts.answer(envelope)
    assert await parts.state(number) == "posted"
    return number, envelope


async def test_an_order_is_written_down_and_sent(parts: Parts) -> None:
    """Ledger, envelope, audit and the order's state together, before the bytes leave."""
    order = await parts.store.describe()
    agent = await parts.connect()
    await parts.look(order)
    envelope = await agent.hear_call(parts.landing.trust)

    [entry] = await parts.postings(order)
    assert (entry.state, entry.instance, entry.envelope_id) == ("sent", "berlin", envelope.envelope_id)
    assert await parts.state(order) == "posting"
    kinds = [row.kind for row in await parts.records(order)]
    assert kinds == ["store.fetched", "order.planned", "document.built", "envelope.sealed"]

    await parts.answer(envelope)
    job = await parts.job(order)
    assert (job.state, job.due_at) == ("posted", None)


async def test_an_order_posted_is_left_alone(parts: Parts) -> None:
    """Looked at again, nothing is owed."""
    order, _ = await posted(parts)
    await parts.look(order)

    assert (await parts.state(order), len(await parts.postings(order))) == ("posted", 1)


async def test_an_old_version_served_by_the_store_changes_nothing(parts: Parts) -> None:
    """Older than what was posted from: fetched again later, and the order stays what it is."""
    order = await parts.store.describe()
    await parts.edit(order, staff_notes="gift", date_modified="Mon, 23 Nov 2037 00:00:00 +0000")
    agent = await parts.connect()
    await parts.look(order)
    await parts.answer(await agent.hear_call(parts.landing.trust))
    await parts.fault(kind="stale", order_id=order)
    await parts.look(order)

    job = await parts.job(order)
    assert (job.state, len(await parts.postings(order)), job.due_at is not None) == ("posted", 1, True)
    assert "older than" in job.reason


async def test_an_edit_in_mid_fetch_is_fetched_again(parts: Parts) -> None:
    """A snapshot counts only if the order is the same before and after."""
    order = await parts.store.describe()
    agent = await parts.connect()
    change = {"staff_notes": "gift", "date_modified": "Mon, 23 Nov 2037 00:00:00 +0000"}
    await parts.fault(kind="edit", order_id=order, after=2, change=change)
    await parts.look(order)
    await agent.hear_call(parts.landing.trust)

    [fetched, *_] = await parts.records(order)
    heads = [
        one for one in json.loads(fetched.fields)["requests"] if one["request"].split("?")[0].endswith(f"/{order}")
    ]
    assert len(heads) == 4


async def test_an_order_that_keeps_changing_waits(parts: Parts) -> None:
    """Nothing is posted from a moving target."""
    order = await parts.store.describe()
    await parts.connect()
    for fetches in range(1, 40):
        change = {"date_modified": f"Mon, 23 Nov 2037 00:00:{fetches:02d} +0000"}
        await parts.fault(kind="edit", order_id=order, after=fetches, change=change)
    await parts.look(order)

    job = await parts.job(order)
    assert (job.state, await parts.postings(order)) == ("waiting", [])
    assert "modified during 3 fetches in a row" in job.reason


async def test_absence_proves_nothing(parts: Parts) -> None:
    """404 for everything: a posted order stays posted, a new one waits and is asked again."""
    old, _ = await posted(parts)
    new = await parts.store.describe()
    await parts.fault(kind="missing")
    await parts.look(old, new)

    assert (await parts.state(old), await parts.state(new)) == ("posted", "waiting")
    assert "store_not_found" in (await parts.job(new)).reason
    assert (len(await parts.postings(old)), await parts.postings(new)) == (1, [])
    assert "store.order_missing" in [row.kind for row in await parts.records(old)]


async def test_an_empty_answer_is_absence(parts: Parts) -> None:
    """Also a 204 where an order should be, and an order without its lines."""
    order = await parts.store.describe()
    await parts.connect()
    await parts.fault(kind="error", status=204, path=f"*/v2/orders/{order}", times=1)
    await parts.look(order)
    assert await parts.state(order) == "waiting"

    await parts.fault(kind="error", status=204, path=f"*/v2/orders/{order}/products")
    await parts.look(order)
    assert (await parts.state(order), await parts.postings(order)) == ("parked", [])


async def test_archived_orders_are_no_cancelled_ones(parts: Parts) -> None:
    """The archive flag reverses nothing."""
    order, _ = await posted(parts)
    await parts.store.control(f"/orders/{order}/archive", "POST")
    await parts.look(order)

    assert (await parts.state(order), len(await parts.postings(order))) == ("posted", 1)


async def test_an_order_we_cannot_read_parks_without_its_content(parts: Parts) -> None:
    """The reason names the field; what stands in it may be personal."""
    order = await parts.store.describe()
    await parts.fault(kind="error", status=200, path=f"*/v2/orders/{order}", body={"id": "Erika", "status_id": 1})
    await parts.look(order)

    job = await parts.job(order)
    assert (job.state, await parts.causes(order)) == ("parked", ["failure:store_answer_invalid"])
    assert "date_created" in job.reason
    assert "Erika" not in job.reason
    assert await parts.open_alerts() == ["failure:store_answer_invalid"]


async def test_before_cut_over_is_skipped_visibly(parts: Parts) -> None:
    """With the rule."""
    order = await parts.store.describe(date_created="Mon, 23 Nov 2020 00:00:00 +0000")
    await parts.look(order)

    job = await parts.job(order)
    assert (job.state, job.reason.partition(":")[0]) == ("skipped", "before_cut_over")


async def test_without_write_credit_an_order_waits_and_is_no_failure(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sealed that could expire in a queue."""
    monkeypatch.setattr(send, "CREDIT_SECONDS", 0.05)
    order = await parts.store.describe()
    await parts.look(order)

    job = await parts.job(order)
    assert (job.state, job.attempts, await parts.postings(order)) == ("waiting", 0, [])
    assert "no write credit" in job.reason


async def test_silence_is_asked_about_and_never_posted_again(parts: Parts) -> None:
    """The same posting, the same content, the same agent; under a fresh lifetime."""
    order = await parts.store.describe()
    agent = await parts.connect()
    await parts.look(order)
    first = await agent.hear_call(parts.landing.trust)

    await parts.look(order)
    assert await parts.state(order) == "in_doubt"
    await parts.runtime.sleep(ANSWER_SECONDS + 1)
    await parts.look(order)
    second = await agent.hear_call(parts.landing.trust)

    assert (second.posting_id, second.work, second.audience) == (first.posting_id, first.work, first.audience)
    assert second.envelope_id.startswith(first.envelope_id + ".")
    assert second.not_after > first.not_after
    [entry] = await parts.postings(order)
    assert entry.attempt == 1


async def test_doubt_without_its_agent_stays_in_doubt(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """No other agent is asked; time alone transfers nothing."""
    monkeypatch.setattr(send, "CREDIT_SECONDS", 0.05)
    order = await parts.store.describe()
    agent = await parts.connect()
    await parts.look(order)
    await agent.hear_call(parts.landing.trust)
    await agent.leave()
    parts.landing.enrol("other")
    await parts.landing.connected("other", writes=4)
    await parts.runtime.sleep(ANSWER_SECONDS + 1)
    await parts.look(order)

    job, [entry] = await parts.job(order), await parts.postings(order)
    assert (job.state, job.owner, entry.instance) == ("in_doubt", "agent", "berlin")


async def test_what_was_rejected_is_posted_again_as_the_next_attempt(parts: Parts) -> None:
    """Same content, same posting id: SAP's no proved that nothing was committed."""
    order = await parts.store.describe()
    agent = await parts.connect()
    await parts.look(order)
    await parts.answer(await agent.hear_call(parts.landing.trust), "rejected", reason="sap_message")
    assert await parts.state(order) == "parked"
    await parts.look(order)
    again = await agent.hear_call(parts.landing.trust)

    assert again.envelope_id.endswith("#2")
    await parts.answer(again)
    assert await parts.state(order) == "posted"


async def test_an_order_before_any_mapping_waits_for_one(database: Database, tmp_path: Path) -> None:
    """And is released by the first that comes."""
    async with some_parts(database, tmp_path, mapping="") as parts:
        order = await parts.store.describe()
        await parts.look(order)
        assert await parts.causes(order) == ["failure:no_mapping"]
        await parts.cures.once()
        agent = await parts.connect()
        await parts.map(MAPPING)
        assert await parts.work() == [order]
        await agent.hear_call(parts.landing.trust)
        assert await parts.open_alerts() == []


async def test_a_mapping_added_releases_exactly_what_it_cures(database: Database, tmp_path: Path) -> None:
    """In the order they came, without a command; what lacks more parks again with the rest."""
    async with some_parts(database, tmp_path, mapping=NEITHER) as parts:
        await parts.connect()
        both = [await parts.store.describe() for _ in range(3)]
        skipped = await parts.store.describe(status_id=0)
        await parts.look(*both, skipped)
        causes = await parts.causes(both[0])
        assert sorted(key.partition(":")[0] for key in causes) == ["account", "tax"]
        assert sorted(await parts.open_alerts()) == sorted(causes)

        await parts.map(NO_ACCOUNTS)
        assert await parts.work() == both
        assert [key.partition(":")[0] for key in await parts.causes(both[0])] == ["account"]
        assert [key.partition(":")[0] for key in await parts.open_alerts()] == ["account"]

        await parts.map(MAPPING)
        assert await parts.work() == both
        assert [await parts.state(order) for order in both] == ["posting"] * 3
        assert await parts.open_alerts() == []
        assert await parts.state(skipped) == "skipped"


async def test_a_mapping_that_came_while_an_order_was_planned_is_seen(database: Database, tmp_path: Path) -> None:
    """It parks with the old knowledge just after the new mapping was asked: looked at again at once."""
    async with some_parts(database, tmp_path, mapping=NO_ACCOUNTS) as parts:
        order = await parts.store.describe()
        hold = await parts.fault(kind="hold", path=f"*/v2/orders/{order}/products", times=1)
        looking = asyncio.create_task(parts.look(order))
        await parts.store.control(f"/faults/{hold}/wait?count=1&timeout=5")
        await parts.map(MAPPING)
        await parts.store.control(f"/faults/{hold}/release", "POST")
        await looking
        agent = await parts.connect()
        assert await parts.work() == [order]
        await agent.hear_call(parts.landing.trust)
