"""An envelope is kept byte for byte, once."""

from datetime import timedelta

import pytest
from mlconnector_relay.db import envelopes
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.envelopes import StoredEnvelope
from mlconnector_relay.db.errors import DatabaseRefused

from tests.support.relay_state import NOW

POSTING = "acme/abc123/7/invoice/1/1"


def an_envelope(suffix: str = "", minutes: int = 0) -> StoredEnvelope:
    at = NOW + timedelta(minutes=minutes)
    sealed = bytes(range(256))
    return StoredEnvelope("acme", f"{POSTING}#1{suffix}", POSTING, "abc123/7", sealed, at, at + timedelta(minutes=5))


async def test_an_envelope_comes_back_as_it_was(database: Database) -> None:
    """The bytes, its times and its subject."""
    await database.write(lambda tx: envelopes.save(tx, an_envelope()))

    async with database.read() as tx:
        assert await envelopes.sealed(tx, "acme", f"{POSTING}#1") == an_envelope()
        assert await envelopes.sealed(tx, "acme", f"{POSTING}#2") is None


async def test_an_envelope_id_is_used_once(database: Database) -> None:
    """The same attempt is never sealed twice."""
    await database.write(lambda tx: envelopes.save(tx, an_envelope()))

    with pytest.raises(DatabaseRefused):
        await database.write(lambda tx: envelopes.save(tx, an_envelope(minutes=1)))


async def test_the_last_question_about_a_posting_is_known(database: Database) -> None:
    """Whoever asks again sees when that was last done."""
    for envelope in (an_envelope(), an_envelope(".1", 3), an_envelope(".2", 1)):
        await database.write(lambda tx, envelope=envelope: envelopes.save(tx, envelope))

    async with database.read() as tx:
        assert await envelopes.last_sent(tx, "acme", POSTING) == NOW + timedelta(minutes=3)
        assert await envelopes.last_sent(tx, "acme", "acme/abc123/8/invoice/1/1") is None
