"""One order brought into step with SAP: a real store, real databases, an agent double; the rules of snapshots."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.errors import StoreAnswerInvalid
from mlconnector_relay.db import ahead, jobs, worklist
from mlconnector_relay.db.engine import Database
from mlconnector_relay.reconcile import run, send
from mlconnector_relay.reconcile.send import LeaseLost
from mlconnector_relay.reconcile.snapshot import take
from mlconnector_relay.sap.tax_rules import VatIds
from mlconnector_relay.sap.vat_ids import vat_id_of
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.decision_book import DecisionBook
from mlconnector_relay.tunnel.errors import SessionLost
from mlconnector_shared.envelope import CallEnvelope

from tests.support.mappings import MAPPING
from tests.support.relay_parts import ANSWER_SECONDS, TENANT, Parts, some_parts

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
    """The archive flag reverses nothing; people see them until they acknowledge it, one alert per store."""
    orders = [(await posted(parts))[0] for _ in range(2)]
    for order in orders:
        await parts.store.control(f"/orders/{order}/archive", "POST")
        await parts.look(order)
        assert (await parts.state(order), len(await parts.postings(order))) == ("posted", 1)
        assert await parts.causes(order) == ["archived:abc123"]
    assert [key for key in await parts.open_alerts() if key.startswith("archived")] == ["archived:abc123"]
    async with parts.database.read() as tx:
        [entry] = await worklist.entries(tx, TENANT)
        [cause] = await jobs.causes_of(tx, parts.key(orders[0]))
    assert (entry.orders, entry.blocked, entry.choices) == (2, {"EUR": Decimal(0)}, "leave")

    book = DecisionBook(Audit(parts.vault, parts.runtime), parts.runtime)
    key = parts.key(orders[0])
    await parts.database.write(lambda tx: book.decide(tx, key, cause, "leave", by="ida", reason="old orders"))
    assert await parts.causes(orders[0]) == []
    assert await parts.work() == []
    await parts.look(*orders)
    assert [await parts.causes(order) for order in orders] == [[], ["archived:abc123"]]
    await parts.store.control(f"/orders/{orders[1]}/unarchive", "POST")
    await parts.look(orders[1])
    assert await parts.causes(orders[1]) == []

    for how, causes in (("unarchive", []), ("archive", ["archived:abc123"])):
        await parts.store.control(f"/orders/{orders[0]}/{how}", "POST")
        await parts.look(orders[0])
        assert await parts.causes(orders[0]) == causes
    assert [row.kind for row in await parts.records(orders[0])].count("decision.ended") == 1


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


async def requests_of(parts: Parts, order: int) -> list[list[str]]:
    """Return, per look at an order, the paths that were asked for."""
    return [
        [one["request"].split("?")[0].removeprefix("GET ") for one in json.loads(row.fields)["requests"]]
        for row in await parts.records(order)
        if row.kind == "store.fetched"
    ]


async def test_a_payment_in_test_mode_is_no_sale(parts: Parts) -> None:
    """Only the order's transactions tell; its payment method and status look like any other's."""
    order = await parts.store.describe(payment_provider_id="testgateway")
    await parts.connect()
    await parts.look(order)

    job = await parts.job(order)
    assert (job.state, job.reason.partition(":")[0]) == ("skipped", "test_payment")
    assert await parts.postings(order) == []


async def test_transactions_are_fetched_once(parts: Parts) -> None:
    """For the posting they decide; no later look at the order asks for them again."""
    order, _ = await posted(parts)
    await parts.look(order)

    first, second = await requests_of(parts, order)
    assert first.count(f"/v3/orders/{order}/transactions") == 1
    assert f"/v3/orders/{order}/transactions" not in second
    assert len(second) == 5, "header, lines, taxes, refunds, header"


async def test_what_identifies_a_card_is_not_kept(parts: Parts) -> None:
    """The trail keeps the store's answers, but of the shopper's card no digits and no expiry."""
    order, _ = await posted(parts)
    fetched = next(row for row in await parts.records(order) if row.kind == "store.fetched")
    async with parts.database.read() as tx:
        kept = await parts.audit.payload(tx, fetched)

    assert kept
    assert b"gateway_transaction_id" in kept
    assert b"411111" not in kept
    assert b"2030" not in kept


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


async def test_a_question_that_a_clock_ahead_asked_is_asked_again(parts: Parts) -> None:
    """Sent by the clock of next year, the posting is asked about now, and by the right clock from then on."""
    order = await parts.store.describe()
    agent = await parts.connect()
    right = parts.runtime.slept
    parts.runtime.slept = [365 * 86400.0]
    await parts.look(order)
    first = await agent.hear_call(parts.landing.trust)

    parts.runtime.slept = right
    now = parts.runtime.now()
    assert await parts.database.write(lambda tx: ahead.make_due(tx, TENANT, now, 60.0)) == 1
    assert await parts.work() == [order]
    second = await agent.hear_call(parts.landing.trust)
    assert (second.posting_id, second.work) == (first.posting_id, first.work)
    due = (await parts.job(order)).due_at
    assert due is not None
    assert due - now < timedelta(seconds=2 * ANSWER_SECONDS)


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


async def test_a_mapping_that_comes_while_an_order_is_fetched_is_used(database: Database, tmp_path: Path) -> None:
    """What is in force when it is planned counts."""
    async with some_parts(database, tmp_path, mapping=NO_ACCOUNTS) as parts:
        agent = await parts.connect()
        order = await parts.store.describe()
        hold = await parts.fault(kind="hold", path=f"*/v2/orders/{order}/products", times=1)
        looking = asyncio.create_task(parts.look(order))
        await parts.store.control(f"/faults/{hold}/wait?count=1&timeout=5")
        await parts.map(MAPPING)
        await parts.store.control(f"/faults/{hold}/release", "POST")
        await looking
        await agent.hear_call(parts.landing.trust)


async def test_a_mapping_that_comes_while_an_order_is_parked_is_seen(database: Database, tmp_path: Path) -> None:
    """It parks with the old knowledge just after the new mapping was asked: looked at again at once."""
    async with some_parts(database, tmp_path, mapping=NO_ACCOUNTS) as parts:
        agent = await parts.connect()
        order = await parts.store.describe()

        class Late:
            """A database whose first write waits until the mapping changed."""

            waited = False

            def read(self) -> Any:
                return database.read()

            async def write(self, work: Any) -> Any:
                if not self.waited:
                    self.waited = True
                    await parts.map(MAPPING)
                return await database.write(work)

        parts.reconciler._database = Late()  # type: ignore[assignment]
        await parts.look(order)
        assert await parts.work() == [order]
        await agent.hear_call(parts.landing.trust)


async def test_the_longer_the_doubt_the_rarer_the_questions(parts: Parts) -> None:
    """Every question is an envelope that is kept."""
    order = await parts.store.describe()
    agent = await parts.connect(writes=64)
    await parts.look(order)
    await agent.hear_call(parts.landing.trust)
    asked = []
    for _ in range(400):
        await parts.runtime.sleep(ANSWER_SECONDS)
        await parts.look(order)
        job = await parts.job(order)
        assert (job.state, job.due_at is not None) == ("in_doubt", True)
        asked = [row for row in await parts.records(order) if row.kind == "envelope.sealed"]
        if len(asked) > 25:
            break
    pauses = [(later.at - earlier.at).total_seconds() for earlier, later in pairwise(asked)]

    assert pauses[0] < 2 * ANSWER_SECONDS
    assert 5 * ANSWER_SECONDS < pauses[-1] <= 16 * ANSWER_SECONDS


async def test_an_answer_that_comes_while_it_is_asked_about_ends_the_asking(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is written is decided by the ledger as it is then."""
    order = await parts.store.describe()
    agent = await parts.connect()
    await parts.look(order)
    envelope = await agent.hear_call(parts.landing.trust)
    acquire = parts.landing.dispatcher.acquire

    async def slowly(*arguments: Any, **options: Any) -> Any:
        slot = await acquire(*arguments, **options)
        await parts.answer(envelope)
        return slot

    monkeypatch.setattr(parts.landing.dispatcher, "acquire", slowly)
    await parts.runtime.sleep(ANSWER_SECONDS + 1)
    await parts.look(order)
    monkeypatch.undo()

    assert await parts.work() == [order]
    assert await parts.state(order) == "posted"
    assert [row.kind for row in await parts.records(order)].count("envelope.sealed") == 1


async def test_who_lost_its_lease_sends_nothing(parts: Parts) -> None:
    """Another process works on the order; the slot is free again."""
    order = await parts.store.describe()
    agent = await parts.connect(writes=1)
    now = parts.runtime.now()
    await parts.database.write(lambda tx: jobs.enqueue(tx, parts.key(order), now))
    [job] = await parts.queue.lease(1)
    await parts.runtime.sleep(61)
    [taken] = await parts.queue.lease(1)
    with pytest.raises(LeaseLost):
        await parts.reconciler(job)
    assert await parts.postings(order) == []

    await parts.reconciler(taken)
    assert (await agent.hear_call(parts.landing.trust)).envelope_id.endswith("#1")


async def test_a_session_that_ends_before_sending_leaves_the_posting_written_down(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is asked about later, with the same agent."""
    order = await parts.store.describe()
    await parts.connect()

    async def lost(*arguments: Any) -> None:
        raise SessionLost("gone")

    monkeypatch.setattr(parts.landing.dispatcher, "send", lost)
    await parts.look(order)
    assert await parts.state(order) == "posting"
    assert [entry.state for entry in await parts.postings(order)] == ["sent"]


async def test_an_envelope_that_is_not_kept_is_for_a_person(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made up in its place."""
    order = await parts.store.describe()
    agent = await parts.connect()
    await parts.look(order)
    await agent.hear_call(parts.landing.trust)

    async def nothing(*arguments: Any) -> None:
        return None

    monkeypatch.setattr(send.envelopes, "sealed", nothing)
    await parts.runtime.sleep(ANSWER_SECONDS + 1)
    await parts.look(order)
    assert await parts.causes(order) == ["failure:plan_broken"]


async def test_a_store_that_stays_away_opens_its_circuit(parts: Parts) -> None:
    """Its orders wait; the first answer closes it."""
    orders = [await parts.store.describe() for _ in range(3)]
    fault = await parts.fault(kind="error", status=503, path="*/v2/orders/*")
    await parts.look(*orders)
    assert {await parts.state(order) for order in orders} == {"waiting"}
    assert "store_unavailable" in (await parts.job(orders[0])).reason

    await parts.store.control(f"/faults/{fault}", "DELETE")
    await parts.connect()
    await parts.look(*orders)
    assert {await parts.state(order) for order in orders} == {"posting"}


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_store_that_is_too_slow_counts_as_away(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much it answers: its orders give their places back, and wait."""
    monkeypatch.setattr(run, "TAKE_SECONDS", 0.3)
    orders = [await parts.store.describe() for _ in range(3)]
    holds = [await parts.fault(kind="hold", path=f"*/v2/orders/{order}/products", times=1) for order in orders]
    await parts.look(*orders)

    assert {await parts.state(order) for order in orders} == {"waiting"}
    assert "did not come within" in (await parts.job(orders[0])).reason
    for hold in holds:
        await parts.store.control(f"/faults/{hold}", "DELETE")


async def test_a_customer_s_group_is_looked_up_and_kept(parts: Parts) -> None:
    """Mapping selects on it; a flash sale does not ask a thousand times, and one that is gone is no failure."""
    catalogue = parts.account.catalogue
    fetches: list[Any] = []
    known = await catalogue.customer(1, fetches.append)
    assert known is not None
    assert await catalogue.customer(1, fetches.append) == known
    assert await catalogue.customer(999_999, fetches.append) is None
    assert len(fetches) == 2

    order = await parts.store.describe(customer_id=1)
    agent = await parts.connect()
    await parts.look(order)
    await agent.hear_call(parts.landing.trust)


async def test_the_store_is_asked_for_what_it_shows_of_customers_on_request_alone(parts: Parts) -> None:
    """Segments, form fields and attributes; the order is planned with them."""
    loyal, exempt = [await parts.account.catalogue.customer(number) for number in (1, 5)]
    assert loyal is not None
    assert exempt is not None
    assert len(loyal.segment_ids) == 1
    assert (exempt.segment_ids, exempt.tax_exempt_category) == ((), "intra-community")
    assert [(field.name, field.value) for field in exempt.form_fields] == [("VAT ID", "ATU12345675")]

    order = await parts.store.describe(customer_id=5, form_fields={})
    taken = await take(
        parts.account.client,
        parts.account.catalogue,
        order,
        parts.runtime,
        refunds=False,
        transactions=lambda _: False,
        unseen=lambda _: False,
    )
    found = vat_id_of(taken.snapshot, VatIds(form_fields=("VAT ID",)))
    assert (found.number, found.source) == ("ATU12345675", "customer's account's form field VAT ID")
    assert taken.snapshot.tax_exempt_category == "intra-community"


async def test_the_catalogue_forgets_and_stays_small(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """After minutes it asks again; beyond a number the oldest go; ids are asked for by the hundred."""
    catalogue = parts.account.catalogue
    fetches: list[Any] = []
    facts = await catalogue.facts([111, 112, 112], fetches.append)
    assert set(facts.products) == {111, 112}
    parents = {category.parent_id for category in facts.categories.values() if category.parent_id}
    assert parents <= set(facts.categories)
    first = len(fetches)
    await catalogue.facts([111], fetches.append)
    assert len(fetches) == first
    await parts.runtime.sleep(301)
    await catalogue.facts([111], fetches.append)
    assert len(fetches) > first

    monkeypatch.setattr(catalogue._products, "_most", 1)
    facts = await catalogue.facts(range(111, 400))
    assert {111, 142} <= set(facts.products)
    assert len(catalogue._products._values) == 1

    await parts.fault(kind="error", status=200, path="*/v3/catalog/products", body={"data": [{"id": "Erika"}]})
    with pytest.raises(StoreAnswerInvalid, match="not a ProductFacts"):
        await catalogue.facts([111])
