"""A check of a mapping is asked for once, answered once, and forgotten by those who look for work when it is old."""

from datetime import timedelta

from mlconnector_relay.db import mapping_checks
from mlconnector_relay.db.engine import Database

from tests.support.relay_state import NOW


async def test_a_check_is_answered_by_the_first(database: Database) -> None:
    """Two relays may hold a tunnel to the same client; the second's answer changes nothing."""
    new = mapping_checks.asked("acme", "c1", ("ECC", "100"), NOW.date(), "text", NOW)
    await database.write(lambda tx: mapping_checks.ask(tx, new))
    async with database.read() as tx:
        assert await mapping_checks.due(tx, "acme", NOW) == [new]
        assert await mapping_checks.due(tx, "acme", NOW + timedelta(seconds=1)) == []
        assert await mapping_checks.due(tx, "other", NOW) == []

    answered = [
        await database.write(lambda tx, result=result: mapping_checks.answer(tx, "acme", "c1", "done", result, NOW))
        for result in ("first", "second")
    ]

    assert answered == [True, False]
    async with database.read() as tx:
        found = await mapping_checks.by_id(tx, "acme", "c1")
        assert found
        assert (found.state, found.result, found.finished_at) == ("done", "first", NOW)
        assert await mapping_checks.due(tx, "acme", NOW) == []
