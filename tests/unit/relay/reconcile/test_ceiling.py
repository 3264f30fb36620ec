"""Never more than so many orders of a store are taken back within an hour, however many try at once."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from mlconnector_relay.db import ledger
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.ledger import NewEntry
from mlconnector_relay.reconcile.ceiling import TooManyReversals, check, room

from tests.support.relay_state import NOW, add_store, an_entry


def a_reversal(order: int, store_hash: str = "abc123", kind: str = "reversal") -> NewEntry:
    """Return the posting that takes an order back."""
    entry = an_entry(order, store_hash=store_hash, kind=kind, reference=f"{store_hash}-{order}-{kind}")
    return replace(entry, posting_id=entry.posting_id.replace("invoice", kind))


async def write_down(database: Database, entry: NewEntry, most: int = 2, at: datetime = NOW) -> bool:
    """Write a posting down as sending does; False where it is one too many."""

    async def work(tx: Any) -> None:
        await check(tx, "acme", entry.store_hash, entry.kind, most, at)
        await ledger.intend(tx, entry, at)

    try:
        await database.write(work)
    except TooManyReversals:
        return False
    return True


async def test_many_at_once_are_as_many_as_may_be(database: Database, database_url: str) -> None:
    """Whatever the database, and however many relays: each is written down in the transaction that counts."""
    await add_store(database)
    relays = database, Database(database_url)
    done = await asyncio.gather(*(write_down(relays[order % 2], a_reversal(order), 3) for order in range(1, 11)))
    assert sum(done) == 3
    await relays[1].close()


async def test_only_reversals_of_the_store_s_last_hour_count(database: Database) -> None:
    """Not its invoices, not another store's, not one that proved to have done nothing."""
    await add_store(database)
    await add_store(database, store_hash="other", store_code="B2")
    assert await write_down(database, a_reversal(1))
    assert await write_down(database, a_reversal(1, "other"))
    assert all([await write_down(database, a_reversal(order, kind="invoice")) for order in range(1, 5)])
    assert await write_down(database, a_reversal(2))
    assert not await write_down(database, a_reversal(3))

    refused = a_reversal(2).posting_id
    await database.write(lambda tx: ledger.outcome(tx, "acme", refused, 1, "rejected", NOW, instance=""))
    assert await write_down(database, a_reversal(3))
    assert not await write_down(database, a_reversal(4), at=NOW + timedelta(minutes=59))
    later = NOW + timedelta(hours=1)
    async with database.read() as tx:
        assert await room(tx, "acme", "abc123", 2, later) == 2
    assert await write_down(database, a_reversal(4), at=later)


def test_what_is_too_much_waits_under_one_cause_of_its_store() -> None:
    """It says how many it is about, that it passes, and where it is set."""
    error = TooManyReversals("abc123", 100)
    [cause] = error.parked.causes
    assert (cause.key, cause.owner) == ("reversals:abc123", "finance")
    assert all(word in cause.sentence for word in ("100 orders", "by themselves", "most_per_hour"))
    with pytest.raises(TooManyReversals, match="store abc123"):
        raise error
