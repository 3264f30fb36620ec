"""Stores are added once and brought up to date; what identifies them for ever does not change."""

from dataclasses import replace
from datetime import timedelta

import pytest
from mlconnector_relay.db import stores
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseRefused

from tests.support.relay_state import NOW, a_store, add_store

LATER = NOW + timedelta(days=1)


async def test_a_tenant_is_added_once(database: Database) -> None:
    """Adding it again says so and changes nothing."""
    added = [await database.write(lambda tx: stores.add_tenant(tx, "acme", "Acme", NOW)) for _ in range(2)]

    assert added == [True, False]
    async with database.read() as tx:
        assert [tenant.name for tenant in await stores.all_tenants(tx)] == ["Acme"]


async def test_adding_a_store_again_updates_its_settings(database: Database) -> None:
    """Token, secrets and settings follow; code, cut-over, sweep and birth stay as they were."""
    first = await add_store(database)
    await database.write(lambda tx: stores.swept(tx, "acme", "abc123", LATER))
    again = a_store(
        access_token=b"new", store_code="ZZ", cut_over=LATER, created_at=LATER, updated_at=LATER, tax_inclusive=None
    )

    saved = await database.write(lambda tx: stores.save(tx, again))

    assert saved == replace(first, access_token=b"new", tax_inclusive=None, updated_at=LATER, swept_until=LATER)


async def test_a_store_code_is_given_once_per_sap_client(database: Database) -> None:
    """References of two stores can never meet in one SAP client."""
    await add_store(database)

    with pytest.raises(DatabaseRefused):
        await database.write(lambda tx: stores.save(tx, a_store(store_hash="other")))
    await database.write(lambda tx: stores.save(tx, a_store(store_hash="other", client="200")))


async def test_a_store_belongs_to_one_tenant(database: Database) -> None:
    """A callback's store hash leads to one tenant only."""
    await add_store(database)

    with pytest.raises(DatabaseRefused):
        await add_store(database, tenant="other", store_code="B1")


async def test_stores_are_found_by_hash_tenant_and_activity(database: Database) -> None:
    """A switched-off store is kept but not served."""
    await add_store(database)
    await add_store(database, store_hash="off", store_code="B1", active=False)

    async with database.read() as tx:
        assert [store.store_hash for store in await stores.active(tx)] == ["abc123"]
        assert [store.store_hash for store in await stores.of_tenant(tx, "acme")] == ["abc123", "off"]
        assert await stores.by_hash(tx, "acme", "missing") is None
        found = await stores.by_hash(tx, "acme", "abc123")
    assert found == a_store()
