"""Somebody who receives callbacks: keeps what came, answers as told."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

__all__ = ["Received", "Receiver", "a_receiver", "eventually"]


@dataclass(frozen=True, slots=True)
class Received:
    """One callback as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes
    at: float

    @property
    def body(self) -> Any:
        """Read the JSON."""
        return msgspec.json.decode(self.raw)


@dataclass(slots=True)
class Receiver:
    """What came, and what is answered: a status, or something that waits first."""

    origin: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], int] = lambda _: 200
    delay_seconds: float = 0.0

    async def take(self, request: web.Request) -> web.Response:
        """Keep a callback and answer it."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        callback = Received(request.path, headers, await request.read(), time.time())
        self.received.append(callback)
        await asyncio.sleep(self.delay_seconds)
        status = self.answer(callback)
        return web.Response(status=status, headers={"Location": "/elsewhere"} if 300 <= status < 400 else None)

    async def wait_for(self, count: int, seconds: float = 10.0) -> list[Received]:
        """Wait until so many have come."""
        await eventually(lambda: len(self.received) >= count, seconds)
        return self.received


async def eventually(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def a_receiver(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """Listen on loopback, with TLS where a context is given."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        receiver.origin = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
        yield receiver
    finally:
        await runner.cleanup()
