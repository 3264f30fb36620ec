"""What a clock that was ahead put off is brought to now; whatever a right clock put off stays; on both databases."""

from dataclasses import replace
from datetime import datetime, timedelta

import annotated_types
from mlconnector_relay.config import Work
from mlconnector_relay.db import agents, ahead, alert_deliveries, alerts, fleet, jobs, refused_days, sap_readings
from mlconnector_relay.db.engine import Database, Transaction
from mlconnector_relay.db.jobs import Done, Retry
from mlconnector_relay.jobs import retry
from mlconnector_relay.reconcile import awaiting, periods, run, send, settlement, verdict
from mlconnector_relay.tieout import readback
from mlconnector_relay.trail import notifier

from tests.support.relay_state import NOW, add_store, key_of, leased

from .test_refused_days import DAY

FAR = NOW + timedelta(days=400)
SOON = NOW + timedelta(hours=1)


async def make_due(database: Database, tenant: str = "acme") -> int:
    return await database.write(lambda tx: ahead.make_due(tx, tenant, NOW, 60.0))


async def due_at(database: Database, order: int, key: tuple[str, str] = ("acme", "abc123")) -> datetime | None:
    async with database.read() as tx:
        job = await jobs.of_order(tx, *key_of(order, *key))
    assert job is not None
    return job.due_at


async def put_off(database: Database, order: int, at: datetime, key: tuple[str, str] = ("acme", "abc123")) -> None:
    await database.write(lambda tx: jobs.enqueue(tx, key_of(order, *key), NOW))
    [job] = await leased(database)
    await database.write(lambda tx: jobs.settle(tx, job, Retry(at, "away"), NOW))


async def plan_look(database: Database, order: int, at: datetime, *, now: datetime) -> None:
    await database.write(lambda tx: jobs.enqueue(tx, key_of(order), NOW))
    [job] = await leased(database)
    await database.write(lambda tx: jobs.settle(tx, job, Done("waiting", "not paid", "store", at), now))


async def test_an_order_due_next_year_is_due_now(database: Database) -> None:
    """One due within the hour keeps its time, and another tenant's is left to its own round."""
    await add_store(database)
    other = ("other", "def456")
    await add_store(database, *other, store_code="B1")
    await put_off(database, 1, FAR)
    await put_off(database, 2, SOON)
    await put_off(database, 3, FAR, other)

    assert await make_due(database) == 1
    assert [await due_at(database, 1), await due_at(database, 2)] == [NOW, SOON]
    assert await due_at(database, 3, other) == FAR
    assert await make_due(database) == 0


async def test_a_look_that_is_planned_for_next_year_stays_planned(database: Database) -> None:
    """Such as at an order that waits for its payment: looked at every minute it would cost two requests each time."""
    await add_store(database)
    await plan_look(database, 1, FAR, now=NOW)
    assert await make_due(database) == 0
    assert await due_at(database, 1) == FAR
    await plan_look(database, 2, FAR + timedelta(days=9), now=FAR)
    assert await make_due(database) == 1
    assert await due_at(database, 2) == NOW, "it was planned by a clock that was ahead"


async def test_an_order_leased_until_next_year_is_leased_anew(database: Database) -> None:
    """Its owner may live: it is given a lease from now on, which it renews; else the order is due when that ends."""
    await add_store(database)
    await database.write(lambda tx: jobs.enqueue(tx, key_of(1), FAR))
    [job] = await leased(database, FAR)
    assert await make_due(database) == 1
    assert await due_at(database, 1) == NOW + timedelta(seconds=60)
    assert await database.write(lambda tx: jobs.renew(tx, job, NOW, 90))
    assert await due_at(database, 1) == NOW + timedelta(seconds=90)


async def test_whatever_else_waits_for_a_moment_is_brought_back_too(database: Database) -> None:
    """A closed period's next try, an alert to be told again, a reading of SAP's books, when an agent was seen."""
    await add_store(database)

    async def write(tx: Transaction) -> None:
        await refused_days.refused(tx, replace(DAY, try_at=FAR))
        await alerts.raise_(tx, "acme", "k:1", "s", "relay", NOW, kind="k", severity="warning")
        [alert] = await alerts.find(tx, "acme")
        await alert_deliveries.claim(tx, "acme", "mail", [alert], NOW, FAR)
        reading = sap_readings.asked("acme", "r", ("ECC", "100"), NOW.date(), NOW, daily=False)
        await sap_readings.ask(tx, replace(reading, due_at=FAR))
        await agents.enrol(tx, "acme", "berlin", "ECC", "100", NOW)
        await fleet.seen(tx, [("acme", "berlin")], FAR)

    await database.write(write)
    assert await make_due(database) == 0

    async with database.read() as tx:
        assert [one.try_at for one in await refused_days.of_tenant(tx, "acme")] == [NOW]
        assert [one.reading_id for one in await sap_readings.due(tx, "acme", NOW)] == ["r"]
        assert [one.last_seen_at for one in await agents.of_tenant(tx, "acme")] == [NOW]
        [alert] = await alerts.find(tx, "acme")
    assert len(await database.write(lambda tx: alert_deliveries.claim(tx, "acme", "mail", [alert], NOW, SOON))) == 1


def test_nothing_is_ever_put_off_for_longer() -> None:
    """Neither by a setting nor by the longest pause of anything: else what is right would be taken for wrong."""
    settings = [
        bound.le
        for name in ("lease_seconds", "settle_seconds", "answer_seconds")
        for bound in Work.model_fields[name].metadata
        if isinstance(bound, annotated_types.Le)
    ]
    assert len(settings) == 3
    seconds = [
        retry.LONGEST_PAUSE_SECONDS,
        retry.LONGEST_ASKED_SECONDS,
        run.LONGEST_REFETCH_SECONDS,
        verdict.LONGEST_PAUSE_SECONDS,
        periods.LONGEST_PAUSE_SECONDS,
        notifier.LONGEST_PAUSE_SECONDS,
        readback.LONGEST_PAUSE_SECONDS,
        *settings,
    ]
    spans = [
        send.LONGEST_PATIENCE,
        settlement.LONGEST_PAUSE,
        awaiting.LONGEST_PAUSE,
        periods.ANSWER,
        notifier.TELLING,
        readback.HOLD,
    ]
    longest = max(*spans, *(timedelta(seconds=float(str(one))) for one in seconds))
    assert longest < ahead.FURTHEST
