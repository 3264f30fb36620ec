"""The sweep finds what no callback told, and nothing is lost between two sweeps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.client import Fetch
from mlconnector_relay.bigcommerce.errors import StoreAnswerInvalid, StoreError
from mlconnector_relay.db import alerts, jobs, stores
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Done
from mlconnector_relay.intake import sweep as module
from mlconnector_relay.intake.sweep import Sweep
from mlconnector_relay.trail.alerts import Alerts

from tests.support.relay_parts import TENANT, Parts, some_parts
from tests.support.store import HASH

OVERLAP = 600.0


@pytest.fixture
async def parts(database: Database, tmp_path: Path) -> AsyncIterator[Parts]:
    """A relay's insides with a store."""
    async with some_parts(database, tmp_path) as made:
        yield made


def sweep_of(parts: Parts) -> Sweep:
    return Sweep(parts.database, parts.directory, Alerts(), parts.runtime, 300.0, OVERLAP)


async def watermark(parts: Parts) -> datetime | None:
    async with parts.database.read() as tx:
        store = await stores.by_hash(tx, TENANT, HASH)
    assert store
    return store.swept_until


def rfc2822(moment: datetime) -> str:
    return f"{moment:%a, %d %b %Y %H:%M:%S} +0000"


async def settle_all(parts: Parts) -> list[int]:
    due = await parts.queue.lease(10_000)
    for job in due:
        await parts.queue.settle(job, Done("skipped", "done"))
    return sorted(job.order_id for job in due)


def asked_since(parts: Parts, seen: list[str]) -> None:
    client = parts.account.client
    get = client.get

    async def watched(path: str, params: dict[str, str], *rest: object) -> object:
        seen.append(params["min_date_modified"])
        return await get(path, params, *rest)

    client.get = watched  # type: ignore[method-assign,assignment]


async def test_an_order_whose_callback_never_came_is_found_once(parts: Parts) -> None:
    """And not again, until it changes."""
    order = await parts.store.describe()
    assert await sweep_of(parts).once(parts.account) == 1
    assert await settle_all(parts) == [order]

    await parts.runtime.sleep(5)
    assert await sweep_of(parts).once(parts.account) == 0, "looked at, whenever and by whichever clock"


async def test_an_order_that_was_served_old_is_found(parts: Parts) -> None:
    """Its callback came, but the store showed it as it was before: only its stamp tells that nobody saw the new one."""
    order = await parts.store.describe()
    client, get = parts.account.client, parts.account.client.get
    before = parts.runtime.now() - timedelta(minutes=1)

    async def old(path: str, *rest: Any) -> Any:
        answer = await get(path, *rest)
        unpaid = {
            "status_id": 7,
            "payment_status": "authorized",
            "date_modified": f"{before:%a, %d %b %Y %H:%M:%S} +0000",
        }
        return answer | unpaid if path.endswith(f"/{order}") else answer

    client.get = old  # type: ignore[method-assign,assignment]
    await parts.runtime.sleep(3600)
    await parts.look(order)
    assert (await parts.job(order)).due_at is None
    client.get = get  # type: ignore[method-assign]

    assert await sweep_of(parts).once(parts.account) == 1


async def test_an_edit_while_a_posting_is_in_doubt_is_not_forgotten(parts: Parts) -> None:
    """The doubt may last longer than a sweep reaches back: the wish to look again is kept until the answer."""
    order = await parts.store.describe()
    agent = await parts.connect()
    await parts.look(order)
    envelope = await agent.hear_call(parts.landing.trust)
    assert await sweep_of(parts).once(parts.account) == 0, "what was posted from is known"
    edited = parts.runtime.now() + timedelta(seconds=30)
    await parts.edit(order, staff_notes="x", date_modified=f"{edited:%a, %d %b %Y %H:%M:%S} +0000")

    await parts.runtime.sleep(31)
    assert await sweep_of(parts).once(parts.account) == 1
    await parts.answer(envelope)
    assert (await parts.job(order)).due_at is not None


async def test_a_change_after_the_last_look_is_found(parts: Parts) -> None:
    """By the order's own stamp against the job's."""
    order = await parts.store.describe()
    await sweep_of(parts).once(parts.account)
    await settle_all(parts)
    later = parts.runtime.now() + timedelta(minutes=5)
    await parts.edit(order, staff_notes="x", date_modified=f"{later:%a, %d %b %Y %H:%M:%S} +0000")

    assert await sweep_of(parts).once(parts.account) == 1


async def test_a_change_is_found_of_an_order_that_is_looked_at_again_only_in_days(parts: Parts) -> None:
    """It waits for its payment, the older the longer; whoever pays it today is not seen in days."""
    order = await parts.store.describe(status_id=7, payment_status="")
    await parts.runtime.sleep(172_800)
    await parts.look(order)
    due = (await parts.job(order)).due_at
    assert due is not None
    assert due > parts.runtime.now() + timedelta(days=1)
    later = parts.runtime.now() + timedelta(minutes=5)
    await parts.edit(order, status_id=11, date_modified=f"{later:%a, %d %b %Y %H:%M:%S} +0000")

    await parts.runtime.sleep(300)
    assert await sweep_of(parts).once(parts.account) == 1
    due = (await parts.job(order)).due_at
    assert due is not None
    assert due <= parts.runtime.now()
    assert await sweep_of(parts).once(parts.account) == 0


async def test_what_is_due_or_worked_on_is_left_to_its_turn(parts: Parts) -> None:
    """The sweep makes nothing sooner."""
    await parts.store.describe()
    await sweep_of(parts).once(parts.account)
    assert await sweep_of(parts).once(parts.account) == 0
    [job] = await parts.queue.lease(10)
    assert await sweep_of(parts).once(parts.account) == 0
    assert (await parts.job(job.order_id)).generation == 1


async def test_the_watermark_moves_with_success_alone_and_overlaps(parts: Parts) -> None:
    """A sweep that failed is made good by the next, in this process or another."""
    await parts.fault(kind="error", status=400, path="*/v2/orders", times=1)
    with pytest.raises(StoreError):
        await sweep_of(parts).once(parts.account)
    assert await watermark(parts) is None

    seen: list[str] = []
    asked_since(parts, seen)
    before = parts.runtime.now().replace(microsecond=0)
    await sweep_of(parts).once(parts.account)
    assert seen == [f"{parts.account.store.cut_over:%a, %d %b %Y %H:%M:%S} +0000"]
    first = await watermark(parts)
    assert first is not None
    assert before <= first <= parts.runtime.now()

    await sweep_of(parts).once(parts.account)
    assert seen[1] == f"{first - timedelta(seconds=OVERLAP):%a, %d %b %Y %H:%M:%S} +0000"


async def test_a_watermark_ahead_of_the_store_passes_over_no_order(parts: Parts) -> None:
    """It tells nothing: the sweep that sees it has the next one ask for everything."""
    ahead = parts.runtime.now() + timedelta(days=1)
    await parts.database.write(lambda tx: stores.swept(tx, TENANT, HASH, ahead))
    order = await parts.store.describe()

    assert await sweep_of(parts).once(parts.account) == 0
    assert await watermark(parts) == parts.account.store.cut_over
    assert await sweep_of(parts).once(parts.account) == 1
    assert await settle_all(parts) == [order]
    until = await watermark(parts)
    assert until is not None
    assert until <= parts.runtime.now()


async def test_a_clock_that_was_ahead_passes_over_no_order(parts: Parts) -> None:
    """Nor when that time has come by as the relay sweeps again, so that nothing shows it: the mark is the store's."""
    right = parts.runtime.slept
    parts.runtime.slept = [6 * 3600.0]
    await sweep_of(parts).once(parts.account)
    order = await parts.store.describe()
    await parts.edit(order, date_modified=rfc2822(parts.runtime.now() - timedelta(hours=3)))

    parts.runtime.slept = [*right, 7 * 3600.0]
    assert await sweep_of(parts).once(parts.account) == 1
    assert await settle_all(parts) == [order]


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 23 Nov 99999 00:00:00 GMT", "Mon, 23 Nov 2026 00:00:00 +9999"])
async def test_a_store_that_does_not_tell_the_time_is_told(parts: Parts, date: str) -> None:
    """Its orders are found; since the mark cannot move, someone hears of it."""
    await parts.store.describe()
    account = parts.account
    exchange = account.client._exchange

    async def undated(*asked: Any) -> Any:
        status, _, raw = await exchange(*asked)
        return status, {"Date": date}, raw

    account.client._exchange = undated  # type: ignore[method-assign]
    with pytest.raises(StoreAnswerInvalid, match="no Date"):
        await sweep_of(parts).once(account)
    assert (len(await settle_all(parts)), await watermark(parts)) == (1, None)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_pages_lose_no_order_that_moves_between_them(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """An order changed while we read moves to the end; the one that takes its place is not missed."""
    monkeypatch.setattr(module, "PAGE", 3)
    start = parts.runtime.now() - timedelta(hours=1)
    orders = []
    for number in range(10):
        # Four share a second: a page of one second is left by its number.
        stamp = start + timedelta(seconds=max(number, 4))
        orders.append(await parts.store.describe(date_created=f"{stamp:%a, %d %b %Y %H:%M:%S} +0000"))
        await parts.edit(orders[-1], date_modified=f"{stamp:%a, %d %b %Y %H:%M:%S} +0000")
    client, get, asked = parts.account.client, parts.account.client.get, 0

    async def moving(path: str, params: dict[str, str], *rest: Any) -> object:
        nonlocal asked
        asked += 1
        answer = await get(path, params, *rest)
        if asked == 1:
            now = parts.runtime.now()
            await parts.edit(orders[0], staff_notes="x", date_modified=f"{now:%a, %d %b %Y %H:%M:%S} +0000")
        return answer

    client.get = moving  # type: ignore[method-assign,assignment]
    await sweep_of(parts).once(parts.account)

    assert await settle_all(parts) == orders


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_order_that_cannot_be_read_is_its_job_s_matter(parts: Parts) -> None:
    """It is found all the same, and the others behind it."""
    one = {"id": 5, "date_modified": "Mon, 23 Nov 2037 00:00:00 +0000", "total_inc_tax": "much"}
    await parts.fault(kind="error", status=200, path="*/v2/orders", body=[one, {**one, "id": 6}], times=1)
    assert await sweep_of(parts).once(parts.account) == 2
    assert await settle_all(parts) == [5, 6]


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize("date", [None, "the day before", "9999-12-31T23:59:59-23:00"])
async def test_an_order_whose_date_cannot_be_read_parks_and_stops_nobody(parts: Parts, date: str | None) -> None:
    """It is looked at once, where it shows what is the matter; the orders behind it and the next sweeps go on."""
    real = await parts.store.describe()
    answer = await parts.store.rest(f"/v2/orders/{real}")
    strange = {"id": 7, "date_modified": date}
    body = [strange, {"id": real, "date_modified": answer.body["date_modified"]}]
    await parts.fault(kind="error", status=200, path="*/v2/orders", body=body, times=2)
    await parts.fault(kind="error", status=200, path="*/v2/orders/7", body=strange | {"status_id": 11})
    assert await sweep_of(parts).once(parts.account) == 2
    assert sorted(await parts.work()) == [7, real]
    assert (await parts.state(7), await parts.causes(7)) == ("parked", ["failure:store_answer_invalid"])
    assert await parts.open_alerts() == ["failure:store_answer_invalid"]
    assert await watermark(parts) is not None
    assert await sweep_of(parts).once(parts.account) == 0, "it has a job, which nothing says is out of date"


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_page_without_a_readable_date_is_left_by_its_number(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing tells where the next one begins."""
    monkeypatch.setattr(module, "PAGE", 2)
    pages = [[{"id": 5}, {"id": 6}], [{"id": 7}]]

    async def paged(path: str, params: dict[str, str], observe: Any) -> Any:
        observe(Fetch("GET", path, 200, 1.0, b"", parts.runtime.now()))
        return pages[int(params["page"]) - 1]

    parts.account.client.get = paged  # type: ignore[method-assign,assignment]
    assert await sweep_of(parts).once(parts.account) == 3
    assert await settle_all(parts) == [5, 6, 7]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_sweep_that_fails_again_and_again_is_told_once_until_it_works(parts: Parts) -> None:
    """With who can do something; one failure is made good by the next sweep and told to nobody."""
    await parts.fault(kind="error", status=403, path="*/v2/orders", times=4)
    sweep = sweep_of(parts)
    told = []
    for _ in range(5):
        await sweep._attempt(parts.account)
        async with parts.database.read() as tx:
            told.append([(one.key, one.owner, one.sentence) for one in await alerts.find(tx, TENANT)])
    keys = [[key for key, *_ in some] for some in told]
    assert keys == [[], [], [f"sweep:{HASH}"], [f"sweep:{HASH}"], []]
    [(_, owner, sentence)] = told[3]
    assert owner == "store"
    assert "4 times in a row" in sentence
    assert "access token" in sentence

    await parts.fault(kind="error", status=403, path="*/v2/orders", times=2)
    for _ in range(2):
        await sweep._attempt(parts.account)
    assert await parts.open_alerts() == [], "they are counted from the last success on"


async def test_an_edit_during_an_open_posting_whose_callback_is_lost_is_found(parts: Parts) -> None:
    """The outcome stamped the job after the edit; what was posted knows nothing of it."""
    order = await parts.store.describe()
    agent = await parts.connect()
    await parts.look(order)
    envelope = await agent.hear_call(parts.landing.trust)
    edited = parts.runtime.now() + timedelta(seconds=30)
    await parts.edit(order, staff_notes="x", date_modified=f"{edited:%a, %d %b %Y %H:%M:%S} +0000")
    await parts.runtime.sleep(50)
    await parts.answer(envelope)
    assert (await parts.job(order)).due_at is None

    assert await sweep_of(parts).once(parts.account) == 1


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_one_store_s_trouble_is_not_the_others(parts: Parts) -> None:
    """Neither an answer nobody can read, nor a defect it meets, nor silence; the loop goes on, and comes back."""
    asked: list[str] = []
    enough = asyncio.Event()
    account = parts.account

    class Shops:
        def accounts(self) -> list[object]:
            hashes = ("unreadable", "defect", "silent", "well")
            return [SimpleNamespace(key=(TENANT, one), store=replace(account.store, store_hash=one)) for one in hashes]

    class Watched(Sweep):
        async def once(self, account: Any) -> int:
            asked.append(account.store.store_hash)
            match account.store.store_hash:
                case "unreadable":
                    raise StoreAnswerInvalid("GET", "/v2/orders", "no list")
                case "defect":
                    raise OverflowError("date value out of range")
                case "silent":
                    await asyncio.Event().wait()
            if asked.count("well") > 2:
                enough.set()
            return 0

    shops: Any = Shops()
    loop = asyncio.create_task(Watched(parts.database, shops, Alerts(), parts.runtime, 300.0, OVERLAP).run())
    await asyncio.wait_for(enough.wait(), 10)
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)

    assert asked.count("silent") == 1
    assert min(asked.count("unreadable"), asked.count("defect")) > 1
    assert await jobs_of(parts) == 0


@pytest.mark.parametrize("dialect", ["sqlite"])
@pytest.mark.parametrize(
    "order",
    [
        {"id": 2**63, "date_modified": "2026-03-04T12:00:00Z"},
        {"id": -5, "date_modified": "2026-03-04T12:00:00Z"},
    ],
)
async def test_what_cannot_be_kept_is_told_and_passed_over(parts: Parts, order: dict[str, object]) -> None:
    """A number beyond what can be counted is the store's fault, and said to be; the sweep goes on, its mark waits."""
    await parts.store.describe()
    await parts.fault(kind="error", status=200, path="*/v2/orders", body=[order, {"id": 6}], times=1)
    assert await sweep_of(parts).once(parts.account) == 1
    assert (await settle_all(parts), await watermark(parts)) == ([6], None)
    assert await parts.open_alerts() == [f"sweep:{HASH}:unreadable"]

    await sweep_of(parts).once(parts.account)
    assert (await parts.open_alerts(), await watermark(parts) is None) == ([], False)


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_an_order_changed_at_the_end_of_time_is_found(parts: Parts) -> None:
    """As one that was changed after it was looked at."""
    order = {"id": 5, "date_modified": "9999-12-31T23:59:59Z"}
    for _ in range(2):
        await parts.fault(kind="error", status=200, path="*/v2/orders", body=[order], times=1)
        assert await sweep_of(parts).once(parts.account) == 1
        assert await settle_all(parts) == [5]


@pytest.mark.parametrize("dialect", ["sqlite"])
async def test_a_store_that_never_ends_is_left(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its list answers the same for ever."""
    monkeypatch.setattr(module, "PAGE", 1)
    monkeypatch.setattr(module, "MOST_PAGES", 5)
    order = {"id": 5, "date_modified": "2026-03-04T12:00:00Z"}
    await parts.fault(kind="error", status=200, path="*/v2/orders", body=[order], times=100)
    for _ in range(2):
        reached = await watermark(parts)
        with suppress(StoreAnswerInvalid):
            await sweep_of(parts).once(parts.account)
    with pytest.raises(StoreAnswerInvalid, match="than one sweep takes: 5 pages"):
        await sweep_of(parts).once(parts.account)
    assert await watermark(parts) == reached


@pytest.mark.parametrize("by", ["pages", "time"])
async def test_more_changes_than_one_sweep_takes_are_swept_in_several(
    parts: Parts, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Each goes on where the one before ended; nothing is passed over, and an alert says so until all were seen."""
    monkeypatch.setattr(module, "PAGE", 2)
    monkeypatch.setattr(module, "MOST_PAGES", 4 if by == "pages" else 1000)
    monkeypatch.setattr(module, "SWEEP_SECONDS", 1800.0 if by == "pages" else 35.0)
    get, begin = parts.account.client.get, parts.account.store.cut_over
    orders = [await parts.store.describe() for _ in range(9)]
    for number, order in enumerate(orders):
        changed = begin + timedelta(hours=1 + number)
        await parts.edit(order, date_modified=rfc2822(changed))

    async def slow(*args: Any) -> object:
        await parts.runtime.sleep(10)
        return await get(*args)

    monkeypatch.setattr(parts.account.client, "get", slow)
    sweeps, marks = 0, list[datetime | None]()
    while True:
        await sweep_of(parts).once(parts.account)
        sweeps += 1
        marks.append(await watermark(parts))
        async with parts.database.read() as tx:
            told = [one.key for one in await alerts.find(tx, TENANT)]
        if not told:
            break
        assert told == [f"sweep:{HASH}:behind"]

    assert sweeps == 3
    assert marks == sorted(marks, key=str)
    assert await settle_all(parts) == sorted(orders)


async def jobs_of(parts: Parts) -> int:
    async with parts.database.read() as tx:
        return len(await jobs.find(tx, TENANT))
