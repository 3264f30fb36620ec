"""The floor's tunnel, both ends: msgpack over websockets, signed and verified. Knows nothing of the product."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from .mutual_tls import context

__all__ = ["MESSAGE_BYTES", "FloorRelay", "answer_calls"]

MESSAGE_BYTES = 2048

_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
_PUBLIC = _KEY.public_key()
_pack, _unpack = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder().decode


def _sealed(message: dict[str, Any]) -> bytes:
    body = _pack(message)
    return _pack([body, _KEY.sign(body)])


def _opened(data: bytes | str) -> dict[str, Any]:
    assert isinstance(data, bytes)
    body, signature = _unpack(data)
    _PUBLIC.verify(signature, body)
    message: dict[str, Any] = _unpack(body)
    return message


class FloorRelay:
    """The relay's end: sends calls and awaits their answers."""

    def __init__(self) -> None:
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._connection: ServerConnection | None = None
        self._server: Server | None = None

    async def listen(self, certificate: Path) -> int:
        """Wait for the agent on a free port; give it."""
        tls = context(certificate, ssl.Purpose.CLIENT_AUTH)
        self._server = await serve(self._serve, "127.0.0.1", 0, ssl=tls, compression=None)
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    async def call(self, key: str, body: bytes) -> dict[str, Any]:
        """Send one signed call and give its answer, verified."""
        while self._connection is None:
            await asyncio.sleep(0.01)
        future = self._answers[key] = asyncio.get_running_loop().create_future()
        await self._connection.send(_sealed({"key": key, "body": body}))
        answer: dict[str, Any] = await future
        return answer

    async def _serve(self, connection: ServerConnection) -> None:
        self._connection = connection
        async for data in connection:
            answer = _opened(data)
            self._answers.pop(answer["key"]).set_result(answer)


async def answer_calls(
    port: int, certificate: Path, act: Callable[[str, bytes], Awaitable[None]], at_once: int = 64
) -> None:
    """Be the agent's end: verify each call, act on it, answer it signed."""
    tls = context(certificate, ssl.Purpose.SERVER_AUTH)
    slots = asyncio.Semaphore(at_once)
    dialled = connect(f"wss://127.0.0.1:{port}/", ssl=tls, compression=None, proxy=None)
    async with dialled as connection, asyncio.TaskGroup() as tasks:
        try:
            async for data in connection:
                await slots.acquire()
                tasks.create_task(_answer(connection, data, act, slots))
        except ConnectionClosed:
            return


async def _answer(
    connection: ClientConnection,
    data: bytes | str,
    act: Callable[[str, bytes], Awaitable[None]],
    slots: asyncio.Semaphore,
) -> None:
    try:
        call = _opened(data)
        await act(call["key"], call["body"])
        await connection.send(_sealed({"key": call["key"], "body": bytes(MESSAGE_BYTES)}))
    except ConnectionClosed:
        pass
    finally:
        slots.release()
