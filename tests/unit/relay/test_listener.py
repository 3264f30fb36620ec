"""Connections of strangers: who brings no request in time is closed, who did stays, and there is a most."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from mlconnector_relay import listener
from mlconnector_relay.listener import Patience
from mlconnector_relay.runtime import SystemRuntime


class Door:
    """A listener with patience, on loopback."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.release = asyncio.Event()

    async def dial(self, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        return reader, writer


@pytest.fixture
async def door(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    monkeypatch.setattr(listener, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(listener, "LOOK_SECONDS", 0.05)
    patience = Patience(SystemRuntime())
    application = web.Application(middlewares=[patience.middleware])
    runner = web.AppRunner(application)

    async def answer(request: web.Request) -> web.Response:
        if request.query:
            await found.release.wait()
        return web.Response(text="fine")

    application.router.add_get("/", answer)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    watching = asyncio.create_task(patience.run(runner))
    found = Door(runner.addresses[0][1])
    yield found
    watching.cancel()
    await runner.cleanup()


@pytest.mark.parametrize("sent", [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: x\r\nX-A: "])
async def test_who_brings_no_request_is_closed(door: Door, sent: bytes) -> None:
    """However much of its head has come."""
    reader, writer = await door.dial(sent)

    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_who_brought_one_may_bring_another_later(door: Door) -> None:
    """A proxy keeps its connections, and does not expect them to be gone."""
    reader, writer = await door.dial(b"")
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"fine" in await asyncio.wait_for(reader.readuntil(b"fine"), 10)
        await asyncio.sleep(0.8)

    assert not reader.at_eof()
    writer.close()


async def test_who_is_being_answered_is_left_alone(door: Door) -> None:
    """However long it takes, and however many there are."""
    reader, writer = await door.dial(b"GET /?slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    await asyncio.sleep(0.8)
    door.release.set()

    assert b"fine" in await asyncio.wait_for(reader.read(), 10)
    writer.close()


async def test_beyond_a_most_the_longest_idle_are_closed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stores, tunnel and database need is not theirs to take."""
    monkeypatch.setattr(listener, "MOST_CONNECTIONS", 3)
    monkeypatch.setattr(listener, "HEAD_SECONDS", 600.0)
    lines = []
    for _ in range(5):
        lines.append(await door.dial(b"GET"))
        await asyncio.sleep(0.15)

    closed = [reader.at_eof() for reader, _ in lines]

    assert closed == [True, True, False, False, False]
    for _, writer in lines:
        writer.close()
