"""Rows that travel as one document arrive as if each had been handed over by itself, on both databases."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from mlconnector_relay.db import audit, inbox
from mlconnector_relay.db.audit import NewRow
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.inbox import Delivery
from sqlalchemy import event

from tests.support.relay_state import NOW

DELIVERY = Delivery("acme", "abc123", "d1", "store/order/created", 7, NOW, trace="00-t")
ROW = NewRow("acme", "r1", NOW, "order.fetched", "abc123/7", "00-t", "{}", "", b"\0\xff", "ab", payload=b"\x01\x00")


async def test_every_type_comes_back_as_it_was(database: Database) -> None:
    """Text with any character, the largest number, nothing at all, a flag, and a moment of another time zone."""
    elsewhere = datetime(2026, 7, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    odd = replace(DELIVERY, scope="a'\"\\%:x \N{SNOWMAN}", order_id=2**63 - 1, received_at=elsewhere, stale=True)
    none = replace(DELIVERY, delivery_id="d2", order_id=None)
    await database.write(lambda tx: inbox.accept_many(tx, [odd, none]))

    async with database.read() as tx:
        [found] = await inbox.of_order(tx, "acme", "abc123", 2**63 - 1)
    assert found == odd
    assert found.received_at.tzinfo == UTC


async def test_bytes_come_back_as_they_were(database: Database) -> None:
    """Also where there are none."""
    await database.write(lambda tx: audit.add(tx, [ROW, replace(ROW, record_id="r2", payload=None)]))

    async with database.read() as tx:
        assert [row.salt for row in await audit.of_subject(tx, "acme", "abc123/7")] == [b"\0\xff"] * 2
        assert await audit.payload_of(tx, "acme", "r1") == b"\x01\x00"
        assert await audit.payload_of(tx, "acme", "r2") is None


async def test_any_number_of_rows_is_one_statement_with_one_parameter(database: Database) -> None:
    """What a row costs is the database's work alone."""
    seen: list[tuple[str, int]] = []

    def note(
        _connection: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_more: object
    ) -> None:
        if statement.startswith("INSERT"):
            seen.append((statement, len(parameters)))

    event.listen(database._writer.sync_engine, "before_cursor_execute", note)
    await database.write(lambda tx: audit.add(tx, [replace(ROW, record_id=f"r{number}") for number in range(500)]))

    assert [count for _, count in seen] == [1]
