"""Orders of companies through the relay's insides: a store with its B2B Edition, real databases, an agent double."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.cli.buyer import buyer
from mlconnector_relay.db import decisions, jobs
from mlconnector_relay.db.decisions import Decided
from mlconnector_relay.db.engine import Database
from mlconnector_shared.envelope import CallEnvelope, Change, Post

from tests.support.mappings import MAPPING
from tests.support.relay_parts import Parts, some_parts

INVOICE = "018000000110002026"
COMPANY, CUSTOMER, PRIVATE = 500, 2, 1
RULES = """
[companies]
wait_minutes = 10
debtor_field = "SAP debtor"
terms = { 30 = "ZB30" }

[shipments]
payment_block = "B"

[[triggers]]
payment_methods = ["Purchase Order"]
invoice_on = "ordered"
"""
ON_ACCOUNT = {
    "customer_id": CUSTOMER,
    "po_number": "PO-77",
    "status_id": 7,
    "payment_method": "Purchase Order",
    "payment_status": "",
    "payment_provider_id": "",
    "lines": [{"price": "119.00", "quantity": 1, "rates": [{"percent": "19", "name": "VAT"}], "name": "Lamp"}],
    "destinations": [{"address": {"country_iso2": "DE", "country": "Germany"}}],
}


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    """A relay's insides with a store whose company has a debtor in SAP."""
    async with some_parts(database, tmp_path, mapping=MAPPING + RULES, b2b=True) as made:
        field = {"fieldName": "SAP debtor", "fieldValue": "4711", "labelName": "SAP debtor"}
        await control(made, f"/companies/{COMPANY}", "PUT", extraFields=[field])
        yield made


async def control(parts: Parts, path: str, method: str = "POST", **body: Any) -> Any:
    answer = await parts.store.control(path, method, body)
    assert answer.status < 300, answer.raw
    return answer.body


def asked(records: Any) -> list[str]:
    """The B2B Edition's resources, as the last look asked for them."""
    [*_, last] = [json.loads(row.fields) for row in records if row.kind == "store.fetched"]
    paths = [one["request"].removeprefix("GET ") for one in last["requests"]]
    return [path.removeprefix("/api/v3/io/") for path in paths if path.startswith("/api/v3/io/")]


async def invoiced(parts: Parts, order: int) -> CallEnvelope:
    """Hear the invoice of an order that was just looked at, and post it."""
    agent = parts.landing.endings and next(iter(parts.landing.endings))
    agent = agent or await parts.connect(writes=20)
    await parts.look(order)
    envelope = await agent.hear_call(parts.landing.trust)
    await parts.answer(envelope, object_key=INVOICE)
    return envelope


async def test_an_order_on_account_is_owed_by_its_company(parts: Parts) -> None:
    """Debtor, terms, purchase order and a block, though nobody paid; the last shipment releases it for good."""
    order = await parts.store.describe(**ON_ACCOUNT)
    envelope = await invoiced(parts, order)
    assert isinstance(envelope.work, Post)
    row = envelope.work.call.parameters["ACCOUNTRECEIVABLE"][0]
    assert (row["CUSTOMER"], row["PMNTTRMS"], row["REF_KEY_3"]) == ("0000004711", "ZB30", "PO-77")
    assert (row["PMNT_BLOCK"], envelope.work.call.parameters["CUSTOMERCPD"]) == ("B", {})
    records = await parts.records(order)
    path = f"companies/{COMPANY}"
    assert asked(records) == [f"orders/{order}", path, f"{path}/payment-terms"]
    told = next(json.loads(row.fields)["b2b"] for row in records if row.kind == "store.fetched")
    assert told == {"standing": "company", "company": COMPANY, "days": 30, "purchase_order": True}
    assert not any("PO-77" in row.fields for row in records)

    shipment = await control(parts, f"/orders/{order}/ship")
    agent = next(iter(parts.landing.endings))
    await parts.look(order)
    released = await agent.hear_call(parts.landing.trust)
    assert isinstance(released.work, Change)
    assert released.work.call.parameters["T_ACCCHG"] == [{"FDNAME": "ZLSPR", "NEWVAL": ""}]
    await parts.answer(released, "done", object_key=INVOICE)
    await control(parts, f"/orders/{order}/shipments/{shipment['id']}", "DELETE")
    await parts.look(order)
    assert await parts.state(order) == "posted"


async def test_people_see_whose_an_order_is(parts: Parts) -> None:
    """Company, purchase order and terms, out of the encrypted part of the trail; nothing for others."""
    session: Any = parts

    async def seen(order: int) -> str:
        async with parts.database.read() as tx:
            return await buyer(session, tx, await parts.job(order))

    order = await parts.store.describe(**ON_ACCOUNT)
    await parts.look(order)
    assert await seen(order) == "500, purchase order PO-77, terms 30 days"
    for changes, said in (
        ({"po_number": ""}, "500, no purchase order, terms 30 days"),
        ({"pays_invoice": 4712}, "500, pays invoice 4712"),
        ({"company_id": 0}, "not shown by the B2B Edition yet"),
        ({"customer_id": PRIVATE}, ""),
        ({"customer_id": 0}, ""),
    ):
        order = await parts.store.describe(**{**ON_ACCOUNT, **changes})
        await parts.look(order)
        assert await seen(order) == said
    await parts.database.write(lambda tx: jobs.bump(tx, parts.key(order), parts.runtime.now()))
    assert await seen(order) == ""


async def test_unknown_terms_are_said_to_be(parts: Parts) -> None:
    """Of a company whose payment terms the B2B Edition does not show."""
    await parts.fault(kind="error", status=404, path="*/payment-terms")
    order = await parts.store.describe(**ON_ACCOUNT)
    await parts.look(order)
    session: Any = parts
    async with parts.database.read() as tx:
        said = await buyer(session, tx, await parts.job(order))
    assert said == "500, purchase order PO-77, unknown terms"


async def test_an_order_that_is_late_waits_parks_and_is_released(parts: Parts) -> None:
    """Asked about again by itself; one alert for the store, which closes when nothing waits for it any more."""
    await control(parts, "/b2b", "PATCH", seconds=3600)
    order = await parts.store.describe(**ON_ACCOUNT)
    await parts.look(order)
    job = await parts.job(order)
    assert (job.state, job.owner) == ("waiting", "store")
    assert "does not show the company" in job.reason
    assert job.due_at
    assert job.due_at <= parts.runtime.now() + timedelta(seconds=15)

    await parts.runtime.sleep(660)
    await parts.work()
    assert (await parts.state(order), await parts.causes(order)) == ("parked", ["company:abc123"])
    assert await parts.open_alerts() == ["company:abc123"]
    job = await parts.job(order)
    assert job.due_at

    await control(parts, "/b2b", "PATCH", seconds=0)
    agent = await parts.connect(writes=20)
    await parts.runtime.sleep((job.due_at - parts.runtime.now()).total_seconds())
    assert await parts.work() == [order]
    envelope = await agent.hear_call(parts.landing.trust)
    assert isinstance(envelope.work, Post)
    assert envelope.work.call.parameters["ACCOUNTRECEIVABLE"][0]["REF_KEY_3"] == "PO-77"
    assert await parts.causes(order) == []


async def test_a_person_may_say_that_an_order_is_no_companys(parts: Parts) -> None:
    """Such as one that was placed before its customer became a user."""
    order = await parts.store.describe(**{**ON_ACCOUNT, "company_id": 0})
    await parts.runtime.sleep(660)
    await parts.look(order)
    assert await parts.causes(order) == ["company:abc123"]
    async with parts.database.read() as tx:
        [cause] = await jobs.causes_of(tx, parts.key(order))
    now = parts.runtime.now()
    decided = Decided(*parts.key(order), cause.key, cause.proposal, "private", "ann", "before she joined", now)
    await parts.database.write(lambda tx: decisions.take(tx, decided))
    envelope = await invoiced(parts, order)
    assert isinstance(envelope.work, Post)
    assert envelope.work.call.parameters["ACCOUNTRECEIVABLE"][0]["CUSTOMER"] == "0000099000"


async def test_guests_and_private_customers_are_not_held_up(parts: Parts) -> None:
    """A guest is not asked about at all; a customer without company is told apart from a company's late order."""
    for shown in ("shown", "missing"):
        await control(parts, "/b2b", "PATCH", private_orders=shown)
        for customer in (0, PRIVATE):
            order = await parts.store.describe(**{**ON_ACCOUNT, "customer_id": customer, "po_number": ""})
            envelope = await invoiced(parts, order)
            assert isinstance(envelope.work, Post)
            assert envelope.work.call.parameters["ACCOUNTRECEIVABLE"][0]["CUSTOMER"] == "0000099000"
            # Whose user a customer is, is known for a minute.
            known = [f"orders/{order}"] if shown == "missing" else [f"orders/{order}", f"users/customer/{PRIVATE}"]
            assert asked(await parts.records(order)) == (known if customer else [])


async def test_what_the_mapping_lacks_is_cured_by_it(parts: Parts) -> None:
    """A company without debtor, and days without terms; the rule for it releases the order."""
    await control(parts, f"/companies/{COMPANY}", "PUT", extraFields=[], payment_terms={"paymentTerms": 45})
    order = await parts.store.describe(**ON_ACCOUNT)
    await parts.look(order)
    both = ["debtor:company=500,company_code=1000", "terms:days=45,company_code=1000"]
    assert sorted(await parts.causes(order)) == both
    rule = f'[[documents]]\ncompanies = [{COMPANY}]\ncustomer = "4712"\npayment_terms = "ZB45"\n'
    await parts.map(MAPPING + RULES + rule)
    agent = await parts.connect(writes=20)
    assert await parts.work() == [order]
    envelope = await agent.hear_call(parts.landing.trust)
    assert isinstance(envelope.work, Post)
    row = envelope.work.call.parameters["ACCOUNTRECEIVABLE"][0]
    assert (row["CUSTOMER"], row["PMNTTRMS"]) == ("0000004712", "ZB45")


async def test_an_order_that_pays_an_invoice_is_no_sale(parts: Parts) -> None:
    """It is skipped, visibly."""
    order = await parts.store.describe(**{**ON_ACCOUNT, "pays_invoice": 4712, "status_id": 10})
    await parts.look(order)
    job = await parts.job(order)
    assert job.state == "skipped"
    assert job.reason.startswith("invoice_payment: pays invoice 4712")


async def test_what_a_company_pays_of_an_invoice_online_is_posted_on_its_account(parts: Parts) -> None:
    """Where the mapping says so, by the transaction's id; the order is skipped for good after it."""
    await parts.map(
        MAPPING + RULES + '[payments]\npost = true\ncompany_invoices = true\n[[clearing]]\ngl_account = "113100"\n'
    )
    paid = {"pays_invoice": 4712, "status_id": 10, "payment_method": "Stripe", "payment_provider_id": "pi_1"}
    order = await parts.store.describe(**{**ON_ACCOUNT, **paid, "payment_status": "captured"})
    envelope = await invoiced(parts, order)
    assert isinstance(envelope.work, Post)
    assert envelope.posting_id.split("/")[3] == "payment"
    [row] = envelope.work.call.parameters["ACCOUNTRECEIVABLE"]
    assert (row["CUSTOMER"], row["ITEM_TEXT"]) == ("0000004711", f"Web order {order} pays 4712")
    await parts.work()
    job = await parts.job(order)
    assert (job.state, job.due_at) == ("skipped", None)
    await parts.look(order)
    assert (await parts.job(order)).state == "skipped"


async def test_a_b2b_edition_that_is_away_or_refuses_loses_nothing(parts: Parts) -> None:
    """Away or used up the order is tried again; without permission it parks, and says which address refused."""
    await parts.fault(kind="error", status=503, path="/api/v3/io/orders/*", times=4)
    order = await parts.store.describe(**ON_ACCOUNT)
    await parts.look(order)
    job = await parts.job(order)
    assert (job.state, job.attempts) == ("waiting", 1)
    await control(parts, "/b2b", "PATCH", enabled=False)
    await parts.look(order)
    assert await parts.causes(order) == ["failure:store_unauthorized"]
    assert "/api/v3/io/orders/" in (await parts.job(order)).reason
    await control(parts, "/b2b", "PATCH", enabled=True)
    await parts.fault(kind="error", status=429, path="/api/v3/io/orders/*", times=1)
    await invoiced(parts, order)
    assert max(parts.runtime.slept) >= 30


async def test_a_store_without_the_b2b_edition_is_never_asked_for_it(database: Database, tmp_path: Path) -> None:
    """An order of a company is posted as any other."""
    async with some_parts(database, tmp_path, mapping=MAPPING + RULES) as parts:
        order = await parts.store.describe(**ON_ACCOUNT)
        envelope = await invoiced(parts, order)
        assert isinstance(envelope.work, Post)
        assert envelope.work.call.parameters["ACCOUNTRECEIVABLE"][0]["CUSTOMER"] == "0000099000"
        assert asked(await parts.records(order)) == []
