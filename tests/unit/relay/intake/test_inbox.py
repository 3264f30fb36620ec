"""Callbacks that wait together share one transaction, and none suffers from its neighbours."""

import asyncio
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

import pytest
from mlconnector_relay.bigcommerce.signature import Callback
from mlconnector_relay.db import audit as rows
from mlconnector_relay.db import inbox as deliveries
from mlconnector_relay.db import job_views
from mlconnector_relay.db.engine import Database
from mlconnector_relay.directory import Account
from mlconnector_relay.intake.inbox import Inbox
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.errors import SubjectErased
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


async def test_many_at_once_are_each_stored_with_body_and_job(database: Database) -> None:
    """What shares a transaction loses nothing: every delivery has its row, its body and its order's job."""
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
            assert await AUDIT.payload(tx, row) == b"body %d" % number


async def test_duplicates_at_the_same_moment_are_new_once(database: Database) -> None:
    """Of copies that arrive together one is new, and one record is kept."""
    await add_store(database)
    inbox, account = an_inbox(database), an_account()

    fresh = await asyncio.gather(*(inbox.accept(account, a_callback(7), b"body") for _ in range(5)))

    assert sorted(fresh) == [False] * 4 + [True]
    async with database.read() as tx:
        assert len(await rows.of_subject(tx, "acme", "abc123/7")) == 1


async def test_an_erased_order_costs_its_neighbours_nothing(database: Database) -> None:
    """Nothing of an erased order is kept; the bodies that share its transaction are."""
    await add_store(database)
    inbox, account = an_inbox(database), an_account()
    await inbox.accept(account, a_callback(1, order=7), b"before")
    await database.write(lambda tx: VAULT.erase(tx, "acme", "abc123/7", "asked for"))

    fresh = await asyncio.gather(*(inbox.accept(account, a_callback(n), b"body %d" % n) for n in (6, 7, 8)))

    assert fresh == [True] * 3
    async with database.read() as tx:
        bodies = [[row.payload_id for row in await rows.of_subject(tx, "acme", f"abc123/{n}")] for n in (6, 7, 8)]
        assert [[one is not None for one in found] for found in bodies] == [[True], [True, False], [True]]
        with pytest.raises(SubjectErased):
            await AUDIT.payload(tx, (await rows.of_subject(tx, "acme", "abc123/7"))[0])


async def test_a_refused_delivery_is_refused_alone(database: Database) -> None:
    """The database does not take one delivery: its neighbours are stored all the same."""
    await add_store(database)
    inbox = an_inbox(database)

    first, refused, last = await asyncio.gather(
        inbox.accept(an_account(), a_callback(1), b"body"),
        inbox.accept(an_account(), a_callback(2, order=2**70), b"body"),
        inbox.accept(an_account(), a_callback(3), b"body"),
        return_exceptions=True,
    )

    assert (first, last) == (True, True)
    assert isinstance(refused, Exception), refused
    async with database.read() as tx:
        assert len(await deliveries.of_order(tx, "acme", "abc123", 1)) == 1
