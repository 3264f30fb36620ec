"""What an order costs the database, from its callback to its document: counted, so that it cannot creep up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mlconnector_relay.bigcommerce.signature import Callback
from mlconnector_relay.db.engine import Database
from mlconnector_relay.intake.inbox import Inbox
from sqlalchemy import Connection, event

from tests.support.relay_parts import some_parts
from tests.support.store import HASH

MOST: Final = 25
"""Statements of an order that shares nothing with others, BEGIN and COMMIT included; docs/explanation/performance.md
names the number."""


async def test_an_order_takes_at_most_twenty_five_statements(database: Database, tmp_path: Path) -> None:
    """Callback, lease, look, intent and result of one order alone: the dearest case, for what waits together shares."""
    async with some_parts(database, tmp_path) as parts:
        agent = await parts.connect()
        inbox = Inbox(database, parts.audit, parts.runtime, 0)
        order = await parts.store.describe()
        event_of = Callback("d1", "store/order/created", HASH, {}, datetime.now(UTC), stale=False, order_id=order)
        with counted(database) as statements:
            await inbox.accept(parts.account, event_of, b"{}")
            assert await parts.work() == [order]
            await parts.answer(await agent.hear_call(parts.landing.trust))

        assert await parts.state(order) == "posted"
    assert len(statements) <= MOST, "\n".join(statements)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect every statement that goes to the database."""
    seen: list[str] = []

    def executed(_connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    def begun(connection: Connection) -> None:
        # SQLite's BEGIN is a statement like any other; a connection in autocommit begins nothing.
        if database.dialect == "postgresql" and "isolation_level" not in connection.get_execution_options():
            seen.append("BEGIN")

    def ended(_connection: Connection) -> None:
        seen.append("COMMIT")

    engine, reader = database._writer.sync_engine, database._reader.sync_engine
    watched: list[tuple[Any, str, Callable[..., None]]] = [
        (engine, "before_cursor_execute", executed),
        (engine, "begin", begun),
        (engine, "commit", ended),
    ]
    if database.dialect == "sqlite":
        watched.append((reader, "before_cursor_execute", executed))
    for target, name, listener in watched:
        event.listen(target, name, listener)
    try:
        yield seen
    finally:
        for target, name, listener in watched:
            event.remove(target, name, listener)
