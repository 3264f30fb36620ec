"""Stores and mappings of one process: fresh, whole, and one tenant's trouble is nobody else's."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from mlconnector_relay import tenant_files as module
from mlconnector_relay.db import mappings, stores
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.jobs import StoreKey
from mlconnector_relay.db.mapping_tables import mapping_versions
from mlconnector_relay.directory import NoMapping, NoStore
from mlconnector_relay.sap.mapping import load_mapping
from mlconnector_relay.trail.audit import Audit
from mlconnector_relay.trail.mapping_book import MappingBook
from mlconnector_relay.trail.vault import Vault
from sqlalchemy import delete, update

from tests.support.hasty import HastyRuntime
from tests.support.mappings import MAPPING
from tests.support.relay_parts import a_directory
from tests.support.relay_state import NOW, add_store

KEY = StoreKey("acme", "abc123")
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


class Desk:
    """A directory and the files it looks at."""

    def __init__(self, database: Database, folder: Path, http: aiohttp.ClientSession) -> None:
        self.vault = Vault(bytes(32), HastyRuntime())
        self.http = http
        self.runtime = HastyRuntime()
        self.database = database
        self.file = folder / "acme.toml"
        self.directory = a_directory(database, self.vault, http, folder, HastyRuntime())
        self._written = 0

    async def add(self, store_hash: str = "abc123", **changes: Any) -> None:
        secrets = {
            "access_token": self.vault.seal_secret("token"),
            "client_secrets": self.vault.seal_secret("new\nold"),
            "hook_secret": self.vault.seal_secret('{"store/order/created": "s"}'),
        }
        await add_store(self.database, store_hash=store_hash, **secrets | changes)

    async def activate(self, text: str, effective_from: date | None = None) -> str:
        """Propose and activate a mapping as people do; return its version."""
        version = load_mapping(text, "acme").version
        book = MappingBook(Audit(self.vault, self.runtime), self.runtime)

        async def work(tx: Any) -> None:
            await book.propose(tx, "acme", version, text, source="acme.toml", author="ann")
            await book.activate(tx, "acme", version, effective_from, approver="bob", reason="reviewed")

        await self.database.write(work)
        return version

    def write(self, text: str) -> None:
        """Write the mapping; its stamp differs from every one before."""
        self.file.write_text(text)
        self._written += 1
        os.utime(self.file, (self._written, self._written))


@pytest.fixture
async def desk(database: Database, tmp_path: Path) -> AsyncIterator[Desk]:
    async with aiohttp.ClientSession() as http:
        made = Desk(database, tmp_path, http)
        await made.add()
        yield made


async def test_a_store_comes_with_everything_needed(desk: Desk) -> None:
    """Secrets opened; the same account until it changes."""
    desk.write(MAPPING)
    assert await desk.directory.refresh() == ["acme"]
    account = desk.directory.account(KEY)

    assert (account.signing_secrets, account.hook_secrets) == (("new", "old"), {"store/order/created": "s"})
    assert account.key == KEY
    assert desk.directory.by_hash("abc123") is account
    assert await desk.directory.refresh() == []
    assert desk.directory.accounts() == [account]

    await desk.add(updated_at=NOW.replace(year=2027), timezone="Asia/Tokyo")
    await desk.directory.refresh()
    assert desk.directory.account(KEY).facts.timezone == "Asia/Tokyo"


async def test_a_store_unknown_here_is_known_in_seconds(desk: Desk) -> None:
    """So its jobs are tried again, not parked."""
    assert desk.directory.by_hash("abc123") is None
    with pytest.raises(NoStore) as caught:
        desk.directory.account(KEY)
    assert caught.value.retryable


async def test_one_store_that_cannot_be_opened_stops_no_other(desk: Desk) -> None:
    """It is named once, and works again after `store add`."""
    await desk.add("broken", store_code="B2", access_token=b"\0" * 60)
    await desk.directory.refresh()
    await desk.directory.refresh()

    assert desk.directory.by_hash("abc123") is not None
    with pytest.raises(NoStore, match="run `store add` again"):
        desk.directory.by_hash("broken")

    good = {"access_token": desk.vault.seal_secret("token"), "updated_at": NOW.replace(year=2027)}
    await desk.add("broken", store_code="B2", **good)
    await desk.directory.refresh()
    assert desk.directory.by_hash("broken") is not None


async def test_a_store_switched_off_is_gone(desk: Desk) -> None:
    """Active ones are served."""
    await desk.directory.refresh()
    async with desk.database.read() as tx:
        store = await stores.by_hash(tx, *KEY)
    assert store
    await desk.database.write(lambda tx: stores.save(tx, replace(store, active=False)))
    await desk.directory.refresh()

    assert desk.directory.accounts() == []


async def test_a_mapping_that_is_missing_or_wrong_is_named(desk: Desk) -> None:
    """With every error, until it is right."""
    await desk.directory.refresh()
    with pytest.raises(NoMapping, match="No such file"):
        desk.directory.mapping("acme")
    with pytest.raises(NoMapping, match="is missing"):
        desk.directory.mapping("nobody")

    desk.write("name = 7\nnonsense = 1\n")
    await desk.directory.refresh()
    with pytest.raises(NoMapping, match="nonsense"):
        desk.directory.mapping("acme")

    desk.file.write_bytes(b"\xff\xfe")
    await desk.directory.refresh()
    with pytest.raises(NoMapping, match="not UTF-8"):
        desk.directory.mapping("acme")

    desk.write(MAPPING)
    assert await desk.directory.refresh() == ["acme"]
    assert desk.directory.mapping("acme").version.startswith("shop@")


async def test_a_change_is_in_force_once_the_file_rests(desk: Desk) -> None:
    """Half a file could be valid, and post to the fallback accounts."""
    desk.write(MAPPING)
    await desk.directory.refresh()
    first = desk.directory.mapping("acme").version

    desk.write(MAPPING.partition("[[taxes]]")[0])
    assert await desk.directory.refresh() == []
    desk.write(MAPPING.replace("800900", "800901"))
    assert await desk.directory.refresh() == []
    assert desk.directory.mapping("acme").version == first
    assert await desk.directory.refresh() == ["acme"]
    assert desk.directory.mapping("acme").version != first
    assert await desk.directory.refresh() == []


async def test_a_mapping_that_breaks_or_goes_leaves_the_last_valid_one(desk: Desk) -> None:
    """A mistake parks nobody."""
    desk.write(MAPPING)
    await desk.directory.refresh()
    version = desk.directory.mapping("acme").version

    desk.write("broken [")
    for _ in range(3):
        assert await desk.directory.refresh() == []
    desk.file.unlink()
    assert await desk.directory.refresh() == []
    assert desk.directory.mapping("acme").version == version

    desk.write(MAPPING)
    for _ in range(2):
        assert await desk.directory.refresh() == []
    assert desk.directory.mapping("acme").version == version


async def test_the_same_rules_under_another_stamp_are_no_change(desk: Desk) -> None:
    """Nothing is released for a touch."""
    desk.write(MAPPING)
    await desk.directory.refresh()
    desk.write(MAPPING)

    assert [await desk.directory.refresh() for _ in range(3)] == [[], [], []]


async def test_without_deciding_files_only_what_was_activated_is_in_force(desk: Desk) -> None:
    """A file that is merely there posts nothing; a dated mapping applies to the orders of its days."""
    desk.directory = a_directory(desk.database, desk.vault, desk.http, desk.file.parent, HastyRuntime(), files=False)
    desk.write(MAPPING)
    assert await desk.directory.refresh() == []
    with pytest.raises(NoMapping, match="`mapping propose` one and have it activated"):
        desk.directory.mapping("acme")

    second = MAPPING.replace("800900", "800901")
    first, later = await desk.activate(MAPPING), await desk.activate(second, date(2027, 1, 1))
    assert await desk.directory.refresh() == ["acme"]
    assert await desk.directory.refresh() == []
    assert desk.directory.mapping("acme").version == later

    midnight_in_berlin = datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert desk.directory.mapping("acme", midnight_in_berlin, "Europe/Berlin").version == later
    assert desk.directory.mapping("acme", midnight_in_berlin).version == first


async def test_a_file_is_decided_once_by_however_many_relays(desk: Desk) -> None:
    """What it put in force, and its text, are kept for ever."""
    desk.write(MAPPING)
    await desk.directory.refresh()
    again = a_directory(desk.database, desk.vault, desk.http, desk.file.parent, HastyRuntime())
    await again.refresh()

    async with desk.database.read() as tx:
        [decided] = await mappings.activations(tx, "acme")
        assert await mappings.content(tx, "acme", decided.version) == MAPPING
    assert decided.approver == "mapping file"
    assert again.mapping("acme").version == decided.version


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (delete(mapping_versions), "was put in force, but its text is not kept"),
        (update(mapping_versions).values(content="name = 7"), "name: Input should be a valid string"),
    ],
)
async def test_a_kept_mapping_that_cannot_be_read_stops_no_other_tenant(desk: Desk, broken: Any, told: str) -> None:
    """It is told where it is asked for; everything else is read, and the relay starts."""
    version = await desk.activate(MAPPING)
    await desk.database.write(lambda tx: tx.execute(broken))
    for _ in range(2):
        assert await desk.directory.refresh() == []
    with pytest.raises(NoMapping, match=told):
        desk.directory.mapping("acme")
    assert desk.directory.by_hash("abc123") is not None

    kept = mappings.MappingVersion("acme", version, "acme.toml", "ann", NOW)
    await desk.database.write(lambda tx: tx.execute(delete(mapping_versions)))
    await desk.database.write(lambda tx: mappings.propose(tx, kept, MAPPING))
    assert await desk.directory.refresh() == ["acme"]
    assert desk.directory.mapping("acme").version == version


async def test_a_mapping_has_a_limit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file fills our memory."""
    monkeypatch.setattr(module, "LARGEST_FILE_BYTES", 100)
    desk.write(MAPPING)
    await desk.directory.refresh()
    with pytest.raises(NoMapping, match="larger than 100 bytes"):
        desk.directory.mapping("acme")


OWN_MESSAGES = """
[[messages]]
codes = ["ZFI 007"]
cause = "credit_limit"
area = "master_data"
remedy = "Raise the credit limit, then release."
"""


async def test_a_tenant_s_messages_come_and_go_with_its_file(desk: Desk) -> None:
    """Without one, or with a wrong one from the start, the relay's own are in force."""
    file = desk.file.with_name("acme.messages.toml")
    await desk.directory.refresh()
    assert "F5 201" in desk.directory.messages("acme").entries
    assert desk.directory.messages("acme").own == frozenset()

    file.write_text("[[messages]]\ncodes = 7\n")
    await desk.directory.refresh()
    assert desk.directory.messages("acme").own == frozenset()

    file.write_text(OWN_MESSAGES)
    await desk.directory.refresh()
    assert desk.directory.messages("acme").own == {"ZFI 007"}
    assert desk.directory.messages("nobody").own == frozenset()

    file.write_text("broken [")
    for _ in range(2):
        await desk.directory.refresh()
    assert desk.directory.messages("acme").own == {"ZFI 007"}

    file.unlink()
    await desk.directory.refresh()
    assert desk.directory.messages("acme").own == frozenset()
