"""An alert is opened once per cause, refreshed while it lasts, closed when it is cured."""

from datetime import datetime, timedelta

from mlconnector_relay.db import alerts as rows
from mlconnector_relay.db import jobs
from mlconnector_relay.db.alerts import Alert
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Cause, Done, Parked
from mlconnector_relay.trail.alerts import Alerts

from tests.support.relay_state import NOW, add_store, key_of, leased

ALERTS = Alerts()
LATER = NOW + timedelta(hours=1)


async def raise_(
    database: Database, key: str = "account:category=1", at: datetime = NOW, sentence: str = "map"
) -> bool:
    return await database.write(lambda tx: ALERTS.open(tx, "acme", key, sentence, "finance", at))


async def one(database: Database, key: str = "account:category=1") -> Alert:
    async with database.read() as tx:
        found = await rows.of_key(tx, "acme", key)
    assert found is not None
    return found


async def open_keys(database: Database) -> list[str]:
    async with database.read() as tx:
        return [alert.key for alert in await rows.find(tx, "acme")]


async def test_the_same_cause_opens_one_alert(database: Database) -> None:
    """A hundred orders with one missing mapping are one alert that counts them."""
    opened = [await raise_(database, at=NOW + timedelta(minutes=n), sentence=f"map {n}") for n in range(3)]

    alert = await one(database)
    assert opened == [True, False, False]
    assert (alert.count, alert.opened_at, alert.refreshed_at) == (3, NOW, NOW + timedelta(minutes=2))
    assert (alert.sentence, alert.kind, alert.severity, alert.owner) == ("map 2", "account", "warning", "finance")


async def test_a_cured_cause_closes_its_alert_once(database: Database) -> None:
    """Closing what is not open says so."""
    await raise_(database)
    told = [await database.write(lambda tx: ALERTS.close(tx, "acme", "account:category=1", LATER)) for _ in range(2)]

    assert told == [True, False]
    assert await open_keys(database) == []
    assert (await one(database)).closed_at == LATER


async def test_a_cause_that_returns_opens_its_alert_anew(database: Database) -> None:
    """The count starts again, and nobody has taken it on yet."""
    await raise_(database)
    assert await database.write(lambda tx: ALERTS.acknowledge(tx, "acme", "account:category=1", "ann", NOW))
    await database.write(lambda tx: ALERTS.close(tx, "acme", "account:category=1", NOW))

    assert await raise_(database, at=LATER)
    alert = await one(database)
    assert (alert.count, alert.opened_at, alert.acknowledged_at, alert.closed_at) == (1, LATER, None, None)


async def test_taking_an_alert_on_keeps_it_open(database: Database) -> None:
    """A person's name is kept while the cause lasts, also when it is raised again."""
    await raise_(database)
    await database.write(lambda tx: ALERTS.acknowledge(tx, "acme", "account:category=1", "ann", LATER))
    await raise_(database, at=LATER)

    alert = await one(database)
    assert (alert.acknowledged_by, alert.acknowledged_at, alert.closed_at) == ("ann", LATER, None)
    assert not await database.write(lambda tx: ALERTS.acknowledge(tx, "acme", "unknown", "ann", LATER))


async def test_doubt_about_the_books_is_critical(database: Database) -> None:
    """A contradiction of ledger and agent is more than a warning."""
    await raise_(database, "contradiction:acme/abc123/7/invoice/1/1")

    assert (await one(database, "contradiction:acme/abc123/7/invoice/1/1")).severity == "critical"


async def test_closed_alerts_are_found_when_asked_for(database: Database) -> None:
    """The list shows what is open; with a moment, also what was closed since."""
    await raise_(database)
    await database.write(lambda tx: ALERTS.close(tx, "acme", "account:category=1", LATER))

    async with database.read() as tx:
        assert len(await rows.find(tx, "acme", closed_since=NOW)) == 1
        assert await rows.find(tx, "acme", closed_since=LATER + timedelta(seconds=1)) == []


async def test_every_unfinished_state_has_an_age_that_alerts(database: Database) -> None:
    """Orders that stay too long in a state are told of, one alert per state, until they have left it."""
    await add_store(database)
    settled = {
        1: Parked((Cause("tax:FOOD", "map it"),), "no tax code"),
        2: Done("in_doubt", "no answer", "agent"),
        3: Done("posted", "document 1"),
        4: Done("skipped", "before cut-over"),
        5: Done("waiting", "not paid", "store"),
    }
    for order, outcome in settled.items():
        await database.write(lambda tx, order=order: jobs.enqueue(tx, key_of(order), NOW))
        [job] = await leased(database)
        await database.write(lambda tx, job=job, outcome=outcome: jobs.settle(tx, job, outcome, NOW))
    await database.write(lambda tx: jobs.enqueue(tx, key_of(6), NOW))

    async def watch(after: timedelta) -> list[str]:
        await database.write(lambda tx: ALERTS.watch_ages(tx, "acme", NOW + after))
        return sorted(await open_keys(database))

    assert await watch(timedelta(minutes=29)) == []
    assert await watch(timedelta(minutes=31)) == ["overdue:in_doubt"]
    assert await watch(timedelta(minutes=61)) == ["overdue:in_doubt", "overdue:waiting"]
    assert await watch(timedelta(days=3, minutes=1)) == ["overdue:in_doubt", "overdue:parked", "overdue:waiting"]
    assert "1 order in doubt for too long" in (await one(database, "overdue:in_doubt")).sentence
    await database.write(lambda tx: jobs.mark(tx, key_of(2), "posted", "found", "nobody", LATER))
    assert await watch(timedelta(days=3, minutes=2)) == ["overdue:parked", "overdue:waiting"]
