"""A month of books: clean, nobody is told anything; with something wrong in it, its owner is, until it is right."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.errors import StoreUnavailable
from mlconnector_relay.db import alerts as alert_rows
from mlconnector_relay.db import ledger, sap_documents
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.sap_documents import DocumentKey, SapDocument
from mlconnector_relay.reconcile.upkeep import Upkeep
from mlconnector_relay.tieout import gather
from mlconnector_relay.tieout.compare import Difference
from mlconnector_relay.tieout.daily import DailyTieOut
from mlconnector_relay.tieout.sheet import Beyond
from mlconnector_relay.trail.alerts import Alerts
from sqlalchemy import text

from tests.support.month import FIRST, LAST, ORDERS, READ_AT, Clock, a_document, a_month, facts_of, number_of
from tests.support.relay_state import an_entry

Seed = Callable[[Any], Awaitable[Any]]


def sap_has(*documents: SapDocument) -> Seed:
    return lambda tx: sap_documents.keep(tx, documents)


async def ledger_lost(tx: Any) -> None:
    await tx.execute(text("DELETE FROM ledger WHERE order_id = 12"))


async def order_edited(tx: Any) -> None:
    await tx.execute(text("UPDATE jobs SET total = '99.5' WHERE order_id = 12"))


REVERSED = (
    replace(a_document(12), reversed_by="1700000001 2026"),
    replace(a_document(12), number="1700000001", document_type="DA", gross=Decimal(-12), reversed_by="1800000012 2026"),
)

SEEDS: dict[str, tuple[Seed, str, str]] = {
    "reversed_by_hand": (sap_has(*REVERSED), "finance", "-12.00 EUR"),
    "missing_in_sap": (
        lambda tx: sap_documents.forget(tx, "acme", "ECC", "100", [DocumentKey("1000", number_of(12), "2026")]),
        "basis",
        "-12.00 EUR",
    ),
    "amount_differs": (sap_has(replace(a_document(12), gross=Decimal("11.99"))), "finance", "-0.01 EUR"),
    "tax_differs": (sap_has(replace(a_document(12), taxes="A1=0.07 A2=0.03")), "finance", "0.00 EUR"),
    "posted_twice": (sap_has(replace(a_document(12), number="1800000099")), "finance", "12.00 EUR"),
    "unknown_in_sap": (
        sap_has(replace(a_document(12), number="1800000099", reference="A1-77-I")),
        "finance",
        "12.00 EUR",
    ),
    "order_changed": (order_edited, "finance", "-87.50 EUR"),
    "missing_in_ledger": (ledger_lost, "relay", "-12.00 EUR"),
}


async def told(database: Database) -> dict[str, tuple[str, str]]:
    async with database.read() as tx:
        found = await alert_rows.find(tx, "acme")
    return {one.key: (one.owner, one.sentence) for one in found if one.kind == "reconciliation"}


@pytest.mark.parametrize("cause", SEEDS)
async def test_what_is_wrong_is_told_to_its_owner_until_it_is_right(database: Database, cause: str) -> None:
    """One alert per cause with amount and place; upkeep leaves it alone; a clean month has none."""
    await a_month(database)
    alerts, clock = Alerts(), Clock()
    tie_out = DailyTieOut(database, alerts, clock)
    await tie_out("acme", FIRST)
    assert await told(database) == {}

    seed, owner, amount = SEEDS[cause]
    await database.write(seed)
    await tie_out("acme", FIRST)
    await Upkeep(database, alerts, clock, 60.0).once("acme")

    found = await told(database)
    key = f"reconciliation:{cause}"
    # A document whose ledger entry is lost is known to nobody in SAP either.
    assert set(found) == {key} | ({"reconciliation:unknown_in_sap"} if cause == "missing_in_ledger" else set())
    assert found[key][0] == owner
    assert f"1 difference, {amount}: " in found[key][1]
    assert ("A1-77-I" if cause == "unknown_in_sap" else "12") in found[key][1].split(": ")[2]

    if cause in {"amount_differs", "missing_in_sap", "reversed_by_hand"}:
        await database.write(sap_has(a_document(12)))
        await tie_out("acme", FIRST)
        assert set(await told(database)) <= {"reconciliation:unknown_in_sap"}


@pytest.mark.parametrize(
    "seen", [{"gross": Decimal(-12), "reference": "A1-12-I", "taxes": "A1=-0.10"}, {"gross": None, "reference": ""}]
)
async def test_what_the_relay_had_reversed_is_right_in_both_books(database: Database, seen: dict[str, Any]) -> None:
    """In a later month, with the original's reference or none: both documents count, each on its day."""
    await a_month(database)
    day, key = date(2026, 4, 2), "170000000110002026"
    facts = facts_of(12, -1200).replace('"day":"20260312"', '"day":"20260402"').replace(",10,", ",-10,", 1)
    entry = an_entry(
        12, kind="reversal", posting_id="acme/abc123/12/reversal/1/1", document_type="", reference="A1-12-V",
        gross=Decimal(-12), facts=facts, digest="e" * 64,
    )  # fmt: skip

    async def reverse(tx: Any) -> None:
        await ledger.intend(tx, entry, READ_AT)
        await ledger.outcome(tx, "acme", entry.posting_id, 1, "posted", READ_AT, instance="", object_key=key)
        await sap_documents.keep(tx, [REVERSED[0], replace(REVERSED[1], posting_date=day, entry_date=day, **seen)])

    await database.write(reverse)
    for first in (FIRST, day):
        await DailyTieOut(database, Alerts(), Clock())("acme", first)
        assert await told(database) == {}

    postings = await gather.postings_of(database, "acme", FIRST)
    standing = gather.standing_of(await gather.documents_of(database, "acme", FIRST, day), postings)
    assert [one.amount for one in standing if one.day in {day, date(2026, 3, 12)}] == [Decimal(12), Decimal(-12)]
    assert len(gather.within(postings, FIRST, LAST)) == len(ORDERS)


async def test_what_was_in_doubt_when_sap_was_read_counts_as_read(database: Database) -> None:
    """Its outcome is recorded after the reading that has its document; what the reading lacks is newer."""
    await a_month(database)
    postings = await gather.postings_of(database, "acme", FIRST)
    late = [(day, replace(one, settled_at=READ_AT + timedelta(hours=1))) for day, one in postings]
    documents = await gather.documents_of(database, "acme", FIRST, LAST)
    readings = await gather.readings_of(database, "acme")

    assert not any(one.is_newer for one in gather.written_of(late, readings, documents))
    assert sum(one.is_newer for one in gather.written_of(late, readings, documents[1:])) == 1


async def test_many_differences_are_one_alert(database: Database) -> None:
    """It counts them, names the first, and leaves the alerts about readings open."""
    await a_month(database)
    alerts, clock = Alerts(), Clock()
    late = "reconciliation:readback:ECC/100"
    await database.write(lambda tx: alerts.open(tx, "acme", late, "late", "agent", READ_AT))
    gone = [a_document(order).key for order in ORDERS]
    await database.write(lambda tx: sap_documents.forget(tx, "acme", "ECC", "100", gone))
    await DailyTieOut(database, alerts, clock)("acme", FIRST)

    found = await told(database)
    assert set(found) == {late, "reconciliation:missing_in_sap"}
    sentence = found["reconciliation:missing_in_sap"][1]
    assert "31 differences, -496.00 EUR" in sentence
    assert "(A1-3-I), ...;" in sentence


async def test_what_the_stores_say_is_told_until_they_say_otherwise(database: Database) -> None:
    """A reading that does not ask, or a store that does not answer, closes nothing; what only waits is no alert."""
    await a_month(database)
    unknown = Difference("unknown_to_relay", FIRST, "EUR", -500, "order 99 of abc123", "5.00 EUR")
    waits = Difference("refund_waits", FIRST, "EUR", 500, "refund 1 of order 9 of abc123", "5.00 EUR")
    answers: list[Beyond | StoreUnavailable] = [
        Beyond().plus("store", [unknown, waits]),
        StoreUnavailable("GET", "/v2/orders", "HTTP 503"),
        Beyond().plus("store", []),
    ]

    async def ask(tenant: str, first: date, last: date) -> Beyond:
        assert (tenant, first, last) == ("acme", FIRST, READ_AT.date())
        answer = answers.pop(0)
        if isinstance(answer, StoreUnavailable):
            raise answer
        return answer

    tie_out = DailyTieOut(database, Alerts(), Clock(), ask)
    key = "reconciliation:unknown_to_relay"
    silent = "reconciliation:store"
    for asks, keys in ((True, {key}), (False, {key}), (True, {key, silent}), (False, {key, silent}), (True, set())):
        await tie_out("acme", FIRST, ask=asks)
        found = await told(database)
        assert set(found) == keys
        if silent in keys:
            assert found[silent][0] == "store"
            assert "GET /v2/orders: HTTP 503; `mlconnector-relay reconciliation --from 2026-03-01" in found[silent][1]
        if keys:
            owner, sentence = found[key]
            assert owner == "relay"
            assert "1 difference, -5.00 EUR: order 99 of abc123; " in sentence
            assert sentence.endswith("--ask-store`")

    answers.append(Beyond().plus("store", [unknown]))
    await tie_out("acme", FIRST, ask=True)
    await DailyTieOut(database, Alerts(), Clock())("acme", FIRST, ask=True)
    assert await told(database) == {}, "no store is asked any more"
