"""`/healthz` for everybody; `/readyz` and `/metrics`, which tell more, for the operators' listener."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from mlconnector_shared.errors import ConnectorError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

__all__ = ["Health"]


class Health:
    """Tells a load balancer and a monitor how this process does.

    Args:
        ready: raises a `ConnectorError` when callbacks could not be stored now.
    """

    def __init__(self, ready: Callable[[], Awaitable[None]]) -> None:
        self._ready = ready

    def public(self) -> list[web.RouteDef]:
        """Return the routes that strangers may reach."""
        return [web.get("/healthz", self._healthz)]

    def private(self) -> list[web.RouteDef]:
        """Return the routes for operators."""
        return [web.get("/readyz", self._readyz), web.get("/metrics", self._metrics)]

    async def _healthz(self, request: web.Request) -> web.Response:
        del request
        return web.json_response({"status": "ok"})

    async def _readyz(self, request: web.Request) -> web.Response:
        del request
        try:
            await self._ready()
        except ConnectorError as error:
            return web.json_response({"status": "not ready", "reason": str(error)}, status=503)
        return web.json_response({"status": "ready"})

    async def _metrics(self, request: web.Request) -> web.Response:
        del request
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
