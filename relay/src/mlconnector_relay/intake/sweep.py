"""Ask every store what changed since the watermark, in case a callback never came; feeds the same jobs."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime
from prometheus_client import Counter
from pydantic import Field, ValidationError

from ..bigcommerce.errors import StoreAnswerInvalid, misfit
from ..bigcommerce.fields import Instant, Number
from ..bigcommerce.orders import Document
from ..bigcommerce.paging import MOST_PAGES, PAGE, items_of
from ..db import jobs, stores
from ..db.engine import Database
from ..directory import Account, Directory

__all__ = ["Sweep"]

_log = structlog.get_logger(__name__)
_found = Counter("mlconnector_sweep_orders_total", "Orders the sweep found changed without a callback we know of")


STORES_AT_ONCE: Final = 16
"""A store that is slow holds up no other, and many stores are not asked in one moment."""


class _Listed(Document):
    """An order as far as the sweep reads it; whether the rest can be read is its job's matter."""

    id: Number = Field(gt=0)
    date_modified: Instant


class Sweep:
    """The loop that makes lost callbacks harmless.

    Args:
        database: jobs and watermarks.
        directory: the stores.
        runtime: clocks.
        every_seconds: pause between two sweeps of a store.
        overlap_seconds: how far each sweep reaches back behind the watermark, since a store shows changes late.
    """

    def __init__(
        self, database: Database, directory: Directory, runtime: Runtime, every_seconds: float, overlap_seconds: float
    ) -> None:
        self._database = database
        self._directory = directory
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
        except Exception:  # noqa: BLE001  a defect met in one store's answers must not end the others' sweep
            _log.error("sweep.defect", tenant=account.store.tenant, store=account.store.store_hash, exc_info=True)

    async def once(self, account: Account) -> int:
        """Bump every order that changed after it was last looked at; return how many.

        Raises:
            StoreError: the store did not answer; the watermark stays.
            DatabaseError: likewise.
        """
        tenant, store_hash = account.key
        started, found = self._runtime.now(), 0
        async for listed in self._changed(account, await self._since(account)):
            found += await self._bump(account, listed)
        await self._database.write(lambda tx: stores.swept(tx, tenant, store_hash, started))
        if found:
            _found.inc(found)
            _log.info("sweep.found", tenant=tenant, store=store_hash, orders=found)
        return found

    async def _since(self, account: Account) -> datetime:
        async with self._database.read() as tx:
            store = await stores.by_hash(tx, *account.key)
        watermark = store.swept_until if store else None
        # Cut-over is a matter of the order's creation; asking earlier would only find orders to skip.
        cut_over = account.store.cut_over
        return max(watermark - self._overlap, cut_over) if watermark else cut_over

    async def _changed(self, account: Account, since: datetime) -> AsyncIterator[list[_Listed]]:
        """Yield pages of changed orders, oldest change first.

        Each page begins where the one before ended: counting pages would miss an order whenever an earlier one changes
        in between and moves to the end.
        """
        page = 1
        for _ in range(MOST_PAGES):
            params = {"min_date_modified": _rfc2822(since), "sort": "date_modified:asc"}
            answer = await account.client.get("/v2/orders", params | {"page": str(page), "limit": str(PAGE)})
            listed = [_listed(item) for item in items_of("/v2/orders", answer)]
            if listed:
                yield listed
            if len(listed) < PAGE:
                return
            last = listed[-1].date_modified.replace(microsecond=0)
            # A page of orders changed within one second is left by its number.
            since, page = (last, 1) if last > since else (since, page + 1)
        raise StoreAnswerInvalid("GET", "/v2/orders", f"the list has more than {MOST_PAGES} pages")

    async def _bump(self, account: Account, listed: list[_Listed]) -> int:
        unseen = []
        async with self._database.read() as tx:
            for order in listed:
                key = jobs.JobKey(*account.key, order.id)
                job = await jobs.of_order(tx, *key)
                if job is None or _unseen(job, order):
                    unseen.append(key)
        now = self._runtime.now()
        if unseen:
            wishes = [jobs.Wish(key, now) for key in unseen]
            await self._database.write(lambda tx: jobs.enqueue_many(tx, wishes, now))
        return len(unseen)


FETCHED_BEFORE: Final = frozenset({"posting", "in_doubt"})
"""States whose due time is a question to the agent, not another look at the store."""


def _unseen(job: jobs.Job, order: _Listed) -> bool:
    """Compare the store's own stamps; a job that will be fetched from now on sees this version or a later one."""
    if (job.modified_at or job.updated_at) >= order.date_modified:
        return False
    return job.lease_owner is None and (job.due_at is None or job.state in FETCHED_BEFORE)


def _listed(item: Any) -> _Listed:
    try:
        return _Listed.model_validate(item)
    except ValidationError as error:
        raise StoreAnswerInvalid("GET", "/v2/orders", f"not an order: {misfit(error)}") from error


def _rfc2822(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S +0000")
