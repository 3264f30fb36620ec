"""Moving the money of orders: refunds and what becomes of them, authorizations, captures, voids, payments."""

from collections.abc import Callable

import msgspec
from aiohttp import web

from ..refunds import RefundWish
from ..simulator import Simulator
from ..till import Payment, Till
from ..wire import Json
from .answers import Handler, answer, read_as, read_object

__all__ = ["behaviour", "configure", "decline", "moved", "refund", "settle"]


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which payment of a refund is meant; nothing named is all of them."""

    payment_id: int | None = None
    message: str = "The payment provider declined."


def _numbers(request: web.Request) -> tuple[int, int]:
    return int(request.match_info["order_id"]), int(request.match_info["refund_id"])


async def refund(request: web.Request, simulator: Simulator) -> web.Response:
    """Record a refund."""
    order_id = int(request.match_info["order_id"])
    return answer(simulator.till.refund(order_id, await read_as(request, RefundWish)), 201)


async def settle(request: web.Request, simulator: Simulator) -> web.Response:
    """Let the gateway carry out a refund's payments."""
    part = await read_as(request, Part)
    return answer(simulator.till.settle(*_numbers(request), part.payment_id))


async def decline(request: web.Request, simulator: Simulator) -> web.Response:
    """Let the provider decline a refund's payments."""
    part = await read_as(request, Part)
    return answer(simulator.till.decline(*_numbers(request), part.payment_id, part.message))


def moved(movement: Callable[[Till, int, Payment], Json]) -> Handler:
    """Make the handler of a movement of money; it answers the transaction."""

    async def handler(request: web.Request, simulator: Simulator) -> web.Response:
        """Move the money."""
        wish = await read_as(request, Payment)
        return answer(movement(simulator.till, int(request.match_info["order_id"]), wish), 201)

    return handler


async def behaviour(request: web.Request, simulator: Simulator) -> web.Response:
    """Show the switches."""
    del request
    return answer(msgspec.to_builtins(simulator.state.behaviour))


async def configure(request: web.Request, simulator: Simulator) -> web.Response:
    """Set some switches, from now on."""
    present = simulator.state.behaviour
    wanted = {**msgspec.to_builtins(present), **await read_object(request)}
    simulator.state.behaviour = msgspec.convert(wanted, type(present))
    return answer(msgspec.to_builtins(simulator.state.behaviour))
