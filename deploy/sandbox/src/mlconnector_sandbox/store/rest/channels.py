"""V3 channels."""

from aiohttp import web

from ..simulator import Simulator
from .answers import ApiError, v3
from .parameters import listed, paginate

__all__ = ["channel", "channels"]


async def channels(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of channels."""
    rows = [row for _, row in sorted(simulator.state.resources["channels"].items())]
    for name in ("status", "type", "platform"):
        wanted = listed(request, f"{name}:in")
        rows = rows if wanted is None else [row for row in rows if row[name] in wanted]
    cut, meta = paginate(request, rows)
    return v3(cut, meta)


async def channel(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer one channel."""
    row = simulator.state.resources["channels"].get(int(request.match_info["channel_id"]))
    if row is None:
        raise ApiError(404, "The channel was not found.")
    return v3(row)
