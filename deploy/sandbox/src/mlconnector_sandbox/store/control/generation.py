"""Random orders from a seed, alone or with all that becomes of them."""

import asyncio
from datetime import timedelta
from typing import Annotated

import msgspec
from aiohttp import web

from ..generator import KINDS, Generator
from ..month import Lived, Stretch, live
from ..shop import EVENTS_OF_CHECKOUT
from ..simulator import Simulator
from ..wire import parse_moment
from .answers import RefusedError, answer, read_as, wanted_events
from .orders import summary

__all__ = ["generate"]


class Generation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many random orders are wanted, and for how many days from when they live on; by default until now."""

    count: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    seed: int = 0
    kinds: tuple[str, ...] = ()
    lives: bool = False
    start: str | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=3660)] = 30


async def generate(request: web.Request, simulator: Simulator) -> web.Response:
    """Place `count` random orders from a seed, of the given `kinds` in turn or of any; with `lives` they live on."""
    wanted = await read_as(request, Generation)
    unknown = [kind for kind in wanted.kinds if kind not in KINDS]
    if unknown:
        raise RefusedError(400, f"unknown kinds {unknown}: there are {', '.join(KINDS)}")
    events = wanted_events(request, EVENTS_OF_CHECKOUT)
    if wanted.lives:
        return await _lives(simulator, wanted, quiet=events == ())
    resources = simulator.state.resources
    generator = Generator(wanted.seed, simulator.profile, resources["products"], resources["customers"])
    placed = []
    for number in range(wanted.count):
        kind = wanted.kinds[number % len(wanted.kinds)] if wanted.kinds else None
        document = simulator.shop.describe(generator.draw(kind))
        placed.append(summary(simulator.shop.place(document, events)))
        await asyncio.sleep(0)
    return answer({"data": placed}, 201)


async def _lives(simulator: Simulator, wanted: Generation, *, quiet: bool) -> web.Response:
    length = timedelta(days=wanted.days)
    try:
        start = parse_moment(wanted.start) if wanted.start else simulator.state.clock.now() - length
    except ValueError as error:
        raise RefusedError(400, f"start must be a date, not {wanted.start!r}") from error
    stretch = Stretch(start, start + length, wanted.count, wanted.kinds)
    lived: list[Lived] = []
    for entry in live(simulator, stretch, wanted.seed, quiet=quiet):
        lived += [] if entry is None else [entry]
        await asyncio.sleep(0)
    shown = [
        {**summary(simulator.shop.order(entry.order_id)), "life": entry.life, "steps": entry.steps} for entry in lived
    ]
    return answer({"data": shown}, 201)
