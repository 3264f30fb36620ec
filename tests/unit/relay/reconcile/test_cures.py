"""A mapping that was added releases exactly the orders it cures, in order, and nothing is forgotten over a failure."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from mlconnector_relay.db import alerts, jobs
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseUnavailable
from mlconnector_relay.db.jobs import Cause, Parked
from mlconnector_relay.reconcile.cures import Cures
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.trail.vault import Vault

from tests.support.hasty import HastyRuntime
from tests.support.mappings import MAPPING
from tests.support.relay_parts import a_directory
from tests.support.relay_state import NOW, add_store, key_of, leased

KEYS = [f"account:category={number},company_code=1000" for number in range(31, 38)]
BARE = MAPPING.replace('[[accounts]]\ngl_account = "800900"\ncost_center = "4100"\n', "")


class Office:
    """Stores of two tenants, one of them without a mapping."""

    def __init__(self, database: Database, folder: Path, http: aiohttp.ClientSession) -> None:
        self.database = database
        self.runtime = HastyRuntime()
        self.vault = Vault(bytes(32), self.runtime)
        self.http = http
        self.file = folder / "acme.toml"
        self.directory = a_directory(database, self.vault, http, folder, self.runtime)
        self.woken = 0
        self.written = 0

    def cures(self, database: Any = None) -> Cures:
        return Cures(database or self.database, self.directory, Alerts(), self.runtime, self._wake, 2.0)

    def another(self) -> Cures:
        """Return another relay's, which reads files and stores on its own."""
        directory = a_directory(self.database, self.vault, self.http, self.file.parent, HastyRuntime(self.written))
        self.written += 1
        return Cures(self.database, directory, Alerts(), self.runtime, self._wake, 2.0)

    def _wake(self) -> None:
        self.woken += 1

    def write(self, *categories: int) -> None:
        """Put a mapping in place that knows these categories."""
        rule = '\n[[accounts]]\ncategories = [{}]\ngl_account = "800000"\ncost_center = "4200"\n'
        self.file.write_text(BARE + "".join(rule.format(category) for category in categories))
        self.written += 1
        os.utime(self.file, (self.written, self.written))

    async def start(self) -> None:
        secrets = {
            "access_token": self.vault.seal_secret("t"),
            "client_secrets": self.vault.seal_secret("s"),
            "hook_secret": self.vault.seal_secret("{}"),
        }
        await add_store(self.database, **secrets)
        await add_store(self.database, "aaa", "bare", store_code="B2", client="200", **secrets)

    async def park(self, orders: dict[int, list[str]]) -> None:
        wishes = [jobs.Wish(key_of(order), NOW) for order in orders]
        await self.database.write(lambda tx: jobs.enqueue_many(tx, wishes, NOW))
        found = await leased(self.database, limit=len(orders))

        async def settle(tx: Any) -> None:
            for job in found:
                causes = tuple(Cause(key, "add one") for key in orders[job.order_id])
                await jobs.settle(tx, job, Parked(causes, "add one"), NOW)
            for key in {key for keys in orders.values() for key in keys}:
                await Alerts().open(tx, "acme", key, "add one", "finance", NOW)

        await self.database.write(settle)

    async def ask(self, key: str, questions: dict[int, str]) -> None:
        """Park orders that ask about finer facts of one key."""
        for order, question in questions.items():
            await self.database.write(lambda tx, order=order: jobs.enqueue(tx, key_of(order), NOW))
            [job] = await leased(self.database)
            outcome = Parked((Cause(key, "add one", "finance", question),), "add one")
            await self.database.write(lambda tx, job=job, outcome=outcome: jobs.settle(tx, job, outcome, NOW))
        await self.database.write(lambda tx: Alerts().open(tx, "acme", key, "add one", "finance", NOW))

    async def due(self) -> list[int]:
        async with self.database.read() as tx:
            return sorted(job.order_id for job in await jobs.find(tx, "acme", limit=5000) if job.due_at is not None)

    async def open_alerts(self) -> set[str]:
        async with self.database.read() as tx:
            return {alert.key for alert in await alerts.find(tx, "acme")}


@pytest.fixture
async def office(database: Database, tmp_path: Path) -> AsyncIterator[Office]:
    async with aiohttp.ClientSession() as http:
        made = Office(database, tmp_path, http)
        await made.start()
        yield made


async def test_a_thousand_orders_over_seven_keys_are_released_key_by_key(office: Office) -> None:
    """Those and no others; one that lacks two waits for what is left after it was looked at."""
    orders = {number: [KEYS[number % 7]] for number in range(1, 1001)}
    orders[1001] = [KEYS[0], KEYS[6]]
    await office.park(orders)
    cures = office.cures()
    office.write()
    await cures.once()
    assert (await office.due(), office.woken) == ([], 0)

    office.write(31, 33)
    for _ in range(2):
        await cures.once()
    expected = sorted(number for number, keys in orders.items() if {KEYS[0], KEYS[2]} & set(keys))
    assert await office.due() == expected
    assert await office.open_alerts() == set(KEYS) - {KEYS[0], KEYS[2]}
    assert office.woken == 1

    begun = [job.order_id for job in await leased(office.database, office.runtime.now(), limit=2000)]
    assert begun == expected


async def test_cured_by_several_relays_at_once_each_order_is_begun_once(office: Office) -> None:
    """Three relays see the same new mapping; who was first does not matter, nor how often it was released."""
    orders = {number: [KEYS[number % 7]] for number in range(1, 1001)}
    await office.park(orders)
    office.write(31, 33, 35)
    relays = [office.another() for _ in range(3)]
    await asyncio.gather(*(relay.once() for relay in relays))
    await asyncio.gather(*(relay.once() for relay in relays))

    expected = sorted(number for number, keys in orders.items() if keys[0] in {KEYS[0], KEYS[2], KEYS[4]})
    assert await office.due() == expected
    begun = [
        job.order_id
        for _ in range(3)
        for job in await leased(office.database, office.runtime.now(), limit=500, owner="relay-2")
    ]
    assert begun == expected


async def test_of_one_key_those_are_released_whose_question_is_answered(office: Office) -> None:
    """A rule for one SKU: the others of its category wait on, and so does their alert."""
    asked = {order: f"account:category=42,company_code=1000,sku={sku}" for order, sku in enumerate("ABA", 1)}
    await office.ask("account:category=42,company_code=1000", asked)
    rule = '\n[[accounts]]\nskus = ["{}"]\ngl_account = "800000"\ncost_center = "4200"\n'
    office.file.write_text(BARE + rule.format("a"))
    await office.cures().once()
    assert (await office.due(), await office.open_alerts()) == ([1, 3], {"account:category=42,company_code=1000"})

    office.written = 100
    office.file.write_text(BARE + rule.format("?"))
    for _ in range(2):
        await office.cures().once()
    assert (await office.due(), await office.open_alerts()) == ([1, 2, 3], set())


async def test_a_start_releases_what_was_cured_while_we_were_away(office: Office) -> None:
    """The mapping changed while the relay stood still."""
    await office.park({1: [KEYS[0]], 2: ["sap:F5 353"], 3: ["account:nonsense"]})
    office.write(31)
    await office.cures().once()

    assert await office.due() == [1]


async def test_a_release_that_failed_is_made_good(office: Office) -> None:
    """At the next look, without another change; a tenant without a mapping stops nobody."""
    await office.park({1: [KEYS[0]]})
    office.write(31)

    class Flaky:
        failures = 1
        read = office.database.read

        async def write(self, work: Any) -> Any:
            if self.failures:
                self.failures -= 1
                raise DatabaseUnavailable("away")
            return await office.database.write(work)

    cures = office.cures(Flaky())
    with pytest.raises(DatabaseUnavailable):
        await cures.once()
    assert await office.due() == []
    await cures.once()
    assert await office.due() == [1]


async def test_the_loop_looks_for_ever(office: Office) -> None:
    """Pausing in between."""

    class Ended(Exception):
        """Ends the test's loop."""

    looks = 0
    cures = office.cures()

    async def once() -> None:
        nonlocal looks
        looks += 1
        if looks > 3:
            raise Ended

    cures.once = once  # type: ignore[method-assign]
    with pytest.raises(Ended):
        await cures.run()
    assert office.runtime.slept == [2.0] * 3
