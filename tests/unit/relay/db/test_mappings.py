"""Every mapping ever used is kept."""

from mlconnector_relay.db import mappings
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.tables import mapping_versions
from sqlalchemy import select

from tests.support.relay_state import NOW


async def test_a_mapping_is_kept_once_under_its_version(database: Database) -> None:
    """Its text stays as it was first used."""
    kept = [
        await database.write(lambda tx, text=text: mappings.keep(tx, "acme", "2026-1 ab12", "acme.toml", text, NOW))
        for text in ("first", "second")
    ]

    assert kept == [True, False]
    async with database.read() as tx:
        assert (await tx.execute(select(mapping_versions.c.content))).scalars().all() == ["first"]
