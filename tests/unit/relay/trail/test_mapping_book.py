"""Mappings are put in force by people, and the trail says by whom and why."""

import json
from datetime import date
from typing import Any

import pytest
from mlconnector_relay.db import audit as rows
from mlconnector_relay.db import mappings
from mlconnector_relay.db.engine import Database
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.mapping_book import MappingBook, NotActivated
from mlconnector_relay.trail.vault import Vault

from tests.support.hasty import HastyRuntime
from tests.support.relay_state import add_store


class Desk:
    """A book on a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        runtime = HastyRuntime()
        self.book = MappingBook(Audit(Vault(bytes(32), runtime), runtime), runtime)

    async def propose(self, version: str, author: str = "ann") -> bool:
        return await self.database.write(
            lambda tx: self.book.propose(tx, "acme", version, "text", source="acme.toml", author=author)
        )

    async def activate(self, version: str, approver: str = "bob", **more: Any) -> None:
        day = more.pop("day", None)
        await self.database.write(
            lambda tx: self.book.activate(tx, "acme", version, day, approver=approver, reason="reviewed", **more)
        )

    async def roll_back(self) -> None:
        await self.database.write(lambda tx: self.book.roll_back(tx, "acme", approver="eve", reason="wrong accounts"))

    async def in_force(self) -> list[str]:
        async with self.database.read() as tx:
            return [one.version for one in await mappings.activations(tx, "acme")]


@pytest.fixture
async def desk(database: Database) -> Desk:
    await add_store(database)
    return Desk(database)


async def test_what_was_proposed_and_decided_stands_in_the_trail(desk: Desk) -> None:
    """Who, what, from when, and why."""
    assert await desk.propose("m@1")
    assert not await desk.propose("m@1", author="eve")
    await desk.activate("m@1", day=date(2027, 1, 1), four_eyes=True)

    async with desk.database.read() as tx:
        told = [(row.kind, json.loads(row.fields)) for row in await rows.of_subject(tx, "acme", "mapping")]
    assert told == [
        ("mapping.proposed", {"version": "m@1", "source": "acme.toml", "author": "ann"}),
        (
            "mapping.activated",
            {
                "version": "m@1",
                "sequence": 1,
                "effective_from": "2027-01-01",
                "approver": "bob",
                "reason": "reviewed",
            },
        ),
    ]


async def test_nobody_approves_a_mapping_of_their_own(desk: Desk) -> None:
    """However they spell their name; without four eyes they may."""
    await desk.propose("m@1")
    with pytest.raises(NotActivated, match=r"Ann proposed m@1; somebody else"):
        await desk.activate("m@1", approver="Ann", four_eyes=True)
    assert await desk.in_force() == []

    await desk.activate("m@1", approver="ann")
    assert await desk.in_force() == ["m@1"]


async def test_what_nobody_proposed_is_not_put_in_force(desk: Desk) -> None:
    """A slip in the version is told."""
    with pytest.raises(NotActivated, match=r"has no mapping m@9"):
        await desk.activate("m@9")


async def test_rolling_back_returns_to_what_was_before(desk: Desk) -> None:
    """As a decision of its own; twice leads back again."""
    with pytest.raises(NotActivated, match=r"in force before"):
        await desk.roll_back()
    for version in ("m@1", "m@2"):
        await desk.propose(version)
        await desk.activate(version)
    await desk.activate("m@2")

    await desk.roll_back()
    await desk.roll_back()
    assert await desk.in_force() == ["m@1", "m@2", "m@2", "m@1", "m@2"]
