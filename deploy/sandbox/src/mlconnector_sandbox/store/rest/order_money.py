"""V3 resources of orders: transactions and refunds."""

from aiohttp import web

from ..simulator import Simulator
from ..wire import Json, parse_moment
from .answers import ApiError, v3
from .orders import read_order
from .parameters import MAX_LIMIT, Page, moment, numbers, paginate

__all__ = ["one_refund", "order_refunds", "refunds", "transactions"]


async def transactions(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer an order's transactions: the first 250, since this list knows no paging parameters."""
    record = read_order(request, simulator)
    rows, meta = paginate(request, record.parts["transactions"], Page(1, MAX_LIMIT))
    simulator.faults.note_fetch(record.id)
    return v3(rows, meta)


async def order_refunds(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer an order's refunds, by id."""
    record = read_order(request, simulator)
    rows = sorted(record.parts["refunds"], key=lambda row: int(row["id"]))
    simulator.faults.note_fetch(record.id)
    return v3(_of_transaction(request, rows))


async def refunds(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of all refunds, by id."""
    rows = _all(simulator)
    for name, field in (("order_id:in", "order_id"), ("id:in", "id")):
        wanted = numbers(request, name)
        rows = rows if wanted is None else [row for row in rows if int(row[field]) in wanted]
    least, most = moment(request, "created:min"), moment(request, "created:max")
    rows = [row for row in rows if least is None or _created(row) >= least]
    rows = [row for row in rows if most is None or _created(row) <= most]
    cut, meta = paginate(request, _of_transaction(request, rows))
    return v3(cut, meta)


async def one_refund(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer one refund; here an item's requested amount is a string or null, and less is told of payments."""
    wanted = int(request.match_info["refund_id"])
    row = next((row for row in _all(simulator) if int(row["id"]) == wanted), None)
    if row is None:
        raise ApiError(404, "The requested refund was not found.")
    items = [_single_item(item) for item in row.get("items", [])]
    payments = [
        {name: value for name, value in paid.items() if name != "transaction_id"} for paid in row.get("payments", [])
    ]
    return v3({**row, "payments": payments, "items": items})


def _single_item(item: Json) -> Json:
    amount = item.get("requested_amount")
    shown = {name: value for name, value in item.items() if name != "adjustments"}
    return {**shown, "requested_amount": None if amount is None else str(amount)}


def _all(simulator: Simulator) -> list[Json]:
    orders = [simulator.state.order(facts.id) for facts in simulator.state.facts()]
    return sorted(
        (row for record in orders if record is not None for row in record.parts["refunds"]),
        key=lambda row: int(row["id"]),
    )


def _created(row: Json) -> int:
    return int(parse_moment(str(row["created"])).timestamp())


def _of_transaction(request: web.Request, rows: list[Json]) -> list[Json]:
    wanted = request.query.get("transaction_id")
    if wanted is None:
        return rows
    return [row for row in rows if any(str(p.get("transaction_id")) == wanted for p in row.get("payments", []))]
