"""Shipping orders, and correcting or deleting what was shipped."""

import msgspec
from aiohttp import web

from ..shipments import ShippedItem, Tracking
from ..simulator import Simulator
from .answers import answer, read_as, read_object

__all__ = ["correct", "delete", "ship"]


class Shipping(Tracking, frozen=True, forbid_unknown_fields=True):
    """What is shipped, nothing named is everything; and what is said of it."""

    items: tuple[ShippedItem, ...] = ()


def _numbers(request: web.Request) -> tuple[int, int]:
    return int(request.match_info["order_id"]), int(request.match_info["shipment_id"])


async def ship(request: web.Request, simulator: Simulator) -> web.Response:
    """Ship the given items of an order, or all; answers the shipment, and where there are several the first."""
    wanted = await read_as(request, Shipping)
    made = simulator.dock.ship(int(request.match_info["order_id"]), wanted.items, wanted)
    return answer(made[0], 201)


async def correct(request: web.Request, simulator: Simulator) -> web.Response:
    """Change what is said of a shipment."""
    body = await read_object(request)
    msgspec.convert(body, Tracking)
    return answer(simulator.dock.correct(*_numbers(request), body))


async def delete(request: web.Request, simulator: Simulator) -> web.Response:
    """Delete a shipment."""
    return answer(simulator.dock.delete(*_numbers(request)))
