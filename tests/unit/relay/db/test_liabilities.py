"""What a store owed is kept each time, and the last time is what is rolled forward from; on both databases."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from mlconnector_relay.db import liabilities
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.liabilities import Liability

from tests.support.relay_state import NOW, add_store

FIRST = Liability("acme", "abc123", "store_credit", "EUR", NOW, Decimal("5.00"), Decimal("9.10"), Decimal("4.10"))


async def test_the_last_time_is_found_whole(database: Database) -> None:
    """All its rows, none of an earlier one, none of another store."""
    await add_store(database)
    later = replace(FIRST, taken_at=NOW + timedelta(days=30), balance=Decimal("7.00"))
    rows = (FIRST, later, replace(later, kind="gift_certificate"), replace(FIRST, store_hash="other"))
    for row in rows:
        await database.write(lambda tx, row=row: liabilities.add(tx, row))
    async with database.read() as tx:
        assert await liabilities.latest(tx, "acme", "none") == []
        found = await liabilities.latest(tx, "acme", "abc123")
    assert sorted(found, key=lambda one: one.kind) == [rows[2], later]
