"""Of several who decide the first one's choice is kept; who may decide stands in trail/test_decision_book."""

from dataclasses import replace
from datetime import timedelta

from mlconnector_relay.db import decisions
from mlconnector_relay.db.decisions import Decided
from mlconnector_relay.db.engine import Database

from tests.support.relay_state import NOW, add_store, key_of

FIRST = Decided(*key_of(7), "decision:edit:7", "d1", "supplement", "ida", "asked", NOW)


async def test_the_first_is_kept_and_the_oldest_stands_first(database: Database) -> None:
    """By order, cause and proposal."""
    await add_store(database)
    second = replace(FIRST, proposal="d2", decided_at=NOW + timedelta(hours=1))
    for new, kept in ((second, second), (FIRST, FIRST), (replace(FIRST, choice="leave"), FIRST)):
        assert await database.write(lambda tx, new=new: decisions.take(tx, new)) == kept
    async with database.read() as tx:
        assert await decisions.of_order(tx, key_of(7)) == [FIRST, second]
        assert await decisions.of_order(tx, key_of(8)) == []


async def test_only_what_was_read_is_confirmed_or_replaced(database: Database) -> None:
    """Whoever comes second finds it changed."""
    await add_store(database)
    other = replace(FIRST, choice="leave", decided_by="otto")
    await database.write(lambda tx: decisions.take(tx, FIRST))
    assert await database.write(lambda tx: decisions.replace(tx, FIRST, other))
    assert not await database.write(lambda tx: decisions.replace(tx, FIRST, other))
    assert not await database.write(lambda tx: decisions.confirm(tx, FIRST, "eve", NOW))
    assert await database.write(lambda tx: decisions.confirm(tx, other, "eve", NOW))
    assert not await database.write(lambda tx: decisions.confirm(tx, other, "ann", NOW))
    async with database.read() as tx:
        [kept] = await decisions.of_order(tx, key_of(7))
    assert kept == replace(other, confirmed_by="eve", confirmed_at=NOW)


async def test_what_is_over_is_forgotten_once(database: Database) -> None:
    """Only that decision; it may be taken anew then."""
    await add_store(database)
    other = replace(FIRST, proposal="d2")
    for new in (FIRST, other):
        await database.write(lambda tx, new=new: decisions.take(tx, new))
    assert await database.write(lambda tx: decisions.forget(tx, FIRST))
    assert not await database.write(lambda tx: decisions.forget(tx, FIRST))
    async with database.read() as tx:
        assert await decisions.of_order(tx, key_of(7)) == [other]
