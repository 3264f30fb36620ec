"""After every reading: compares what it covers, and keeps one alert per cause of what is wrong."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

import structlog
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.words import how_many

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

UNASKED: Final = f"{KIND}:store"
"""Alert that the stores could not be asked, until they can."""

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
        beyond, trouble = await self._asked(tenant, first, last) if ask else (Beyond(), "")
        for row in await differences(self._database, tenant, first, last, beyond):
            one = row.difference
            if row.closed in {"", "since"} and CAUSES[one.cause].wrong:
                wrong[one.cause].append(one)
        sentences = {
            f"{KIND}:{cause}": (CAUSES[cause].owner, sentence_of(cause, found, first, last))
            for cause, found in wrong.items()
        }
        if trouble:
            sentences[UNASKED] = ("store", f"{trouble}; {_command(first, last, ask_store=True)} asks once more")
        kept = {*sentences, *self._undecided(beyond)}

        async def work(tx: Transaction) -> None:
            now = self._runtime.now()
            for key, (owner, sentence) in sentences.items():
                await self._alerts.open(tx, tenant, key, sentence, owner, now)
            for alert in await alert_rows.find(tx, tenant):
                if alert.kind == KIND and alert.key not in kept and not alert.key.startswith(READBACK):
                    await self._alerts.close(tx, tenant, alert.key, now)

        await self._database.write(work)
        _log.info("tieout.compared", tenant=tenant, first=str(first), wrong=sum(map(len, wrong.values())))

    def _undecided(self, beyond: Beyond) -> set[str]:
        """Return the alerts of what was not asked after this time: it is neither wrong nor right now."""
        if self._ask is None:
            return set()
        unasked = {f"{KIND}:{cause}" for cause in CAUSES if CAUSES[cause].source not in {None, *beyond.asked}}
        return unasked if "store" in beyond.asked else unasked | {UNASKED}

    async def _asked(self, tenant: str, first: date, last: date) -> tuple[Beyond, str]:
        """Return what the stores say, and why one did not."""
        if self._ask is None:
            return Beyond(), ""
        try:
            return await self._ask(tenant, first, last), ""
        except StoreError as error:
            _log.warning("tieout.store_not_asked", tenant=tenant, error=str(error))
            return (
                Beyond(),
                f"a store could not be asked which orders and refunds it has, to find what was missed: {error}",
            )


def sentence_of(cause: Cause, found: list[Difference], first: date, last: date) -> str:
    """Return what a person reads: how many, how much, the first of them, the next step."""
    sums: dict[str, int] = defaultdict(int)
    for one in found:
        sums[one.currency] += one.amount
    amounts = ", ".join(f"{spelled(amount, currency)} {currency}" for currency, amount in sorted(sums.items()))
    named = ", ".join(one.what for one in found[:NAMED]) + (", ..." if len(found) > NAMED else "")
    command = _command(first, last, ask_store=CAUSES[cause].source == "store")
    return (
        f"{cause.replace('_', ' ')}: {how_many(len(found), 'difference')}, {amounts}: {named}; {CAUSES[cause].step}; "
        f"see {command}"
    )


def _command(first: date, last: date, *, ask_store: bool) -> str:
    return f"`mlconnector-relay reconciliation --from {first} --to {last}{' --ask-store' if ask_store else ''}`"
