"""Builders of what the relay keeps: stores, ledger entries, due jobs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from mlconnector_relay.db import jobs, stores
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import Job, JobKey
from mlconnector_relay.db.ledger import NewEntry
from mlconnector_relay.db.stores import Store

__all__ = ["NOW", "a_store", "add_store", "an_entry", "key_of", "leased"]

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def a_store(tenant: str = "acme", store_hash: str = "abc123", **changes: Any) -> Store:
    """Return a store."""
    store = Store(
        tenant=tenant,
        store_hash=store_hash,
        store_code="A1",
        sysid="ECC",
        client="100",
        api_url="https://example.invalid",
        access_token=b"token",
        client_secrets=b"secrets",
        hook_secret=b"hook",
        timezone="Europe/Berlin",
        currency="EUR",
        tax_inclusive=True,
        cut_over=NOW - timedelta(days=30),
        webhooks="[]",
        active=True,
        swept_until=None,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(store, **changes)


async def add_store(database: Database, tenant: str = "acme", store_hash: str = "abc123", **changes: Any) -> Store:
    """Add a store, with its tenant."""
    store = a_store(tenant, store_hash, **changes)
    async with database.transaction() as tx:
        await stores.add_tenant(tx, tenant, tenant, NOW)
        return await stores.save(tx, store)


def key_of(order: int, tenant: str = "acme", store_hash: str = "abc123") -> JobKey:
    """Return the key of an order's job."""
    return JobKey(tenant, store_hash, order)


async def leased(database: Database, at: datetime = NOW, limit: int = 10, **options: Any) -> list[Job]:
    """Lease due jobs for a minute."""
    async with database.transaction() as tx:
        return await jobs.lease(tx, options.pop("owner", "relay-1"), at, limit, 60, **options)


def an_entry(order: int = 7, tenant: str = "acme", store_hash: str = "abc123", **changes: Any) -> NewEntry:
    """Return the posting of an order's invoice."""
    entry = NewEntry(
        tenant=tenant,
        posting_id=f"{tenant}/{store_hash}/{order}/invoice/1/1",
        store_hash=store_hash,
        order_id=order,
        kind="invoice",
        ordinal=1,
        part=1,
        sysid="ECC",
        client="100",
        reference=f"A1-{order}-I",
        scheme_version=1,
        mapping_version="m1",
        digest="d" * 64,
        snapshot_digest="s" * 64,
        plan_digest="p" * 64,
        date_modified=NOW,
        company_code="1000",
        document_type="DR",
        currency="EUR",
        gross=Decimal("119.00"),
        facts="",
        more=False,
        generation=1,
        trace="00-trace",
    )
    return replace(entry, **changes)
