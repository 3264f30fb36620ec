"""Health on loopback: ready or not, with the reason, for whoever asks in HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from mlconnector_agent.checks.health import serve_health
from mlconnector_agent.runtime import SystemRuntime

FACTS: dict[str, Any] = {"ready": True, "sap": "reachable"}


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = await serve_health(0, lambda: FACTS, SystemRuntime())
    yield server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()


async def ask(port: int, request: bytes) -> tuple[str, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    writer.write_eof()
    answer = (await reader.read()).decode()
    writer.close()
    head, _, body = answer.partition("\r\n\r\n")
    return head.split("\r\n")[0], body


async def test_ready_is_200_and_not_ready_503(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a service supervisor needs to know, and why."""
    status, body = await ask(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert (status, json.loads(body)) == ("HTTP/1.1 200 OK", FACTS)

    monkeypatch.setitem(FACTS, "ready", False)
    status, _ = await ask(port, b"HEAD /healthz HTTP/1.1\r\n\r\n")
    assert status == "HTTP/1.1 503 Service Unavailable"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found"),
        (b"nonsense", ""),
        (b"x" * 10_000, ""),
    ],
)
async def test_everything_else_learns_nothing(port: int, request_: bytes, status: str) -> None:
    """Other paths, what is no HTTP, and what is too long."""
    try:
        found, _ = await ask(port, request_)
    except ConnectionError:
        found = ""

    assert found == status
