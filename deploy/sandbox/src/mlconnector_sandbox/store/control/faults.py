"""Faults of the REST interface and its quota, and how the B2B Edition behaves."""

import msgspec
from aiohttp import web

from ..edition import EditionSettings
from ..faults import ActiveFault, Fault
from ..limits import QuotaSettings
from ..simulator import Simulator
from .answers import RefusedError, answer, query_number, read_object

__all__ = [
    "add",
    "clear",
    "edition",
    "limits",
    "list_faults",
    "release",
    "remove",
    "set_edition",
    "set_limits",
    "show",
    "wait",
]


def _found(request: web.Request, simulator: Simulator) -> ActiveFault:
    number = int(request.match_info["fault_id"])
    active = simulator.faults.active.get(number)
    if active is None:
        raise RefusedError(404, f"there is no fault {number}")
    return active


async def add(request: web.Request, simulator: Simulator) -> web.Response:
    """Set a fault."""
    fault = msgspec.convert(await read_object(request), Fault)
    return answer(simulator.faults.add(fault).shown(), 201)


async def list_faults(request: web.Request, simulator: Simulator) -> web.Response:
    """List the faults at work."""
    del request
    return answer({"data": [active.shown() for active in simulator.faults.active.values()]})


async def show(request: web.Request, simulator: Simulator) -> web.Response:
    """Show one fault: how often it struck, and how many requests it holds."""
    return answer(_found(request, simulator).shown())


async def wait(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer as soon as a fault has struck `count` times, or when `timeout` seconds are over."""
    active = _found(request, simulator)
    count, seconds = query_number(request, "count"), query_number(request, "timeout")
    in_time = await simulator.faults.wait(active, 1 if count is None else count, 10 if seconds is None else seconds)
    return answer({"reached": active.hits, "in_time": in_time})


async def release(request: web.Request, simulator: Simulator) -> web.Response:
    """Let go of the requests a hold holds."""
    active = _found(request, simulator)
    simulator.faults.release(active.number)
    return answer(active.shown())


async def remove(request: web.Request, simulator: Simulator) -> web.Response:
    """Take a fault back."""
    active = _found(request, simulator)
    simulator.faults.remove(active.number)
    return answer(active.shown())


async def clear(request: web.Request, simulator: Simulator) -> web.Response:
    """Take all faults back."""
    del request
    simulator.faults.clear()
    return answer({"data": []})


async def limits(request: web.Request, simulator: Simulator) -> web.Response:
    """Show the quota."""
    del request
    return answer(simulator.rate_limit.settings)


async def set_limits(request: web.Request, simulator: Simulator) -> web.Response:
    """Change the quota."""
    simulator.rate_limit.configure(msgspec.convert(await read_object(request), QuotaSettings))
    return answer(simulator.rate_limit.settings)


async def edition(request: web.Request, simulator: Simulator) -> web.Response:
    """Show how the B2B Edition behaves."""
    del request
    return answer(simulator.edition.settings)


async def set_edition(request: web.Request, simulator: Simulator) -> web.Response:
    """Change some of it."""
    wanted = {**msgspec.to_builtins(simulator.edition.settings), **await read_object(request)}
    simulator.edition.configure(msgspec.convert(wanted, EditionSettings))
    return answer(simulator.edition.settings)
