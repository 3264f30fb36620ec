"""The message link a session runs over: a websocket in production, two queues in memory under the virtual clock."""

import ssl
from typing import Final, Protocol

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.frames import MAX_MESSAGE_BYTES
from mlconnector_shared.version import SUBPROTOCOL
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

__all__ = ["DialFailed", "Link", "LinkClosed", "WebsocketLink", "dial"]

OPEN_SECONDS: Final = 20.0
CLOSE_SECONDS: Final = 5.0
MAX_CLOSE_REASON_BYTES: Final = 123
"""RFC 6455, 5.5: a control frame carries 125 bytes, two of them the code."""

MAX_QUEUED_MESSAGES: Final = 16
"""Received, not yet handled; beyond them TCP holds the relay back."""


class LinkClosed(ConnectorError):
    """The link is gone."""


class DialFailed(ConnectorError):
    """No link came to be; the sentence says what to look at."""


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
    """A websocket as a link."""

    def __init__(self, connection: ClientConnection) -> None:
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


async def dial(url: str, tls: ssl.SSLContext | None) -> WebsocketLink:
    """Connect to the relay, through the proxy the environment names if it names one.

    Raises:
        DialFailed: no connection came to be.
    """
    try:
        connection = await connect(
            url,
            ssl=tls,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            compression=None,
            open_timeout=OPEN_SECONDS,
            close_timeout=CLOSE_SECONDS,
            ping_interval=None,  # the session has pings of its own, which measure the clock too
            max_size=MAX_MESSAGE_BYTES,
            max_queue=MAX_QUEUED_MESSAGES,
        )
    except ssl.SSLCertVerificationError as error:
        message = f"the certificate at {url} is not the relay's ({error.verify_message}); does a proxy inspect TLS?"
        raise DialFailed(message) from error
    except InvalidStatus as error:
        message = f"{url} answered with status {error.response.status_code} instead of opening a websocket"
        raise DialFailed(message) from error
    except (OSError, WebSocketException, TimeoutError) as error:
        raise DialFailed(f"{url} was not reached: {str(error) or type(error).__name__}") from error
    if connection.subprotocol != SUBPROTOCOL:
        await connection.close()
        raise DialFailed(f"{url} does not speak {SUBPROTOCOL}; is it the relay's tunnel?")
    return WebsocketLink(connection)
