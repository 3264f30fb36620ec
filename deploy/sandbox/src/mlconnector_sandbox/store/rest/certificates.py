"""V2 gift certificates."""

from aiohttp import web

from ..simulator import Simulator
from .answers import ApiError, json_response, v2_list
from .parameters import number, page_of

__all__ = ["TEXTS", "one", "several"]

TEXTS = ("code", "to_name", "to_email", "from_name", "from_email")


async def several(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of gift certificates."""
    rows = sorted(simulator.state.resources["gift_certificates"].values(), key=lambda row: int(row["id"]))
    least, most, order_id = number(request, "min_id"), number(request, "max_id"), number(request, "order_id")
    rows = [row for row in rows if (least is None or row["id"] >= least) and (most is None or row["id"] <= most)]
    rows = [row for row in rows if order_id in {None, row["order_id"]}]
    for name in TEXTS:
        text = request.query.get(name)
        rows = rows if text is None else [row for row in rows if row[name] == text]
    return v2_list(page_of(request).cut(rows))


async def one(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer one gift certificate."""
    row = simulator.state.resources["gift_certificates"].get(int(request.match_info["certificate_id"]))
    if row is None:
        raise ApiError(404, "The requested resource was not found.")
    return json_response(row)
