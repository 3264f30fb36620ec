"""Routes for what people do to posted documents by hand: pay, clear, reset, reverse."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from aiohttp import web

from ..books import DocumentKey
from ..database import Row
from ..system import System
from .desk import RefusedError
from .requests import body, found, refuse
from .settlement import Clearing, ManualReversal, Payment, clear, pay, reset_clearing, reverse

__all__ = ["routes"]

_T = TypeVar("_T")


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes."""
    handlers = _Settlement(system)
    return [
        web.post("/sandbox/payments", handlers.pay),
        web.post("/sandbox/clearings", handlers.clear),
        web.delete("/sandbox/clearings/{company_code}/{number}/{fiscal_year}", handlers.reset),
        web.post("/sandbox/reversals", handlers.reverse),
    ]


class _Settlement:
    def __init__(self, system: System) -> None:
        self._system = system

    async def pay(self, request: web.Request) -> web.Response:
        """Post an incoming payment and clear what it pays."""
        return await self._done(pay, await body(request, Payment))

    async def clear(self, request: web.Request) -> web.Response:
        """Clear items that add up to nothing."""
        return await self._done(clear, await body(request, Clearing))

    async def reverse(self, request: web.Request) -> web.Response:
        """Reverse a document."""
        return await self._done(reverse, await body(request, ManualReversal))

    async def reset(self, request: web.Request) -> web.Response:
        """Make items open again."""
        info = request.match_info
        key: DocumentKey = (self._system.main_client, info["company_code"], info["number"], info["fiscal_year"])
        try:
            count = await asyncio.to_thread(reset_clearing, self._system, key)
        except RefusedError as error:
            raise refuse(web.HTTPUnprocessableEntity, str(error)) from error
        found(count or None, f"item cleared by {info['number']}")
        return web.json_response({"items": count})

    async def _done(self, step: Callable[[System, _T], Row], wanted: _T) -> web.Response:
        try:
            header = await asyncio.to_thread(step, self._system, wanted)
        except RefusedError as error:
            raise refuse(web.HTTPUnprocessableEntity, str(error)) from error
        content: dict[str, Any] = {
            "company_code": header["BUKRS"],
            "number": header["BELNR"],
            "fiscal_year": header["GJAHR"],
            "document_type": header["BLART"],
        }
        return web.json_response(content, status=201)
