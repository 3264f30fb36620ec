"""The floor of P4, relay: the work no design can leave out, and no more.

Signature checked, callback durable before the answer, two GETs from the store, a durable ledger row, a signed call over
the tunnel, its answer verified, a second durable ledger row.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from .floor_tunnel import MESSAGE_BYTES, FloorRelay
from .grouped_log import GroupedLog
from .workers import answer_commands

__all__ = ["main"]

AT_ONCE = 64


class _Relay:
    def __init__(self, plan: dict[str, Any], tunnel: FloorRelay, http: aiohttp.ClientSession) -> None:
        self._secret = str(plan["client_secret"]).encode()
        self._store = f"http://127.0.0.1:{plan['store_port']}"
        self._log = GroupedLog(Path(plan["folder"]) / "floor-relay.db")
        self._tunnel = tunnel
        self._http = http
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._first = self._last = 0.0
        self._done = 0

    async def receive(self, request: web.Request) -> web.Response:
        self._first = self._first or time.perf_counter()
        body, headers = await request.read(), request.headers
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(self._secret, signed, hashlib.sha256).digest()).decode()
        if not hmac.compare_digest(headers["webhook-signature"], f"v1,{expected}"):
            return web.Response(status=401)
        order = str(json.loads(body)["data"]["id"])
        await self._log.append(f"inbox/{order}", body)
        task = asyncio.create_task(self._post(order))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return web.Response(status=200)

    async def act(self, command: dict[str, Any]) -> dict[str, Any]:
        """Wait for so many orders, and say how many a second there were."""
        while self._done < command["count"]:
            await asyncio.sleep(0.005)
        rate = self._done / (self._last - self._first)
        self._first, self._done = 0.0, 0
        return {"per_second": rate}

    async def _post(self, order: str) -> None:
        async with self._slots:
            for path in ("order", "products"):
                async with self._http.get(f"{self._store}/{path}/{order}") as answer:
                    await answer.json()
            await self._log.append(f"intended/{order}", bytes(MESSAGE_BYTES))
            answered = await self._tunnel.call(order, bytes(MESSAGE_BYTES))
            await self._log.append(f"posted/{order}", answered["body"])
        self._done += 1
        self._last = time.perf_counter()


async def main(plan: dict[str, Any]) -> None:
    """Serve until input ends."""
    tunnel = FloorRelay()
    tunnel_port = await tunnel.listen(Path(plan["certificate"]))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as http:
        relay = _Relay(plan, tunnel, http)
        application = web.Application()
        application.add_routes([web.post("/callbacks/{store_hash}", relay.receive)])
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await answer_commands({"port": runner.addresses[0][1], "tunnel_port": tunnel_port}, relay.act)
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
