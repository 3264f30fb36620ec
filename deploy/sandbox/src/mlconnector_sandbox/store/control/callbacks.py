"""Hooks and deliveries as they are, how callbacks misbehave, and events out of nowhere."""

import msgspec
from aiohttp import web

from ..deliveries import CallbackSettings, Delivery
from ..simulator import Simulator
from ..wire import Json, decode
from .answers import RefusedError, answer, read_object

__all__ = ["configure", "deliveries", "fire", "hooks", "redeliver", "settings"]


def _shown(delivery: Delivery) -> Json:
    body: Json = msgspec.to_builtins(delivery)
    return {**body, "body": decode(delivery.body.encode())}


async def hooks(request: web.Request, simulator: Simulator) -> web.Response:
    """List the hooks of all clients, headers and all."""
    del request
    return answer({"data": [{**hook.shown(), "status": hook.status} for hook in simulator.hooks]})


async def deliveries(request: web.Request, simulator: Simulator) -> web.Response:
    """List deliveries with their attempts; `state`, `scope` and `order_id` narrow the list."""
    rows = [_shown(delivery) for delivery in simulator.callbacks.deliveries()]
    for name in ("state", "scope"):
        wanted = request.query.get(name)
        rows = rows if wanted is None else [row for row in rows if row[name] == wanted]
    order_id = request.query.get("order_id")
    if order_id is not None:
        rows = [row for row in rows if str(row["body"]["data"].get("id")) == order_id]
    return answer({"data": rows})


async def redeliver(request: web.Request, simulator: Simulator) -> web.Response:
    """Send a delivery once more."""
    wanted = int(request.match_info["delivery_id"])
    found = next((delivery for delivery in simulator.callbacks.deliveries() if delivery.id == wanted), None)
    if found is None:
        raise RefusedError(404, f"there is no delivery {wanted}")
    return answer(_shown(simulator.callbacks.redeliver(found)), 201)


async def settings(request: web.Request, simulator: Simulator) -> web.Response:
    """Show how callbacks misbehave."""
    del request
    return answer(simulator.callbacks.settings)


async def configure(request: web.Request, simulator: Simulator) -> web.Response:
    """Change some of the settings."""
    present = msgspec.to_builtins(simulator.callbacks.settings)
    simulator.callbacks.configure(msgspec.convert({**present, **await read_object(request)}, CallbackSettings))
    return answer(simulator.callbacks.settings)


async def fire(request: web.Request, simulator: Simulator) -> web.Response:
    """Fire an event as if something had happened; nothing else changes."""
    body = await read_object(request)
    if set(body) != {"scope", "data"} or not isinstance(body["scope"], str):
        raise RefusedError(400, "give scope and data")
    fired = simulator.callbacks.fire(body["scope"], body["data"])
    return answer({"data": [_shown(delivery) for delivery in fired]}, 201)
