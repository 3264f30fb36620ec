"""A destroyed key stays destroyed, whatever happens at the same moment."""

from datetime import timedelta

import pytest
from mlconnector_relay.db import subjects
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.subjects import SubjectKey

from tests.support.relay_state import NOW


def a_key(subject: str = "abc123/1", wrapped: bytes = b"wrapped") -> SubjectKey:
    return SubjectKey("acme", subject, wrapped, "master-1", NOW, None, "")


async def test_the_first_key_of_a_subject_stays(database: Database) -> None:
    """Whoever comes second gets the key that is there."""
    for key in (a_key(), a_key("abc123/2"), a_key(wrapped=b"other")):
        claimed = await database.write(lambda tx, key=key: subjects.claim(tx, key))

    assert claimed == a_key()

    async with database.read() as tx:
        found = await subjects.of(tx, "acme", ["abc123/1", "abc123/3"])
    assert found == {"abc123/1": a_key()}


async def test_a_destroyed_key_is_a_tombstone_with_its_reason(database: Database) -> None:
    """What remains says when and why, and nothing of the key."""
    await database.write(lambda tx: subjects.claim(tx, a_key()))
    later = NOW + timedelta(days=1)
    assert await database.write(lambda tx: subjects.destroy(tx, "acme", "abc123/1", "asked", NOW))
    assert not await database.write(lambda tx: subjects.destroy(tx, "acme", "abc123/1", "again", later))
    await database.write(lambda tx: subjects.claim(tx, a_key()))

    async with database.read() as tx:
        [found] = (await subjects.of(tx, "acme", ["abc123/1"])).values()
    assert (found.wrapped_key, found.destroyed_at, found.destroyed_reason) == (None, NOW, "asked")


@pytest.mark.parametrize("dialect", ["postgresql"])
async def test_rewrapping_does_not_bring_an_erased_key_back(database: Database) -> None:
    """A subject erased between being read and being rewrapped stays erased."""
    await database.write(lambda tx: subjects.claim(tx, a_key()))
    async with database.transaction() as rotating:
        [outdated] = await subjects.wrapped_otherwise(rotating, "acme", "master-2", 10)
        await database.write(lambda tx: subjects.destroy(tx, "acme", "abc123/1", "asked", NOW))
        await subjects.rewrap(rotating, outdated, b"anew", "master-2")

    async with database.read() as tx:
        [found] = (await subjects.of(tx, "acme", ["abc123/1"])).values()
    assert found.wrapped_key is None
