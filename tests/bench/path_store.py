"""The floor of P4, store: answers an order and its products from memory."""

import asyncio
import json
import sys
from typing import Any

from aiohttp import web

from .workers import answer_commands

__all__ = ["main"]


async def main(plan: dict[str, Any]) -> None:
    """Serve the bodies of the plan until input ends."""
    bodies = {path: json.dumps(plan[path]).encode() for path in ("order", "products")}

    async def get(request: web.Request) -> web.Response:
        return web.Response(body=bodies[request.match_info["path"]], content_type="application/json")

    async def nothing(_command: dict[str, Any]) -> dict[str, Any]:
        return {}

    application = web.Application()
    application.add_routes([web.get("/{path}/{order}", get)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await answer_commands({"port": runner.addresses[0][1]}, nothing)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
