"""Reading and answering in the control interface; errors are objects that say what was wrong."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from ..documents import DescriptionError
from ..record import DocumentError
from ..refundable import RefundError
from ..shipments import ShipmentError
from ..shop import OrderExistsError, UnknownOrderError
from ..simulator import SIMULATOR, Simulator
from ..till import TillError
from ..wire import Json, MalformedJsonError, decode, encode

__all__ = ["Handler", "RefusedError", "answer", "controlled", "query_number", "read_as", "read_object", "wanted_events"]

T = TypeVar("T")
Handler = Callable[[web.Request, Simulator], Awaitable[web.Response]]


class RefusedError(Exception):
    """The request cannot be done; carries the status and the sentence of the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def answer(body: Any, status: int = 200) -> web.Response:
    """Answer with JSON."""
    return web.Response(body=encode(body), status=status, content_type="application/json")


def controlled(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Wrap a handler so that what it refuses is answered as an error object."""

    async def passed(request: web.Request) -> web.Response:
        """Run the handler, answering what it refuses."""
        try:
            return await handler(request, request.app[SIMULATOR])
        except RefusedError as error:
            return answer({"error": error.reason}, error.status)
        except UnknownOrderError as error:
            return answer({"error": str(error)}, 404)
        except (OrderExistsError, RefundError, ShipmentError, TillError) as error:
            return answer({"error": str(error)}, 409)
        except (MalformedJsonError, DescriptionError, DocumentError, msgspec.ValidationError) as error:
            return answer({"error": str(error)}, 400)

    return passed


async def read_object(request: web.Request) -> Json:
    """Read a JSON object; an empty body is an empty object."""
    raw = await request.read()
    body = decode(raw) if raw else {}
    if not isinstance(body, dict):
        raise RefusedError(400, "the body must be a JSON object")
    return body


async def read_as(request: web.Request, kind: type[T]) -> T:
    """Read a JSON object as a structure; unknown keys are errors, and amounts keep their digits."""
    return msgspec.convert(await read_object(request), kind)


def query_number(request: web.Request, name: str) -> int | None:
    """Read a whole number from the query."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise RefusedError(400, f"{name} must be a whole number, not {text!r}") from error


def wanted_events(request: web.Request, default: tuple[str, ...]) -> tuple[str, ...]:
    """Read which order events to fire: `events=created,updated`, or `events=none`."""
    text = request.query.get("events")
    if text is None:
        return default
    return () if text == "none" else tuple(part.strip() for part in text.split(",") if part.strip())
