"""Scripting faults and holds, and waiting until somebody is where he is wanted."""

import asyncio
import time
from typing import Any, Literal

import msgspec
from aiohttp import web

from ..points import POINTS, Effect, Rule
from ..scripting import ACTIONS
from ..system import System
from .requests import body, found, number, refuse

__all__ = ["routes"]

_MAX_WAIT = 600.0
_UPDATE_ACTIONS = {"continue", "abort"}


class _Script(msgspec.Struct, forbid_unknown_fields=True):
    """A fault or a hold; empty filters match everything, times 0 means for ever."""

    point: str
    action: str = "continue"
    function: str = ""
    user: str = ""
    table: str = ""
    reference: str = ""
    skip: int = 0
    times: int = 1
    seconds: float = 0.0
    on_disconnect: Literal["wait", "continue", "drop"] = "wait"
    details: dict[str, Any] = {}


class _Release(msgspec.Struct, forbid_unknown_fields=True):
    action: str = "default"
    details: dict[str, Any] = {}


def routes(system: System) -> list[web.RouteDef]:
    """Give the routes; faults and holds are the same kind of rule, a hold also keeps who meets it."""
    handlers = _Scripts(system)
    return [
        web.get("/sandbox/faults", handlers.rules),
        web.post("/sandbox/faults", handlers.add_fault),
        web.delete("/sandbox/faults", handlers.clear),
        web.delete("/sandbox/faults/{rule}", handlers.clear),
        web.get("/sandbox/faults/{rule}/wait", handlers.wait),
        web.get("/sandbox/holds", handlers.held),
        web.post("/sandbox/holds", handlers.add_hold),
        web.delete("/sandbox/holds/{rule}", handlers.clear),
        web.get("/sandbox/holds/{rule}/wait", handlers.wait),
        web.post("/sandbox/holds/{rule}/release", handlers.release),
    ]


class _Scripts:
    def __init__(self, system: System) -> None:
        self._system = system

    async def rules(self, request: web.Request) -> web.Response:
        """List the faults and holds that may still apply."""
        del request
        return web.json_response({"faults": [_rule(r) for r in self._system.points.rules()]})

    async def add_fault(self, request: web.Request) -> web.Response:
        """Script a fault."""
        return await self._add(request, hold=False)

    async def add_hold(self, request: web.Request) -> web.Response:
        """Script a hold."""
        return await self._add(request, hold=True)

    async def _add(self, request: web.Request, *, hold: bool) -> web.Response:
        script = await body(request, _Script)
        _check(script.point, script.action)
        rule = self._system.points.add(**msgspec.structs.asdict(script), hold=hold)
        return web.json_response(_rule(rule), status=201)

    async def clear(self, request: web.Request) -> web.Response:
        """Remove one or all rules, and let go whoever they hold."""
        removed = self._system.points.remove(request.match_info.get("rule", ""))
        return web.json_response({"removed": removed})

    async def wait(self, request: web.Request) -> web.Response:
        """Wait until a rule has applied; 200 with how often, also if the time was too short."""
        count, timeout = int(number(request, "count", 1)), min(number(request, "timeout", 30), _MAX_WAIT)
        rule = request.match_info["rule"]
        reached = await asyncio.to_thread(self._system.points.wait_until_reached, rule, count, timeout)
        return web.json_response({"reached": reached, "in_time": reached >= count})

    async def held(self, request: web.Request) -> web.Response:
        """List who is held where."""
        del request
        content = [
            {
                "hold": a.rule,
                "point": a.occurrence.point,
                "session": a.occurrence.session,
                "user": a.occurrence.user,
                "function": a.occurrence.function,
                "references": list(a.occurrence.references),
                "seconds": round(time.time() - a.since, 3),
            }
            for a in self._system.points.held()
        ]
        return web.json_response({"held": content})

    async def release(self, request: web.Request) -> web.Response:
        """Let go whoever a hold keeps, with the hold's own action or another."""
        wanted, rule = await body(request, _Release), request.match_info["rule"]
        if wanted.action not in {"default", *ACTIONS}:
            raise refuse(web.HTTPBadRequest, f"There is no action {wanted.action}; there are {', '.join(ACTIONS)}.")
        effect = None if wanted.action == "default" else Effect(wanted.action, wanted.details)
        released = self._system.points.release(rule, effect)
        found(released or None, f"session held by {rule}")
        return web.json_response({"released": released})


def _check(point: str, action: str) -> None:
    if point not in POINTS:
        raise refuse(web.HTTPBadRequest, f"There is no point {point}; there are {', '.join(POINTS)}.")
    allowed = _UPDATE_ACTIONS if point.startswith("update.") else set(ACTIONS) - {"abort"}
    if action not in allowed:
        text = ", ".join(a for a in ACTIONS if a in allowed)
        raise refuse(web.HTTPBadRequest, f"At {point} there is no action {action}; there are {text}.")


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "point": rule.point,
        "action": rule.action,
        "hold": rule.hold,
        "function": rule.function,
        "user": rule.user,
        "table": rule.table,
        "reference": rule.reference,
        "skip": rule.skip,
        "times": rule.times,
        "seconds": rule.seconds,
        "on_disconnect": rule.on_disconnect,
        "details": rule.details,
        "hits": rule.hits,
    }
