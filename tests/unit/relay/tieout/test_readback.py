"""SAP's books are read back daily and when asked for, by whoever can reach them; what changed is what is written."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.config import ReconciliationSettings
from mlconnector_relay.db import alerts as alert_rows
from mlconnector_relay.db import ledger, sap_documents, sap_readings
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.sap_documents import SapDocument
from mlconnector_relay.db.sap_readings import Reading
from mlconnector_relay.directory import NoMapping
from mlconnector_relay.tieout import readback as module
from mlconnector_relay.tieout.readback import HOLD, LATE, MOST_ATTEMPTS, Readback, day_due
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.tunnel.errors import CallFailed, CallRefused

from tests.support.hasty import HastyRuntime
from tests.support.mappings import a_mapping
from tests.support.relay_state import NOW, add_store, an_entry
from tests.support.sap_books import Books, a_directory_of

SINCE = date(2026, 2, 1)
ALERT = "reconciliation:readback:ECC/100"


class Clock(HastyRuntime):
    """Stands still but for what is slept."""

    def now(self) -> datetime:
        return NOW + timedelta(seconds=sum(self.slept))


@dataclass
class Office:
    """One relay with its books."""

    database: Database
    books: Books
    clock: Clock
    readback: Readback
    compared: list[tuple[str, date, bool]]

    async def ask(self, name: str = "asked-1", since: date = SINCE) -> None:
        new = sap_readings.asked("acme", name, ("ECC", "100"), since, self.clock.now(), daily=False)
        await self.database.write(lambda tx: sap_readings.ask(tx, new))

    async def round(self) -> None:
        await self.readback.once("acme")

    async def reading(self, name: str = "asked-1") -> Reading:
        async with self.database.read() as tx:
            found = await sap_readings.by_id(tx, "acme", name)
        assert found
        return found

    async def documents(self) -> list[SapDocument]:
        async with self.database.read() as tx:
            return await sap_documents.posted_between(tx, "acme", date(2026, 1, 1), date(2026, 12, 31))

    async def alerts(self) -> dict[str, str]:
        async with self.database.read() as tx:
            return {one.key: one.sentence for one in await alert_rows.find(tx, "acme")}


def an_office(database: Database, store: Any, mapping: Any = None) -> Office:
    clock, books = Clock(), Books()
    directory = a_directory_of(store, mapping=mapping or a_mapping())
    settings = ReconciliationSettings(daily_at="03:00", days_back=28)
    compared: list[tuple[str, date, bool]] = []

    async def compare(tenant: str, first: date, *, ask: bool) -> None:
        compared.append((tenant, first, ask))

    readback = Readback(database, directory, books, Alerts(), clock, settings, compare)
    return Office(database, books, clock, readback, compared)


@pytest.fixture
async def office(database: Database) -> Office:
    return an_office(database, await add_store(database, store_code="B1"))


async def test_the_day_is_read_by_itself_once(office: Office) -> None:
    """From the hour that is set; what was entered before the days that are read stays away."""
    office.books.post("1", "B1-7-I", "119.00")
    office.books.post("2", "B1-8-I", "10.00", CPUDT="20260131")
    for _ in range(2):
        await office.round()

    reading = await office.reading("daily-ECC-100-20260301")
    assert (reading.state, reading.documents, reading.since, reading.daily) == ("done", 1, SINCE, True)
    [found] = await office.documents()
    assert (found.number, found.gross, found.taxes) == ("0000000001", Decimal("119.00"), "A1=1.90")
    assert len([one for one in office.books.reads if one.table == "TCURX"]) == 1
    assert office.compared == [("acme", SINCE, True)]

    await office.clock.sleep(86400)
    await office.round()
    assert (await office.reading("daily-ECC-100-20260302")).state == "done"


@pytest.mark.parametrize(("hour", "day"), [(2, 28), (3, 1), (12, 1)])
def test_the_day_begins_at_the_hour_that_is_set(hour: int, day: int) -> None:
    """Before it, the day before is still the last."""
    assert day_due(NOW.replace(hour=hour), "03:00").day == day


async def test_what_is_read_replaces_what_was_known(office: Office) -> None:
    """Cleared, reversed, lost by a restore: the row says so, or is gone."""
    first = office.books.post("1", "B1-7-I", "119.00")
    office.books.post("2", "B1-7-1R", "-19.00", BLART="DG")
    office.books.post("3", "B1-9-I", "50.00")
    await office.ask()
    await office.round()
    assert [one.gross for one in await office.documents()] == [Decimal("119.00"), Decimal("-19.00"), Decimal("50.00")]

    first |= {"STBLG": "0000000009", "STJAH": "2026"}
    office.books.tables["BSAD"] = [office.books.tables["BSID"].pop(1) | {"AUGDT": "20260305"}]
    del office.books.tables["BKPF"][2]
    await office.ask("asked-2")
    await office.round()

    reversed_, cleared = await office.documents()
    assert (reversed_.reversed_by, reversed_.stands) == ("0000000009 2026", False)
    assert (cleared.cleared_on, cleared.gross) == (date(2026, 3, 5), Decimal("-19.00"))


async def test_documents_of_our_users_are_found_without_our_reference(office: Office) -> None:
    """Who our users are is known from what the ledger knows as posted; nobody else's documents are read."""
    office.books.post("1", "B1-7-I", "119.00")
    office.books.post("2", "BY HAND", "5.00")
    office.books.post("3", "BY OTHERS", "5.00", USNAM="EVE")
    office.books.post("4", "B1-MUELLER", "5.00", USNAM="EVE")

    async def posted(tx: Any) -> None:
        entry = await ledger.intend(tx, an_entry(reference="B1-7-I"), NOW)
        await ledger.outcome(
            tx, "acme", entry.posting_id, 1, "posted", NOW, instance="", object_key="000000000110002026"
        )

    await office.database.write(posted)
    await office.ask()
    await office.round()

    assert [(one.reference, one.gross) for one in await office.documents()] == [
        ("B1-7-I", Decimal("119.00")),
        ("BY HAND", None),
    ]


async def test_adopted_documents_are_read_by_their_number(office: Office) -> None:
    """While they were entered in the days read; once, whatever their reference; nothing else of who entered them."""
    office.books.post("1", "B1-OLD", "119.00", USNAM="CLERK")
    office.books.post("2", "BY HAND", "5.00", USNAM="CLERK")
    office.books.post("3", "R 4711", "20.00", USNAM="CLERK", CPUDT="20200101")

    async def adopted(tx: Any) -> None:
        for order, carried in ((1, "B1-OLD"), (3, "R 4711")):
            facts = f'{{"v":1,"day":"20260301","customer":"99000","adopted":"{carried}"}}'
            entry = an_entry(order, reference=f"B1-{order}-I", facts=facts)
            await ledger.adopt(tx, entry, f"{order:010}10002026", "adopt", NOW)
        await ledger.adopt(tx, an_entry(4, reference="B1-4-I", facts="?"), "000000000410002026", "adopt", NOW)

    await office.database.write(adopted)
    for reading in ("asked-1", "asked-2"):
        await office.ask(reading)
        await office.round()
        assert [(one.reference, one.gross) for one in await office.documents()] == [("B1-OLD", Decimal("119.00"))]


async def test_without_a_mapping_the_ledger_tells_where_to_look(database: Database) -> None:
    """And without either there is nothing to read."""
    office = an_office(database, await add_store(database, store_code="B1"), NoMapping("none in force"))
    office.books.post("1", "B1-7-I", "119.00")
    await office.ask()
    await office.round()
    assert await office.documents() == []

    await database.write(lambda tx: ledger.intend(tx, an_entry(facts='{"v":1,"day":"","customer":"99000"}'), NOW))
    await office.ask("asked-2")
    await office.round()
    assert [one.gross for one in await office.documents()] == [Decimal("119.00")]


async def test_a_reading_waits_for_a_relay_with_an_agent_and_is_told_when_late(office: Office) -> None:
    """It is not taken, so that whoever is connected takes it; after hours someone is told, until it was done."""
    office.books.connected = False
    await office.round()
    reading = await office.reading("daily-ECC-100-20260301")
    assert (reading.state, reading.attempts, await office.alerts()) == ("asked", 0, {})

    await office.clock.sleep(LATE.total_seconds() + 1)
    await office.round()
    assert "no relay with an agent" in (await office.alerts())[ALERT]

    office.books.connected = True
    await office.round()
    assert (await office.reading("daily-ECC-100-20260301")).state == "done"
    assert await office.alerts() == {}


async def test_a_failure_is_tried_again_not_for_ever(office: Office) -> None:
    """At growing pauses; given up, it is an alert."""
    office.books.trouble["BSID"] = CallFailed("rfc_communication", "the line broke")
    await office.ask()
    for attempt in range(1, MOST_ATTEMPTS):
        await office.round()
        reading = await office.reading()
        assert (reading.state, reading.attempts) == ("asked", attempt)
        assert reading.due_at > office.clock.now()
        await office.clock.sleep((reading.due_at - office.clock.now()).total_seconds() + 1)
    await office.round()

    reading = await office.reading()
    assert (reading.state, "the line broke" in reading.detail) == ("failed", True)
    assert "the line broke" in (await office.alerts())[ALERT]


async def test_what_the_policy_refuses_is_not_tried_again(office: Office) -> None:
    """Only Basis can change it, and is told what."""
    office.books.trouble["BSAD"] = CallRefused("table", "table 'BSAD' is not named")
    await office.ask()
    await office.round()

    assert (await office.reading()).state == "failed"
    assert "[policy]" in (await office.alerts())[ALERT]


async def test_a_reading_that_was_cut_short_is_none(office: Office) -> None:
    """Half of the books look like documents that are gone."""
    office.books.post("1", "B1-7-I", "119.00")
    await office.ask()
    await office.round()
    office.books.cut = True
    await office.ask("asked-2")
    await office.round()

    assert "were not all" in (await office.reading("asked-2")).detail
    assert len(await office.documents()) == 1


async def test_a_reading_whose_relay_died_is_taken_over(office: Office) -> None:
    """And what the first one finds later changes nothing any more."""
    await office.ask()
    until = office.clock.now() + HOLD
    assert await office.database.write(
        lambda tx: sap_readings.take(tx, "acme", "asked-1", 0, office.clock.now(), until)
    )
    await office.round()
    assert (await office.reading()).state == "reading"

    await office.clock.sleep(HOLD.total_seconds() + 1)
    await office.round()
    assert ((await office.reading()).state, (await office.reading()).attempts) == ("done", 2)
    for work in (
        lambda tx: sap_readings.take(tx, "acme", "asked-1", 0, office.clock.now(), until),
        lambda tx: sap_readings.later(tx, "acme", "asked-1", 1, until),
        lambda tx: sap_readings.end(tx, "acme", "asked-1", 1, "failed", office.clock.now()),
    ):
        assert not await office.database.write(work)


async def test_one_that_is_taken_over_meanwhile_stops(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it writes anything down."""
    monkeypatch.setattr(module.sap_readings, "later", _lost)
    office.books.post("1", "B1-7-I", "119.00")
    await office.ask()
    await office.round()

    assert (await office.reading()).state == "reading"
    assert await office.documents() == []


async def _lost(*_: Any, **__: Any) -> bool:
    return False
