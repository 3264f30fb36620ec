"""One relay process, whole: it opens, answers, follows its stores, and closes in order."""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from mlconnector_relay.app import CannotListen, Relay
from mlconnector_relay.cli.serve import run_until_told
from mlconnector_relay.config import Settings
from mlconnector_relay.db import audit, jobs, stores
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseError
from mlconnector_relay.runtime import SystemRuntime
from mlconnector_relay.trail.vault import Vault

from tests.support.landing import make_csr
from tests.support.mappings import MAPPING
from tests.support.relay_parts import TENANT, store_row
from tests.support.store import HASH, a_store

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settings(folder: Path, url: str, **sections: dict[str, Any]) -> Settings:
    return Settings.model_validate(
        {
            "relay": {"state_dir": folder / "state", "environment": "test"},
            "database": {"url": url},
            "mapping": {"directory": folder, "reload_seconds": 0.1},
            "listen": {"port": free_port()} | sections.get("listen", {}),
            "monitoring": sections.get("monitoring", {}),
            "tunnel": {"port": 0} | sections.get("tunnel", {}),
            "work": {"sweep_seconds": 0.2, "poll_seconds": 0.1} | sections.get("work", {}),
        }
    )


async def test_it_answers_while_it_runs_and_no_longer(database_url: str, tmp_path: Path) -> None:
    """Health while started; the port is free again afterwards."""
    chosen = settings(tmp_path, database_url)
    relay = Relay(chosen, SystemRuntime())
    await relay.start()
    async with aiohttp.ClientSession() as http:
        for path in ("healthz", "readyz", "metrics"):
            async with http.get(f"{chosen.listen.address}/{path}") as response:
                assert response.status == 200
        async with http.post(f"{chosen.listen.address}/callbacks/nobody", data=b"{}") as response:
            assert response.status == 401
        await relay.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(f"{chosen.listen.address}/healthz")


async def test_strangers_are_not_told_readiness_and_metrics(database_url: str, tmp_path: Path) -> None:
    """A listener of their own answers them; whoever reaches the public one learns that the process lives."""
    port = free_port()
    chosen = settings(tmp_path, database_url, monitoring={"port": port})
    relay = Relay(chosen, SystemRuntime())
    await relay.start()
    seen = {}
    async with aiohttp.ClientSession() as http:
        for place in (chosen.listen.address, f"http://127.0.0.1:{port}"):
            for path in ("healthz", "readyz", "metrics", "callbacks/nobody", "enrol"):
                async with http.get(f"{place}/{path}") as response:
                    seen[place == chosen.listen.address, path] = response.status
        await relay.stop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await http.get(f"http://127.0.0.1:{port}/healthz")
    assert [status for (public, _), status in seen.items() if public][:3] == [200, 404, 404]
    assert [status for (public, _), status in seen.items() if not public] == [200, 200, 200, 404, 404]


async def test_the_collector_passes_over_what_it_started_with(database_url: str, tmp_path: Path) -> None:
    """Once it runs, and not before: what start-up leaves behind is no part of it."""
    relay = Relay(settings(tmp_path, database_url), SystemRuntime())
    serving = asyncio.create_task(run_until_told(relay))
    try:
        async with asyncio.timeout(30):
            while not gc.get_freeze_count():
                await asyncio.sleep(0.01)
        assert len(gc.get_objects()) < gc.get_freeze_count() / 10
    finally:
        gc.unfreeze()
        os.kill(os.getpid(), signal.SIGTERM)
        await serving


async def test_its_loops_follow_store_and_trail(database_url: str, tmp_path: Path) -> None:
    """The sweep finds an order without its callback; without an agent it waits, not even fetched."""
    runtime = SystemRuntime()
    (tmp_path / f"{TENANT}.toml").write_text(MAPPING)
    chosen = settings(tmp_path, database_url)
    relay = Relay(chosen, runtime)
    async with a_store() as running:
        order = await running.describe()
        vault = Vault((tmp_path / "state" / "master.key").read_bytes(), runtime)
        database = Database(database_url)
        row = store_row(vault, running, runtime.now().replace(year=2020))

        async def add(tx: Any) -> None:
            await stores.add_tenant(tx, TENANT, TENANT, runtime.now())
            await stores.save(tx, row)

        await database.write(add)
        await relay.start()
        try:
            async with asyncio.timeout(10):
                while True:
                    async with database.read() as tx:
                        found = await jobs.find(tx, TENANT)
                    if found:
                        break
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)
            async with database.read() as tx:
                [job] = await jobs.find(tx, TENANT)
                fetched = await audit.of_subject(tx, TENANT, f"{HASH}/{order}")
            assert (job.order_id, job.state, job.attempts, fetched) == (order, "waiting", 0, [])
        finally:
            await relay.stop()
            await database.close()


async def test_a_listener_that_cannot_be_opened_is_told(database_url: str, tmp_path: Path) -> None:
    """With its section; whatever was opened before is closed again."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        for section in ("listen", "tunnel", "monitoring"):
            relay = Relay(settings(tmp_path, database_url, **{section: {"port": port}}), SystemRuntime())
            with pytest.raises(CannotListen, match=rf"\[{section}\] cannot listen on 127\.0\.0\.1:{port}"):
                await relay.start()
            await relay.stop()


async def test_certificates_are_used_or_told(database_url: str, tmp_path: Path) -> None:
    """HTTPS where they are set."""
    (tmp_path / "tls.pem").write_text("no certificate")
    files = {"tls_certificate": tmp_path / "tls.pem", "tls_key": tmp_path / "tls.pem"}
    relay = Relay(settings(tmp_path, database_url, listen=files), SystemRuntime())
    with pytest.raises(CannotListen, match=r"\[listen\]"):
        await relay.start()
    await relay.stop()

    keys, now = make_csr("127.0.0.1"), SystemRuntime().now()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "relay")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(keys.private.public_key())
        .serial_number(1)
        .not_valid_before(now.replace(year=2020))
        .not_valid_after(now.replace(year=now.year + 1))
        .sign(keys.private, hashes.SHA256())
    )
    pem = keys.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "tls.pem").write_bytes(pem + certificate.public_bytes(Encoding.PEM))
    chosen = settings(tmp_path, database_url, listen=files)
    relay = Relay(chosen, SystemRuntime())
    await relay.start()
    try:
        trusting = ssl.create_default_context()
        trusting.check_hostname = False
        trusting.verify_mode = ssl.CERT_NONE
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{chosen.listen.address}/healthz", ssl=trusting) as response,
        ):
            assert chosen.listen.address.startswith("https://")
            assert response.status == 200
    finally:
        await relay.stop()


async def test_a_database_without_schema_is_refused(blank_database_url: str, tmp_path: Path) -> None:
    """Before anything is opened to others."""
    relay = Relay(settings(tmp_path, blank_database_url), SystemRuntime())
    with pytest.raises(DatabaseError):
        await relay.start()
    await relay.stop()
