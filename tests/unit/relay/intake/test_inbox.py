"""Callbacks that wait together share one transaction, and none suffers from its neighbours."""

import asyncio
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

from mlconnector_relay.bigcommerce.signature import Callback
from mlconnector_relay.db import audit as rows
from mlconnector_relay.db import inbox as deliveries
from mlconnector_relay.db import job_views
from mlconnector_relay.db.engine import Database
from mlconnector_relay.directory import Account
from mlconnector_relay.intake.inbox import Inbox
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail.audit import Audit, digest_of
from mlconnector_relay.trail.vault import Vault

from tests.support.relay_state import a_store, add_store

RUNTIME = SystemRuntime()
VAULT = Vault(b"m" * 32, RUNTIME)
AUDIT = Audit(VAULT, RUNTIME)
NOTHING = cast("Any", None)


def an_account(**changes: Any) -> Account:
    return Account(a_store(**changes), (), MappingProxyType({}), NOTHING, NOTHING, NOTHING)


def a_callback(number: int, order: int | None = None) -> Callback:
    about = number if order is None else order
    return Callback(f"d{number}", "store/order/created", "abc123", {}, datetime.now(UTC), stale=False, order_id=about)


def an_inbox(database: Database) -> Inbox:
    return Inbox(database, AUDIT, RUNTIME, 0)


async def test_many_at_once_are_each_stored_with_record_and_job(database: Database) -> None:
    """What shares a transaction loses nothing: every delivery has its row, its record and its order's job."""
    await add_store(database)
    inbox, account = an_inbox(database), an_account()

    fresh = await asyncio.gather(*(inbox.accept(account, a_callback(n), b"body %d" % n) for n in range(1, 41)))

    assert fresh == [True] * 40
    async with database.read() as tx:
        for number in range(1, 41):
            assert [one.delivery_id for one in await deliveries.of_order(tx, "acme", "abc123", number)] == [
                f"d{number}"
            ]
            assert await job_views.of_order(tx, "acme", "abc123", number) is not None
            [row] = await rows.of_subject(tx, "acme", f"abc123/{number}")
            assert json.loads(row.fields)["delivery"] == f"d{number}"
            assert json.loads(row.fields)["body"] == hashlib.sha256(b"body %d" % number).hexdigest()
            assert row.digest == digest_of(row)


async def test_duplicates_at_the_same_moment_are_new_once(database: Database) -> None:
    """Of copies that arrive together one is new, and one record is kept."""
    await add_store(database)
    inbox, account = an_inbox(database), an_account()

    fresh = await asyncio.gather(*(inbox.accept(account, a_callback(7), b"body") for _ in range(5)))

    assert sorted(fresh) == [False] * 4 + [True]
    async with database.read() as tx:
        assert len(await rows.of_subject(tx, "acme", "abc123/7")) == 1


async def test_nothing_of_the_body_is_kept_but_what_names_the_order(database: Database) -> None:
    """Whatever else an event carries, such as a person's data, is neither in the trail nor in the inbox."""
    await add_store(database)
    await an_inbox(database).accept(an_account(), a_callback(1), b'{"data": {"id": 1, "email": "grete@example.com"}}')

    async with database.read() as tx:
        [row] = await rows.of_subject(tx, "acme", "abc123/1")
        assert "grete" not in f"{row}{await deliveries.of_order(tx, 'acme', 'abc123', 1)}"
        assert await AUDIT.payload(tx, row) is None


async def test_an_erased_order_s_events_are_accepted(database: Database) -> None:
    """They carry nothing that was to be erased, and BigCommerce must not retry them for two days."""
    await add_store(database)
    await database.write(lambda tx: VAULT.erase(tx, "acme", "abc123/7", "asked for"))

    assert await an_inbox(database).accept(an_account(), a_callback(7), b"body") is True


async def test_a_refused_delivery_is_refused_alone(database: Database) -> None:
    """The database does not take one delivery: its neighbours are stored all the same."""
    await add_store(database)
    inbox = an_inbox(database)

    first, refused, last = await asyncio.gather(
        inbox.accept(an_account(), a_callback(1), b"body"),
        inbox.accept(an_account(), replace(a_callback(2), scope=NOTHING), b"body"),
        inbox.accept(an_account(), a_callback(3), b"body"),
        return_exceptions=True,
    )

    assert (first, last) == (True, True)
    assert isinstance(refused, Exception), refused
    async with database.read() as tx:
        assert len(await deliveries.of_order(tx, "acme", "abc123", 1)) == 1
