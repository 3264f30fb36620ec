"""Fixtures of databases: the same test runs on SQLite and on PostgreSQL, each test with a database of its own."""

import asyncio
import itertools
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.migrate import upgrade
from sqlalchemy import make_url

from .postgres import PostgresUnavailable, postgres_server
from .require import skip_or_fail

__all__ = ["blank_database_url", "database", "database_url", "dialect", "postgres", "templates"]

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a database on a real PostgreSQL server."""
    server = postgres_server()
    try:
        url = server.__enter__()
    except PostgresUnavailable as error:
        skip_or_fail(str(error))
    try:
        yield url
    finally:
        server.__exit__(None, None, None)


class _Templates:
    """Databases with the schema, made when first wanted, to be copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._postgres = ""

    def sqlite(self) -> Path:
        path = self._folder / "template.db"
        if not path.exists():
            _elsewhere(upgrade, f"sqlite:///{path}")
        return path

    def postgres(self, server: str) -> str:
        if not self._postgres:
            name = f"mlconnector_template_{os.getpid()}"
            _administer(server, f"CREATE DATABASE {name}")
            _elsewhere(upgrade, _named(server, name))
            self._postgres = name
        return self._postgres


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> _Templates:
    """Databases with the schema, to be copied."""
    return _Templates(tmp_path_factory.mktemp("templates"))


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
    with _copied(request.getfixturevalue("postgres"), "template1") as url:
        yield url


@pytest.fixture
def database_url(dialect: str, tmp_path: Path, templates: _Templates, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database with the schema, for tests that open it more than once."""
    if dialect == "sqlite":
        shutil.copy(templates.sqlite(), tmp_path / "relay.db")
        yield f"sqlite:///{tmp_path}/relay.db"
        return
    server = request.getfixturevalue("postgres")
    with _copied(server, templates.postgres(server)) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with the schema."""
    opened = Database(database_url)
    yield opened
    await opened.close()


@contextmanager
def _copied(server: str, template: str) -> Iterator[str]:
    name = f"mlconnector_test_{os.getpid()}_{next(_numbers)}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield _named(server, name)
    finally:
        _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: str, statement: str) -> None:
    async def work() -> None:
        connection = await asyncpg.connect(server.replace("+asyncpg", "", 1))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    _elsewhere(asyncio.run, work())


def _elsewhere(work: Callable[..., Any], *arguments: Any) -> None:
    # In a thread, for this one may have an event loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(work, *arguments).result()


def _named(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)
