"""V2 orders: one, many, counted, changed, archived."""

from decimal import Decimal

from aiohttp import web

from ..record import OrderFacts, OrderRecord
from ..simulator import Simulator
from ..statuses import STATUSES
from ..wire import Json, MalformedJsonError, decode
from .answers import ApiError, json_response, no_content, v2_list
from .order_view import present_order
from .parameters import amount, listed, moment, number, page_of

__all__ = ["count", "delete", "fetch", "list_orders", "read_order", "replace", "statuses"]

INCOMPLETE = 0
INCLUDES = {"consignments", "consignments.line_items", "fees"}
SORTS = {
    "id": "id",
    "customer_id": "customer_id",
    "date_created": "created",
    "date_modified": "modified",
    "status_id": "status_id",
    "channel_id": "channel_id",
    "external_id": "external_id",
}
# What a client may write to an order. Lines and addresses are edited through the control interface.
WRITABLE = {"status_id", "staff_notes", "customer_message", "external_order_id", "is_deleted", "payment_method"}


def read_order(request: web.Request, simulator: Simulator) -> OrderRecord:
    """Give the order a path names, as faults let it be seen."""
    record = simulator.faults.order_as_seen(int(request.match_info["order_id"]))
    hidden = record is not None and record.archived and simulator.state.behaviour.archived_orders == "missing"
    if record is None or hidden:
        raise ApiError(404, "The requested resource was not found.")
    return record


async def fetch(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer one order."""
    record = read_order(request, simulator)
    response = json_response(present_order(record, _base(request), _includes(request)))
    simulator.faults.note_fetch(record.id)
    return response


async def list_orders(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer a page of orders."""
    facts = _sorted(request, _filtered(request, simulator))
    includes, base = _includes(request), _base(request)
    records = [simulator.faults.order_as_seen(entry.id) for entry in page_of(request).cut(facts)]
    return v2_list([present_order(record, base, includes) for record in records if record is not None])


async def count(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer how many orders there are of each status."""
    facts = _filtered(request, simulator)
    rows = [
        {
            **_status(status_id),
            "count": sum(1 for entry in facts if entry.status_id == status_id),
            "sort_order": status.sort,
        }
        for status_id, status in sorted(STATUSES.items(), key=lambda item: item[1].sort)
    ]
    return json_response({"statuses": rows, "count": len(facts)})


async def replace(request: web.Request, simulator: Simulator) -> web.Response:
    """Change the writable fields of an order."""
    record = read_order(request, simulator)
    change = await read_object(request)
    for field in change:
        if field not in WRITABLE:
            raise ApiError(400, f"The field '{field}' cannot be written to.")
    if "status_id" in change and change["status_id"] not in list(STATUSES):
        raise ApiError(400, "The field 'status_id' is invalid.")
    changed = simulator.shop.edit(record.id, change)
    return json_response(present_order(changed, _base(request), frozenset()))


async def delete(request: web.Request, simulator: Simulator) -> web.Response:
    """Archive an order."""
    simulator.shop.archive(read_order(request, simulator).id)
    return no_content()


async def statuses(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer all statuses, or one."""
    del simulator
    wanted = request.match_info.get("status_id")
    if wanted is None:
        return json_response([{**_status(status_id), "order": STATUSES[status_id].sort} for status_id in STATUSES])
    if int(wanted) not in STATUSES:
        raise ApiError(404, "The requested resource was not found.")
    return json_response({**_status(int(wanted)), "order": STATUSES[int(wanted)].sort})


async def read_object(request: web.Request) -> Json:
    """Read a JSON object from a request."""
    try:
        body = decode(await request.read())
    except MalformedJsonError as error:
        raise ApiError(400, "Input is invalid.") from error
    if not isinstance(body, dict):
        raise ApiError(400, "Input is invalid.")
    return body


def _base(request: web.Request) -> str:
    return f"{request.url.origin()}/stores/{request.match_info['store_hash']}/v2"


def _status(status_id: int) -> Json:
    status = STATUSES[status_id]
    return {
        "id": status.id,
        "name": status.name,
        "system_label": status.name,
        "custom_label": status.name,
        "system_description": status.meaning,
    }


def _includes(request: web.Request) -> frozenset[str]:
    includes = frozenset(listed(request, "include") or ())
    unknown = includes - INCLUDES
    if unknown:
        raise ApiError(400, f"include={','.join(sorted(unknown))} is not supported.")
    consignments = includes & {"consignments", "consignments.line_items"}
    if consignments and request.query.get("consignment_structure") != "object":
        raise ApiError(400, "Consignments need consignment_structure=object.")
    return includes


def _filtered(request: web.Request, simulator: Simulator) -> list[OrderFacts]:
    behaviour = simulator.state.behaviour
    facts = [f for f in simulator.state.facts() if not f.archived or behaviour.archived_orders == "shown"]
    facts = [f for f in facts if f.status_id != INCOMPLETE or behaviour.incomplete_orders == "listed"]
    for name, least, field in (
        ("id", "min", "id"),
        ("id", "max", "id"),
        ("date_created", "min", "created"),
        ("date_created", "max", "created"),
        ("date_modified", "min", "modified"),
        ("date_modified", "max", "modified"),
        ("total", "min", "total"),
        ("total", "max", "total"),
    ):
        bound = _bound(request, f"{least}_{name}")
        if bound is not None:
            low = least == "min"
            facts = [f for f in facts if (getattr(f, field) >= bound if low else getattr(f, field) <= bound)]
    for name in ("customer_id", "status_id", "channel_id"):
        wanted = number(request, name)
        facts = facts if wanted is None else [entry for entry in facts if getattr(entry, name) == wanted]
    for name in ("email", "cart_id", "payment_method", "external_order_id"):
        text = request.query.get(name)
        facts = facts if text is None else [entry for entry in facts if getattr(entry, name) == text]
    return facts


def _bound(request: web.Request, name: str) -> int | Decimal | None:
    if "date" in name:
        return moment(request, name)
    return amount(request, name) if "total" in name else number(request, name)


def _sorted(request: web.Request, facts: list[OrderFacts]) -> list[OrderFacts]:
    field, _, direction = request.query.get("sort", "id:asc").partition(":")
    if field not in SORTS or direction not in {"", "asc", "desc"}:
        raise ApiError(400, "The field 'sort' is invalid.")
    return sorted(facts, key=lambda entry: (getattr(entry, SORTS[field]), entry.id), reverse=direction == "desc")
