"""Bodies of strangers: of limited size, within limited time, and only what their headers say."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from mlconnector_relay import bodies
from mlconnector_relay.bodies import BodyRefused, read_body

from tests.support.hasty import HastyRuntime

MOST = 1000


@asynccontextmanager
async def reading() -> AsyncIterator[TestServer]:
    """Serve a listener that tells what it read, or why it did not."""

    async def tell(request: web.Request) -> web.Response:
        try:
            return web.Response(body=await read_body(request, HastyRuntime(), MOST))
        except BodyRefused as error:
            return web.Response(status=error.status, text=error.reason)

    application = web.Application()
    application.router.add_post("/", tell)
    async with TestServer(application) as server:
        yield server


async def chunked(size: int) -> AsyncIterator[bytes]:
    for _ in range(size):
        yield b"x"


@pytest.mark.parametrize("body", [lambda: b"x" * MOST, lambda: chunked(MOST), lambda: b""])
async def test_what_fits_is_read(body: Callable[[], bytes]) -> None:
    """To the last byte."""
    async with (
        reading() as server,
        aiohttp.ClientSession() as http,
        http.post(server.make_url("/"), data=body()) as got,
    ):
        assert (got.status, len(await got.read()) in {0, MOST}) == (200, True)


@pytest.mark.parametrize("body", [lambda: b"x" * (MOST + 1), lambda: chunked(MOST + 1)])
async def test_what_is_too_large_is_not(body: Callable[[], bytes]) -> None:
    """Said beforehand or not."""
    async with (
        reading() as server,
        aiohttp.ClientSession() as http,
        http.post(server.make_url("/"), data=body()) as got,
    ):
        assert (got.status, await got.text()) == (413, f"the body exceeds {MOST} bytes")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"Content-Length: 100\r\n\r\nx", "did not arrive within 0 s"),
        (b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nxxxx", "cannot be read"),
    ],
)
async def test_what_does_not_come_or_is_no_body_is_refused(
    sent: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection is not held for ever by one byte a minute."""
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)
    async with reading() as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + sent)
        answer = (await asyncio.wait_for(reader.readuntil(reason.encode()), 10)).decode()
        writer.close()

    assert " 400 " in answer.splitlines()[0]
