"""Reading requests of the control interface, and errors that say what is wrong with one."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from aiohttp import web

__all__ = ["body", "errors_as_json", "found", "given", "number", "refuse"]

T = TypeVar("T")
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def body(request: web.Request, type_: type[T]) -> T:
    """Read the JSON body as a value of a type; an empty body is an empty object."""
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=type_)
    except msgspec.DecodeError as error:
        raise refuse(
            web.HTTPBadRequest, f"The body of {request.method} {request.path} is not what is expected: {error}"
        ) from error


def number(request: web.Request, name: str, default: float) -> float:
    """Read a number of the query."""
    text = request.query.get(name, "")
    try:
        return float(text) if text else default
    except ValueError as error:
        raise refuse(web.HTTPBadRequest, f"{name}={text} in the query is not a number") from error


def found(value: T | None, what: str) -> T:
    """Give the value, or answer 404."""
    if value is None:
        raise refuse(web.HTTPNotFound, f"There is no {what}.")
    return value


def given(value: msgspec.Struct) -> dict[str, Any]:
    """Give the fields of a body as an entry of the fixture, which leaves out what is not said."""
    content: dict[str, Any] = msgspec.to_builtins(value)
    return content


def refuse(kind: type[web.HTTPClientError], text: str) -> web.HTTPClientError:
    """Build an error answer."""
    return kind(text=msgspec.json.encode({"error": text}).decode(), content_type="application/json")


@web.middleware
async def errors_as_json(request: web.Request, handler: _Handler) -> web.StreamResponse:
    """Answer unknown paths and methods in JSON, like all other errors."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or error.content_type == "application/json":  # noqa: PLR2004 - not an error
            raise
        text = msgspec.json.encode({"error": f"{request.method} {request.path}: {error.reason}"}).decode()
        return web.json_response(text=text, status=error.status)
