"""Every record gets into the chain exactly once, whatever the order of commits and the number of sealers."""

import asyncio
import json

import pytest
from mlconnector_relay.db import audit as rows
from mlconnector_relay.db.engine import Database
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail import sealer as sealing
from mlconnector_relay.trail.audit import Audit, Record
from mlconnector_relay.trail.sealer import Sealer
from mlconnector_relay.trail.vault import Vault
from mlconnector_relay.trail.verify import verify

from tests.support.relay_state import NOW, add_store
from tests.support.runtime import FakeRuntime, VirtualLoop

RUNTIME = SystemRuntime()


def an_audit() -> Audit:
    return Audit(Vault(b"m" * 32, RUNTIME), RUNTIME)


def a_record(number: int, tenant: str = "acme") -> Record:
    return Record(tenant, "order.fetched", "abc123/7", fields={"number": number})


async def record(database: Database, *numbers: int, tenant: str = "acme") -> None:
    await database.write(lambda tx: an_audit().record_many(tx, [a_record(number, tenant) for number in numbers], NOW))


async def test_sealing_takes_everything_and_chains_it(database: Database) -> None:
    """Each round seals what is new; batches chain without gaps, and verify."""
    sealer = Sealer(database, RUNTIME)
    assert await sealer.seal("acme") is None
    for round_ in range(3):
        await record(database, round_ * 2, round_ * 2 + 1)
        batch = await sealer.seal("acme")
        assert batch is not None
        assert (batch.sequence, batch.count) == (round_ + 1, 2)

    verified = await verify(database, "acme")
    assert (verified.batches, verified.records, verified.unsealed) == (3, 6, 0)


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_record_committed_late_is_sealed_later(database: Database) -> None:
    """A transaction that began before others and commits after the seal is not passed over."""
    async with database.transaction() as late:
        await an_audit().record(late, a_record(1), NOW)
        await record(database, 2)
        sealed = await Sealer(database, RUNTIME).seal("acme")
        assert sealed is not None
        assert sealed.count == 1

    sealed = await Sealer(database, RUNTIME).seal("acme")
    assert sealed is not None
    assert sealed.count == 1
    async with database.read() as tx:
        numbers = [json.loads(row.fields)["number"] for row in await rows.of_batch(tx, "acme", 2)]
    assert numbers == [1]
    assert (await verify(database, "acme")).records == 2


async def test_two_sealers_at_once_make_one_chain(database_url: str) -> None:
    """Any number of relays may seal: no record twice, no gap, one chain."""
    one, two = Database(database_url), Database(database_url)
    for number in range(30):
        await record(one, number)
        await asyncio.gather(*(Sealer(database, RUNTIME).seal("acme") for database in (one, two)))
    while await Sealer(one, RUNTIME).seal("acme"):
        pass

    verified = await verify(one, "acme")
    assert (verified.records, verified.unsealed) == (30, 0)
    await one.close()
    await two.close()


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_a_sealer_never_waits_for_another(database: Database) -> None:
    """A relay that holds the chain does not hold up the others: they come again later."""
    await record(database, 1)
    await Sealer(database, RUNTIME).seal("acme")
    await record(database, 2)
    async with database.transaction() as tx:
        assert await rows.lock_chain(tx, "acme", "0" * 64) is not None
        assert await asyncio.wait_for(Sealer(database, RUNTIME).seal("acme"), 5) is None

    assert await Sealer(database, RUNTIME).seal("acme") is not None


async def test_a_large_backlog_is_sealed_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one batch holds is sealed in one round, of every tenant."""
    monkeypatch.setattr(sealing, "BATCH", 3)
    await add_store(database)
    await add_store(database, "other", "xyz789")
    await record(database, *range(7))
    await record(database, *range(3), tenant="other")

    await Sealer(database, RUNTIME).seal_all()

    assert (await verify(database, "acme")).batches == 3
    assert (await verify(database, "other")).batches == 1


async def test_the_high_water_mark_only_rises(database: Database) -> None:
    """Agents can tell from it that a database went back."""
    seen = []
    for number in range(3):
        await record(database, number)
        await Sealer(database, RUNTIME).seal("acme")
        async with database.read() as tx:
            chain = await rows.chain_of(tx, "acme")
        assert chain
        seen.append(chain.high_water)

    assert seen == [1, 2, 3]


async def test_every_new_head_is_shown_to_the_witnesses(database: Database) -> None:
    """An anchor tells batch, head, and how many records are sealed by then."""
    shown: list[tuple[str, bytes]] = []
    sealer = Sealer(database, RUNTIME, lambda tenant, payload: shown.append((tenant, payload)))
    for count in (2, 1):
        for number in range(count):
            await record(database, 10 * count + number)
        batch = await sealer.seal("acme")

    assert batch is not None
    assert [tenant for tenant, _ in shown] == ["acme", "acme"]
    assert json.loads(shown[1][1]) == {"chain": "relay", "batch": 2, "head": batch.head, "records": 3}


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_the_loop_seals_within_seconds(database_url: str) -> None:
    """On the virtual clock: whatever is recorded is sealed one pause later, again and again."""
    runtime = FakeRuntime(1)

    async def minutes() -> list[int]:
        database = Database(database_url)
        await add_store(database)
        loop = asyncio.create_task(Sealer(database, runtime).run())
        lag = []
        for number in range(10):
            await runtime.sleep(60)
            await record(database, number)
            await runtime.sleep(sealing.SEAL_SECONDS * 1.5)
            lag.append((await verify(database, "acme")).unsealed)
        loop.cancel()
        await database.close()
        return lag

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(minutes()) == [0] * 10
