"""The control application."""

from aiohttp import web

from ..listener import Listener
from ..system import System

__all__ = ["build"]


def build(system: System, listener: Listener) -> web.Application:
    app = web.Application()

    async def health(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "system": system.id, "sysnr": listener.number})

    app.router.add_get("/sandbox/health", health)
    return app
