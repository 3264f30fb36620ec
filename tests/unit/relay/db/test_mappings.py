"""Every mapping proposed is kept, and so is everything that was put in force."""

from datetime import date

import pytest
from mlconnector_relay.db import mappings
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseRefused
from mlconnector_relay.db.mapping_tables import mapping_activations
from mlconnector_relay.db.mappings import Activation, MappingVersion
from sqlalchemy import insert

from tests.support.relay_state import NOW


def a_version(version: str, tenant: str = "acme") -> MappingVersion:
    return MappingVersion(tenant, version, "acme.toml", "ann", NOW)


async def test_a_version_is_kept_once_as_it_was_first_proposed(database: Database) -> None:
    """Its text explains every posting made with it."""
    kept = [
        await database.write(lambda tx, text=text: mappings.propose(tx, a_version("m@1"), text))
        for text in ("first", "second")
    ]

    assert kept == [True, False]
    async with database.read() as tx:
        assert await mappings.content(tx, "acme", "m@1") == "first"
        assert await mappings.content(tx, "acme", "m@2") is None
        assert await mappings.content(tx, "globex", "m@1") is None
        assert await mappings.versions(tx, "acme") == [a_version("m@1")]


async def test_what_was_put_in_force_is_kept_in_order(database: Database) -> None:
    """Also when the same version comes again."""
    for version, day in (("m@1", None), ("m@2", date(2027, 1, 1)), ("m@1", None)):
        await database.write(
            lambda tx, version=version, day=day: mappings.activate(
                tx, "acme", version, day, approver="bob", reason="reviewed", now=NOW
            )
        )

    async with database.read() as tx:
        assert await mappings.activations(tx, "acme") == [
            Activation("acme", 1, "m@1", None, "bob", "reviewed", NOW),
            Activation("acme", 2, "m@2", date(2027, 1, 1), "bob", "reviewed", NOW),
            Activation("acme", 3, "m@1", None, "bob", "reviewed", NOW),
        ]
        assert await mappings.activations(tx, "globex") == []


async def test_of_two_at_the_same_moment_one_is_refused(database: Database) -> None:
    """Nobody overwrites a decision."""
    row = {
        "tenant": "acme",
        "sequence": 1,
        "version": "m@1",
        "approver": "bob",
        "reason": "",
        "activated_at": NOW,
    }
    await database.write(lambda tx: tx.execute(insert(mapping_activations).values(row)))
    with pytest.raises(DatabaseRefused):
        await database.write(lambda tx: tx.execute(insert(mapping_activations).values(row)))
