"""V3 customers and their addresses, V2 customer groups."""

from aiohttp import web

from ..simulator import Simulator
from ..wire import Json, parse_moment
from . import segments
from .answers import ApiError, json_response, v2_list, v3
from .parameters import listed, moment, numbers, page_of, paginate

__all__ = ["addresses", "customers", "group", "groups"]

# Parts of a customer that are only shown when asked for, by the name they are asked under.
PARTS = {
    "addresses": "addresses",
    "attributes": "attributes",
    "formfields": "form_fields",
    "storecredit": "store_credit_amounts",
}
INLINE_LIMIT = 10
SORTS = {"date_created", "last_name", "date_modified"}


async def customers(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of customers; a missing or deleted one is just absent."""
    rows = list(simulator.state.resources["customers"].values())
    for name, field in (("id:in", "id"), ("customer_group_id:in", "customer_group_id")):
        wanted = numbers(request, name)
        rows = rows if wanted is None else [row for row in rows if row[field] in wanted]
    for name, field in (("email:in", "email"), ("company:in", "company"), ("phone:in", "phone")):
        texts = listed(request, name)
        rows = rows if texts is None else [row for row in rows if row[field] in texts]
    for field in ("date_created", "date_modified"):
        least, most = moment(request, f"{field}:min"), moment(request, f"{field}:max")
        rows = [row for row in rows if least is None or _seconds(row, field) >= least]
        rows = [row for row in rows if most is None or _seconds(row, field) <= most]
    cut, meta = paginate(request, _sorted(request, rows))
    includes = listed(request, "include") or []
    return v3([{**_shown(row, includes), **_segmented(row, includes, simulator)} for row in cut], meta)


async def addresses(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of customers' addresses."""
    rows = [row for customer in simulator.state.resources["customers"].values() for row in customer["addresses"]]
    for name, field in (("customer_id:in", "customer_id"), ("id:in", "id")):
        wanted = numbers(request, name)
        rows = rows if wanted is None else [row for row in rows if row[field] in wanted]
    cut, meta = paginate(request, sorted(rows, key=lambda row: int(row["id"])))
    return v3(cut, meta)


async def groups(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of customer groups."""
    rows = sorted(simulator.state.resources["groups"].values(), key=lambda row: int(row["id"]))
    return v2_list(page_of(request).cut(rows))


async def group(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer one customer group."""
    row = simulator.state.resources["groups"].get(int(request.match_info["group_id"]))
    if row is None:
        raise ApiError(404, "The requested resource was not found.")
    return json_response(row)


def _shown(row: Json, includes: list[str]) -> Json:
    hidden = {field for name, field in PARTS.items() if name not in includes}
    return {
        key: value[:INLINE_LIMIT] if key in {"addresses", "attributes"} else value
        for key, value in row.items()
        if key not in hidden
    }


def _segmented(row: Json, includes: list[str], simulator: Simulator) -> Json:
    found: Json = {}
    if "shopper_profile_id" in includes:
        found["shopper_profile_id"] = segments.profile_id(row["id"])
    if "segment_ids" in includes:
        found["segment_ids"] = segments.of_customer(simulator, row["id"])
    return found


def _sorted(request: web.Request, rows: list[Json]) -> list[Json]:
    field, _, direction = request.query.get("sort", "").partition(":")
    if not field:
        return sorted(rows, key=lambda row: int(row["id"]))
    if field not in SORTS or direction not in {"asc", "desc"}:
        raise ApiError(422, "The sort parameter is invalid.", {"sort": "is invalid"})
    return sorted(rows, key=lambda row: (row[field], row["id"]), reverse=direction == "desc")


def _seconds(row: Json, field: str) -> int:
    return int(parse_moment(str(row[field])).timestamp())
