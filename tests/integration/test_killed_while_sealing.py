"""A relay killed at any moment while it seals: the trail it leaves is whole, and the next one goes on with it."""

import asyncio
import random
import sys
from pathlib import Path

import pytest
from mlconnector_relay.db.engine import Database
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail.audit import Audit, Record
from mlconnector_relay.trail.sealer import Sealer
from mlconnector_relay.trail.vault import Vault
from mlconnector_relay.trail.verify import verify

from tests.support.relay_state import add_store

ROOT = Path(__file__).parents[2]
RUNTIME = SystemRuntime()
LIVES = 2
RECORDS = [Record("acme", "order.fetched", f"abc123/{order}", payload=b"x" * 500) for order in range(20)]


@pytest.fixture
def dialect() -> str:
    """Statements and commits are the same on both; what a commit is worth is each database's own word."""
    return "sqlite"


async def seal_for_ever(url: str) -> None:
    """Write records and seal them, as two loops of a relay do, and count the rounds aloud."""
    database = Database(url)
    audit, sealer = Audit(Vault(bytes(32), RUNTIME), RUNTIME), Sealer(database, RUNTIME)

    async def write() -> None:
        while True:
            await database.write(lambda tx: audit.record_many(tx, RECORDS, RUNTIME.now()))

    async def seal() -> None:
        while True:
            await sealer.seal_all()
            print("sealed", flush=True)

    await asyncio.gather(write(), seal())


async def test_killed_while_sealing(database: Database, database_url: str) -> None:
    """Neither a batch without its records nor records in two; each life begins where the one before ended."""
    await add_store(database)
    dice, batches = random.Random(7), 0
    for _ in range(LIVES):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__, database_url, cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        async with asyncio.timeout(60):
            for _ in range(3):
                assert await process.stdout.readline() == b"sealed\n"
        await asyncio.sleep(dice.random() * 0.1)
        process.kill()
        await process.wait()

        verified = await verify(database, "acme")
        assert verified.batches > batches
        assert (verified.records + verified.unsealed) % 20 == 0
        batches = verified.batches
    while await Sealer(database, RUNTIME).seal("acme"):
        pass
    assert (await verify(database, "acme")).unsealed == 0


if __name__ == "__main__":
    asyncio.run(seal_for_ever(sys.argv[1]))
