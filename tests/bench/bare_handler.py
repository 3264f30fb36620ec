"""The floor of P1: an aiohttp handler that reads the body and answers, and does nothing else."""

import asyncio

from aiohttp import web

from .workers import answer_commands

__all__ = ["main"]


async def _receive(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=200)


async def _nothing(_command: object) -> dict[str, object]:
    return {}


async def main() -> None:
    """Serve until input ends."""
    application = web.Application()
    application.add_routes([web.post("/callbacks/{store_hash}", _receive)])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    await answer_commands({"port": runner.addresses[0][1]}, _nothing)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
