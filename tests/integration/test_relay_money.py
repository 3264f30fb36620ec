"""Every kind of money through the relay's insides: a real store, real databases, an agent double."""

from collections import Counter
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.db import jobs
from mlconnector_relay.db.engine import Database, Transaction
from mlconnector_relay.reconcile.posted import posted_documents
from mlconnector_relay.reconcile.remapping import request
from mlconnector_relay.reconcile.steps import as_causes, as_planned
from mlconnector_relay.sap.frozen import read_frozen
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.decision_book import DecisionBook
from mlconnector_shared.envelope import Base, CallEnvelope, Post

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
    order = await parts.store.describe(lines=[LAMP, sold], gift_certificate="20", store_credit="5", customer_id=1)
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


# --- refunds and cancellations ---


async def refund(parts: Parts, order: int, **wish: Any) -> dict[str, Any]:
    """Refund something in the store."""
    answer = await parts.store.control(f"/orders/{order}/refunds", "POST", wish)
    assert answer.status == 201, answer.raw
    body: dict[str, Any] = answer.body
    return body


async def two_lamps(parts: Parts) -> tuple[int, AgentDouble, int]:
    """Place and post an order of two lamps with shipping; return it with the agent and the id of its line."""
    destination = {"shipping": "5.95"}
    order = await parts.store.describe(lines=[LAMP | {"quantity": 2}], destinations=[destination])
    agent = await parts.connect()
    await next_call(parts, agent, order)
    shown = await parts.store.control(f"/orders/{order}")
    return order, agent, shown.body["products"][0]["id"]


async def test_refunds_become_credit_memos_once_each(parts: Parts) -> None:
    """A piece, then the rest with its shipping; both callbacks of each, and replays, change nothing more."""
    order, agent, line = await two_lamps(parts)
    piece = {"item_type": "PRODUCT", "item_id": line, "quantity": 1}
    first = await refund(parts, order, items=[piece], provider_id="custom", offline=True)
    envelope = await next_call(parts, agent, order, object_key="160000000110002026")
    assert envelope.posting_id.endswith(f"/refund/{first['id']}/1")
    invoice = (await parts.postings(order))[0]
    assert isinstance(envelope.work, Post)
    assert envelope.work.base == Base(invoice.object_key, invoice.reference)
    assert rows(envelope) == [("0000099000", "-119.00"), ("0000800900", "100.00"), ("A1", "19.00")]

    await parts.look(order)
    shown = await parts.store.control(f"/orders/{order}")
    shipping = {"item_type": "SHIPPING", "item_id": shown.body["shipping_addresses"][0]["id"]}
    second = await refund(parts, order, items=[piece, shipping], provider_id="custom", offline=True)
    envelope = await next_call(parts, agent, order, object_key="160000000210002026")
    assert envelope.posting_id.endswith(f"/refund/{second['id']}/1")
    assert Decimal(rows(envelope)[0][1]) == Decimal("-124.95")

    for _ in range(3):
        await parts.work()
        await parts.look(order)
    assert [entry.kind for entry in await parts.postings(order)] == ["invoice", "refund", "refund"]
    assert sum(entry.gross for entry in await parts.postings(order)) == 0
    assert await parts.state(order) == "posted"


async def test_a_refund_that_waits_for_its_payment_posts_nothing(parts: Parts) -> None:
    """It is asked about again without any event, and is for a person after a day."""
    order, _, line = await two_lamps(parts)
    piece = {"item_type": "PRODUCT", "item_id": line, "quantity": 1}
    await refund(parts, order, items=[piece], provider_id="stripe")
    await parts.look(order)
    job = await parts.job(order)
    assert (job.state, job.owner, job.due_at is not None) == ("waiting", "store", True)

    await parts.runtime.sleep(25 * 3600)
    await parts.work()
    assert [key.rpartition(":")[0] for key in await parts.causes(order)] == ["refund:unsettled"]
    assert len(await parts.postings(order)) == 1


async def test_a_cancelled_order_is_taken_back_exactly_once(parts: Parts) -> None:
    """By one credit memo for everything; archived or seen again, nothing more."""
    order, agent, _ = await two_lamps(parts)
    await parts.store.control(f"/orders/{order}/cancel", "POST")
    envelope = await next_call(parts, agent, order, object_key="160000000110002026")
    assert rows(envelope) == [
        ("0000099000", "-243.95"),
        ("0000800900", "200.00"),
        ("0000808000", "5.00"),
        ("A1", "38.95"),
    ]
    await parts.store.control(f"/orders/{order}/archive", "POST")
    await parts.look(order)
    assert [entry.kind for entry in await parts.postings(order)] == ["invoice", "reversal"]
    assert await parts.state(order) == "posted"


async def test_at_most_so_many_orders_are_taken_back_within_an_hour(database: Database, tmp_path: Path) -> None:
    """More wait under one cause with an alert, and follow in order as the hour passes, without anybody's doing."""
    cap = MAPPING.replace("[[company_codes]]", "[cancellations]\nmost_per_hour = 2\n\n[[company_codes]]", 1)
    async with some_parts(database, tmp_path, mapping=cap) as parts:
        orders = [await parts.store.describe(lines=[LAMP]) for _ in range(4)]
        agent = await parts.connect()
        for place, order in enumerate(orders):
            await next_call(parts, agent, order, object_key=f"01800000{place}110002026")
        for order in orders:
            await parts.store.control(f"/orders/{order}/cancel", "POST")
        await parts.look(*orders)
        for place in range(2):
            envelope = await agent.hear_call(parts.landing.trust)
            await parts.answer(envelope, object_key=f"01600000{place}110002026")
        assert [await parts.state(order) for order in orders] == ["posted", "posted", "parked", "parked"]
        assert await parts.causes(orders[2]) == await parts.causes(orders[3]) == ["reversals:abc123"]
        assert "reversals:abc123" in await parts.open_alerts()

        await parts.cures.once()
        assert await parts.work() == []
        await parts.look(orders[3])
        assert await parts.state(orders[3]) == "parked"

        await parts.map(cap.replace("most_per_hour = 2", "most_per_hour = 1"))
        await parts.runtime.sleep(3601)
        await parts.cures.once()
        assert await parts.work() == [orders[2]]
        await parts.answer(await agent.hear_call(parts.landing.trust), object_key="016000000310002026")
        await parts.cures.once()
        assert (await parts.work(), await parts.state(orders[3])) == ([], "parked")

        await parts.map(cap)
        await parts.cures.once()
        assert await parts.work() == [orders[3]]
        await parts.answer(await agent.hear_call(parts.landing.trust), object_key="016000000410002026")
        assert [await parts.state(order) for order in orders] == ["posted"] * 4
        assert [len(await parts.postings(order)) for order in orders] == [2] * 4


async def test_an_order_first_seen_refunded_gets_both_documents_without_another_event(parts: Parts) -> None:
    """The result of the first has the order looked at again."""
    order = await parts.store.describe(lines=[LAMP])
    await refund(parts, order, provider_id="custom", offline=True)
    agent = await parts.connect()
    await next_call(parts, agent, order)
    assert await parts.state(order) == "waiting"
    await next_call(parts, agent, order, object_key="160000000110002026")
    entries = await parts.postings(order)
    assert [(entry.document_type, entry.gross) for entry in entries] == [
        ("DR", Decimal("119.00")),
        ("DG", Decimal("-119.00")),
    ]
    assert await parts.work() == [order]
    assert await parts.state(order) == "posted"


# --- edits ---


async def test_an_edit_is_posted_as_its_difference(database: Database, tmp_path: Path) -> None:
    """By rule; without one it is proposed."""
    rule = MAPPING.replace('language = "DE"', 'language = "DE"\non_edit = "supplement"')
    async with some_parts(database, tmp_path) as parts:
        order, agent, _ = await two_lamps(parts)
        change = {"lines": [LAMP | {"quantity": 3}], "destinations": [{"shipping": "5.95"}]}
        await parts.edit(order, description=change, date_modified="Mon, 23 Nov 2037 00:00:00 +0000")
        await parts.look(order)
        assert [key.partition(":")[2] for key in await parts.causes(order)] == [f"edit:{order}"]
        assert "+119.00 EUR" in (await parts.job(order)).reason

        await parts.map(rule)
        envelope = await next_call(parts, agent, order, object_key="018000000210002026")
        sums: Counter[str] = Counter()
        for account, amount in rows(envelope):
            # The simulator gives edited lines new numbers, so that the old ones are taken back.
            sums[account] += round(Decimal(amount) * 100)
        assert {account: cents for account, cents in sums.items() if cents} == {
            "0000099000": 11900,
            "0000800900": -10000,
            "A1": -1900,
        }
        await parts.look(order)
        assert [entry.kind for entry in await parts.postings(order)] == ["invoice", "supplement"]
        assert await parts.state(order) == "posted"


async def decide(parts: Parts, order: int, choice: str, by: str = "ida", *, four_eyes: bool = False) -> None:
    """Have a person decide what the order waits for."""
    book = DecisionBook(Audit(parts.vault, parts.runtime), parts.runtime)

    async def work(tx: Transaction) -> None:
        [cause] = await jobs.causes_of(tx, parts.key(order))
        why = "the customer agreed"
        await book.decide(tx, parts.key(order), cause, choice, by=by, reason=why, four_eyes=four_eyes)

    await parts.database.write(work)


async def test_a_proposed_edit_is_posted_once_a_person_approves_it(parts: Parts) -> None:
    """Exactly what was shown: edited again before it was looked at, it is asked about again."""
    order, agent, _ = await two_lamps(parts)

    async def edit(lamps: int, day: int) -> None:
        change = {"lines": [LAMP | {"quantity": lamps}], "destinations": [{"shipping": "5.95"}]}
        await parts.edit(order, description=change, date_modified=f"Mon, {day} Nov 2037 00:00:00 +0000")

    await edit(3, 23)
    await parts.look(order)
    await decide(parts, order, "supplement")
    await edit(4, 24)
    await parts.work()
    assert await parts.causes(order) == [f"decision:edit:{order}"]
    assert "+238.00 EUR" in (await parts.job(order)).reason

    await decide(parts, order, "supplement")
    envelope = await next_call(parts, agent, order, object_key="018000000210002026")
    assert envelope.posting_id.endswith("/supplement/1/1")
    assert sum(Decimal(amount) for account, amount in rows(envelope) if account == "0000099000") == 238
    await parts.look(order)
    assert (await parts.state(order), len(await parts.postings(order))) == ("posted", 2)
    assert [row.kind for row in await parts.records(order)].count("decision.taken") == 2


async def test_a_second_person_confirms_before_anything_is_posted(database: Database, tmp_path: Path) -> None:
    """By the newest mapping, whatever mapping the order is posted by."""
    async with some_parts(database, tmp_path) as parts:
        order = await parts.store.describe(lines=[LAMP], status_id=4, payment_status="")
        await parts.map(MAPPING + "\n[decisions]\nfour_eyes = true\n")
        await parts.look(order)
        await decide(parts, order, "invoice", four_eyes=True)
        await parts.work()
        assert await parts.causes(order) == [f"decision:no_record:{order}"]

        await decide(parts, order, "invoice", "otto", four_eyes=True)
        envelope = await next_call(parts, await parts.connect(), order)
        assert envelope.posting_id.endswith("/invoice/1/1")


async def test_a_posted_order_is_mapped_anew_once_two_people_agree(database: Database, tmp_path: Path) -> None:
    """One person asks; the order waits with its lines, two decide; then all is taken back and posted elsewhere."""
    async with some_parts(database, tmp_path) as parts:
        order, agent = await parts.store.describe(lines=[LAMP]), await parts.connect()
        await next_call(parts, agent, order)
        await parts.map(MAPPING.replace("800900", "800901") + "\n[decisions]\nfour_eyes = true\n")
        await parts.look(order)
        assert await parts.state(order) == "posted"

        book = DecisionBook(Audit(parts.vault, parts.runtime), parts.runtime)
        documents = posted_documents([as_planned(entry) for entry in await parts.postings(order)])
        [cause] = as_causes([request(order, documents)])
        await parts.database.write(
            lambda tx: book.decide(tx, parts.key(order), cause, "propose", by="ida", reason="the wrong account")
        )
        await parts.work()
        assert await parts.causes(order) == [f"decision:remap:{order}"]
        assert "800900 4100 A1 -100.00 -> 0.00; 800901 4100 A1 0.00 -> -100.00" in (await parts.job(order)).reason

        await decide(parts, order, "reverse_and_repost", four_eyes=True)
        await parts.work()
        assert await parts.causes(order) == [f"decision:remap:{order}"]
        await decide(parts, order, "reverse_and_repost", "otto", four_eyes=True)
        back = await next_call(parts, agent, order, object_key="018000000210002026")
        anew = await next_call(parts, agent, order, object_key="018000000310002026")
        assert rows(back) == [("0000099000", "-119.00"), ("0000800900", "100.00"), ("A1", "19.00")]
        assert rows(anew) == [("0000099000", "119.00"), ("0000800901", "-100.00"), ("A1", "-19.00")]
        await parts.look(order)
        assert await parts.state(order) == "posted"
        assert [entry.kind for entry in await parts.postings(order)] == ["invoice", "reversal", "repost"]


async def test_a_decision_holds_while_nothing_can_be_posted(parts: Parts) -> None:
    """Before the order has any document, and SAP away: what was decided is done once it is back."""
    order = await parts.store.describe(lines=[LAMP], status_id=4, payment_status="")
    await parts.look(order)
    assert await parts.causes(order) == [f"decision:no_record:{order}"]
    await decide(parts, order, "invoice")
    await parts.work()
    assert await parts.state(order) == "waiting"

    await parts.runtime.sleep(10)
    envelope = await next_call(parts, await parts.connect(), order)
    assert envelope.posting_id.endswith("/invoice/1/1")
    assert await parts.work() == [order]
    assert await parts.causes(order) == [f"decision:no_record:{order}"]


async def test_what_was_declined_of_a_refund_is_undone_as_a_person_says(parts: Parts) -> None:
    """Of the credit memo that was posted, and when the rest is declined, too, that alone; to the cent."""
    order, agent, line = await two_lamps(parts)
    piece = {"item_type": "PRODUCT", "item_id": line, "quantity": 1}
    first, rest = ({"provider_id": "custom", "amount": amount} for amount in ("60.00", "59.00"))
    given = await refund(parts, order, items=[piece], payments=[first, rest])
    numbers = [payment["id"] for payment in given["payments"]]
    decline = f"/orders/{order}/refunds/{given['id']}/decline"
    await next_call(parts, agent, order, object_key="160000000110002026")
    await parts.store.control(decline, "POST", {"payment_id": numbers[1]})
    await parts.work()
    await parts.look(order)
    assert await parts.causes(order) == [f"decision:refund_declined:{order}/{given['id']}"]
    assert await parts.state(order) == "parked"

    await decide(parts, order, "declined_part")
    envelope = await next_call(parts, agent, order, object_key="018000000210002026")
    assert envelope.posting_id.endswith("/supplement/1/1")
    assert rows(envelope) == [("0000099000", "59.00"), ("0000800900", "-49.58"), ("A1", "-9.42")]
    await parts.work()
    await parts.look(order)
    assert await parts.state(order) == "posted"

    await parts.store.control(decline, "POST", {"payment_id": numbers[0]})
    envelope = await next_call(parts, agent, order, object_key="018000000310002026")
    assert rows(envelope) == [("0000099000", "60.00"), ("0000800900", "-50.42"), ("A1", "-9.58")]
    gross = [entry.gross for entry in await parts.postings(order)]
    assert gross == [Decimal("243.95"), Decimal("-119.00"), Decimal("59.00"), Decimal("60.00")]


async def test_what_edit_and_refund_took_off_both_is_taken_off_once(database: Database, tmp_path: Path) -> None:
    """By rule edits are posted; this one is not, for the money says that the refund was it."""
    rule = MAPPING.replace('language = "DE"', 'language = "DE"\non_edit = "supplement"')
    async with some_parts(database, tmp_path, mapping=rule) as parts:
        order, agent, line = await two_lamps(parts)
        piece = {"item_type": "PRODUCT", "item_id": line, "quantity": 1}
        await refund(parts, order, items=[piece], provider_id="custom", offline=True)
        await next_call(parts, agent, order, object_key="160000000110002026")
        await parts.work()

        edit = await parts.store.control(
            f"/orders/{order}/edit", "POST", {"change_lines": [{"id": line, "quantity": 1}]}
        )
        assert edit.status == 200, edit.raw
        await parts.look(order)
        assert await parts.causes(order) == [f"decision:edit_and_refund:{order}"]
        reason = (await parts.job(order)).reason
        assert "its documents stand at 124.95, with this at 5.95; 243.95 was paid, less 119.00 refunded is" in reason

        await decide(parts, order, "leave")
        await parts.work()
        assert (await parts.state(order), len(await parts.postings(order))) == ("posted", 2)


async def test_an_increase_that_is_not_paid_says_so(parts: Parts) -> None:
    """The transactions of a posted order are asked for once it costs more."""
    order, _, line = await two_lamps(parts)
    await parts.store.control(f"/orders/{order}/edit", "POST", {"change_lines": [{"id": line, "quantity": 3}]})
    await parts.look(order)
    assert await parts.causes(order) == [f"decision:edit:{order}"]
    assert "; of 362.95 in all 119.00 is unpaid;" in (await parts.job(order)).reason
