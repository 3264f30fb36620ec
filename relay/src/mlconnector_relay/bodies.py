"""Bodies of requests from strangers: of limited size, within limited time, whoever asks."""

from typing import Final, Literal, TypeVar

from aiohttp import web
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

__all__ = ["BODY_SECONDS", "BodyRefused", "read_body"]

Body = TypeVar("Body", bytes, bytearray)

BODY_SECONDS: Final = 10.0
"""How long BigCommerce itself waits for an answer; a body that takes longer is nobody's."""


class BodyRefused(ConnectorError):
    """A body is too large, too slow or unreadable.

    Attributes:
        status: the HTTP status to answer: 400 or 413.
        reason: one sentence; holds nothing of the body.
    """

    def __init__(self, status: Literal[400, 413], reason: str) -> None:
        super().__init__(reason)
        self.status: Literal[400, 413] = status
        self.reason = reason


async def read_body(request: web.Request, runtime: Runtime, max_bytes: int) -> bytes:
    """Return a request's body.

    Raises:
        BodyRefused: it is larger than `max_bytes`, does not arrive in time, or is not what its headers say.
    """
    if (request.content_length or 0) > max_bytes:
        raise _too_large(max_bytes)
    try:
        if request.content.is_eof():
            # It came with the head, as BigCommerce's do: nothing to wait for.
            return _fitting(request.content.read_nowait(), max_bytes)
        return await runtime.within(BODY_SECONDS, _read(request, max_bytes))
    except TimeoutError as error:
        raise BodyRefused(400, f"the body did not arrive within {BODY_SECONDS:.0f} s") from error
    except web.RequestPayloadError as error:
        raise BodyRefused(400, f"the body cannot be read: {type(error).__name__}") from error


async def _read(request: web.Request, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        _fitting(body, max_bytes)
    return bytes(body)


def _fitting(body: Body, max_bytes: int) -> Body:
    if len(body) > max_bytes:
        raise _too_large(max_bytes)
    return body


def _too_large(max_bytes: int) -> BodyRefused:
    return BodyRefused(413, f"the body exceeds {max_bytes} bytes")
