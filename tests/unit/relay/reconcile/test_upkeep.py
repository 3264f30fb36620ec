"""What nobody else comes back to: ages, alerts that are over, old deliveries."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.db import agents, alerts, fleet, inbox, jobs
from mlconnector_relay.db.engine import Database, Transaction
from mlconnector_relay.db.errors import DatabaseUnavailable
from mlconnector_relay.db.jobs import Cause, Done, Failed, Outcome, Parked, Retry
from mlconnector_relay.jobs.queue import Queue
from mlconnector_relay.reconcile.upkeep import AWAY_AFTER, EVERY_SECONDS, Upkeep
from mlconnector_relay.trail.alerts import Alerts

from tests.support.hasty import HastyRuntime
from tests.support.relay_state import add_store, key_of


class Office:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.runtime = HastyRuntime()
        self.queue = Queue(database, self.runtime, "relay-1", 60)
        self.upkeep = Upkeep(database, Alerts(), self.runtime, 60.0)

    async def settle(self, order: int, outcome: Outcome) -> None:
        await self.database.write(lambda tx: jobs.enqueue(tx, key_of(order), self.runtime.now()))
        [job] = await self.queue.lease(1)
        assert await self.queue.settle(job, outcome)

    async def seen(self) -> None:
        """Note that the agent is connected."""
        keys = [("acme", "berlin")]
        await self.database.write(lambda tx: fleet.seen(tx, keys, self.runtime.now()))

    async def open_alerts(self) -> list[str]:
        async with self.database.read() as tx:
            return sorted(alert.key for alert in await alerts.find(tx, "acme"))


@pytest.fixture
async def office(database: Database) -> Office:
    await add_store(database)
    made = Office(database)
    await database.write(lambda tx: agents.enrol(tx, "acme", "berlin", "ECC", "100", made.runtime.now()))
    await made.seen()
    return made


async def test_an_alert_ends_when_nothing_waits_for_its_cause(office: Office) -> None:
    """However the orders got away from it; those that others stand behind stay."""
    both = Parked((Cause("sap:F5 353", "blocked"), Cause("not_yet:refund", "later")), "two")
    await office.settle(1, both)
    await office.settle(2, Parked((Cause("sap:F5 353", "blocked"),), "one"))
    await office.database.write(
        lambda tx: Alerts().open(tx, "acme", "agent:berlin:clock", "wrong", "basis", office.runtime.now())
    )
    await office.settle(1, Done("skipped", "edited away"))
    await office.upkeep.once("acme")
    assert await office.open_alerts() == ["agent:berlin:clock", "sap:F5 353"]

    await office.settle(2, Done("posted", "document 1"))
    await office.upkeep.once("acme")
    assert await office.open_alerts() == ["agent:berlin:clock"]


async def test_an_order_that_parks_meanwhile_keeps_its_alert(office: Office) -> None:
    """What is over is found before the write: by then another order may wait for the same."""
    blocked = Parked((Cause("sap:F5 353", "blocked"),), "one")
    await office.settle(1, blocked)
    await office.settle(1, Done("posted", "document 1"))
    write = office.database.write

    async def parked_first(work: Callable[[Transaction], Any]) -> Any:
        office.database.write = write  # type: ignore[method-assign]
        await office.settle(2, blocked)
        return await write(work)

    office.database.write = parked_first  # type: ignore[method-assign]
    await office.upkeep.once("acme")
    assert await office.open_alerts() == ["sap:F5 353"]


async def test_an_alert_about_failed_orders_ends_with_the_last(office: Office) -> None:
    """A person looked at them."""
    await office.settle(1, Failed("defect: oops"))
    await office.upkeep.once("acme")
    assert await office.open_alerts() == ["failed:defect"]

    await office.settle(1, Done("posted", "document 1"))
    await office.upkeep.once("acme")
    assert await office.open_alerts() == []


async def test_alerts_about_the_sweep_end_with_it_alone_or_with_their_store(office: Office) -> None:
    """No order waits for them, and nobody else closes those of a store that is not served any more."""
    told = ["sweep:abc123", "sweep:abc123:unreadable", "sweep:gone"]
    await add_store(office.database)
    await office.seen()
    for key in told:
        await office.database.write(
            lambda tx, key=key: Alerts().open(tx, "acme", key, "why", "relay", office.runtime.now())
        )
    await office.upkeep.once("acme")

    assert [key for key in await office.open_alerts() if key.startswith("sweep")] == told[:2]


async def test_an_agent_that_is_away_is_told_until_it_is_back(office: Office) -> None:
    """Orders only wait meanwhile, and none of them says why."""
    await office.upkeep.once("acme")
    assert await office.open_alerts() == []

    await office.runtime.sleep(2 * AWAY_AFTER.total_seconds())
    await office.upkeep.once("acme")
    assert await office.open_alerts() == ["away:ECC 100"]

    await office.seen()
    await office.upkeep.once("acme")
    assert await office.open_alerts() == []


@pytest.mark.parametrize("state", ["enrolled", "revoked"])
async def test_a_system_without_an_agent_is_told(office: Office, state: str) -> None:
    """None was ever connected, or the only one was revoked."""
    if state == "revoked":
        await office.database.write(lambda tx: agents.revoke(tx, "acme", "berlin", "stolen", office.runtime.now()))
    else:
        await office.database.write(lambda tx: agents.enrol(tx, "acme", "berlin", "OLD", "100", office.runtime.now()))
    await office.upkeep.once("acme")

    async with office.database.read() as tx:
        [alert] = await alerts.find(tx, "acme")
    assert (alert.key, alert.owner) == ("away:ECC 100", "basis")
    assert "no agent enrolled for it was ever connected" in alert.sentence


async def test_what_lasts_too_long_is_told(office: Office) -> None:
    """Every unfinished state has an age that alerts."""
    await office.settle(1, Parked((Cause("sap:F5 353", "blocked"),), "one"))
    await office.runtime.sleep(90 * 86_400)
    await office.upkeep.once("acme")

    assert "overdue:parked" in await office.open_alerts()


async def test_deliveries_are_kept_for_seven_days(office: Office) -> None:
    """And no longer."""

    async def kept() -> int:
        async with office.database.read() as tx:
            return len(await inbox.of_order(tx, "acme", "abc123", 1))

    now = office.runtime.now()
    await office.database.write(lambda tx: inbox.accept(tx, "acme", "abc123", "d1", "store/order/created", 1, now))
    await office.runtime.sleep(timedelta(days=6.9).total_seconds())
    await office.upkeep.once("acme")
    assert await kept() == 1

    await office.runtime.sleep(timedelta(days=0.2).total_seconds())
    await office.upkeep.once("acme")
    assert await kept() == 0


async def test_the_loop_goes_on_after_one_tenant_s_trouble(office: Office) -> None:
    """And pauses between rounds."""
    asked: list[str] = []

    class Ended(Exception):
        """Ends the test's loop."""

    class Watched(Upkeep):
        async def once(self, tenant: str) -> None:
            asked.append(tenant)
            if len(asked) > 2:
                raise Ended
            raise DatabaseUnavailable("away")

    with pytest.raises(Ended):
        await Watched(office.database, Alerts(), office.runtime, 60.0).run()
    assert (asked, office.runtime.slept) == (["acme"] * 3, [EVERY_SECONDS] * 2)


async def test_an_order_put_off_by_a_clock_that_was_ahead_is_due(office: Office) -> None:
    """At start-up and at every round, so that a clock set back while the relay runs is made good as well."""
    next_year = office.runtime.now() + timedelta(days=365)
    await office.settle(1, Retry(next_year, "away"))
    assert await office.queue.lease(1) == []
    await office.upkeep.once("acme")
    assert [job.order_id for job in await office.queue.lease(1)] == [1]
