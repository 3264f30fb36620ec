"""The schema's version: bring it up to date, or refuse to work with one outside our range."""

import asyncio
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from mlconnector_shared.runtime import Runtime
from sqlalchemy import Connection, insert, select, text

from ..runtime import SystemRuntime
from .engine import Database
from .errors import SchemaOutOfRange
from .tables import meta

__all__ = ["NEWEST", "SUPPORTED", "check_schema", "upgrade", "upgrade_database"]

HISTORY: Final = ("0001", "0002", "0003", "0004", "0005", "0006")
"""Revisions this program can bring up to date, oldest first."""

SUPPORTED: Final = HISTORY[-1:]
"""Revisions this program works with, oldest first. Migrations expand, then contract: so a program serves the revision
before its own until the new one is everywhere; not one before 0005, which added to what is read of every store."""

NEWEST: Final = SUPPORTED[-1]

_LOCK: Final = 6_215_001
"""PostgreSQL: only one process migrates at a time."""


def upgrade(url: str) -> None:
    """Bring the schema of a database up to date, for callers outside asyncio; safe to repeat.

    Raises:
        DatabaseUnavailable: no connection.
        SchemaOutOfRange: the schema is newer than this program.
    """
    asyncio.run(_upgrade(url))


async def upgrade_database(database: Database, runtime: Runtime) -> None:
    """Bring the schema up to date; safe to repeat, also by several processes at once.

    Raises:
        DatabaseUnavailable: no connection.
        SchemaOutOfRange: the schema is newer than this program.
    """

    def work(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        found = _revision(connection)
        if found is not None and found not in HISTORY:
            raise SchemaOutOfRange(_sentence(found))
        command.upgrade(_config(connection), NEWEST)
        if connection.execute(select(meta.c.incarnation)).first() is None:
            row = {"tenant": "", "incarnation": runtime.new_id(), "created_at": runtime.now()}
            connection.execute(insert(meta).values(row))

    await database.run_sync(work)


async def check_schema(database: Database) -> None:
    """Make sure that the schema is one this program works with.

    Raises:
        DatabaseUnavailable: no connection.
        SchemaOutOfRange: it is not; the message says what to run.
    """
    async with database.read() as tx:
        found = await tx.run_sync(_revision)
    if found not in SUPPORTED:
        raise SchemaOutOfRange(_sentence(found))


async def _upgrade(url: str) -> None:
    database = Database(url)
    try:
        await upgrade_database(database, SystemRuntime())
    finally:
        await database.close()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _sentence(found: str | None) -> str:
    if found is None:
        return "the database has no schema yet; run `mlconnector-relay db upgrade`"
    return (
        f"the database has schema {found}; this program works with {SUPPORTED[0]} to {NEWEST}: "
        "run `mlconnector-relay db upgrade` if that is newer, or a newer program if it is older"
    )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
