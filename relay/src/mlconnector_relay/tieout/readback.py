"""Reads SAP's books back through the agent: daily by itself, and when a person asks.

Whoever holds the tunnel to an SAP client serves its readings; a command only asks and waits. What is found replaces
what was known of the days read: a document that SAP no longer has is forgotten here, and missed by the ledger.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, Protocol

import structlog
from mlconnector_shared.envelope import ReadTable
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime, backoff

from ..config import ReconciliationSettings
from ..db import sap_documents, sap_readings
from ..db.engine import Database, Transaction
from ..db.sap_documents import SapDocument
from ..db.sap_readings import Reading
from ..directory import Directory
from ..trail.alerts import Alerts
from ..tunnel.errors import CallRefused, SessionLost
from ..tunnel.tables import Reads, all_rows
from . import rows
from .daily import READBACK
from .scope import Scope, scope_of

__all__ = ["Readback", "TakenOver"]

_log = structlog.get_logger(__name__)

EVERY_SECONDS: Final = 2.0
FIRST_PAUSE_SECONDS: Final = 60.0
LONGEST_PAUSE_SECONDS: Final = 1800.0

MOST_ATTEMPTS: Final = 8
"""About three hours; then the alert is all that is left until the next day."""

HOLD: Final = timedelta(minutes=10)
"""How long reading one table may take before another relay takes the reading for lost."""

LATE: Final = timedelta(hours=6)
"""How long a daily reading may wait before someone is told."""

BATCH: Final = 500
"""Documents of one commit, between which callbacks get theirs."""

Rows = list[list[str]]


class Compare(Protocol):
    """What is done with what was read."""

    async def __call__(self, tenant: str, first: date, *, ask: bool) -> None:
        """Compare from a day to today; `ask`: the stores are asked, too."""


class TakenOver(ConnectorError):
    """Another relay took this reading for lost and began anew."""


class Readback:
    """The loop that asks for daily readings and serves those it can reach SAP for.

    Args:
        database: readings and what they found.
        directory: which SAP clients there are, and what our documents in them look like.
        reads: the tunnel.
        alerts: opened when a daily reading fails or waits for too long.
        runtime: clocks.
        settings: when, and how far back.
        compare: called after every reading that was done.
    """

    def __init__(
        self,
        database: Database,
        directory: Directory,
        reads: Reads,
        alerts: Alerts,
        runtime: Runtime,
        settings: ReconciliationSettings,
        compare: Compare,
    ) -> None:
        self._database = database
        self._directory = directory
        self._reads = reads
        self._alerts = alerts
        self._runtime = runtime
        self._settings = settings
        self._compare = compare

    async def run(self) -> None:
        """Look for ever; one tenant's trouble is not the others'."""
        while True:
            for tenant in sorted({account.store.tenant for account in self._directory.accounts()}):
                try:
                    await self.once(tenant)
                except ConnectorError as error:
                    _log.warning("readback.not_served", tenant=tenant, error=str(error))
            await self._runtime.sleep(EVERY_SECONDS)

    async def once(self, tenant: str) -> None:
        """Ask for the day's readings where it is time, and do what is due and can be reached from here.

        Raises:
            DatabaseError: what was not done is due again.
        """
        await self._ask(tenant)
        async with self._database.read() as tx:
            due = await sap_readings.due(tx, tenant, self._runtime.now())
        for reading in due:
            await self._serve(reading)

    async def _ask(self, tenant: str) -> None:
        now = self._runtime.now()
        today = day_due(now, self._settings.daily_at)
        since = today - timedelta(days=self._settings.days_back)
        systems = sorted({(one.store.sysid, one.store.client) for one in self._directory.accounts_of(tenant)})
        async with self._database.read() as tx:
            latest = {(one.sysid, one.client): one for one in await sap_readings.latest(tx, tenant, daily=True)}
        for sysid, client in systems:
            name = f"daily-{sysid}-{client}-{today:%Y%m%d}"
            last = latest.get((sysid, client))
            if last is None or last.reading_id != name:
                new = sap_readings.asked(tenant, name, (sysid, client), since, now, daily=True)
                await self._database.write(partial(sap_readings.ask, new=new))
            elif last.is_open and last.asked_at + LATE < now:
                await self._tell(last, last.detail or "no relay with an agent of this SAP client took it")

    async def _serve(self, reading: Reading) -> None:
        """Try a reading; without a session here it stays for whoever has one."""
        system = (reading.tenant, reading.sysid, reading.client)
        try:
            first = self._reads.read_table(*system, rows.CURRENCIES, trace="")
        except SessionLost:
            return
        attempt, now = reading.attempts + 1, self._runtime.now()
        if not await self._database.write(
            lambda tx: sap_readings.take(tx, reading.tenant, reading.reading_id, reading.attempts, now, now + HOLD)
        ):
            return
        try:
            places = rows.currency_places(await all_rows(first))
            found = await self._read(reading, attempt, places)
            changed = await self._keep(reading, found)
        except TakenOver:
            _log.warning("readback.taken_over", tenant=reading.tenant, reading=reading.reading_id)
        except ConnectorError as error:
            await self._failed(reading, attempt, error)
        else:
            await self._done(reading, attempt, len(found), changed)

    async def _read(self, reading: Reading, attempt: int, places: dict[str, int]) -> list[SapDocument]:
        scope = await scope_of(self._database, self._directory, reading)
        found: list[SapDocument] = []
        for company_code in scope.company_codes:
            found += await self._read_company(reading, attempt, scope, company_code, places)
        return found

    async def _read_company(
        self, reading: Reading, attempt: int, scope: Scope, company_code: str, places: dict[str, int]
    ) -> list[SapDocument]:
        headers: dict[sap_documents.DocumentKey, rows.Header] = {}
        amounts: dict[sap_documents.DocumentKey, rows.Amounts] = {}
        since = reading.since
        for code in scope.store_codes:
            read = await self._table(reading, attempt, rows.by_reference(company_code, code, since))
            headers |= {one.key: one for one in rows.headers(read) if rows.is_reference(one.reference, code)}
        for user in sorted(rows.posted_for_us(headers.values(), scope.object_keys)):
            read = await self._table(reading, attempt, rows.by_user(company_code, user, since))
            headers |= {one.key: one for one in rows.headers(read)}
        adopted = {key: customer for key, customer in scope.adopted.items() if key.company_code == company_code}
        for key in adopted:
            headers |= {
                one.key: one for one in rows.headers(await self._table(reading, attempt, rows.by_key(key, since)))
            }
        # Headers first, then open, then cleared items: what is posted or cleared meanwhile is in one of them.
        for customer in scope.customers.get(company_code, ()):
            for code in scope.store_codes:
                asked = partial(
                    rows.items_of, company_code=company_code, customer=customer, store_code=code, since=since
                )
                amounts = rows.merged(amounts, await self._amounts(reading, attempt, asked))
        for key in adopted.keys() & headers.keys():
            # Its reference may begin like ours: what it comes to counts once.
            asked = partial(rows.items_of_document, key=key, customer=adopted[key])
            amounts |= await self._amounts(reading, attempt, asked)
        taxes: dict[sap_documents.DocumentKey, rows.Taxes] = {}
        for work in rows.taxes_of(headers):
            taxes |= rows.taxes(await self._table(reading, attempt, work))
        system = (reading.sysid, reading.client)
        return [
            rows.document(reading.tenant, system, header, amounts.get(key), taxes.get(key, {}), places)
            for key, header in headers.items()
        ]

    async def _amounts(
        self, reading: Reading, attempt: int, asked: Callable[[str], ReadTable]
    ) -> dict[sap_documents.DocumentKey, rows.Amounts]:
        both = [rows.items(await self._table(reading, attempt, asked(table))) for table in ("BSID", "BSAD")]
        return rows.added_up(*both)

    async def _table(self, reading: Reading, attempt: int, work: ReadTable) -> Rows:
        until = self._runtime.now() + HOLD
        if not await self._database.write(
            lambda tx: sap_readings.later(tx, reading.tenant, reading.reading_id, attempt, until)
        ):
            raise TakenOver(f"reading {reading.reading_id} is no longer ours")
        return await all_rows(self._reads.read_table(reading.tenant, reading.sysid, reading.client, work))

    async def _keep(self, reading: Reading, found: Sequence[SapDocument]) -> int:
        """Write down what changed; return how many documents that were."""
        system = (reading.tenant, reading.sysid, reading.client)
        async with self._database.read() as tx:
            known = {one.key: one for one in await sap_documents.entered_since(tx, *system, reading.since)}
        changed = [one for one in found if known.get(one.key) != one]
        gone = sorted(known.keys() - {one.key for one in found})
        for start in range(0, len(changed), BATCH):
            batch = changed[start : start + BATCH]
            await self._database.write(partial(sap_documents.keep, rows=batch))
        if gone:
            await self._database.write(lambda tx: sap_documents.forget(tx, *system, gone))
            _log.warning("readback.documents_gone", tenant=reading.tenant, sysid=reading.sysid, documents=len(gone))
        return len(changed) + len(gone)

    async def _done(self, reading: Reading, attempt: int, documents: int, changed: int) -> None:
        async def work(tx: Transaction) -> None:
            now = self._runtime.now()
            await sap_readings.end(tx, reading.tenant, reading.reading_id, attempt, "done", now, documents=documents)
            await self._alerts.close(tx, reading.tenant, _alert_key(reading), now)

        await self._database.write(work)
        _log.info(
            "readback.done",
            tenant=reading.tenant,
            reading=reading.reading_id,
            since=str(reading.since),
            documents=documents,
            changed=changed,
        )
        await self._compare(reading.tenant, reading.since, ask=reading.daily)

    async def _failed(self, reading: Reading, attempt: int, error: ConnectorError) -> None:
        now, (tenant, name) = self._runtime.now(), (reading.tenant, reading.reading_id)
        why = str(error)
        if isinstance(error, CallRefused):
            why += (
                "; the agent's [policy] must permit it: company_codes, and tables as docs/howto/reconcile.md lists them"
            )
        _log.warning("readback.failed", tenant=tenant, reading=name, attempt=attempt, error=why)
        if isinstance(error, CallRefused) or attempt >= MOST_ATTEMPTS:
            await self._database.write(
                lambda tx: sap_readings.end(tx, tenant, name, attempt, "failed", now, detail=why)
            )
            await self._tell(reading, why)
            return
        pause = backoff(attempt, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, self._runtime.random())
        due = now + timedelta(seconds=pause)
        await self._database.write(lambda tx: sap_readings.later(tx, tenant, name, attempt, due, why))

    async def _tell(self, reading: Reading, why: str) -> None:
        sentence = (
            f"the books of {reading.sysid} client {reading.client} were not read back: {why}; "
            f"mend it, then `mlconnector-relay readback --tenant {reading.tenant}`"
        )
        now = self._runtime.now()
        await self._database.write(
            lambda tx: self._alerts.open(tx, reading.tenant, _alert_key(reading), sentence, "agent", now)
        )


def day_due(now: datetime, daily_at: str) -> date:
    """Return the last day whose reading is due, `daily_at` being `HH:MM` in UTC. Pure."""
    hour, minute = daily_at.split(":")
    return (now - timedelta(hours=int(hour), minutes=int(minute))).date()


def _alert_key(reading: Reading) -> str:
    return f"{READBACK}{reading.sysid}/{reading.client}"
