"""What strangers may hold open at the public listener, and for how long.

aiohttp waits for the head of a request for ever, byte by byte: a few hundred connections that never bring one would
take the descriptors that stores, tunnel and database need as well.
"""

from collections.abc import Collection
from typing import Any, Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from mlconnector_shared.runtime import Runtime

__all__ = ["HEAD_SECONDS", "LOOK_SECONDS", "MOST_CONNECTIONS", "Patience"]

_log = structlog.get_logger(__name__)

HEAD_SECONDS: Final = 15.0
"""How long a connection may take to bring its first request; one that did may stay, as proxies expect."""

MOST_CONNECTIONS: Final = 512
"""Beyond these the longest idle are closed."""

LOOK_SECONDS: Final = 1.0

Connection = Any  # aiohttp's protocol of one connection


class Patience:
    """Closes connections that do not bring a request in time.

    Args:
        runtime: clocks and waiting.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._since: dict[Connection, float] = {}
        self._known: set[Connection] = set()
        self._busy: set[Connection] = set()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Leave a connection alone while its request is answered; that has limits of its own."""
        connection = request.protocol
        self._busy.add(connection)
        try:
            return await handler(request)
        finally:
            self._busy.discard(connection)
            self._known.add(connection)
            self._since[connection] = self._runtime.monotonic()

    async def run(self, runner: web.AppRunner) -> None:
        """Look at the connections of a runner for ever."""
        while True:
            await self._runtime.sleep(LOOK_SECONDS)
            closed = self.look(runner.server.connections if runner.server else ())
            if closed:
                _log.warning("listener.connections_closed", connections=closed)

    def look(self, connections: Collection[Connection]) -> int:
        """Close those whose first request is late, and the longest idle beyond what may be open; return how many."""
        now = self._runtime.monotonic()
        self._known &= set(connections)
        self._since = {one: self._since.get(one, now) for one in connections if one not in self._busy}
        oldest = sorted(self._since, key=self._since.__getitem__)
        excess = max(0, len(connections) - MOST_CONNECTIONS)
        late = (one for one in oldest if one not in self._known and now - self._since[one] > HEAD_SECONDS)
        over = {*oldest[:excess], *late}
        for one in over:
            one.force_close()
        return len(over)
