"""Callbacks over a real socket: what is signed is durable before its 2xx, what is not leaves no trace."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from mlconnector_relay.bigcommerce.hooks import HOOK_SECRET_HEADER
from mlconnector_relay.bigcommerce.signature import sign
from mlconnector_relay.db import audit, inbox, jobs, stores
from mlconnector_relay.db.engine import Database
from mlconnector_relay.db.errors import DatabaseUnavailable
from mlconnector_relay.db.migrate import check_schema
from mlconnector_relay.intake.callbacks import Callbacks
from mlconnector_relay.intake.health import Health
from mlconnector_relay.intake.inbox import Inbox
from prometheus_client import REGISTRY

from tests.support.relay_parts import HOOK_SECRET, TENANT, Parts, some_parts
from tests.support.store import HASH

MAX_BYTES = 4096
SETTLE_SECONDS = 30.0


class Line:
    """The public listener and a sender that can sign."""

    def __init__(self, parts: Parts, url: str, http: aiohttp.ClientSession, woken: list[int]) -> None:
        self.parts = parts
        self.url = url
        self.http = http
        self.woken = woken
        self.secret = parts.store.account.client_secret

    def body(self, order: int = 7, scope: str = "store/order/updated", **changes: Any) -> bytes:
        document = {
            "scope": scope,
            "store_id": "1",
            "data": {"type": "order", "id": order},
            "hash": "h",
            "created_at": int(self.parts.runtime.now().timestamp()),
            "producer": f"stores/{HASH}",
        }
        return json.dumps(document | changes).encode()

    def headers(self, body: bytes, delivery: str = "d1", age: int = 0, secret: str = "") -> dict[str, str]:
        stamp = int(self.parts.runtime.now().timestamp()) - age
        return {
            "webhook-id": delivery,
            "webhook-timestamp": str(stamp),
            "webhook-signature": sign(secret or self.secret, delivery, stamp, body),
            HOOK_SECRET_HEADER: HOOK_SECRET,
            "Content-Type": "application/json",
        }

    async def send(self, body: bytes | None = None, store: str = HASH, **headers: Any) -> int:
        """Send a signed delivery; return the status."""
        raw = self.body() if body is None else body
        return await self.send_raw(raw, self.headers(raw, **headers), store)

    async def send_raw(self, body: Any, headers: dict[str, str], store: str = HASH) -> int:
        async with self.http.post(f"{self.url}/callbacks/{store}", data=body, headers=headers) as response:
            return response.status

    async def kept(self, order: int = 7) -> list[inbox.Delivery]:
        async with self.parts.database.read() as tx:
            return await inbox.of_order(tx, TENANT, HASH, order)

    async def traces(self) -> int:
        """Count everything a callback could leave."""
        async with self.parts.database.read() as tx:
            rows = await audit.of_subject(tx, TENANT, f"{HASH}/7")
            return len(rows) + len(await inbox.of_order(tx, TENANT, HASH, 7)) + len(await jobs.find(tx, TENANT))


@asynccontextmanager
async def listening(parts: Parts, database: Any = None) -> AsyncIterator[Line]:
    woken: list[int] = []
    box = Inbox(database or parts.database, parts.audit, parts.runtime, SETTLE_SECONDS)
    callbacks = Callbacks(box, parts.directory, parts.runtime, MAX_BYTES, lambda: woken.append(1))
    application = web.Application()
    health = Health(lambda: check_schema(parts.database))
    application.add_routes([*callbacks.routes(), *health.public(), *health.private()])
    async with TestServer(application) as server, aiohttp.ClientSession() as http:
        yield Line(parts, str(server.make_url("")).rstrip("/"), http, woken)


@pytest.fixture
async def line(database: Database, tmp_path: Path) -> AsyncIterator[Line]:
    """A relay that takes callbacks."""
    async with some_parts(database, tmp_path) as parts, listening(parts) as found:
        yield found


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("mlconnector_callbacks_total", {"outcome": outcome}) or 0.0


async def test_a_signed_callback_is_durable_with_its_record_and_job(line: Line) -> None:
    """Inbox row, job and audit record in one transaction; the order is looked at once events have settled."""
    body = line.body()
    assert await line.send(body) == 200

    [delivery] = await line.kept()
    job = await line.parts.job(7)
    assert (delivery.scope, delivery.stale, job.trace) == ("store/order/updated", False, delivery.trace)
    assert job.due_at is not None
    assert (job.due_at - delivery.received_at).total_seconds() == SETTLE_SECONDS
    [row] = await line.parts.records(7)
    assert (row.trace, json.loads(row.fields)["body"]) == (delivery.trace, hashlib.sha256(body).hexdigest())
    assert line.woken == [1]


async def test_a_repeated_delivery_is_answered_and_kept_once(line: Line) -> None:
    """Also when its copies come at the same moment."""
    before = counted("duplicate")
    assert await asyncio.gather(*(line.send() for _ in range(8))) == [200] * 8

    assert (len(await line.kept()), len(await line.parts.records(7))) == (1, 1)
    assert counted("duplicate") - before == 7
    assert (await line.parts.job(7)).generation == 1


async def test_a_late_retry_is_accepted_flagged_and_counted(line: Line) -> None:
    """Retries may carry their first time stamp."""
    before = REGISTRY.get_sample_value("mlconnector_callbacks_stale_total") or 0.0
    assert await line.send(age=86_400) == 200

    assert [one.stale for one in await line.kept()] == [True]
    assert REGISTRY.get_sample_value("mlconnector_callbacks_stale_total") == before + 1


@pytest.mark.parametrize(
    "scope", ["store/product/updated", "store/order/message/created", "store/hook/deliveryException", "new/scope"]
)
async def test_an_event_nobody_wants_is_answered_well(line: Line, scope: str) -> None:
    """Anything else would in the end switch our webhooks off."""
    assert await line.send(line.body(scope=scope)) == 200
    assert (await line.kept(), line.woken) == ([], [])


@pytest.mark.parametrize("order", [2**63 - 1, 2**63, 10**18 * 9 + 9, -7, 0])
async def test_an_order_s_number_of_any_size_is_answered_well(line: Line, order: int) -> None:
    """What no database can count to is nobody's order; it is no reason to be delivered for two days."""
    assert await line.send(line.body(order)) == 200


async def test_what_is_not_validly_signed_is_refused_without_a_trace(line: Line) -> None:
    """Forged, truncated, altered, oversized, wrongly encoded, misdirected: 401, 400 or 413 and nothing kept."""
    body = line.body()
    good = line.headers(body)
    latin = json.dumps({"producer": "stores/é"}, ensure_ascii=False).encode("latin-1")
    other = line.body(producer="stores/other")
    odd = line.body(scope="store/order/\ud800")
    big = line.body(padding="x" * MAX_BYTES)
    attempts: list[tuple[int, bytes, dict[str, str], str]] = [
        (401, body, line.headers(body, secret="forged"), HASH),
        (401, body[:-1], good, HASH),
        (401, body.replace(b"7", b"8"), good, HASH),
        (401, body, {**good, "webhook-id": "other"}, HASH),
        (401, body, {**good, "webhook-signature": "v2,AAAA"}, HASH),
        (401, body, {**good, "webhook-signature": "v1,é"}, HASH),
        (401, body, {**good, HOOK_SECRET_HEADER: "guessed"}, HASH),
        (401, body, {name: value for name, value in good.items() if name != HOOK_SECRET_HEADER}, HASH),
        (401, body, {name: value for name, value in good.items() if name != "webhook-signature"}, HASH),
        (401, body, good, "nostore"),
        (400, other, line.headers(other), HASH),
        (400, latin, line.headers(latin), HASH),
        (400, b"[]", line.headers(b"[]"), HASH),
        (400, odd, line.headers(odd), HASH),
        (400, body, {**good, "webhook-timestamp": "soon"}, HASH),
        (413, big, line.headers(big), HASH),
    ]
    for status, sent, headers, store in attempts:
        assert await line.send_raw(sent, headers, store) == status, (status, headers)
    assert await line.traces() == 0


async def test_a_header_of_any_bytes_is_only_a_wrong_one(line: Line) -> None:
    """No header makes the relay fail."""
    body = line.body()
    lines = [f"POST /callbacks/{HASH} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", "Connection: close"]
    headers = {name: value for name, value in line.headers(body).items() if name != HOOK_SECRET_HEADER}
    raw = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())]).encode()
    raw += b"\r\n" + HOOK_SECRET_HEADER.encode() + b": \xff\xfe\r\n\r\n" + body
    host, _, port = line.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw)
    answer = await reader.read()
    writer.close()

    assert answer.split()[1] == b"401"


async def test_a_chunked_body_is_limited_as_it_comes(line: Line) -> None:
    """Nobody has to say beforehand how much he sends."""

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(MAX_BYTES):
            yield b"x" * 10

    assert await line.send_raw(endless(), line.headers(b"x")) == 413
    assert await line.traces() == 0


async def test_a_body_that_does_not_come_is_given_up(line: Line) -> None:
    """A connection is not held for ever by one byte a minute."""
    host, _, port = line.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"POST /callbacks/{HASH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), 10)
    writer.close()

    assert answer.split()[1] == b"400"


async def test_a_compressed_body_that_is_none_is_refused(line: Line) -> None:
    """Unreadable is malformed, not our failure."""
    body = line.body()
    assert await line.send_raw(body, {**line.headers(body), "Content-Encoding": "gzip"}) == 400


class Full:
    """A database that cannot write."""

    def __init__(self, real: Database) -> None:
        self._real = real

    async def write(self, work: Any) -> Any:
        raise DatabaseUnavailable("the disk is full")


async def test_what_cannot_be_stored_is_not_acknowledged(line: Line) -> None:
    """503: BigCommerce delivers again; then it is taken."""
    async with listening(line.parts, Full(line.parts.database)) as broken:
        assert await broken.send() == 503
    assert await line.traces() == 0
    assert await line.send() == 200


async def test_the_answer_leaves_only_after_it_is_durable(line: Line) -> None:
    """Not a moment before the commit."""
    order: list[str] = []

    class Watching:
        async def write(self, work: Any) -> Any:
            result = await line.parts.database.write(work)
            await asyncio.sleep(0.1)
            order.append("durable")
            return result

    async with listening(line.parts, Watching()) as watched:
        assert await watched.send() == 200
        order.append("answered")
    assert order == ["durable", "answered"]


async def test_both_secrets_hold_while_accounts_are_changed_over(line: Line) -> None:
    """The store has the new secret first; callbacks signed with the old one still come."""
    async with line.parts.database.read() as tx:
        store = await stores.by_hash(tx, TENANT, HASH)
    assert store
    both = replace(
        store,
        client_secrets=line.parts.vault.seal_secret(f"new\n{line.secret}"),
        updated_at=line.parts.runtime.now(),
    )
    await line.parts.database.write(lambda tx: stores.save(tx, both))
    await line.parts.directory.refresh()

    assert await line.send(delivery="d1", secret="new") == 200
    assert await line.send(delivery="d2") == 200
    assert await line.send(delivery="d3", secret="older") == 401


async def test_a_store_that_cannot_be_opened_is_delivered_to_again(line: Line) -> None:
    """A wrong master key must not make BigCommerce switch the webhooks off."""
    async with line.parts.database.read() as tx:
        store = await stores.by_hash(tx, TENANT, HASH)
    assert store
    broken = replace(store, access_token=b"\0" * 60, updated_at=line.parts.runtime.now())
    await line.parts.database.write(lambda tx: stores.save(tx, broken))
    await line.parts.directory.refresh()

    assert await line.send() == 503


async def test_an_erased_order_s_events_are_answered(line: Line) -> None:
    """They carry nothing personal, and BigCommerce does not retry for two days."""
    assert await line.send(delivery="d1") == 200
    await line.parts.database.write(lambda tx: line.parts.vault.erase(tx, TENANT, f"{HASH}/7", "asked for"))

    assert await line.send(delivery="d2") == 200
    assert [row.payload_digest for row in await line.parts.records(7)] == ["", ""]


async def test_health_tells_alive_ready_and_measured(line: Line) -> None:
    """For load balancers and monitors."""
    await line.send()
    seen = {}
    for path in ("healthz", "readyz", "metrics"):
        async with line.http.get(f"{line.url}/{path}") as response:
            seen[path] = (response.status, await response.text())

    assert seen["healthz"][0] == seen["readyz"][0] == 200
    assert 'mlconnector_callbacks_total{outcome="accepted"}' in seen["metrics"][1]


async def test_not_ready_says_why(line: Line) -> None:
    """Alive, but callbacks could not be stored."""

    async def broken() -> None:
        raise DatabaseUnavailable("the disk is full")

    application = web.Application()
    application.add_routes(Health(broken).private())
    async with TestServer(application) as server, line.http.get(server.make_url("/readyz")) as response:
        assert response.status == 503
        assert (await response.json())["reason"] == "the disk is full"
