"""`verify` proves the trail, and names the first record that was altered, removed or reordered."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from mlconnector_relay.db import audit as rows
from mlconnector_relay.db.engine import Database, Transaction
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail.audit import Audit, Record, digest_of
from mlconnector_relay.trail.sealer import Sealer
from mlconnector_relay.trail.vault import Vault
from mlconnector_relay.trail.verify import verify
from mlconnector_shared.errors import ChainBroken
from sqlalchemy import text

from tests.support.relay_state import NOW

RUNTIME = SystemRuntime()
VAULT = Vault(b"m" * 32, RUNTIME)


async def change(database: Database, statement: str, **parameters: object) -> None:
    async with database.transaction() as tx:
        await tx.execute(text(statement), parameters)


@pytest.fixture
async def ids(database: Database) -> list[str]:
    """Three batches of three records, and one record that is not sealed; their ids."""
    audit, ids = Audit(VAULT, RUNTIME), []
    for batch in range(3):
        records = [
            Record("acme", "order.fetched", f"abc123/{batch}", fields={"n": n}, payload=b"name") for n in range(3)
        ]
        ids += await database.write(lambda tx, records=records: audit.record_many(tx, records, NOW))
        await Sealer(database, RUNTIME).seal("acme")
    ids += [await database.write(lambda tx: audit.record(tx, Record("acme", "order.planned", "abc123/9"), NOW))]
    return ids


async def broken(database: Database) -> ChainBroken:
    with pytest.raises(ChainBroken) as caught:
        await verify(database, "acme")
    return caught.value


async def test_an_untouched_trail_verifies(database: Database, ids: list[str]) -> None:
    """All is counted: batches, records, what is not sealed yet."""
    verified = await verify(database, "acme")

    assert (verified.batches, verified.records, verified.archived, verified.unsealed) == (3, 9, 0, 1)
    assert len(ids) == 10


async def test_an_empty_trail_verifies(database: Database) -> None:
    """A tenant without records has nothing to prove."""
    assert (await verify(database, "acme")).batches == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("fields", '{"n":7}'),
        ("kind", "order.posted"),
        ("subject", "abc123/99"),
        ("trace", "00-other"),
        ("payload_digest", "0" * 64),
        ("at", datetime(2026, 1, 1, tzinfo=UTC)),
        ("salt", b"x" * 16),
        ("digest", "0" * 64),
    ],
)
async def test_an_altered_record_is_named(database: Database, ids: list[str], column: str, value: object) -> None:
    """Whatever is changed in a sealed record, it is named with its position."""
    await change(database, f"UPDATE audit_records SET {column} = :value WHERE record_id = :id", value=value, id=ids[4])

    error = await broken(database)
    assert error.sequence == 5
    assert ids[4] in str(error)
    assert "altered" in str(error)


async def test_the_first_of_several_changes_is_named(database: Database, ids: list[str]) -> None:
    """Verification goes forward from the beginning."""
    await change(database, "UPDATE audit_records SET kind = 'x' WHERE record_id IN (:a, :b)", a=ids[7], b=ids[1])

    assert (await broken(database)).sequence == 2


async def test_a_record_rewritten_with_its_own_digest_is_named(database: Database, ids: list[str]) -> None:
    """Someone who recomputes the record's commitment still does not fit the batch."""
    async with database.transaction() as tx:
        [row] = [row for row in await rows.of_batch(tx, "acme", 2) if row.record_id == ids[4]]
        await tx.execute(text("UPDATE audit_records SET kind = 'x' WHERE record_id = :id"), {"id": ids[4]})
        [row] = [row for row in await rows.of_batch(tx, "acme", 2) if row.record_id == ids[4]]
        await tx.execute(
            text("UPDATE audit_records SET digest = :digest WHERE record_id = :id"),
            {"digest": digest_of(row), "id": ids[4]},
        )

    error = await broken(database)
    assert (error.sequence, ids[4] in str(error)) == (5, True)


async def test_a_record_rewritten_with_its_batchs_commitments_breaks_the_batch(
    database: Database, ids: list[str]
) -> None:
    """Someone who also rewrites the kept commitments does not fit the root that is chained."""
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE audit_records SET kind = 'x' WHERE record_id = :id"), {"id": ids[4]})
        digests = [digest_of(row) for row in await rows.of_batch(tx, "acme", 2)]
        await tx.execute(
            text("UPDATE audit_records SET digest = :digest WHERE record_id = :id"),
            {"digest": digests[1], "id": ids[4]},
        )
        await tx.execute(
            text("UPDATE audit_batches SET leaves = :leaves WHERE sequence = 2"),
            {"leaves": bytes.fromhex("".join(digests))},
        )

    error = await broken(database)
    assert (error.sequence, "batch 2 was altered" in str(error)) == (4, True)


async def test_records_of_two_batches_are_not_exchanged(database: Database, ids: list[str]) -> None:
    """A record that was moved to another batch is missed where it was sealed."""
    await change(database, "UPDATE audit_records SET batch = 3 WHERE record_id = :id", id=ids[5])

    error = await broken(database)
    assert (error.sequence, "removed" in str(error)) == (6, True)


@pytest.mark.parametrize("index", [3, 4, 5])
async def test_a_removed_record_is_named_by_its_place(database: Database, ids: list[str], index: int) -> None:
    """A gap in a batch is found where it is: at its beginning, inside, at its end."""
    await change(database, "DELETE FROM audit_records WHERE record_id = :id", id=ids[index])

    error = await broken(database)
    assert error.sequence == index + 1
    assert "removed" in str(error)


async def test_an_added_record_is_named(database: Database, ids: list[str]) -> None:
    """A record slipped into a sealed batch does not fit it."""
    await change(database, "UPDATE audit_records SET batch = 2 WHERE record_id = :id", id=ids[9])

    assert ids[9] in str(await broken(database))


async def test_reordered_records_are_named(database: Database, ids: list[str]) -> None:
    """Two records whose ids were exchanged, commitments recomputed, are found at the first of them."""
    async with database.transaction() as tx:
        for old, new in ((ids[3], "swap"), (ids[5], ids[3]), ("swap", ids[5])):
            await tx.execute(
                text("UPDATE audit_records SET record_id = :new WHERE record_id = :old"), {"old": old, "new": new}
            )

    error = await broken(database)
    assert error.sequence == 4
    assert ids[3] in str(error)


async def test_commitments_in_another_order_are_reordered(database: Database, ids: list[str]) -> None:
    """A batch whose kept commitments were exchanged does not hash to its root."""
    async with database.transaction() as tx:
        leaves = (await rows.batches_after(tx, "acme", 1))[0].leaves
        await tx.execute(
            text("UPDATE audit_batches SET leaves = :leaves WHERE sequence = 2"),
            {"leaves": leaves[32:64] + leaves[:32] + leaves[64:]},
        )

    assert (await broken(database)).sequence == 4


@pytest.mark.parametrize("column", ["root", "head", "previous", "count"])
async def test_an_altered_batch_is_found(database: Database, ids: list[str], column: str) -> None:
    """The chain of batches itself cannot be changed."""
    value = "7" if column == "count" else f"'{'1' * 64}'"
    await change(database, f"UPDATE audit_batches SET {column} = {value} WHERE sequence = 2")

    error = await broken(database)
    assert error.sequence == 4
    assert "batch 2" in str(error)


async def test_a_removed_batch_is_found(database: Database, ids: list[str]) -> None:
    """Batches are counted without gaps."""
    await change(database, "DELETE FROM audit_batches WHERE sequence = 2")

    assert "batch 2 was removed" in str(await broken(database))


async def test_a_chain_cut_at_its_end_is_found(database: Database, ids: list[str]) -> None:
    """The last batch, removed with its records, is missed."""
    await change(database, "DELETE FROM audit_batches WHERE sequence = 3")
    await change(database, "DELETE FROM audit_records WHERE batch = 3")

    error = await broken(database)
    assert error.sequence == 7
    assert "3 were sealed" in str(error)


async def test_a_witness_finds_what_was_rewritten_or_cut_consistently(database: Database, ids: list[str]) -> None:
    """Against a head that an agent remembers, a chain rewritten from end to end fails."""
    async with database.read() as tx:
        chain = await rows.chain_of(tx, "acme")
    assert chain is not None
    await verify(database, "acme", {3: chain.head})

    for witnessed in ({3: "f" * 64}, {4: "f" * 64}):
        with pytest.raises(ChainBroken, match="witnessed"):
            await verify(database, "acme", witnessed)


@pytest.mark.parametrize("moment", range(1, 9))
async def test_what_is_sealed_meanwhile_is_verified_too(
    database: Database, ids: list[str], database_url: str, moment: int
) -> None:
    """A sealer that is at work while the trail is verified, at whatever moment, is not taken for a forger."""
    sealer = Sealer(database, RUNTIME)

    class SealsMeanwhile(Database):
        reads = 0

        @asynccontextmanager
        async def read(self) -> AsyncIterator[Transaction]:
            self.reads += 1
            if self.reads == moment:
                await sealer.seal("acme")
            async with super().read() as tx:
                yield tx

    reading = SealsMeanwhile(database_url)
    verified = await verify(reading, "acme")
    await reading.close()

    assert len(ids) - 1 <= verified.records + verified.unsealed <= len(ids)


async def test_an_altered_record_that_is_not_sealed_yet_is_named(database: Database, ids: list[str]) -> None:
    """Before it is sealed a record agrees at least with its own commitment."""
    await change(database, "UPDATE audit_records SET kind = 'x' WHERE record_id = :id", id=ids[9])

    assert ids[9] in str(await broken(database))


async def test_archived_batches_verify_by_their_roots(database: Database, ids: list[str]) -> None:
    """Rows that were moved away leave their root: the chain is proven without them."""
    removed = await database.write(lambda tx: rows.archive(tx, "acme", 2, NOW))

    verified = await verify(database, "acme")
    assert removed == 6
    assert (verified.batches, verified.records, verified.archived) == (3, 3, 6)


async def test_calling_a_batch_archived_does_not_hide_its_records(database: Database, ids: list[str]) -> None:
    """Records that are there are compared, whatever the batch says about them."""
    await change(database, "UPDATE audit_batches SET archived_at = sealed_at WHERE sequence = 2")
    await change(database, "UPDATE audit_records SET kind = 'x' WHERE record_id = :id", id=ids[4])

    assert (await broken(database)).sequence == 5


async def test_the_chain_verifies_after_erasure(database: Database, ids: list[str]) -> None:
    """Destroying a subject's key erases its payloads and leaves every commitment."""
    await database.write(lambda tx: VAULT.erase(tx, "acme", "abc123/1", "asked"))

    assert (await verify(database, "acme")).records == 9


async def test_a_tenants_trail_does_not_depend_on_anothers(database: Database, ids: list[str]) -> None:
    """Damage in one tenant's trail is not seen in another's."""
    audit = Audit(VAULT, RUNTIME)
    await database.write(lambda tx: audit.record(tx, Record("other", "order.fetched", "x/1"), NOW))
    await Sealer(database, RUNTIME).seal("other")
    await change(database, "UPDATE audit_records SET kind = 'x' WHERE tenant = 'acme'")

    assert (await verify(database, "other")).records == 1
