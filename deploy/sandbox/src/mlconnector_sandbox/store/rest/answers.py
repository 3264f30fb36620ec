"""Answers and errors in the shapes of V2 and V3."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from ..wire import Json, encode

__all__ = ["ApiError", "error_body", "json_response", "no_content", "v2_list", "v3"]

STATUS_CODES_PAGE = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"


class ApiError(Exception):
    """A request is answered with an error; the gate gives it the shape of the API's version."""

    def __init__(self, status: int, title: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.errors = errors


def error_body(version: str, error: ApiError) -> Any:
    """Write an error: an array in V2, an object in V3."""
    if version == "v2":
        return [{"status": error.status, "message": error.title}]
    body: Json = {"status": error.status, "title": error.title, "type": STATUS_CODES_PAGE}
    return body if error.errors is None else {**body, "errors": dict(error.errors)}


def json_response(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """Answer with JSON that keeps every digit."""
    return web.Response(body=encode(body), status=status, content_type="application/json", headers=headers)


def no_content() -> web.Response:
    """Answer 204, which V2 also gives for an empty list."""
    return web.Response(status=204)


def v3(data: Any, meta: Mapping[str, Any] | None = None) -> web.Response:
    """Answer in V3's envelope."""
    return json_response({"data": data, "meta": dict(meta or {})})


def v2_list(rows: Sequence[Any]) -> web.Response:
    """Answer a V2 list: a bare array, or 204 where there is nothing."""
    return json_response(list(rows)) if rows else no_content()
