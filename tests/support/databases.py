"""Fixtures of databases: the same test runs on SQLite and on PostgreSQL, each test with a database of its own."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.migrate import NEWEST, upgrade
from mlconnector_relay.db.tables import metadata
from sqlalchemy import make_url

from .postgres import OWN_SERVER, PostgresUnavailable, postgres_server
from .require import skip_or_fail

__all__ = [
    "blank_database_url",
    "database",
    "database_url",
    "dialect",
    "postgres",
    "postgres_databases",
    "sqlite_template",
]

T = TypeVar("T")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a database on a real PostgreSQL server."""
    server = postgres_server()
    try:
        url = server.__enter__()
    except PostgresUnavailable as error:
        skip_or_fail("postgresql", str(error))
    try:
        yield url
    finally:
        server.__exit__(None, None, None)


class _Databases:
    """Databases with the schema on one server: copied from a template, emptied after a test, and used again."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._template = f"mlconnector_template_{os.getpid()}"
        self._empty: list[str] = []
        _administer(server, f"CREATE DATABASE {self._template}")
        _elsewhere(upgrade, self._url(self._template))

    @contextmanager
    def one(self) -> Iterator[str]:
        """Yield the URL of an empty database."""
        name = self._empty.pop() if self._empty else self._made(self._template)
        yield self._url(name)
        if _elsewhere(asyncio.run, _emptied(self._url(name))):
            self._empty.append(name)
        else:
            self._drop(name)

    @contextmanager
    def blank(self) -> Iterator[str]:
        """Yield the URL of a database without the schema."""
        name = self._made("template1")
        yield self._url(name)
        self._drop(name)

    def close(self) -> None:
        """Leave nothing behind on a server that outlives the tests."""
        for name in (*self._empty, self._template):
            self._drop(name)

    def _made(self, template: str) -> str:
        name = f"mlconnector_test_{os.getpid()}_{next(_numbers)}"
        _administer(self._server, f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _drop(self, name: str) -> None:
        _administer(self._server, f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return make_url(self._server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_databases(postgres: str) -> Iterator[_Databases]:
    """Databases on a real PostgreSQL server."""
    made = _Databases(postgres)
    yield made
    if OWN_SERVER in os.environ:
        made.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the schema, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _elsewhere(upgrade, f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The database the test runs on; parametrise it directly to choose one."""
    return str(request.param)


@pytest.fixture
def blank_database_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty database."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path}/relay.db"
        return
    with request.getfixturevalue("postgres_databases").blank() as url:
        yield url


@pytest.fixture
def database_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with the schema, for tests that open it more than once."""
    if dialect == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "relay.db")
        yield f"sqlite:///{tmp_path}/relay.db"
        return
    with request.getfixturevalue("postgres_databases").one() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with the schema."""
    opened = Database(database_url)
    yield opened
    await opened.close()


async def _emptied(url: str) -> bool:
    """Delete every row; False where that cannot be done, or the schema was tampered with."""
    connection = await asyncpg.connect(_plain(url))
    try:
        await connection.execute("SET lock_timeout = '2s'")
        await connection.execute("; ".join(f"DELETE FROM {table}" for table in metadata.tables if table != "meta"))
        found = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.PostgresError:
        return False
    finally:
        await connection.close()
    return bool(found == NEWEST)


def _administer(server: str, statement: str) -> None:
    async def work() -> None:
        connection = await asyncpg.connect(_plain(server))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    _elsewhere(asyncio.run, work())


def _elsewhere(work: Callable[..., T], *arguments: Any) -> T:
    # In a thread, for this one may have an event loop already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *arguments).result()


def _plain(url: str) -> str:
    return url.replace("+asyncpg", "", 1)
