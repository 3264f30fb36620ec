"""The loop that works, on the virtual clock and a real database: bounded, leased, nothing lost, nothing silent."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, ClassVar

import pytest
from mlconnector_relay.db import alerts, jobs
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseUnavailable
from mlconnector_relay.db.jobs import Done, Job, StoreKey
from mlconnector_relay.jobs.queue import Queue
from mlconnector_relay.jobs.retry import MAX_DEFECTS
from mlconnector_relay.jobs.worker import Worker
from mlconnector_shared.errors import ConnectorError

from tests.support.relay_state import add_store, key_of
from tests.support.runtime import FakeRuntime, VirtualLoop

LEASE_SECONDS = 30.0
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


class Passing(ConnectorError):
    """Heals by itself."""

    retryable: ClassVar[bool] = True


class Lasting(ConnectorError):
    """A person must look."""


class Shop:
    """Orders due, and one process that works on them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.runtime = FakeRuntime()
        self.queue = Queue(database, self.runtime, "relay-1", LEASE_SECONDS)
        self.began: list[tuple[float, int]] = []
        self.running = self.most = 0
        self.closed: Collection[StoreKey] = ()
        self.tenants = {"acme"}
        self.waiting = 0

    async def due(self, *orders: int, store_hash: str = "abc123", code: str = "A1", tenant: str = "acme") -> None:
        await add_store(self.database, tenant, store_hash, store_code=code)
        wishes = [jobs.Wish(key_of(order, tenant, store_hash), self.runtime.now()) for order in orders]
        await self.database.write(lambda tx: jobs.enqueue_many(tx, wishes, self.runtime.now()))

    def worker(self, work: Callable[[Job], Awaitable[None]], concurrency: int = 3, queue: Any = None) -> Worker:
        async def counted(job: Job) -> None:
            self.began.append((self.runtime.monotonic(), job.order_id))
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                await work(job)
            finally:
                self.running -= 1

        return Worker(
            queue or self.queue,
            counted,
            lambda: self.closed,
            self.runtime,
            tenants=lambda: self.tenants,
            waiting=lambda: self.waiting,
            concurrency=concurrency,
            poll_seconds=1.0,
            lease_seconds=LEASE_SECONDS,
        )

    async def run(self, worker: Worker, seconds: float) -> None:
        task = asyncio.create_task(worker.run())
        await self.runtime.sleep(seconds)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def job(self, order: int) -> Job:
        async with self.database.read() as tx:
            found = await jobs.of_order(tx, *key_of(order))
        assert found
        return found

    async def open_alerts(self) -> list[str]:
        async with self.database.read() as tx:
            return [alert.key for alert in await alerts.find(tx, "acme")]

    async def done(self, job: Job) -> None:
        await self.queue.settle(job, Done("skipped", "done"))


Story = Callable[[Shop], Awaitable[None]]


@pytest.fixture
def tell(database_url: str) -> Callable[[Story], None]:
    """Run a story on a virtual loop with a database of its own."""

    def told(story: Story) -> None:
        async def main() -> None:
            database = Database(database_url)
            try:
                await story(Shop(database))
            finally:
                await database.close()

        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            runner.run(main())

    return told


def test_no_more_jobs_run_than_allowed_and_all_are_done(tell: Any) -> None:
    """A thousand due orders are three at a time."""

    async def story(shop: Shop) -> None:
        async def work(job: Job) -> None:
            await shop.runtime.sleep(1)
            await shop.done(job)

        await shop.due(*range(1, 11))
        await shop.run(shop.worker(work), 60)
        assert (shop.most, sorted(order for _, order in shop.began)) == (3, list(range(1, 11)))
        assert {(await shop.job(order)).state for order in range(1, 11)} == {"skipped"}

    tell(story)


def test_one_tenant_s_slow_orders_leave_places_to_the_others(tell: Any) -> None:
    """However many of them are due, and whichever came first: none of several tenants takes more than half."""

    async def story(shop: Shop) -> None:
        async def work(job: Job) -> None:
            if job.tenant == "acme":
                await shop.runtime.sleep(120)
            await shop.done(job)

        shop.tenants = {"acme", "other"}
        await shop.due(*range(1, 101))
        await shop.due(200, tenant="acme", store_hash="second", code="B1")
        task = asyncio.create_task(shop.run(shop.worker(work, concurrency=5), 60))
        await shop.runtime.sleep(10)
        assert len(shop.began) == 3
        await shop.due(300, store_hash="other", code="C1", tenant="other")
        await shop.runtime.sleep(2)
        assert [order for _, order in shop.began[3:]] == [300]
        await task

    tell(story)


def test_what_only_waits_for_an_agent_takes_no_place(tell: Any) -> None:
    """It costs nothing but memory; how many there may be is bounded where they wait."""

    async def story(shop: Shop) -> None:
        async def work(job: Job) -> None:
            shop.waiting += 1
            await shop.runtime.sleep(30)
            shop.waiting -= 1
            await shop.runtime.sleep(30)
            await shop.done(job)

        await shop.due(*range(1, 8))
        task = asyncio.create_task(shop.run(shop.worker(work, concurrency=3), 50))
        await shop.runtime.sleep(35)
        assert len(shop.began) == 7
        await shop.due(8)
        await shop.runtime.sleep(10)
        assert len(shop.began) == 7, "they work by now: no place is free"
        await task

    tell(story)


def test_a_new_job_waits_no_longer_than_the_poll(tell: Any) -> None:
    """And not at all when the worker is woken."""

    async def story(shop: Shop) -> None:
        worker = shop.worker(shop.done)
        running = asyncio.create_task(worker.run())
        await shop.runtime.sleep(10.5)
        await shop.due(1)
        await shop.runtime.sleep(2)
        await shop.due(2)
        worker.wake()
        await shop.runtime.sleep(0.01)
        running.cancel()
        (first, _), (second, _) = shop.began
        assert 10.5 <= first <= 11.6
        assert second == pytest.approx(12.5, abs=0.01)

    tell(story)


def test_long_work_keeps_its_lease(tell: Any) -> None:
    """Nobody else begins the same order while it is worked on."""

    async def story(shop: Shop) -> None:
        async def work(job: Job) -> None:
            await shop.runtime.sleep(10 * LEASE_SECONDS)
            await shop.done(job)

        await shop.due(1)
        other = shop.worker(work, queue=Queue(shop.database, shop.runtime, "relay-2", LEASE_SECONDS))
        await asyncio.gather(shop.run(shop.worker(work), 400), shop.run(other, 400))
        assert len(shop.began) == 1

    tell(story)


def test_a_killed_worker_s_job_is_begun_again_after_its_lease(tell: Any) -> None:
    """Nothing is lost with a process."""

    async def story(shop: Shop) -> None:
        async def hang(job: Job) -> None:
            await shop.runtime.sleep(1e6)

        await shop.due(1)
        await shop.run(shop.worker(hang), 5)
        await shop.run(shop.worker(shop.done), 60)
        assert [order for _, order in shop.began] == [1, 1]
        assert shop.began[1][0] >= LEASE_SECONDS
        assert (await shop.job(1)).state == "skipped"

    tell(story)


def test_what_heals_is_tried_again_and_what_does_not_is_parked(tell: Any) -> None:
    """By the rules of retry, with an alert for whoever has to look."""

    async def story(shop: Shop) -> None:
        async def work(job: Job) -> None:
            if job.order_id == 2:
                raise Lasting("the token is wrong")
            if len([1 for _, order in shop.began if order == 1]) < 4:
                raise Passing("away")
            await shop.done(job)

        await shop.due(1, 2)
        await shop.run(shop.worker(work), 120)
        assert ((await shop.job(1)).state, (await shop.job(2)).state) == ("skipped", "parked")
        assert len([1 for _, order in shop.began if order == 2]) == 1
        assert await shop.open_alerts() == ["failure:lasting"]

    tell(story)


def test_a_defect_of_ours_is_tried_a_few_times_and_then_told(tell: Any) -> None:
    """Never silent, never for ever."""

    async def story(shop: Shop) -> None:
        async def work(job: Job) -> None:
            raise ZeroDivisionError("oops")

        await shop.due(1)
        await shop.run(shop.worker(work), 3600)
        job = await shop.job(1)
        assert (job.state, job.reason) == ("failed", "defect: ZeroDivisionError: oops")
        assert len(shop.began) == MAX_DEFECTS
        assert await shop.open_alerts() == ["failed:defect"]

    tell(story)


def test_the_orders_of_a_closed_store_are_left_alone(tell: Any) -> None:
    """Neither fetched nor tried until it opens; others go on."""

    async def story(shop: Shop) -> None:
        await shop.due(1)
        await shop.due(2, store_hash="other", code="B2")
        shop.closed = {StoreKey("acme", "abc123")}
        task = asyncio.create_task(shop.run(shop.worker(shop.done), 20))
        await shop.runtime.sleep(10)
        assert [order for _, order in shop.began] == [2]
        shop.closed = ()
        await task
        assert [order for _, order in shop.began] == [2, 1]

    tell(story)


class Flaky:
    """A queue whose database is away at moments."""

    def __init__(self, queue: Queue, **failures: int) -> None:
        self._queue = queue
        self._failures = failures

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any) -> Any:
            if self._failures.get(name, 0):
                self._failures[name] -= 1
                raise DatabaseUnavailable("the disk is full")
            return await getattr(self._queue, name)(*arguments)

        return call


@pytest.mark.parametrize("failing", ["lease", "renew", "settle"])
def test_a_database_that_is_away_for_a_moment_loses_nothing(tell: Any, failing: str) -> None:
    """What runs goes on, and what could not be settled is begun again after its lease."""

    async def story(shop: Shop) -> None:
        tries = 0

        async def work(job: Job) -> None:
            nonlocal tries
            tries += 1
            await shop.runtime.sleep(LEASE_SECONDS)
            if tries == 1 and failing == "settle":
                raise Passing("away")
            await shop.done(job)

        await shop.due(1)
        await shop.run(shop.worker(work, queue=Flaky(shop.queue, **{failing: 1})), 300)
        assert (await shop.job(1)).state == "skipped"
        assert tries == (2 if failing == "settle" else 1)

    tell(story)


def test_a_defect_in_settling_stops_no_other_work(tell: Any) -> None:
    """It is logged, and the order is due again when its lease ends."""

    async def story(shop: Shop) -> None:
        async def work(job: Job) -> None:
            raise Passing("away")

        class Broken(Flaky):
            def __getattr__(self, name: str) -> Any:
                if name == "settle":
                    raise AttributeError("a defect")
                return super().__getattr__(name)

        await shop.due(1)
        await shop.run(shop.worker(work, queue=Broken(shop.queue)), 2 * LEASE_SECONDS + 5)
        assert len(shop.began) >= 2

    tell(story)


def test_whoever_lost_its_lease_changes_nothing(tell: Any) -> None:
    """Paused for longer than the lease, it comes back and finds another at work."""

    async def story(shop: Shop) -> None:
        class Paused(Flaky):
            def __getattr__(self, name: str) -> Any:
                if name == "renew":

                    async def late(job: Job) -> bool:
                        await shop.runtime.sleep(3 * LEASE_SECONDS)
                        return await shop.queue.renew(job)

                    return late
                return super().__getattr__(name)

        async def slow(job: Job) -> None:
            await shop.runtime.sleep(6 * LEASE_SECONDS)
            assert not await shop.queue.settle(job, Done("failed", "mine"))

        await shop.due(1)
        other = shop.worker(shop.done, queue=Queue(shop.database, shop.runtime, "relay-2", LEASE_SECONDS))
        first = asyncio.create_task(shop.run(shop.worker(slow, queue=Paused(shop.queue)), 300))
        await shop.runtime.sleep(1)
        await shop.run(other, 60)
        await first
        assert (await shop.job(1)).state == "skipped"

    tell(story)
