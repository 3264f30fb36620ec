"""Ask every store what changed since the watermark, in case a callback never came; feeds the same jobs."""

from datetime import datetime, timedelta
from typing import Final

import structlog
from mlconnector_shared.runtime import Runtime
from prometheus_client import Counter

from ..bigcommerce.errors import StoreError
from ..bigcommerce.models import Order
from ..db import jobs, stores
from ..db.engine import Database, Transaction
from ..directory import Account, Directory

__all__ = ["Sweep"]

_log = structlog.get_logger(__name__)
_found = Counter("mlconnector_sweep_orders_total", "Orders the sweep found changed without a callback we know of")


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

    async def run(self) -> None:
        """Sweep for ever."""
        while True:
            for account in self._directory.accounts():
                try:
                    await self.once(account)
                except StoreError as error:
                    _log.warning("sweep.failed", store=account.store.store_hash, error=str(error))
            await self._runtime.sleep(self._every)

    async def once(self, account: Account) -> int:
        """Bump every order that is newer than what the ledger of jobs knows; return how many.

        Raises:
            StoreError: the store did not answer; the watermark stays.
        """
        started = self._runtime.now()
        since = (account.store.swept_until or account.store.cut_over) - self._overlap
        # Cut-over is a matter of the order's creation; asking earlier would only find orders to skip.
        since = max(since, account.store.cut_over)
        params = {"min_date_modified": _rfc2822(since), "sort": "date_modified:asc"}
        found = 0
        async for page in account.client.pages("/v2/orders", params):
            orders = [Order.model_validate(item) for item in page]
            found += await self._bump(account, orders)
        await self._database.write(lambda tx: stores.swept(tx, account.store.tenant, account.store.store_hash, started))
        if found:
            _found.inc(found)
            _log.info("sweep.found", store=account.store.store_hash, orders=found)
        return found

    async def _bump(self, account: Account, orders: list[Order]) -> int:
        async def work(tx: Transaction) -> int:
            now = self._runtime.now()
            wishes = []
            for order in orders:
                key = jobs.JobKey(account.store.tenant, account.store.store_hash, order.id)
                job = await jobs.of_order(tx, *key)
                if job is None or _unseen(job, order):
                    wishes.append(jobs.Wish(key, now))
            await jobs.enqueue_many(tx, wishes, now)
            return len(wishes)

        return await self._database.write(work)


SLACK: Final = timedelta(seconds=5)
"""A store's clock and ours differ; an order looked at so shortly after its change is looked at again."""


def _unseen(job: jobs.Job, order: Order) -> bool:
    return job.lease_owner is None and job.due_at is None and job.updated_at < order.date_modified + SLACK


def _rfc2822(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S +0000")
