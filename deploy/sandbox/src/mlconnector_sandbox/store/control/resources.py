"""Products, categories, customers, groups and API accounts."""

import msgspec
from aiohttp import web

from ..accounts import new_account
from ..seed import blank
from ..simulator import Simulator
from ..state import RESOURCES
from .answers import RefusedError, answer, read_object

__all__ = ["accounts", "add_account", "drop", "list_resources", "overview", "put"]

# The event scopes' names of the kinds; the others have no events.
EVENT_NAMES = {"products": "product", "categories": "category", "customers": "customer", "channels": "channel"}


def _kind(request: web.Request) -> str:
    kind = request.match_info["kind"]
    if kind not in RESOURCES:
        raise RefusedError(404, f"{kind} is none of {', '.join(RESOURCES)}")
    return kind


async def overview(request: web.Request, simulator: Simulator) -> web.Response:
    """Show what store this is."""
    del request
    return answer(
        {
            "store_hash": simulator.store_hash,
            "store_id": simulator.store_id,
            "name": simulator.profile.name,
            "currency": simulator.profile.currency,
            "prices_include_tax": simulator.profile.prices_include_tax,
            "orders": len(simulator.state.facts()),
            **{kind: len(rows) for kind, rows in simulator.state.resources.items()},
            "hooks": sum(1 for _ in simulator.hooks),
            "accounts": [account.client_id for account in simulator.accounts],
        }
    )


async def list_resources(request: web.Request, simulator: Simulator) -> web.Response:
    """List all of a kind."""
    kind = _kind(request)
    return answer({"data": list(simulator.state.resources[kind].values())})


async def put(request: web.Request, simulator: Simulator) -> web.Response:
    """Make one, or change fields of one that is there; fires created or updated."""
    kind, key = _kind(request), int(request.match_info["key"])
    present = simulator.state.resources[kind].get(key)
    body = {**(present or blank(kind, key)), **await read_object(request), RESOURCES[kind]: key}
    simulator.state.put_resource(kind, body)
    _fire(simulator, kind, key, "created" if present is None else "updated")
    return answer(body, 201 if present is None else 200)


async def drop(request: web.Request, simulator: Simulator) -> web.Response:
    """Delete one; fires deleted."""
    kind, key = _kind(request), int(request.match_info["key"])
    if not simulator.state.drop_resource(kind, key):
        raise RefusedError(404, f"there is no {key} among the {kind}")
    _fire(simulator, kind, key, "deleted")
    return answer({"deleted": key})


def _fire(simulator: Simulator, kind: str, key: int, event: str) -> None:
    name = EVENT_NAMES.get(kind)
    if name is not None:
        simulator.callbacks.fire(f"store/{name}/{event}", {"type": name, "id": key})


async def accounts(request: web.Request, simulator: Simulator) -> web.Response:
    """List the API accounts with their secrets."""
    del request
    return answer({"data": [msgspec.to_builtins(account) for account in simulator.accounts]})


async def add_account(request: web.Request, simulator: Simulator) -> web.Response:
    """Add an API account; what is not given is drawn."""
    wanted = await read_object(request)
    account = msgspec.convert({**msgspec.to_builtins(new_account()), **wanted}, type(new_account()))
    simulator.accounts.add(account)
    return answer(msgspec.to_builtins(account), 201)
