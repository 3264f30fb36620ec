"""Errors of the control interface."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("GET", "/nowhere", None, 404, "GET /sandbox/nowhere: Not Found"),
        ("DELETE", "/health", None, 405, "Method Not Allowed"),
        ("PUT", "/gateway", {"open": True, "extra": 1}, 400, "unknown field `extra`"),
        ("PUT", "/gateway", {}, 400, "missing required field `open`"),
        ("PUT", "/bulk-table", {"rows": "many"}, 400, "Expected `int`, got `str`"),
        ("GET", "/documents?limit=many", None, 400, "limit=many in the query is not a number"),
        ("GET", "/documents?colour=red", None, 400, "Unknown filter colour"),
        ("GET", "/documents/1000/1800000000/2026", None, 404, "There is no such document."),
    ],
)
async def test_errors_say_what_is_wrong(
    control: Any, method: str, path: str, body: Any, status: int, text: str
) -> None:
    """In JSON, with what was expected; unknown fields are refused, not ignored."""
    assert text in (await control(method, path, body, status))["error"]
