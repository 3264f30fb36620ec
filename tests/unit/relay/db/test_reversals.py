"""Reversals are counted by store and time; how many may be stands in reconcile/test_ceiling."""

from datetime import timedelta

from mlconnector_relay.db import ledger, reversals
from mlconnector_relay.db.engine import Database

from tests.support.relay_state import NOW, add_store, an_entry


async def test_they_are_counted_from_a_moment_on(database: Database) -> None:
    """By tenant; a store that is not there is nothing to wait for."""
    await add_store(database)
    for hours in range(3):
        entry = an_entry(hours, kind="reversal")
        await database.write(
            lambda tx, entry=entry, hours=hours: ledger.intend(tx, entry, NOW + timedelta(hours=hours))
        )
    async with database.read() as tx:
        counted = [await reversals.count(tx, "acme", "abc123", NOW + timedelta(hours=hours)) for hours in (-1, 0, 1, 2)]
        assert counted == [3, 2, 1, 0]
        assert await reversals.count(tx, "other", "abc123", NOW - timedelta(hours=1)) == 0
    await database.write(lambda tx: reversals.one_at_a_time(tx, "other", "abc123"))
