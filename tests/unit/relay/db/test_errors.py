"""Callers meet our own errors only, and learn from them whether trying again can help."""

import pytest
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseRefused, DatabaseUnavailable
from sqlalchemy import text


async def test_a_wrong_statement_is_refused(database: Database) -> None:
    """A defect of ours is no outage."""
    with pytest.raises(DatabaseRefused, match="statement") as caught:
        async with database.read() as tx:
            await tx.execute(text("SELECT nothing FROM tenants LIMIT 'x'"))
    assert not caught.value.retryable


@pytest.mark.parametrize("dialect", ["postgresql"])
@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", DatabaseUnavailable),
        ("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)", DatabaseUnavailable),
        ("SET TRANSACTION READ ONLY; DELETE FROM tenants", DatabaseUnavailable),
        ("SELECT 1 / 0", DatabaseRefused),
    ],
)
async def test_what_postgresql_says_is_told_apart(
    database: Database, statement: str, kind: type[DatabaseUnavailable]
) -> None:
    """Lost connections, cancelled statements and a standby pass; wrong content does not. Afterwards all works."""

    async def run() -> None:
        async with database.transaction() as tx:
            for part in statement.split(";"):
                await tx.execute(text(part))

    with pytest.raises(kind):
        await run()
    async with database.read() as tx:
        assert (await tx.execute(text("SELECT 1"))).scalar_one() == 1
