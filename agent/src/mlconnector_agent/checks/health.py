"""`GET /healthz` on loopback: 200 while postings can be taken, 503 with the reason while not."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import msgspec
from mlconnector_shared.runtime import Runtime

__all__ = ["serve_health"]

HOST: Final = "127.0.0.1"
MAX_REQUEST_BYTES: Final = 4096
REQUEST_SECONDS: Final = 5.0


async def serve_health(port: int, report: Callable[[], dict[str, Any]], runtime: Runtime) -> asyncio.Server:
    """Answer health requests until the server is closed; `report` must have a flag named `ready`."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await runtime.within(REQUEST_SECONDS, reader.readuntil(b"\r\n\r\n"))
            facts = report()
            found = request.startswith((b"GET /healthz ", b"HEAD /healthz "))
            status = b"404 Not Found" if not found else b"200 OK" if facts["ready"] else b"503 Service Unavailable"
            body = msgspec.json.encode(facts) if found else b"{}"
            head = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            writer.write(head % (status, len(body)) + (b"" if request.startswith(b"HEAD") else body))
            await runtime.within(REQUEST_SECONDS, writer.drain())
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass  # not a request, or its sender has left: nobody is there to be told
        finally:
            writer.close()

    return await asyncio.start_server(answer, HOST, port, limit=MAX_REQUEST_BYTES)
