"""Query parameters and paging."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from ..wire import Json, parse_moment
from .answers import ApiError

__all__ = ["MAX_LIMIT", "Page", "amount", "flag", "listed", "moment", "number", "numbers", "page_of", "paginate"]

DEFAULT_LIMIT = 50
MAX_LIMIT = 250


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    number: int
    limit: int

    def cut(self, rows: Sequence[Any]) -> list[Any]:
        """Give the rows of the page."""
        start = (self.number - 1) * self.limit
        return list(rows[start : start + self.limit])


def number(request: web.Request, name: str) -> int | None:
    """Read a whole number; anything else is a 400."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError as error:
        raise ApiError(400, f"The field '{name}' is invalid.") from error


def amount(request: web.Request, name: str) -> Decimal | None:
    """Read an amount; anything else is a 400."""
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise ApiError(400, f"The field '{name}' is invalid.") from error


def listed(request: web.Request, name: str) -> list[str] | None:
    """Read a comma-separated list, also one given by repeating the parameter."""
    values = request.query.getall(name, None)
    return None if values is None else [part.strip() for value in values for part in value.split(",") if part.strip()]


def numbers(request: web.Request, name: str) -> set[int] | None:
    """Read a comma-separated list of whole numbers."""
    values = listed(request, name)
    try:
        return None if values is None else {int(value) for value in values}
    except ValueError as error:
        raise ApiError(422, f"{name} must be whole numbers", {name: "is invalid"}) from error


def moment(request: web.Request, name: str) -> int | None:
    """Read a date in any of the accepted forms, as Unix seconds."""
    text = request.query.get(name)
    if not text:
        return None
    try:
        return int(parse_moment(text).timestamp())
    except ValueError as error:
        raise ApiError(400, f"The field '{name}' is invalid.") from error


def flag(request: web.Request, name: str) -> bool | None:
    """Read a true or false."""
    text = request.query.get(name)
    return None if text is None else text.lower() in {"true", "1"}


def page_of(request: web.Request) -> Page:
    """Read page and limit; more than the most is 413 in V2, the most in V3."""
    limit = number(request, "limit")
    wanted = DEFAULT_LIMIT if limit is None or limit < 1 else limit
    if wanted > MAX_LIMIT and request.match_info["version"] == "v2":
        raise ApiError(413, f"The limit may be at most {MAX_LIMIT}.")
    return Page(max(1, number(request, "page") or 1), min(wanted, MAX_LIMIT))


def paginate(request: web.Request, rows: Sequence[Any], page: Page | None = None) -> tuple[list[Any], Json]:
    """Cut a V3 list to its page, by default the one asked for, and write the meta object."""
    page = page or page_of(request)
    cut = page.cut(rows)
    pages = -(-len(rows) // page.limit)
    links = {"current": _link(request, page, page.number)}
    if page.number > 1:
        links["previous"] = _link(request, page, page.number - 1)
    if page.number < pages:
        links["next"] = _link(request, page, page.number + 1)
    pagination = {
        "total": len(rows),
        "count": len(cut),
        "per_page": page.limit,
        "current_page": page.number,
        "total_pages": pages,
        "links": links,
    }
    return cut, {"pagination": pagination}


def _link(request: web.Request, page: Page, number_: int) -> str:
    others = [(key, value) for key, value in request.query.items() if key not in {"page", "limit"}]
    return "?" + urlencode([*others, ("page", number_), ("limit", page.limit)])
