"""Days are closed once, with a digest in the audit trail that finds every later change of what was kept."""

import asyncio
import zlib
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from mlconnector_relay.db import alerts as alert_rows
from mlconnector_relay.db import audit as audit_rows
from mlconnector_relay.db import jobs, sap_documents
from mlconnector_relay.db.engine import Database
from mlconnector_relay.tieout.closing import Closing, NotClosed, SheetAltered, differences, sheet_of
from mlconnector_relay.tieout.compare import Difference
from mlconnector_relay.tieout.daily import DailyTieOut
from mlconnector_relay.tieout.sheet import Beyond, digest_of, read_sheet
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.vault import Vault
from sqlalchemy import text

from tests.support.month import FIRST, LAST, ORDERS, READ_AT, Clock, a_document, a_month
from tests.support.relay_state import key_of


def closing(database: Database) -> Closing:
    clock = Clock()
    return Closing(database, Audit(Vault(bytes(32), clock), clock), clock)


async def test_a_month_is_closed_with_everything_that_stood_in_it(database: Database) -> None:
    """Its digest stands in the audit trail; it is read back to the byte."""
    await a_month(database)

    closed = await closing(database).close("acme", FIRST, LAST, "ann")

    kept = await sheet_of(database, "acme", FIRST, LAST)
    sheet = read_sheet(kept)
    assert digest_of(kept) == closed.digest
    assert (len(sheet.books.orders), len(sheet.books.booked), len(sheet.books.in_sap)) == (31, 31, 31)
    assert sum(one.sold for one in sheet.days) == sum(one.in_sap for one in sheet.days) == 100 * sum(ORDERS)
    assert sheet.differences == ()
    async with database.read() as tx:
        [row] = await audit_rows.of_subject(tx, "acme", f"days/{FIRST}/{LAST}")
    assert row.kind == "reconciliation.closed"
    assert closed.digest in row.fields
    assert '"by":"ann"' in row.fields


async def test_days_are_closed_once_also_by_two_at_once(database: Database) -> None:
    """Overlapping days are the same days."""
    await a_month(database)
    close = closing(database).close
    tries = [
        close("acme", first, LAST, who)
        for first, who in ((FIRST, "ann"), (FIRST, "bob"), (FIRST + timedelta(days=3), "cay"))
    ]

    results = await asyncio.gather(*tries, return_exceptions=True)

    refused = [one for one in results if isinstance(one, NotClosed)]
    assert len(refused) == 2
    assert "closed before: 2026-03-0" in str(refused[0])
    with pytest.raises(NotClosed, match="not closed as such"):
        await sheet_of(database, "acme", FIRST, LAST - timedelta(days=1))
    await close("acme", FIRST - timedelta(days=2), FIRST - timedelta(days=1), "ann")


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (FIRST, date(2026, 4, 1), "is not over yet"),
        (date(2026, 1, 1), LAST, "ECC client 100 was not read back"),
    ],
)
async def test_days_that_cannot_be_known_are_not_closed(database: Database, first: date, last: date, said: str) -> None:
    """Not over, or not read back as a whole."""
    await a_month(database)
    with pytest.raises(NotClosed, match=said):
        await closing(database).close("acme", first, last, "ann")


async def test_without_any_reading_nothing_is_closed(database: Database) -> None:
    """It says how to get one."""
    with pytest.raises(NotClosed, match="run `mlconnector-relay readback --from 2026-03-01`"):
        await closing(database).close("acme", FIRST, LAST, "ann")


async def test_what_was_signed_alerts_nobody_and_what_comes_after_does(database: Database) -> None:
    """A cent that differed when the month was closed is signed; a document posted into it later is not."""
    await a_month(database)
    cent = replace(a_document(12), gross=Decimal("11.99"))
    await database.write(lambda tx: sap_documents.keep(tx, [cent]))
    await closing(database).close("acme", FIRST, LAST, "ann")
    tie_out = DailyTieOut(database, Alerts(), Clock())

    async def alerted() -> set[str]:
        await tie_out("acme", FIRST)
        async with database.read() as tx:
            return {one.key for one in await alert_rows.find(tx, "acme")}

    assert await alerted() == set()
    [row] = await differences(database, "acme", FIRST, LAST)
    assert (row.closed, row.difference.cause, row.difference.amount) == ("frozen", "amount_differs", -1)
    reference = replace(a_document(13), number="1800000099", reference="A1-77-I")
    await database.write(lambda tx: sap_documents.keep(tx, [reference]))
    assert await alerted() == {"reconciliation:unknown_in_sap"}
    assert {one.closed for one in await differences(database, "acme", FIRST, LAST)} == {"frozen", "since"}


@pytest.mark.parametrize("how", ["content", "garbage", "record"])
async def test_a_sheet_that_was_altered_is_found(database: Database, how: str) -> None:
    """Whether somebody rewrote it, spoilt it, or took its record away."""
    await a_month(database)
    await closing(database).close("acme", FIRST, LAST, "ann")
    kept = await sheet_of(database, "acme", FIRST, LAST)
    other = zlib.compress(kept.replace(b"1200", b"1201")) if how == "content" else b"?"

    async def alter(tx: object) -> None:
        if how == "record":
            await tx.execute(text("DELETE FROM audit_records"))  # type: ignore[attr-defined]
        else:
            await tx.execute(text("UPDATE closed_days SET sheet = :sheet"), {"sheet": other})  # type: ignore[attr-defined]

    await database.write(alter)
    for reading in (sheet_of, differences):
        with pytest.raises(SheetAltered, match="2026-03-01 to 2026-03-31, by ann"):
            await reading(database, "acme", FIRST, LAST)


async def test_numbers_nobody_heard_of_are_listed_before_the_next_order(database: Database) -> None:
    """Those before the first order of the days, too; not those that are known and were never fetched."""
    await a_month(database)
    for gone in (9, 12, 13, 20):
        await database.write(lambda tx, gone=gone: tx.execute(text(f"DELETE FROM jobs WHERE order_id = {gone}")))
    await database.write(lambda tx: jobs.enqueue(tx, key_of(20), READ_AT))

    found = await differences(database, "acme", date(2026, 3, 10), date(2026, 3, 25))

    assert [(row.difference.what, row.difference.day) for row in found if row.difference.cause == "never_seen"] == [
        ("order 9 of abc123", date(2026, 3, 10)),
        ("orders 12 to 13 of abc123", date(2026, 3, 14)),
    ]
    assert not [row for row in await differences(database, "acme", FIRST, FIRST) if row.closed]


async def test_what_was_asked_beyond_the_database_is_signed_with_the_days(database: Database) -> None:
    """And listed as frozen, also by whoever does not ask again."""
    await a_month(database)
    dispute = Difference("dispute", FIRST, "EUR", -1190, "dispute dp_1 of payment ch_1", "line 2: -11.90 EUR")

    await closing(database).close("acme", FIRST, LAST, "ann", Beyond().plus("provider", [dispute]))

    sheet = read_sheet(await sheet_of(database, "acme", FIRST, LAST))
    assert sheet.differences == (dispute,)
    assert sheet.books.beyond.asked == ("provider",)
    [listed] = await differences(database, "acme", FIRST, LAST)
    assert (listed.difference, listed.closed) == (dispute, "frozen")
