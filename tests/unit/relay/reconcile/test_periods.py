"""A closed period is tried by one order at a time; what SAP then says releases the others, or lengthens the pause."""

from datetime import timedelta
from typing import Any

import pytest
from mlconnector_relay.db import alerts, jobs, ledger, refused_days
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Cause, Parked
from mlconnector_relay.db.ledger import LedgerEntry
from mlconnector_relay.reconcile.periods import ANSWER, UNUSED, Periods
from mlconnector_relay.sap.books import period_key
from mlconnector_relay.sap.frozen import frozen_text
from mlconnector_relay.trail.alerts import Alerts

from tests.support.building import built
from tests.support.hasty import HastyRuntime
from tests.support.orders import an_order
from tests.support.relay_state import a_store, add_store, an_entry, key_of, leased

OCTOBER = "010/2026"
CAUSE = period_key("1000", OCTOBER)
FACTS = frozen_text(built(an_order()).facts)
DAY = ("1000", "20260305")


class Office:
    """What a relay knows of periods, and orders that wait for one."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.runtime = HastyRuntime()
        self.periods = Periods(database, Alerts(), self.runtime)

    async def entry(self, order: int, **changes: Any) -> LedgerEntry:
        """Write down an order's invoice."""
        new = an_entry(order, facts=FACTS, **changes)
        return await self.database.write(lambda tx: ledger.intend(tx, new, self.runtime.now()))

    async def refuse(self, order: int, **changes: Any) -> bool:
        """Let SAP refuse an order's posting date, and the order park on it."""
        entry, now = await self.entry(order, **changes), self.runtime.now()
        learnt = await self.database.write(lambda tx: self.periods.refused(tx, entry, OCTOBER, now))
        await self.park(order, CAUSE)
        await self.periods.refresh("acme")
        return learnt

    async def park(self, order: int, cause: str) -> None:
        now = self.runtime.now()
        await self.database.write(lambda tx: jobs.enqueue(tx, key_of(order), now))
        [job] = await leased(self.database, self.runtime.now())

        async def settle(tx: Any) -> None:
            await jobs.settle(tx, job, Parked((Cause(cause, "open it"),), "waits"), now)
            await Alerts().open(tx, "acme", cause, "open it", "finance", now)

        await self.database.write(settle)

    async def due(self) -> list[int]:
        """Return the orders to be looked at."""
        async with self.database.read() as tx:
            found = await jobs.find(tx, "acme")
        return sorted(job.order_id for job in found if job.due_at is not None and job.due_at <= self.runtime.now())

    async def hear(self, order: int) -> None:
        """Let SAP answer an order's posting otherwise than by its period."""
        async with self.database.read() as tx:
            entry = await ledger.by_posting(tx, "acme", f"acme/abc123/{order}/invoice/1/1")
        assert entry
        await self.database.write(lambda tx: self.periods.answered(tx, entry, self.runtime.now()))
        await self.periods.refresh("acme")

    async def try_in_vain(self, order: int, tries: int) -> timedelta:
        """Let an order try its period, and SAP refuse it once more; return the pause until the next try."""
        now = self.runtime.now()
        await leased(self.database, now)
        entry = await self.entry(order, posting_id=f"acme/abc123/{order}/invoice/{tries + 1}/1", reference=f"R{tries}")
        await self.database.write(lambda tx: self.periods.refused(tx, entry, OCTOBER, now))
        async with self.database.read() as tx:
            [day] = await refused_days.of_tenant(tx, "acme")
        assert (day.trial, day.tries) == ((None, None), tries)
        return day.try_at - now

    def later(self, span: timedelta) -> None:
        self.runtime.slept.append(span.total_seconds())

    def closed(self, order: int = 0, **store: Any) -> list[tuple[str, str]]:
        return list(self.periods.books(a_store(**store), order).closed)

    async def alerts(self) -> list[str]:
        async with self.database.read() as tx:
            return [alert.key for alert in await alerts.find(tx, "acme")]


@pytest.fixture
async def office(database: Database) -> Office:
    """Nothing is known yet."""
    await add_store(database)
    return Office(database)


async def test_what_sap_refused_is_known_from_then_on(office: Office) -> None:
    """For this SAP client only, and also to a relay that did not hear of it itself."""
    assert office.closed() == []
    assert await office.refuse(7)
    assert office.closed() == [DAY]
    assert office.closed(sysid="OTH") == []
    other = Periods(office.database, Alerts(), office.runtime)
    assert not other.books(a_store(), 7).closed
    await other.refresh("acme")
    assert dict(other.books(a_store(), 7).closed) == {DAY: OCTOBER}


async def test_a_posting_whose_date_nobody_knows_teaches_nothing(office: Office) -> None:
    """It parks as any other refusal does."""
    entry = await office.entry(7)
    unreadable = an_entry(8, facts="")
    other = await office.database.write(lambda tx: ledger.intend(tx, unreadable, office.runtime.now()))
    assert not await office.database.write(lambda tx: office.periods.refused(tx, other, OCTOBER, entry.updated_at))
    assert not await office.periods.once("acme")
    assert office.closed() == []


async def test_one_order_tries_for_all_and_releases_them(office: Office) -> None:
    """The one that waits longest, once the pause is over; to it alone the period looks open."""
    for order in (7, 8, 9):
        await office.refuse(order)
    assert not await office.periods.once("acme")
    assert await office.due() == []

    office.later(timedelta(minutes=11))
    assert await office.periods.once("acme")
    assert await office.due() == [7]
    assert (office.closed(7), office.closed(8)) == ([], [DAY])
    assert not await office.periods.once("acme"), "no second order tries meanwhile"

    await office.hear(8)
    assert (await office.due(), office.closed()) == ([7], [DAY]), "an answer to another order proves nothing"
    await office.hear(7)
    assert await office.due() == [7, 8, 9]
    assert office.closed() == []
    assert await office.alerts() == []


async def test_a_vain_try_lengthens_the_pause(office: Office) -> None:
    """Up to an hour; refusals of orders that were on their way do not count."""
    await office.refuse(7)
    await office.refuse(8)
    pauses = []
    for tries in range(1, 7):
        office.later(timedelta(minutes=61))
        assert await office.periods.once("acme")
        [trial] = await office.due()
        pauses.append(await office.try_in_vain(trial, tries))
        office.later(timedelta(minutes=2))
        await office.park(trial, CAUSE)
    assert pauses[0] < pauses[2] <= pauses[-1] <= timedelta(hours=1)


async def test_a_try_without_an_answer_is_given_up(office: Office) -> None:
    """Another order tries then, or the same one again."""
    await office.refuse(7)
    office.later(timedelta(minutes=11))
    assert await office.periods.once("acme")
    office.later(ANSWER)
    assert await office.periods.once("acme")
    assert office.closed(7) == []


async def test_a_period_that_nothing_waits_for_is_asked_of_sap_again(office: Office) -> None:
    """After a day: where orders are moved by rule nobody would notice that it opened."""
    entry, now = await office.entry(7), office.runtime.now()
    await office.database.write(lambda tx: office.periods.refused(tx, entry, OCTOBER, now))
    office.later(UNUSED - timedelta(minutes=1))
    assert not await office.periods.once("acme")
    assert office.closed() == [DAY]
    office.later(timedelta(minutes=2))
    assert not await office.periods.once("acme")
    assert office.closed() == []


async def test_an_order_of_another_sap_client_does_not_try(office: Office) -> None:
    """It would be posted where nothing is known to be closed."""
    await office.refuse(7, sysid="OTH")
    office.later(timedelta(minutes=11))
    assert not await office.periods.once("acme")
    assert await office.due() == []


async def test_holds_end_by_themselves(office: Office) -> None:
    """When their time is over, and not before; a cause that cannot be read holds nothing."""
    at = (office.runtime.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    await office.park(7, f"hold:company_code=1000,until={at.replace(':', '%3A')},zone=UTC")
    await office.park(8, "hold:company_code=1000,until=never,zone=UTC")
    assert await office.periods.once("acme")
    assert await office.due() == [8]
    office.later(timedelta(hours=1, minutes=1))
    assert await office.periods.once("acme")
    assert await office.due() == [7, 8]


async def test_the_loop_goes_on_after_a_tenant_s_failure(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """And wakes whoever works when there is something to do."""

    class Enough(BaseException):
        pass

    woken: list[int] = []
    calls: list[str] = []

    async def once(tenant: str) -> bool:
        calls.append(tenant)
        if len(calls) == 1:
            raise database_error()
        if len(calls) == 3:
            raise Enough
        return True

    monkeypatch.setattr(office.periods, "once", once)
    with pytest.raises(Enough):
        await office.periods.run(lambda: woken.append(1))
    assert (len(woken), calls) == (1, ["acme"] * 3)


def database_error() -> Exception:
    """A database that is away."""
    from mlconnector_relay.db.errors import DatabaseUnavailable

    return DatabaseUnavailable("away")
