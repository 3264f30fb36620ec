"""After every reading: compares what it covers, and keeps one alert per cause of what is wrong."""

from collections import defaultdict
from datetime import date
from typing import Final

import structlog
from mlconnector_shared.runtime import Runtime

from ..db import alerts as alert_rows
from ..db.engine import Database, Transaction
from ..trail.alerts import Alerts
from .amounts import spelled
from .closing import differences
from .compare import CAUSES, Cause, Difference

__all__ = ["READBACK", "DailyTieOut"]

_log = structlog.get_logger(__name__)

KIND: Final = "reconciliation"
READBACK: Final = f"{KIND}:readback:"
"""Alerts about readings, which close with a reading that is done."""

NAMED: Final = 3


class DailyTieOut:
    """Turns differences into alerts.

    Args:
        database: what is compared.
        alerts: opened and closed.
        runtime: clocks.
    """

    def __init__(self, database: Database, alerts: Alerts, runtime: Runtime) -> None:
        self._database = database
        self._alerts = alerts
        self._runtime = runtime

    async def __call__(self, tenant: str, first: date) -> None:
        """Compare from a day to today; open alerts of what is wrong, close those of what is not any more.

        What differed when days were closed was signed with them, and alerts nobody.

        Raises:
            DatabaseError: alerts stay as they are.
            SheetAltered: what was kept of closed days is not what was closed; alerts stay as they are.
        """
        last = self._runtime.now().date()
        wrong: dict[Cause, list[Difference]] = defaultdict(list)
        for row in await differences(self._database, tenant, first, last):
            one = row.difference
            if row.closed in {"", "since"} and CAUSES[one.cause].wrong:
                wrong[one.cause].append(one)
        sentences = {
            f"{KIND}:{cause}": (cause, sentence_of(cause, found, first, last)) for cause, found in wrong.items()
        }

        async def work(tx: Transaction) -> None:
            now = self._runtime.now()
            for key, (cause, sentence) in sentences.items():
                await self._alerts.open(tx, tenant, key, sentence, CAUSES[cause].owner, now)
            for alert in await alert_rows.find(tx, tenant):
                if alert.kind == KIND and alert.key not in sentences and not alert.key.startswith(READBACK):
                    await self._alerts.close(tx, tenant, alert.key, now)

        await self._database.write(work)
        _log.info("tieout.compared", tenant=tenant, first=str(first), wrong=sum(map(len, wrong.values())))


def sentence_of(cause: Cause, found: list[Difference], first: date, last: date) -> str:
    """Return what a person reads: how many, how much, the first of them, the next step."""
    sums: dict[str, int] = defaultdict(int)
    for one in found:
        sums[one.currency] += one.amount
    amounts = ", ".join(f"{spelled(amount, currency)} {currency}" for currency, amount in sorted(sums.items()))
    named = ", ".join(one.what for one in found[:NAMED]) + (", ..." if len(found) > NAMED else "")
    return (
        f"{cause.replace('_', ' ')}: {len(found)} difference(s), {amounts}: {named}; {CAUSES[cause].step}; "
        f"see `mlconnector-relay reconciliation --from {first} --to {last}`"
    )
