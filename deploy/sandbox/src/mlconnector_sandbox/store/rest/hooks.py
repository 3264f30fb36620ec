"""V3 hooks: registering them, and how their deliveries fare."""

import time

from aiohttp import web

from ..hooks import Hook, HookRefusedError
from ..simulator import Simulator
from ..wire import Json
from .answers import ApiError, no_content, v3
from .gate import ACCOUNT
from .orders import read_object
from .parameters import flag, paginate

__all__ = ["admin", "create", "delete", "fetch", "list_hooks", "update", "update_admin"]


def _mine(request: web.Request, simulator: Simulator) -> list[Hook]:
    return [hook for hook in simulator.hooks if hook.client_id == request[ACCOUNT].client_id]


def _one(request: web.Request, simulator: Simulator) -> Hook:
    wanted = int(request.match_info["hook_id"])
    hook = next((hook for hook in _mine(request, simulator) if hook.id == wanted), None)
    if hook is None:
        raise ApiError(404, f"Webhook with id [{wanted}] not found")
    return hook


async def list_hooks(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of the client's hooks."""
    rows = [hook.shown() for hook in _mine(request, simulator)]
    active = flag(request, "is_active")
    rows = rows if active is None else [row for row in rows if row["is_active"] == active]
    for field in ("scope", "destination"):
        wanted = request.query.get(field)
        rows = rows if wanted is None else [row for row in rows if row[field] == wanted]
    cut, meta = paginate(request, rows)
    return v3(cut, meta)


async def fetch(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer one hook."""
    return v3(_one(request, simulator).shown())


async def create(request: web.Request, simulator: Simulator) -> web.Response:
    """Register a hook."""
    body = await read_object(request)
    try:
        return v3(simulator.hooks.create(request[ACCOUNT], body).shown())
    except HookRefusedError as error:
        raise ApiError(error.status, error.title, error.errors or None) from error


async def update(request: web.Request, simulator: Simulator) -> web.Response:
    """Change a hook."""
    hook = _one(request, simulator)
    body = await read_object(request)
    try:
        return v3(simulator.hooks.update(hook, body).shown())
    except HookRefusedError as error:
        raise ApiError(error.status, error.title, error.errors or None) from error


async def delete(request: web.Request, simulator: Simulator) -> web.Response:
    """Remove a hook and answer what it was."""
    hook = _one(request, simulator)
    simulator.hooks.delete(hook)
    return v3(hook.shown())


async def admin(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer the client's hooks with their status, and the domains that are blocked for it."""
    hooks = [{**hook.shown(), "status": hook.status} for hook in _mine(request, simulator)]
    active = flag(request, "is_active")
    hooks = hooks if active is None else [row for row in hooks if row["is_active"] == active]
    cut, meta = paginate(request, hooks)
    now = time.time()
    blocked: list[Json] = [
        {
            "destination": f"https://{block.domain}",
            "time_left": max(0, round(block.until - now)),
            "reasons": [
                {"failure_description": text, "count": count, "timestamp": int(block.since)}
                for text, count in block.reasons.items()
            ],
        }
        for block in simulator.callbacks.blocked(request[ACCOUNT].client_id)
    ]
    data = {"emails": simulator.hooks.emails, "hooks_list": cut, "blocked_domains": blocked}
    return v3(data, meta)


async def update_admin(request: web.Request, simulator: Simulator) -> web.Response:
    """Set whom BigCommerce writes to; the simulator writes to nobody."""
    body = await read_object(request)
    emails = body.get("emails")
    if not isinstance(emails, list) or not all(isinstance(email, str) and "@" in email for email in emails):
        raise ApiError(422, "JSON data is missing or invalid", {"emails": "must be a list of addresses"})
    simulator.hooks.emails = emails
    return no_content()
