"""Closed posting periods: learnt from SAP's refusals, tried again by one order at a time, never by a whole backlog.

Each posting date that SAP refused is remembered per company code, so that no fiscal calendar need be known here. While
orders wait for a period the oldest of them tries it now and then; once SAP takes it, or refuses it for anything else,
all others follow. A period that nothing waits for is forgotten after a day. Holds of the close calendar end here, too.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime, backoff

from ..db import jobs, refused_days, stores, worklist
from ..db.engine import Database, Transaction
from ..db.jobs import JobKey
from ..db.ledger import LedgerEntry
from ..db.refused_days import PeriodKey, RefusedDay
from ..db.stores import Store
from ..sap.books import HELD, hold_ends, period_key
from ..sap.facts import Books
from ..sap.frozen import FrozenInvalid, read_head
from ..sap.gaps import GapKeyInvalid, read_key
from ..trail.alerts import Alerts

__all__ = ["Periods"]

_log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 10.0

FIRST_PAUSE_SECONDS: Final = 300.0
LONGEST_PAUSE_SECONDS: Final = 3600.0
"""Between two tries of a period; a person who opened it can release its orders at once."""

ANSWER: Final = timedelta(minutes=10)
"""How long a try may go without an answer before another order tries."""

UNUSED: Final = timedelta(days=1)
"""After so long a period that nothing waits for is asked of SAP again, as where its orders are moved by rule."""


class Periods:
    """What SAP said of posting periods, for planning; and the loop that has it tried again.

    Args:
        database: refused posting dates, and what waits for them.
        alerts: closed when a period or hold is over.
        runtime: clocks.
    """

    def __init__(self, database: Database, alerts: Alerts, runtime: Runtime) -> None:
        self._database = database
        self._alerts = alerts
        self._runtime = runtime
        self._known: dict[str, list[RefusedDay]] = {}

    async def run(self, wake: Callable[[], None]) -> None:
        """Look for ever, and call `wake` when orders were released; one tenant's trouble is not the others'."""
        while True:
            async with self._database.read() as tx:
                tenants = [one.tenant for one in await stores.all_tenants(tx)]
            for tenant in tenants:
                try:
                    if await self.once(tenant):
                        wake()
                except ConnectorError as error:
                    _log.warning("periods.not_looked_at", tenant=tenant, error=str(error))
            await self._runtime.sleep(EVERY_SECONDS)

    async def once(self, tenant: str) -> bool:
        """Try what is due, and end the holds that are over; True where orders are to be looked at again.

        Raises:
            DatabaseError: it is due again at the next look.
        """
        await self.refresh(tenant)
        now = self._runtime.now()
        due = [(key, days) for key, days in _by_period(self._known[tenant]).items() if _due_at(days) <= now]
        tried = [await self._try(key, days) for key, days in due]
        return await self._end_holds(tenant) or any(tried)

    async def refresh(self, tenant: str) -> None:
        """Read what is known of a tenant's periods.

        Raises:
            DatabaseError: what was known stays.
        """
        async with self._database.read() as tx:
            self._known[tenant] = await refused_days.of_tenant(tx, tenant)

    def books(self, store: Store, order_id: int) -> Books:
        """Return what a store's books take; to an order that tries a period again it looks open."""
        known = self._known.get(store.tenant, ())
        closed = {
            (one.company_code, one.day): one.period
            for one in known
            if (one.sysid, one.client) == (store.sysid, store.client) and one.trial != (store.store_hash, order_id)
        }
        return Books(self._runtime.now(), closed)

    async def refused(self, tx: Transaction, entry: LedgerEntry, period: str, now: datetime) -> bool:
        """Write down that SAP refused a posting's date; False where nobody knows which date that was.

        Args:
            tx: the transaction.
            entry: the posting.
            period: the period that is closed, as SAP says it: `010/2026`.
            now: the wall clock.
        """
        try:
            day = read_head(entry.facts).posting_day
        except FrozenInvalid:
            return False
        key = PeriodKey(entry.tenant, entry.sysid, entry.client, entry.company_code, period)
        days = _by_period(await refused_days.of_tenant(tx, entry.tenant)).get(key, [])
        tries, try_at = max(((one.tries, one.try_at) for one in days), default=(0, now))
        if not days or _is_trial(days, entry):
            tries = tries + 1 if days else 0
            pause = backoff(tries + 1, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, self._runtime.random())
            try_at = now + timedelta(seconds=pause)
            _log.warning("period.closed", tenant=key.tenant, company_code=key.company_code, period=period, tries=tries)
        await refused_days.refused(
            tx, RefusedDay(key.tenant, key.sysid, key.client, key.company_code, day, period, now, tries, try_at)
        )
        return True

    async def answered(self, tx: Transaction, entry: LedgerEntry, now: datetime) -> None:
        """Note that SAP answered a posting, and not that its period is closed: what its order tried again is open."""
        if not any(_is_trial([one], entry) for one in self._known.get(entry.tenant, ())):
            return
        for key, days in _by_period(await refused_days.of_tenant(tx, entry.tenant)).items():
            if _is_trial(days, entry):
                await refused_days.forget(tx, key)
                released = await self._release(tx, key.tenant, period_key(key.company_code, key.period), now)
                _log.info(
                    "period.open",
                    tenant=key.tenant,
                    company_code=key.company_code,
                    period=key.period,
                    orders=released,
                )

    async def _try(self, key: PeriodKey, days: Sequence[RefusedDay]) -> bool:
        """Let the order that waits longest try a period; forget one that nothing waits for."""

        async def work(tx: Transaction) -> bool:
            now = self._runtime.now()
            there = {
                one.store_hash
                for one in await stores.of_tenant(tx, key.tenant)
                if (one.sysid, one.client) == (key.sysid, key.client)
            }
            waiting = await worklist.orders_waiting(tx, key.tenant, period_key(key.company_code, key.period))
            oldest = next((one for one in waiting if one.store_hash in there), None)
            if oldest is None:
                if max(one.refused_at for one in days) < now - UNUSED:
                    await refused_days.forget(tx, key)
                return False
            trial = (oldest.store_hash, oldest.order_id)
            await refused_days.tried(tx, key, max(one.tries for one in days), now + ANSWER, trial)
            await jobs.bump(tx, JobKey(key.tenant, *trial), now)
            return True

        tried = await self._database.write(work)
        await self.refresh(key.tenant)
        return tried

    async def _end_holds(self, tenant: str) -> bool:
        now = self._runtime.now()
        async with self._database.read() as tx:
            over = [cause for cause, _ in await jobs.waiting_causes(tx, tenant) if _is_over(cause, now)]
        for cause in over:
            released = await self._database.write(partial(self._release, tenant=tenant, cause=cause, now=now))
            _log.info("hold.over", tenant=tenant, cause=cause, orders=released)
        return bool(over)

    async def _release(self, tx: Transaction, tenant: str, cause: str, now: datetime) -> int:
        released = await jobs.release(tx, tenant, cause, now)
        await self._alerts.close(tx, tenant, cause, now)
        return released


def _by_period(days: Sequence[RefusedDay]) -> dict[PeriodKey, list[RefusedDay]]:
    found: dict[PeriodKey, list[RefusedDay]] = defaultdict(list)
    for one in days:
        found[one.key].append(one)
    return found


def _due_at(days: Sequence[RefusedDay]) -> datetime:
    return max(one.try_at for one in days)


def _is_trial(days: Sequence[RefusedDay], entry: LedgerEntry) -> bool:
    return any(
        one.trial == (entry.store_hash, entry.order_id)
        and (one.sysid, one.client, one.company_code) == (entry.sysid, entry.client, entry.company_code)
        for one in days
    )


def _is_over(cause: str, now: datetime) -> bool:
    if not cause.startswith(f"{HELD}:"):
        return False
    try:
        return hold_ends(read_key(cause)[1]) <= now
    except (GapKeyInvalid, KeyError, ValueError):
        return True
