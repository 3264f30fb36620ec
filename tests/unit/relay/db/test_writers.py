"""Per SAP client one instance may post; the fencing token grows with every transfer."""

import asyncio
from datetime import timedelta

from mlconnector_relay.db import writers
from mlconnector_relay.db.engine import Database

from tests.support.relay_state import NOW

SYSTEM = ("acme", "ECC", "100")
LATER = NOW + timedelta(minutes=5)


async def test_the_first_to_ask_holds_the_lease(database_url: str) -> None:
    """Of two instances that ask at once one has it, and both are told the same."""
    one, two = Database(database_url), Database(database_url)

    told = await asyncio.gather(
        one.write(lambda tx: writers.take(tx, *SYSTEM, "agent-1", NOW)),
        two.write(lambda tx: writers.take(tx, *SYSTEM, "agent-2", NOW)),
    )
    again = await two.write(lambda tx: writers.take(tx, *SYSTEM, "agent-2", LATER))

    assert told[0] == told[1] == again
    assert again.fencing_token == 1
    await one.close()
    await two.close()


async def test_a_transfer_raises_the_token_and_happens_once(database: Database) -> None:
    """Who transfers from an outdated view changes nothing."""
    held = await database.write(lambda tx: writers.take(tx, *SYSTEM, "agent-1", NOW))
    moved = await database.write(lambda tx: writers.transfer(tx, held, "agent-2", LATER))
    late = await database.write(lambda tx: writers.transfer(tx, held, "agent-3", LATER))

    assert moved is not None
    assert (moved.instance, moved.fencing_token, late) == ("agent-2", 2, None)
    async with database.read() as tx:
        assert await writers.holder(tx, *SYSTEM) == moved
        assert await writers.holder(tx, "acme", "ECC", "200") is None
