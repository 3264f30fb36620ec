"""A disk that is full, for real: what cannot be stored is refused and told, and what was taken is there afterwards."""

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from mlconnector_agent.journal.errors import JournalUnavailable
from mlconnector_agent.journal.journal import Journal
from mlconnector_agent.journal.records import ChannelState, Document, Phase
from mlconnector_agent.runtime import SystemRuntime
from mlconnector_relay.bigcommerce.hooks import HOOK_SECRET_HEADER
from mlconnector_relay.bigcommerce.signature import sign
from mlconnector_relay.db import inbox, jobs, stores
from mlconnector_relay.db.engine import Database
from mlconnector_relay.trail.vault import Vault
from mlconnector_shared.envelope import Post

from tests.support.full_disk import full_disk
from tests.support.hasty import HastyRuntime
from tests.support.postings import a_call, an_envelope, sealed
from tests.support.relay_parts import HOOK_SECRET, TENANT, store_row
from tests.support.store import HASH, StoreClient, a_store

RUNTIME = SystemRuntime()


@pytest.fixture
def dialect() -> str:
    """The disk is ours where SQLite is; PostgreSQL tells of its own by SQLSTATE."""
    return "sqlite"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """A relay as a process, and its store."""

    store: StoreClient
    url: str
    process: asyncio.subprocess.Process
    http: aiohttp.ClientSession
    taken: list[int] = field(default_factory=list)

    async def send(self, order: int) -> int:
        """Deliver a callback as the store would; return the status."""
        stamp = int(datetime.now(UTC).timestamp())
        body = json.dumps(
            {
                "scope": "store/order/updated", "store_id": "1", "data": {"type": "order", "id": order}, "hash": "h",
                "created_at": stamp, "producer": f"stores/{HASH}",
            }
        ).encode()  # fmt: skip
        delivery = f"d{order}"
        headers = {
            "webhook-id": delivery,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(self.store.account.client_secret, delivery, stamp, body),
            HOOK_SECRET_HEADER: HOOK_SECRET,
            "Content-Type": "application/json",
        }
        async with self.http.post(f"{self.url}/callbacks/{HASH}", data=body, headers=headers) as response:
            if response.status == 200:
                self.taken.append(order)
            return response.status

    async def status(self, path: str) -> int:
        async with self.http.get(f"{self.url}/{path}") as response:
            return response.status


@pytest.fixture
async def served(database: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """A relay that serves a store, with its log on the same disk."""
    port, state = free_port(), tmp_path / "state"
    state.mkdir(mode=0o700)
    (state / "master.key").write_bytes(bytes(32))
    (state / "master.key").chmod(0o600)
    config = tmp_path / "relay.toml"
    config.write_text(
        f"""[relay]
state_dir = "{state}"
environment = "test"
log_file = "{tmp_path}/relay.jsonl"
[database]
url = "{database_url}"
[listen]
port = {port}
[tunnel]
port = 0
[mapping]
directory = "{tmp_path}"
"""
    )
    vault = Vault(bytes(32), HastyRuntime())
    async with a_store() as running, aiohttp.ClientSession() as http:
        row = store_row(vault, running, datetime.now(UTC))
        await database.write(lambda tx: stores.add_tenant(tx, TENANT, TENANT, RUNTIME.now()))
        await database.write(lambda tx: stores.save(tx, row))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mlconnector_relay", "--config", str(config), "serve"
        )
        relay = Served(running, f"http://127.0.0.1:{port}", process, http)
        try:
            async with asyncio.timeout(60):
                while True:
                    with contextlib.suppress(aiohttp.ClientConnectionError):
                        if await relay.status("readyz") == 200:
                            break
                    assert process.returncode is None
                    await asyncio.sleep(0.1)
            yield relay
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def test_a_relay_on_a_full_disk_loses_nothing_it_took(served: Served, database: Database) -> None:
    """It answers 503, so that the store delivers again, and is not ready; with room it goes on by itself."""
    assert await served.send(1) == 200
    with full_disk(served.process.pid):
        assert [await served.send(order) for order in (2, 3, 4)] == [503, 503, 503]
        assert [await served.status(path) for path in ("healthz", "readyz", "metrics")] == [200, 503, 200]
    assert [await served.send(order) for order in (2, 3, 5)] == [200, 200, 200]
    assert await served.status("readyz") == 200
    assert served.process.returncode is None

    served.process.kill()
    await served.process.wait()
    async with database.read() as tx:
        found = [len(await inbox.of_order(tx, TENANT, HASH, order)) for order in range(1, 6)]
        due = [job.order_id for job in await jobs.find(tx, TENANT)]
    assert (served.taken, found) == ([1, 2, 3, 5], [1, 1, 1, 0, 1])
    assert sorted(due) == served.taken


async def test_a_journal_on_a_full_disk_takes_nothing_and_loses_nothing(tmp_path: Path) -> None:
    """No posting begins that is not written down; what was stands as it did, and with room the journal goes on."""
    path = tmp_path / "journal.db"
    journal = await Journal.open(path, RUNTIME)
    first, second = (an_envelope(Post(a_call(f"B1-{number}-I")), RUNTIME.now(), number) for number in (1, 2))
    await journal.admit(first, sealed(first), Document("digest", "1000", "DR", "B1-1-I"))
    with full_disk():
        with pytest.raises(JournalUnavailable):
            await journal.admit(second, sealed(second), Document("digest", "1000", "DR", "B1-2-I"))
        with pytest.raises(JournalUnavailable):
            await journal.set_channel("1000", "DR", ChannelState.STOPPED, "", "not found again")
        assert await journal.posting(second.posting_id) is None
        assert [one.phase for one in await journal.open_postings()] == [Phase.INTENT]
    await journal.admit(second, sealed(second), Document("digest", "1000", "DR", "B1-2-I"))
    sequence = journal.sequence
    await journal.close()

    again = await Journal.open(path, RUNTIME)
    assert (again.sequence, again.journal_id) == (sequence, journal.journal_id)
    assert sorted(one.posting_id for one in await again.open_postings()) == [first.posting_id, second.posting_id]
    assert await again.channels() == []
    await again.close()
