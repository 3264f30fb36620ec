"""Ask every store what changed since the watermark, in case a callback never came; feeds the same jobs."""

import asyncio
from collections import Counter as Tally
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.words import how_many
from prometheus_client import Counter
from pydantic import Field, ValidationError

from ..bigcommerce.errors import StoreAnswerInvalid, misfit
from ..bigcommerce.fields import Instant, Number
from ..bigcommerce.orders import Document
from ..bigcommerce.paging import PAGE, items_of
from ..db import jobs, stores
from ..db.engine import Database, Transaction
from ..db.outcomes import Owner
from ..directory import Account, Directory
from ..jobs.retry import Failure
from ..trail.alerts import Alerts

__all__ = ["Sweep"]

_log = structlog.get_logger(__name__)
_found = Counter("mlconnector_sweep_orders_total", "Orders the sweep found changed without a callback we know of")


TOLD_AFTER: Final = 3
"""Sweeps of a store that fail in a row before someone is told; one or two are made good by the next."""

MOST_PAGES: Final = 400
"""Of one sweep: 100 000 changed orders; the next goes on where it ended."""

SWEEP_SECONDS: Final = 1800.0
"""Of one sweep, likewise: a store that is slow keeps its place from others no longer."""

STORES_AT_ONCE: Final = 16
"""A store that is slow holds up no other, and many stores are not asked in one moment."""


class _Numbered(Document):
    """An order of which only the number can be read: what is the matter with it is told by its job."""

    id: Number = Field(gt=0)


class _Listed(_Numbered):
    """An order as far as the sweep reads it; whether the rest can be read is its job's matter."""

    date_modified: Instant


@dataclass(slots=True)
class _Seen:
    """How far a sweep came.

    Attributes:
        times: the store's own clock at each page.
        unknown: what is wrong with entries that are no orders.
        reached: since when changes were not listed any more; `None` where all were.
    """

    times: list[datetime | None] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    reached: datetime | None = None


class Sweep:
    """The loop that makes lost callbacks harmless.

    Args:
        database: jobs and watermarks.
        directory: the stores.
        alerts: told of a store that cannot be swept.
        runtime: clocks.
        every_seconds: pause between two sweeps of a store.
        overlap_seconds: how far each sweep reaches back behind the watermark, since a store shows changes late.
    """

    def __init__(
        self,
        database: Database,
        directory: Directory,
        alerts: Alerts,
        runtime: Runtime,
        every_seconds: float,
        overlap_seconds: float,
    ) -> None:
        self._database = database
        self._directory = directory
        self._alerts = alerts
        self._failed: Tally[tuple[str, str]] = Tally()
        self._runtime = runtime
        self._every = every_seconds
        self._overlap = timedelta(seconds=overlap_seconds)
        self._places = asyncio.Semaphore(STORES_AT_ONCE)

    async def run(self) -> None:
        """Sweep for ever; one store's trouble, or its slowness, is not the others'."""
        under_way: dict[tuple[str, str], asyncio.Task[None]] = {}
        try:
            while True:
                for account in self._directory.accounts():
                    if account.key not in under_way or under_way[account.key].done():
                        under_way[account.key] = asyncio.create_task(self._attempt(account), name="sweep of a store")
                await self._runtime.sleep(self._every)
        finally:
            for task in under_way.values():
                task.cancel()
            await asyncio.gather(*under_way.values(), return_exceptions=True)

    async def _attempt(self, account: Account) -> None:
        try:
            async with self._places:
                await self.once(account)
        except ConnectorError as error:
            _log.warning("sweep.failed", tenant=account.store.tenant, store=account.store.store_hash, error=str(error))
            await self._tell(account, str(error), Failure.of(error).owner)
        except Exception as error:  # noqa: BLE001  a defect met in one store's answers must not end the others' sweep
            _log.error("sweep.defect", tenant=account.store.tenant, store=account.store.store_hash, exc_info=True)
            await self._tell(account, f"a defect of the relay ({type(error).__name__}), see its log", "relay")

    async def _tell(self, account: Account, why: str, owner: Owner) -> None:
        """Count a sweep that failed; one alert says so from the third in a row on, until one succeeds."""
        tenant, store_hash = account.key
        self._failed[account.key] += 1
        times = self._failed[account.key]
        if times < TOLD_AFTER:
            return
        sentence = (
            f"store {store_hash} could not be asked what changed, {times} times in a row, last: {why}; an order whose "
            "callback was lost stays unseen until it can: check the store's status, its address and its access token"
        )
        try:
            await self._database.write(
                lambda tx: self._alerts.open(tx, tenant, _failing(store_hash), sentence, owner, self._runtime.now())
            )
        except ConnectorError as error:
            _log.warning("sweep.not_told", tenant=tenant, store=store_hash, error=str(error))

    async def once(self, account: Account) -> int:
        """Bump every order that changed after it was last looked at; return how many.

        The watermark is the store's own clock, by which its orders are stamped: ours may be ahead, and a sweep that
        looks no further back than it said would miss what changed meanwhile, for good.

        A store with more changes than one sweep takes is swept in several, each going on where the one before ended;
        an alert says so until one came to the end.

        An entry of the store's list without a readable number is told by an alert; the watermark waits until it can be
        read, so that nothing is passed over.

        Raises:
            StoreError: the store did not answer; the watermark stays.
            DatabaseError: likewise.
        """
        tenant, store_hash = account.key
        watermark, seen, found = await self._watermark(account), _Seen(), 0
        # Cut-over is a matter of the order's creation; asking earlier would only find orders to skip.
        cut_over = account.store.cut_over
        since = max(watermark - self._overlap, cut_over) if watermark else cut_over
        async for listed in self._changed(account, since, seen):
            found += await self._bump(account, listed)
        until = seen.times[0]
        if until is None:
            raise StoreAnswerInvalid("GET", "/v2/orders", "no Date tells until when the store was seen")
        if seen.reached:
            until = min(until, seen.reached)
            if until - self._overlap <= since:
                detail = f"more orders changed within {self._overlap.total_seconds():.0f} s than one sweep takes"
                raise StoreAnswerInvalid("GET", "/v2/orders", f"{detail}: {MOST_PAGES} pages, {SWEEP_SECONDS:.0f} s")
        elif watermark and until < watermark - self._overlap:
            # Written by a clock that was ahead: until when the store was really seen, nothing tells.
            _log.warning("sweep.clock_set_back", tenant=tenant, store=store_hash, until=watermark.isoformat())
            until = cut_over
        await self._database.write(lambda tx: self._swept(tx, account, until, seen))
        self._failed.pop(account.key, None)
        if found:
            _found.inc(found)
            _log.info("sweep.found", tenant=tenant, store=store_hash, orders=found)
        return found

    async def _swept(self, tx: Transaction, account: Account, until: datetime, seen: _Seen) -> None:
        (tenant, store_hash), now, unknown = account.key, self._runtime.now(), seen.unknown
        if seen.reached:
            sentence = (
                f"store {store_hash} has more changed orders than one sweep takes; they were looked through until "
                f"{until:%Y-%m-%d %H:%M} UTC, and the next sweep goes on there: wait, and see that this moment moves"
            )
            await self._alerts.open(tx, tenant, _behind(store_hash), sentence, "store", now)
        else:
            await self._alerts.close(tx, tenant, _behind(store_hash), now)
        await self._alerts.close(tx, tenant, _failing(store_hash), now)
        if not unknown:
            await stores.swept(tx, tenant, store_hash, until)
            await self._alerts.close(tx, tenant, _unreadable(store_hash), now)
            return
        sentence = (
            f"store {store_hash} lists {how_many(len(unknown), 'order')} whose number cannot be read: {unknown[0]}; "
            "all others are worked on; look at the newest orders in the store, and ask "
            "BigCommerce where they look right there"
        )
        await self._alerts.open(tx, tenant, _unreadable(store_hash), sentence, "store", now)

    async def _watermark(self, account: Account) -> datetime | None:
        async with self._database.read() as tx:
            store = await stores.by_hash(tx, *account.key)
        return store.swept_until if store else None

    async def _changed(self, account: Account, since: datetime, seen: _Seen) -> AsyncIterator[list[_Numbered]]:
        """Yield pages of changed orders, oldest change first, and note what else was seen.

        Each page begins where the one before ended: counting pages would miss an order whenever an earlier one changes
        in between and moves to the end.
        """
        page, until = 1, self._runtime.monotonic() + SWEEP_SECONDS
        for _ in range(MOST_PAGES):
            if self._runtime.monotonic() > until:
                break
            params = {"min_date_modified": _rfc2822(since), "sort": "date_modified:asc"}
            params |= {"page": str(page), "limit": str(PAGE)}
            answer = await account.client.get("/v2/orders", params, lambda fetch: seen.times.append(fetch.answered_at))
            items = items_of("/v2/orders", answer)
            listed = [order for order in (_listed(item, seen.unknown) for item in items) if order is not None]
            if listed:
                yield listed
            if len(items) < PAGE:
                return
            dates = [order.date_modified.replace(microsecond=0) for order in listed if isinstance(order, _Listed)]
            # A page of orders changed within one second, or at no moment that can be read, is left by its number.
            since, page = (dates[-1], 1) if dates and dates[-1] > since else (since, page + 1)
        seen.reached = since

    async def _bump(self, account: Account, listed: Sequence[_Numbered]) -> int:
        unseen, now = [], self._runtime.now()
        async with self._database.read() as tx:
            for order in listed:
                key = jobs.JobKey(*account.key, order.id)
                job = await jobs.of_order(tx, *key)
                if job is None or (isinstance(order, _Listed) and _unseen(job, order, now)):
                    unseen.append(key)
        if unseen:
            wishes = [jobs.Wish(key, now) for key in unseen]
            await self._database.write(lambda tx: jobs.enqueue_many(tx, wishes, now))
        return len(unseen)


SOON: Final = timedelta(hours=1)
"""What is tried again is due within it; an order that waits for its payment perhaps only in months."""

FETCHED_BEFORE: Final = frozenset({"posting", "in_doubt"})
"""States whose due time is a question to the agent, not another look at the store."""


def _unseen(job: jobs.Job, order: _Listed, now: datetime) -> bool:
    """Compare the store's own stamps; a job that will be fetched soon sees this version or a later one."""
    if (job.modified_at or job.updated_at) >= order.date_modified:
        return False
    return job.lease_owner is None and (job.due_at is None or job.due_at > now + SOON or job.state in FETCHED_BEFORE)


def _listed(item: Any, unknown: list[str]) -> _Numbered | None:
    with suppress(ValidationError):
        return _Listed.model_validate(item)
    try:
        return _Numbered.model_validate(item)
    except ValidationError as error:
        unknown.append(misfit(error))
        return None


def _failing(store_hash: str) -> str:
    return f"sweep:{store_hash}"


def _behind(store_hash: str) -> str:
    return f"sweep:{store_hash}:behind"


def _unreadable(store_hash: str) -> str:
    return f"sweep:{store_hash}:unreadable"


def _rfc2822(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S +0000")
