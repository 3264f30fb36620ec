"""The load: signed callbacks over kept-alive raw sockets, from a process of its own, signed before the clock starts."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
import sys
import time
from collections import deque
from typing import Any

from .figures import percentile
from .workers import answer_commands

__all__ = ["main"]

CONNECTIONS = 64
GREATEST_RATE = 16_000
"""Callbacks signed for each second of a run at full speed: more than any server here takes."""

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class _Run:
    """Requests still to be sent, and what came of those that were."""

    def __init__(self, requests: list[bytes]) -> None:
        self.requests = deque(requests)
        self.due: deque[float] | None = None
        self.idle: list[_Connection] = []
        self.seconds: list[float] = []
        self.refused = 0
        self.ended_at = 0.0
        self.over = False

    def take(self) -> tuple[bytes, float] | None:
        """Give the next request with the moment it was due."""
        if self.over or not self.requests:
            return None
        if self.due is None:
            return self.requests.popleft(), time.perf_counter()
        return (self.requests.popleft(), self.due.popleft()) if self.due else None


class _Connection(asyncio.Protocol):
    """One kept-alive connection: one request after the other."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._began = 0.0
        self._received = b""
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def start(self) -> None:
        """Send the next request, if there is one."""
        taken = self._run.take()
        self.busy = taken is not None
        if taken is None:
            self._run.idle.append(self)
            return
        request, self._began = taken
        assert self._transport is not None
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = LENGTH.search(head)
        if length and len(body) < int(length[1]):
            return
        self._received = b""
        self._run.ended_at = time.perf_counter()
        self._run.seconds.append(self._run.ended_at - self._began)
        self._run.refused += not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204"))
        self.start()

    def close(self) -> None:
        """Hang up."""
        assert self._transport is not None
        self._transport.close()


async def _load(command: dict[str, Any], numbers: "_Numbers") -> dict[str, Any]:
    rate, seconds = float(command.get("rate", 0)), float(command.get("seconds", 3600))
    count = int(command.get("count", 0) or (rate or GREATEST_RATE) * seconds)
    run = _Run([_request(command, numbers.next()) for _ in range(count)])
    if rate:
        run.due = deque()
    loop = asyncio.get_running_loop()
    connections = [
        (await loop.create_connection(lambda: _Connection(run), "127.0.0.1", command["port"]))[1]
        for _ in range(CONNECTIONS)
    ]
    began = time.perf_counter()
    for connection in connections:
        connection.start()
    if rate:
        await _pace(run, rate, count, began)
    while run.requests and time.perf_counter() - began < seconds:
        await asyncio.sleep(0.01)
    run.over = True
    while any(connection.busy for connection in connections):
        await asyncio.sleep(0.002)
    for connection in connections:
        connection.close()
    return {
        "count": len(run.seconds),
        "per_second": len(run.seconds) / (run.ended_at - began),
        "p50": percentile(run.seconds, 0.5) * 1000,
        "p99": percentile(run.seconds, 0.99) * 1000,
        "refused": run.refused,
    }


async def _pace(run: _Run, rate: float, count: int, began: float) -> None:
    """Make requests due at their times, whether or not a connection is free: waiting counts as latency."""
    sent = 0
    assert run.due is not None
    while sent < count:
        while sent < count and began + sent / rate <= time.perf_counter():
            run.due.append(began + sent / rate)
            sent += 1
        idle, run.idle = run.idle, []
        for connection in idle:
            connection.start()
        await asyncio.sleep(0.001)


class _Numbers:
    """Order numbers nobody has used."""

    def __init__(self) -> None:
        self._last = 1_000_000

    def next(self) -> int:
        self._last += 1
        return self._last


def _request(command: dict[str, Any], number: int) -> bytes:
    """Write one signed callback about an order nobody heard of before."""
    store, secret, now = command["store_hash"], command["client_secret"], int(time.time())
    event = {
        "scope": "store/order/created",
        "store_id": "1001",
        "data": {"type": "order", "id": number},
        "hash": hashlib.sha1(str(number).encode()).hexdigest(),
        "created_at": now,
        "producer": f"stores/{store}",
    }
    body = json.dumps(event, separators=(",", ":")).encode()
    delivery = f"bench-{number}"
    digest = hmac.new(secret.encode(), f"{delivery}.{now}.".encode() + body, hashlib.sha256).digest()
    headers = {
        **command["headers"],
        "host": "127.0.0.1",
        "content-type": "application/json",
        "content-length": str(len(body)),
        "webhook-id": delivery,
        "webhook-timestamp": str(now),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /callbacks/{store} HTTP/1.1\r\n{head}\r\n".encode() + body


async def main() -> None:
    """Run the loads asked for."""
    numbers = _Numbers()
    await answer_commands({}, lambda command: _load(command, numbers))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
