"""The relay's parts around a running store, a real database and an agent double: everything but its listeners."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from mlconnector_relay.bigcommerce.hooks import SCOPES
from mlconnector_relay.db import alerts, audit, jobs, ledger, stores
from mlconnector_relay.db.audit import AuditRow
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Job, JobKey
from mlconnector_relay.db.ledger import LedgerEntry
from mlconnector_relay.directory import Account, Directory
from mlconnector_relay.failpoint import Failpoints
from mlconnector_relay.jobs.queue import Queue
from mlconnector_relay.jobs.retry import Failure, decide
from mlconnector_relay.reconcile.circuits import StoreCircuits
from mlconnector_relay.reconcile.cures import Cures
from mlconnector_relay.reconcile.periods import Periods
from mlconnector_relay.reconcile.results import Results
from mlconnector_relay.reconcile.run import Reconciler
from mlconnector_relay.reconcile.send import Limits, Sender
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail.alerts import Alerts
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.mapping_book import MappingBook
from mlconnector_relay.trail.vault import Vault
from mlconnector_shared.envelope import CallEnvelope, ResultEnvelope
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.signing import open_

from .hasty import HastyRuntime
from .landing import Landing
from .mappings import MAPPING
from .relay_state import a_store as a_store_row
from .store import HASH, StoreClient
from .store import a_store as a_running_store
from .tunnel import AgentDouble

__all__ = ["HOOK_SECRET", "TENANT", "Parts", "some_parts", "store_row"]

TENANT = "acme"
HOOK_SECRET = "a hook's own secret"
ANSWER_SECONDS = 60.0


@dataclass
class Parts:
    """One relay's insides."""

    store: StoreClient
    database: Database
    runtime: HastyRuntime
    vault: Vault
    audit: Audit
    directory: Directory
    landing: Landing
    queue: Queue
    reconciler: Reconciler
    results: Results
    periods: Periods
    cures: Cures
    mapping_file: Path
    woken: list[str] = field(default_factory=list)

    @property
    def account(self) -> Account:
        """The store as the relay works with it."""
        found = self.directory.by_hash(HASH)
        assert found
        return found

    async def connect(self, writes: int = 8) -> AgentDouble:
        """Let an agent dial in and grant write credit."""
        return await self.landing.connected("berlin", writes=writes)

    async def look(self, *orders: int) -> None:
        """Have orders looked at: bump, lease, reconcile, as the worker does."""
        now = self.runtime.now()
        wishes = [jobs.Wish(self.key(order), now, f"00-{order}") for order in orders]
        await self.database.write(lambda tx: jobs.enqueue_many(tx, wishes, now))
        await self.work()

    async def work(self) -> list[int]:
        """Reconcile what is due; return the orders, as they were begun."""
        due = await self.queue.lease(1000)
        for job in due:
            try:
                await self.reconciler(job)
            except ConnectorError as error:
                outcome = decide(Failure.of(error), job.attempts, self.runtime.now(), 0.0)
                await self.queue.settle(job, outcome)
        return [job.order_id for job in due]

    async def answer(self, envelope: CallEnvelope, outcome: Any = "posted", **fields: Any) -> None:
        """Let the agent's result come in."""
        fields = {"object_key": "018000000110002026"} | fields if outcome == "posted" else fields
        result = ResultEnvelope(
            envelope.envelope_id, envelope.posting_id, "berlin", outcome, self.runtime.now(), **fields
        )
        await self.results.result(TENANT, result, b"sealed")

    def key(self, order: int) -> JobKey:
        return JobKey(TENANT, HASH, order)

    async def job(self, order: int) -> Job:
        async with self.database.read() as tx:
            found = await jobs.of_order(tx, *self.key(order))
        assert found, order
        return found

    async def state(self, order: int) -> str:
        return (await self.job(order)).state

    async def causes(self, order: int) -> list[str]:
        async with self.database.read() as tx:
            return [cause.key for cause in await jobs.causes_of(tx, self.key(order))]

    async def postings(self, order: int) -> list[LedgerEntry]:
        async with self.database.read() as tx:
            return await ledger.of_order(tx, *self.key(order))

    async def records(self, order: int) -> list[AuditRow]:
        async with self.database.read() as tx:
            return await audit.of_subject(tx, TENANT, f"{HASH}/{order}")

    async def open_alerts(self) -> list[str]:
        async with self.database.read() as tx:
            return [alert.key for alert in await alerts.find(tx, TENANT)]

    async def map(self, text: str) -> None:
        """Put another mapping in place; it is read once it rests."""
        self.mapping_file.write_text(text)
        for _ in range(2):
            await self.cures.once()

    async def edit(self, order: int, **changes: Any) -> None:
        """Change an order in the store, a minute later by its stamps."""
        answer = await self.store.control(f"/orders/{order}?events=none", "PATCH", changes)
        assert answer.status == 200, answer.raw

    async def fault(self, **fault: Any) -> int:
        """Script a fault of the store."""
        answer = await self.store.control("/faults", "POST", fault)
        assert answer.status < 300, answer.raw
        return int(answer.body["id"])


def a_directory(
    database: Database, vault: Vault, http: aiohttp.ClientSession, folder: Path, runtime: Any, *, files: bool = True
) -> Directory:
    """Return a directory whose files decide, unless told otherwise."""
    book = MappingBook(Audit(vault, runtime), runtime)
    return Directory(database, vault, http, folder, book, runtime, files_decide=files, production=False)


def store_row(parts_vault: Vault, running: StoreClient, cut_over: datetime) -> stores.Store:
    """Return the simulator's store as `store add` would keep it."""
    return a_store_row(
        TENANT,
        HASH,
        api_url=f"{running.origin}/stores/{HASH}",
        access_token=parts_vault.seal_secret(running.account.access_token),
        client_secrets=parts_vault.seal_secret(running.account.client_secret),
        hook_secret=parts_vault.seal_secret(json.dumps(dict.fromkeys(SCOPES, HOOK_SECRET))),
        cut_over=cut_over,
    )


@asynccontextmanager
async def some_parts(
    database: Database, folder: Path, mapping: str = MAPPING, since_days: int = 1, *, b2b: bool = False, **store: Any
) -> AsyncIterator[Parts]:
    """Put the parts together, orders of so many days being ours, with the B2B Edition or without; else the store's."""
    runtime = HastyRuntime()
    vault, alerts_ = Vault(bytes(32), runtime), Alerts()
    audit_ = Audit(vault, runtime)
    landing = Landing(folder, SystemRuntime())
    landing.enrol("berlin")
    async with a_running_store(**store) as running, aiohttp.ClientSession() as http:
        row = store_row(vault, running, runtime.now() - timedelta(days=since_days))
        row = replace(row, b2b_url=running.origin if b2b else None)

        async def add(tx: Any) -> None:
            await stores.add_tenant(tx, TENANT, TENANT, runtime.now())
            await stores.save(tx, row)

        await database.write(add)
        mapping_file = folder / f"{TENANT}.toml"
        if mapping:
            mapping_file.write_text(mapping)
        directory = a_directory(database, vault, http, folder, runtime)
        await directory.refresh()
        failpoints = Failpoints("", folder, runtime)
        sender = Sender(
            database,
            landing.dispatcher,
            vault,
            audit_,
            lambda sealed: open_("call", sealed, landing.trust),
            runtime,
            Limits(300.0, ANSWER_SECONDS),
            failpoints,
        )
        woken: list[str] = []
        periods = Periods(database, alerts_, runtime)
        results = Results(
            database,
            audit_,
            alerts_,
            runtime,
            ANSWER_SECONDS,
            lambda: woken.append("result"),
            failpoints,
            directory.messages,
            periods=periods,
        )
        yield Parts(
            store=running,
            database=database,
            runtime=runtime,
            vault=vault,
            audit=audit_,
            directory=directory,
            landing=landing,
            queue=Queue(database, runtime, "relay-1", 60.0),
            reconciler=Reconciler(database, directory, sender, audit_, alerts_, StoreCircuits(), runtime, periods),
            periods=periods,
            results=results,
            cures=Cures(database, directory, alerts_, runtime, lambda: woken.append("cure"), 2.0),
            mapping_file=mapping_file,
            woken=woken,
        )
