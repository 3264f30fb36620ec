"""The schema's history and the tables are one truth."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from mlconnector_relay.db import meta
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import SchemaOutOfRange
from mlconnector_relay.db.migrate import check_schema, upgrade_database
from mlconnector_relay.db.tables import metadata
from mlconnector_relay.runtime import SystemRuntime
from sqlalchemy import Connection, text


async def test_replayed_migrations_give_exactly_the_tables(database: Database) -> None:
    """Replaying every revision leaves no difference to the tables, comments included where the database has them."""

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return compare_metadata(context, metadata)

    async with database.read() as tx:
        found = await tx.run_sync(differences)

    assert found == []


async def test_upgrade_is_repeatable_and_keeps_the_incarnation(blank_database_url: str) -> None:
    """Upgrading twice changes nothing: the database keeps its identity."""
    database = Database(blank_database_url)
    seen = []
    for _ in range(2):
        await upgrade_database(database, SystemRuntime())
        async with database.read() as tx:
            seen.append(await meta.incarnation(tx))
    await database.close()

    assert seen[0]
    assert seen[0] == seen[1]


async def test_a_database_without_a_schema_is_refused(blank_database_url: str) -> None:
    """A process refuses an empty database and says what to run."""
    database = Database(blank_database_url)

    with pytest.raises(SchemaOutOfRange, match="db upgrade"):
        await check_schema(database)
    await database.close()


async def test_a_newer_schema_is_refused_by_check_and_upgrade(database: Database) -> None:
    """A process refuses a schema it does not know, and does not touch it."""
    async with database.transaction() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SchemaOutOfRange, match="9999"):
        await check_schema(database)
    with pytest.raises(SchemaOutOfRange, match="9999"):
        await upgrade_database(database, SystemRuntime())
