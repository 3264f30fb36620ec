"""The update task and the number ranges: stop, delay, repeat, delete."""

import time

import msgspec
from aiohttp import web

from ..books import FAILED, RUNNING, WAITING
from ..system import System
from .requests import body, found, refuse

__all__ = ["routes"]

_STATES = {WAITING[0]: "waiting", RUNNING[0]: "running", FAILED[0]: "failed"}


class _Update(msgspec.Struct, forbid_unknown_fields=True):
    running: bool | None = None
    delay: float | None = None


class _Range(msgspec.Struct, forbid_unknown_fields=True):
    first: str
    last: str
    level: str = "0"


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes."""
    handlers = _Updates(system)
    interval = "/sandbox/number-ranges/{company_code}/{number}/{year}"
    return [
        web.get("/sandbox/update", handlers.show),
        web.put("/sandbox/update", handlers.change),
        web.post("/sandbox/update/{key}/repeat", handlers.repeat),
        web.delete("/sandbox/update/{key}", handlers.delete),
        web.get("/sandbox/number-ranges", handlers.ranges),
        web.put(interval, handlers.put_range),
        web.delete(interval, handlers.delete_range),
    ]


class _Updates:
    def __init__(self, system: System) -> None:
        self._system = system

    async def show(self, request: web.Request) -> web.Response:
        """Show whether updates run, and the update requests, as SM13 does."""
        del request
        updates = self._system.updates
        requests = [
            {
                "key": order.key,
                "client": order.client,
                "user": order.user,
                "created": order.date,
                "state": _STATES[row["VBSTATE"]],
                "references": list(order.references),
                "documents": ["".join(d.key[2:3]) for d in order.documents],
            }
            for row, order in self._system.books.requests()
        ]
        return web.json_response({"running": updates.running, "delay": updates.delay, "requests": requests})

    async def change(self, request: web.Request) -> web.Response:
        """Stop, resume or delay updates."""
        wanted = await body(request, _Update)
        if wanted.delay is not None:
            if wanted.delay < 0:
                raise refuse(web.HTTPBadRequest, "delay is a number of seconds and not negative")
            self._system.updates.delay = wanted.delay
        if wanted.running is not None:
            self._system.updates.switch(running=wanted.running)
        return await self.show(request)

    async def repeat(self, request: web.Request) -> web.Response:
        """Run a failed update request again."""
        key = request.match_info["key"]
        found(self._system.updates.repeat(key) or None, f"failed update request {key}")
        return web.json_response({})

    async def delete(self, request: web.Request) -> web.Response:
        """Delete an update request: its documents will never exist."""
        key = request.match_info["key"]
        found(self._system.books.delete_request(key) or None, f"update request {key}")
        self._system.locks.release(key)
        return web.json_response({})

    async def ranges(self, request: web.Request) -> web.Response:
        """List the number ranges locked by an open LUW."""
        del request
        locked = [
            {
                "client": interval.client,
                "company_code": interval.company_code,
                "number": interval.number,
                "year": interval.year,
                "session": lease.owner,
                "level": f"{lease.level:010d}",
                "seconds": round(time.time() - lease.since, 3),
            }
            for interval, lease in self._system.ranges.leases()
        ]
        return web.json_response({"locked": locked})

    async def put_range(self, request: web.Request) -> web.Response:
        """Create a number range interval."""
        wanted = await body(request, _Range)
        values = {"FROMNUMBER": wanted.first, "TONUMBER": wanted.last, "NRLEVEL": wanted.level}
        self._system.database.replace("NRIV", {**self._interval(request), **values})
        return web.json_response({})

    async def delete_range(self, request: web.Request) -> web.Response:
        """Delete a number range interval, as at the start of a year that nobody prepared."""
        count = self._system.master.delete("NRIV", *self._interval(request).values())
        found(count or None, f"number range {request.path.removeprefix('/sandbox/number-ranges/')}")
        return web.json_response({})

    def _interval(self, request: web.Request) -> dict[str, str]:
        given = request.match_info
        return {
            "CLIENT": request.query.get("client", self._system.main_client),
            "OBJECT": "RF_BELEG",
            "SUBOBJECT": given["company_code"],
            "NRRANGENR": given["number"],
            "TOYEAR": given["year"],
        }
