"""V3 customer segments and the shopper profiles in them; a shopper profile is a customer by another number."""

from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from ..seed import SEEDED_AT
from ..simulator import Simulator
from ..wire import Json
from .answers import ApiError, v3
from .parameters import listed, paginate

__all__ = ["of_customer", "profile_id", "profiles", "profiles_of_segment", "segments", "segments_of_profile"]


def profile_id(customer_id: int) -> str:
    """Give the id of a customer's shopper profile."""
    return str(uuid5(NAMESPACE_URL, f"shopper {customer_id}"))


def of_customer(simulator: Simulator, customer_id: int) -> list[str]:
    """Give the ids of the segments a customer belongs to."""
    return [row["id"] for row in _segments(simulator) if customer_id in row["customer_ids"]]


async def segments(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of segments."""
    wanted = listed(request, "id:in")
    rows = [_shown(row) for row in _segments(simulator) if wanted is None or row["id"] in wanted]
    cut, meta = paginate(request, rows)
    return v3(cut, meta)


async def profiles_of_segment(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of the shopper profiles in a segment; deleted customers are in none."""
    wanted = request.match_info["segment_uuid"]
    row = next((row for row in _segments(simulator) if row["id"] == wanted), None)
    if row is None:
        raise ApiError(404, "The segment was not found.")
    known = simulator.state.resources["customers"]
    cut, meta = paginate(request, [_profile(key) for key in sorted(row["customer_ids"]) if key in known])
    return v3(cut, meta)


async def profiles(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of all shopper profiles."""
    cut, meta = paginate(request, [_profile(key) for key in sorted(simulator.state.resources["customers"])])
    return v3(cut, meta)


async def segments_of_profile(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of the segments that a shopper profile is in."""
    wanted = request.match_info["profile_uuid"]
    customer_id = next((key for key in simulator.state.resources["customers"] if profile_id(key) == wanted), None)
    if customer_id is None:
        raise ApiError(404, "The shopper profile was not found.")
    rows = [_shown(row) for row in _segments(simulator) if customer_id in row["customer_ids"]]
    cut, meta = paginate(request, rows)
    return v3(cut, meta)


def _segments(simulator: Simulator) -> list[Json]:
    return sorted(simulator.state.resources["segments"].values(), key=lambda row: int(row["number"]))


def _shown(row: Json) -> Json:
    return {name: value for name, value in row.items() if name not in {"number", "customer_ids"}}


def _profile(customer_id: int) -> Json:
    dates = {"created_at": SEEDED_AT, "updated_at": SEEDED_AT}
    return {"id": profile_id(customer_id), "customer_id": customer_id, **dates}
