"""Tenants are worlds apart: every query is scoped, and none shows or touches another tenant's rows."""

import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import mlconnector_relay.db
import pytest
from mlconnector_relay.db import (
    agents,
    ahead,
    alerts,
    audit,
    decisions,
    envelopes,
    fleet,
    inbox,
    jobs,
    ledger,
    ledger_views,
    mapping_checks,
    mappings,
    refused_days,
    reversals,
    sap_documents,
    sap_readings,
    sights,
    stores,
    subjects,
    worklist,
    writers,
)
from mlconnector_relay.db.decisions import Decided
from mlconnector_relay.db.engine import Database, Transaction
from mlconnector_relay.db.jobs import Cause, Parked, Sight
from mlconnector_relay.db.sap_documents import DocumentKey, SapDocument
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail.audit import Audit, Record
from mlconnector_relay.trail.sealer import Sealer
from mlconnector_relay.trail.vault import Vault

from tests.support.relay_state import NOW, add_store, an_entry, key_of, leased

LATER = NOW + timedelta(days=60)
POSTING = "acme/abc123/7/invoice/1/1"
DAYS = (date(2026, 1, 1), date(2026, 12, 31))
REFUSED = refused_days.RefusedDay("acme", "ECC", "100", "1000", "20260301", "003/2026", NOW, 0, NOW)
KEY = DocumentKey("1000", "0100000001", "2026")
DECIDED = Decided("acme", "abc123", 7, "decision:edit:7", "d1", "supplement", "ann", "asked", NOW)
DOCUMENT = SapDocument(
    "acme",
    *("ECC", "100"),
    *KEY,
    document_type="DR",
    reference="A1-7-I",
    entered_by="MLC",
    posting_date=NOW.date(),
    entry_date=NOW.date(),
    currency="EUR",
    gross=Decimal("119.00"),
    reversed_by="",
    cleared_on=None,
)

UNSCOPED = {
    "agents.token": "the tenant is not known before the token is read",
    "jobs.lease": "a process works for all tenants, fairly",
    "meta.write": "about the database as a whole",
    "meta.incarnation": "about the database as a whole",
    "migrate.check_schema": "about the database as a whole",
    "migrate.upgrade_database": "about the database as a whole",
    "stores.active": "the directory of callbacks and the sweep serve all tenants",
    "stores.all_tenants": "the loops that go through all tenants",
}
"""Queries without a tenant, each with its reason."""

SCOPING = frozenset(
    [
        "tenant",
        "entry",
        "key",
        "keys",
        "job",
        "wishes",
        "deliveries",
        "rows",
        "new",
        "envelope",
        "batch",
        "store",
        "held",
        "issued",
    ]
)
"""Parameters that carry the tenant, by themselves or in their rows."""


@pytest.fixture
async def acme(database: Database) -> Database:
    """A database in which tenant acme has a row of everything, and tenant other has nothing."""
    runtime = SystemRuntime()
    await add_store(database)
    await database.write(lambda tx: inbox.accept(tx, "acme", "abc123", "d1", "store/order/created", 7, NOW))
    [job] = await leased(database)
    sight = Sight(NOW, NOW, Decimal("119.00"), "EUR")
    await database.write(lambda tx: jobs.settle(tx, job, Parked((Cause("tax:FOOD", "map it"),), "no code"), NOW, sight))
    await database.write(lambda tx: jobs.enqueue(tx, key_of(8), NOW))

    async def everything(tx: Transaction) -> None:
        entry = await ledger.intend(tx, an_entry(), NOW)
        await ledger.sent(tx, "acme", entry.posting_id, 1, "agent-1", 1, NOW)
        kept = envelopes.StoredEnvelope("acme", entry.envelope_id, POSTING, "abc123/7", b"sealed", NOW, NOW)
        await envelopes.save(tx, kept)
        record = Record("acme", "order.fetched", "abc123/7", payload=b"name")
        await Audit(Vault(b"m" * 32, runtime), runtime).record(tx, record, NOW)
        await alerts.raise_(tx, "acme", "tax:FOOD", "map it", "finance", NOW, kind="tax", severity="warning")
        await agents.enrol(tx, "acme", "agent-1", "ECC", "100", NOW)
        await agents.add_key(tx, "acme", "agent-1", "k1", b"public", NOW)
        await writers.take(tx, "acme", "ECC", "100", "agent-1", NOW)
        await audit.witness(tx, "acme", "agent-1", 1, "a" * 64, NOW)
        await mappings.propose(tx, mappings.MappingVersion("acme", "v1", "acme.toml", "ann", NOW), "text")
        await mappings.activate(tx, "acme", "v1", None, approver="bob", reason="", now=NOW)
        await sap_readings.ask(tx, sap_readings.asked("acme", "r1", ("ECC", "100"), NOW.date(), NOW, daily=True))
        await mapping_checks.ask(tx, mapping_checks.asked("acme", "c1", ("ECC", "100"), NOW.date(), "text", NOW))
        await sap_documents.keep(tx, [DOCUMENT])
        await decisions.take(tx, DECIDED)
        await refused_days.refused(tx, REFUSED)

    await database.write(everything)
    await Sealer(database, runtime).seal("acme")
    return database


Read = Callable[[Transaction, str], Awaitable[Any]]


async def _payload(tx: Transaction, tenant: str) -> bytes | None:
    [record] = await audit.of_subject(tx, "acme", "abc123/7")
    return await audit.payload_of(tx, tenant, record.record_id)


READS: dict[str, Read] = {
    "agent": lambda tx, tenant: agents.by_instance(tx, tenant, "agent-1"),
    "agents": agents.of_tenant,
    "members": lambda tx, tenant: fleet.members(tx, [(tenant, "agent-1")]),
    "alerts": alerts.find,
    "alert": lambda tx, tenant: alerts.of_key(tx, tenant, "tax:FOOD"),
    "audit of a subject": lambda tx, tenant: audit.of_subject(tx, tenant, "abc123/7"),
    "audit of a batch": lambda tx, tenant: audit.of_batch(tx, tenant, 1),
    "batches": lambda tx, tenant: audit.batches_after(tx, tenant, 0),
    "chain": audit.chain_of,
    "head": lambda tx, tenant: audit.head_at(tx, tenant, 1),
    "witnessed": lambda tx, tenant: audit.witnessed(tx, tenant, "agent-1"),
    "envelope": lambda tx, tenant: envelopes.sealed(tx, tenant, f"{POSTING}#1"),
    "last sent": lambda tx, tenant: envelopes.last_sent(tx, tenant, POSTING),
    "deliveries": lambda tx, tenant: inbox.of_order(tx, tenant, "abc123", 7),
    "job": lambda tx, tenant: jobs.of_order(tx, tenant, "abc123", 7),
    "jobs": jobs.find,
    "jobs by state": jobs.count_by_state,
    "overdue": lambda tx, tenant: jobs.overdue(tx, tenant, LATER),
    "decisions": lambda tx, tenant: decisions.of_order(tx, key_of(7, tenant)),
    "causes": lambda tx, tenant: jobs.causes_of(tx, key_of(7, tenant)),
    "waiting causes": jobs.waiting_causes,
    "mapping versions": mappings.versions,
    "mapping content": lambda tx, tenant: mappings.content(tx, tenant, "v1"),
    "activations": mappings.activations,
    "mapping check": lambda tx, tenant: mapping_checks.by_id(tx, tenant, "c1"),
    "mapping checks due": lambda tx, tenant: mapping_checks.due(tx, tenant, NOW),
    "posting": lambda tx, tenant: ledger.by_posting(tx, tenant, POSTING),
    "postings": lambda tx, tenant: ledger.of_order(tx, tenant, "abc123", 7),
    "open postings": ledger.open_,
    "payload": _payload,
    "all postings": lambda tx, tenant: ledger_views.page(tx, tenant, NOW),
    "company codes": lambda tx, tenant: ledger_views.company_codes(tx, tenant, "ECC", "100"),
    "documents in SAP": lambda tx, tenant: sap_documents.posted_between(tx, tenant, *DAYS),
    "documents entered": lambda tx, tenant: sap_documents.entered_since(tx, tenant, "ECC", "100", DAYS[0]),
    "refused days": refused_days.of_tenant,
    "reading": lambda tx, tenant: sap_readings.by_id(tx, tenant, "r1"),
    "readings due": lambda tx, tenant: sap_readings.due(tx, tenant, LATER),
    "latest readings": sap_readings.latest,
    "seen orders": lambda tx, tenant: sights.page(tx, tenant, NOW, LATER),
    "orders never seen": sights.unseen,
    "stores": stores.of_tenant,
    "store": lambda tx, tenant: stores.by_hash(tx, tenant, "abc123"),
    "keys": lambda tx, tenant: subjects.of(tx, tenant, ["abc123/7"]),
    "keys to rewrap": lambda tx, tenant: subjects.wrapped_otherwise(tx, tenant, "other", 10),
    "worklist": worklist.entries,
    "orders waiting": lambda tx, tenant: worklist.orders_waiting(tx, tenant, "tax:FOOD"),
    "writer": lambda tx, tenant: writers.holder(tx, tenant, "ECC", "100"),
}


async def test_a_tenant_never_sees_anothers_rows(acme: Database) -> None:
    """What its owner finds, nobody else does, asked for by the very same keys."""
    async with acme.read() as tx:
        assert [name for name, read in READS.items() if not await read(tx, "acme")] == []
        assert [name for name, read in READS.items() if await read(tx, "other")] == []


CHANGES: dict[str, Read] = {
    "close": lambda tx, tenant: alerts.close(tx, tenant, "tax:FOOD", LATER),
    "close by kind": lambda tx, tenant: alerts.close_except(tx, tenant, "tax", set(), LATER),
    "acknowledge": lambda tx, tenant: alerts.acknowledge(tx, tenant, "tax:FOOD", "eve", LATER),
    "propose": lambda tx, tenant: mappings.propose(
        tx, mappings.MappingVersion(tenant, "v1", "other.toml", "eve", LATER), "other text"
    ),
    "activate": lambda tx, tenant: mappings.activate(tx, tenant, "v2", None, approver="eve", reason="", now=LATER),
    "confirm": lambda tx, tenant: decisions.confirm(tx, replace(DECIDED, tenant=tenant), "eve", LATER),
    "choose otherwise": lambda tx, tenant: decisions.replace(
        tx, replace(DECIDED, tenant=tenant), replace(DECIDED, choice="leave")
    ),
    "one at a time": lambda tx, tenant: reversals.one_at_a_time(tx, tenant, "abc123"),
    "archive": lambda tx, tenant: audit.archive(tx, tenant, 9, LATER),
    "prune": lambda tx, tenant: inbox.prune(tx, tenant, LATER),
    "release": lambda tx, tenant: jobs.release(tx, tenant, "tax:FOOD", LATER),
    "release some": lambda tx, tenant: jobs.release_some(tx, tenant, "abc123", "tax:FOOD", LATER, 9),
    "mark": lambda tx, tenant: jobs.mark(tx, key_of(7, tenant), "posted", "x", "nobody", LATER),
    "sent": lambda tx, tenant: ledger.sent(tx, tenant, POSTING, 1, "evil", 9, LATER),
    "reading taken": lambda tx, tenant: sap_readings.take(tx, tenant, "r1", 0, LATER, LATER),
    "reading put off": lambda tx, tenant: sap_readings.later(tx, tenant, "r1", 0, LATER, "x"),
    "reading ended": lambda tx, tenant: sap_readings.end(tx, tenant, "r1", 0, "failed", LATER),
    "documents forgotten": lambda tx, tenant: sap_documents.forget(tx, tenant, "ECC", "100", [KEY]),
    "period tried": lambda tx, tenant: refused_days.tried(tx, REFUSED.key._replace(tenant=tenant), 9, LATER),
    "period forgotten": lambda tx, tenant: refused_days.forget(tx, REFUSED.key._replace(tenant=tenant)),
    "swept": lambda tx, tenant: stores.swept(tx, tenant, "abc123", LATER),
    "destroy": lambda tx, tenant: subjects.destroy(tx, tenant, "abc123/7", "x", LATER),
    "state": lambda tx, tenant: agents.set_state(tx, tenant, "agent-1", "revoked"),
    "release agent": lambda tx, tenant: agents.release(tx, tenant, "agent-1"),
    "made due": lambda tx, tenant: ahead.make_due(tx, tenant, NOW - timedelta(days=9), 60.0),
    "revoke": lambda tx, tenant: agents.revoke(tx, tenant, "agent-1", "x", LATER),
    "seen": lambda tx, tenant: fleet.seen(tx, [(tenant, "agent-1")], LATER),
    "observed": lambda tx, tenant: fleet.observed(tx, tenant, "agent-1", "", 99),
}


async def test_a_tenant_never_touches_anothers_rows(acme: Database) -> None:
    """The same change, asked for by another tenant, leaves every row as it was."""
    before = await everything_of(acme)
    for name, change in CHANGES.items():
        await acme.write(lambda tx, change=change: change(tx, "other"))

        assert await everything_of(acme) == before, name


async def everything_of(database: Database) -> dict[str, Any]:
    async with database.read() as tx:
        return {name: await read(tx, "acme") for name, read in READS.items()}


def test_every_query_is_scoped_by_tenant() -> None:
    """A named query takes the tenant, or something that carries it, or is listed with the reason why not."""
    unscoped = set()
    for module in pkgutil.iter_modules(mlconnector_relay.db.__path__, "mlconnector_relay.db."):
        if module.ispkg:
            continue
        loaded = importlib.import_module(module.name)
        for name, query in inspect.getmembers(loaded, inspect.iscoroutinefunction):
            is_ours = query.__module__ == module.name and not name.startswith("_")
            if is_ours and not SCOPING & set(inspect.signature(query).parameters):
                unscoped.add(f"{module.name.rpartition('.')[2]}.{name}")

    assert unscoped == set(UNSCOPED)
