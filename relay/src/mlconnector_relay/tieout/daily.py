"""After every reading: compares what it covers, and keeps one alert per cause of what is wrong."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

import structlog
from mlconnector_shared.runtime import Runtime

from ..bigcommerce.errors import StoreError
from ..db import alerts as alert_rows
from ..db.engine import Database, Transaction
from ..trail.alerts import Alerts
from .amounts import spelled
from .causes import CAUSES, Cause
from .closing import differences
from .compare import Difference
from .sheet import Beyond

__all__ = ["READBACK", "DailyTieOut"]

_log = structlog.get_logger(__name__)

KIND: Final = "reconciliation"
READBACK: Final = f"{KIND}:readback:"
"""Alerts about readings, which close with a reading that is done."""

NAMED: Final = 3

Ask = Callable[[str, date, date], Awaitable[Beyond]]


class DailyTieOut:
    """Turns differences into alerts.

    Args:
        database: what is compared.
        alerts: opened and closed.
        runtime: clocks.
        ask: asks a tenant's stores what they have of some days; `None`: nobody does.
    """

    def __init__(self, database: Database, alerts: Alerts, runtime: Runtime, ask: Ask | None = None) -> None:
        self._database = database
        self._alerts = alerts
        self._runtime = runtime
        self._ask = ask

    async def __call__(self, tenant: str, first: date, *, ask: bool = False) -> None:
        """Compare from a day to today; open alerts of what is wrong, close those of what is not any more.

        What differed when days were closed was signed with them, and alerts nobody. Where the stores were not asked, or
        did not answer, what they said last stays.

        Args:
            tenant: whose.
            first: first day.
            ask: whether to ask the stores, too.

        Raises:
            DatabaseError: alerts stay as they are.
            SheetAltered: what was kept of closed days is not what was closed; alerts stay as they are.
        """
        last = self._runtime.now().date()
        wrong: dict[Cause, list[Difference]] = defaultdict(list)
        beyond = await self._asked(tenant, first, last) if ask else Beyond()
        for row in await differences(self._database, tenant, first, last, beyond):
            one = row.difference
            if row.closed in {"", "since"} and CAUSES[one.cause].wrong:
                wrong[one.cause].append(one)
        sentences = {
            f"{KIND}:{cause}": (cause, sentence_of(cause, found, first, last)) for cause, found in wrong.items()
        }
        # What was not asked after is neither wrong nor right now.
        kept = {f"{KIND}:{cause}" for cause in CAUSES if CAUSES[cause].source not in {None, *beyond.asked}}

        async def work(tx: Transaction) -> None:
            now = self._runtime.now()
            for key, (cause, sentence) in sentences.items():
                await self._alerts.open(tx, tenant, key, sentence, CAUSES[cause].owner, now)
            for alert in await alert_rows.find(tx, tenant):
                if alert.kind == KIND and alert.key not in kept | set(sentences) and not alert.key.startswith(READBACK):
                    await self._alerts.close(tx, tenant, alert.key, now)

        await self._database.write(work)
        _log.info("tieout.compared", tenant=tenant, first=str(first), wrong=sum(map(len, wrong.values())))

    async def _asked(self, tenant: str, first: date, last: date) -> Beyond:
        if self._ask is None:
            return Beyond()
        try:
            return await self._ask(tenant, first, last)
        except StoreError as error:
            # The sweep tells of a store that does not answer; tomorrow is another day.
            _log.warning("tieout.store_not_asked", tenant=tenant, error=str(error))
            return Beyond()


def sentence_of(cause: Cause, found: list[Difference], first: date, last: date) -> str:
    """Return what a person reads: how many, how much, the first of them, the next step."""
    sums: dict[str, int] = defaultdict(int)
    for one in found:
        sums[one.currency] += one.amount
    amounts = ", ".join(f"{spelled(amount, currency)} {currency}" for currency, amount in sorted(sums.items()))
    named = ", ".join(one.what for one in found[:NAMED]) + (", ..." if len(found) > NAMED else "")
    asking = " --ask-store" if CAUSES[cause].source == "store" else ""
    return (
        f"{cause.replace('_', ' ')}: {len(found)} difference(s), {amounts}: {named}; {CAUSES[cause].step}; "
        f"see `mlconnector-relay reconciliation --from {first} --to {last}{asking}`"
    )
