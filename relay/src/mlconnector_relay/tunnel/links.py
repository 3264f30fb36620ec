"""The message link a session runs over: a websocket in production, two queues in memory under the virtual clock."""

from typing import Final, Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from .errors import LinkClosed

__all__ = ["Link", "WebsocketLink"]

MAX_CLOSE_REASON_BYTES: Final = 123
"""RFC 6455, 5.5: a control frame carries 125 bytes, two of them the code."""


class Link(Protocol):
    """Whole messages in order, both ways."""

    async def send(self, data: bytes) -> None:
        """Send one message; wait while the peer does not take them.

        Raises:
            LinkClosed: the link is gone.
        """

    async def recv(self) -> bytes:
        """Return the next message.

        Raises:
            LinkClosed: the link is gone.
        """

    async def close(self, code: int, reason: str) -> None:
        """Close the link; closing a closed one does nothing."""


class WebsocketLink:
    """A websocket as a link.

    Args:
        connection: an accepted connection.
    """

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    async def send(self, data: bytes) -> None:
        """Send one binary message."""
        try:
            await self._connection.send(data)
        except ConnectionClosed as error:
            raise LinkClosed(str(error)) from error

    async def recv(self) -> bytes:
        """Return the next message; a text message as its bytes, which no decoder will take."""
        try:
            return await self._connection.recv(decode=False)
        except ConnectionClosed as error:
            raise LinkClosed(str(error)) from error

    async def close(self, code: int, reason: str) -> None:
        """Close with code and reason, cut to what a close frame carries."""
        cut = reason.encode()[:MAX_CLOSE_REASON_BYTES].decode(errors="ignore")
        await self._connection.close(code, cut)
