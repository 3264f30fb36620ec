"""Placing, changing and reading orders."""

import msgspec
from aiohttp import web

from ..description import OrderDescription
from ..edits import OrderEdit
from ..record import OrderRecord
from ..shop import EVENTS_OF_CHECKOUT
from ..simulator import Simulator
from ..statuses import STATUSES
from ..wire import Json
from .answers import RefusedError, answer, query_number, read_as, read_object, wanted_events

__all__ = [
    "archive",
    "cancel",
    "change",
    "describe",
    "edit",
    "list_orders",
    "load",
    "set_status",
    "show",
    "summary",
    "unarchive",
]

TOTALS = ("total_ex_tax", "total_inc_tax", "total_tax")


class Status(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where an order is moved."""

    status_id: int


def summary(record: OrderRecord) -> Json:
    """Give what a comparison with the books needs of an order."""
    order = record.order
    return {
        "id": record.id,
        "status_id": record.status_id,
        "is_deleted": bool(order.get("is_deleted", False)),
        "currency": order.get("default_currency_code", ""),
        **{name: order.get(name) for name in TOTALS},
        "customer_id": order.get("customer_id"),
        "date_created": order.get("date_created"),
        "date_modified": order.get("date_modified"),
        "refunded": [refund.get("total_amount") for refund in record.parts["refunds"]],
    }


def _order_id(request: web.Request) -> int:
    return int(request.match_info["order_id"])


async def load(request: web.Request, simulator: Simulator) -> web.Response:
    """Place an order document as it stands; a body with `lines`, which no such document has, is a description."""
    body = await read_object(request)
    if "lines" in body:
        body = simulator.shop.describe(msgspec.convert(body, OrderDescription))
    return answer(summary(simulator.shop.place(body, wanted_events(request, EVENTS_OF_CHECKOUT))), 201)


async def describe(request: web.Request, simulator: Simulator) -> web.Response:
    """Place an order from a compact description; with `dry=1` only show the document."""
    description = await read_as(request, OrderDescription)
    document = simulator.shop.describe(description)
    if request.query.get("dry"):
        return answer(document)
    record = simulator.shop.place(document, wanted_events(request, EVENTS_OF_CHECKOUT))
    return answer(summary(record), 201)


async def list_orders(request: web.Request, simulator: Simulator) -> web.Response:
    """List all orders with their totals, archived ones too."""
    wanted = query_number(request, "status_id")
    ids = [entry.id for entry in simulator.state.facts() if wanted in {None, entry.status_id}]
    return answer({"data": [summary(simulator.shop.order(order_id)) for order_id in sorted(ids)]})


async def show(request: web.Request, simulator: Simulator) -> web.Response:
    """Show an order with everything below it, as `load` takes it."""
    return answer(simulator.shop.order(_order_id(request)).to_document())


async def change(request: web.Request, simulator: Simulator) -> web.Response:
    """Replace fields or whole sub-resources; with a `description` the whole order is computed anew."""
    order_id = _order_id(request)
    body = await read_object(request)
    if "description" in body:
        body = _described_anew(order_id, body, simulator)
    quiet = wanted_events(request, ("updated",)) == ()
    return answer(summary(simulator.shop.edit(order_id, body, quiet=quiet)))


def _described_anew(order_id: int, body: Json, simulator: Simulator) -> Json:
    before = simulator.shop.order(order_id)
    description = msgspec.convert({**body["description"], "id": order_id}, OrderDescription)
    document = simulator.shop.describe(description)
    return {**document, "date_created": before.order["date_created"]}


async def set_status(request: web.Request, simulator: Simulator) -> web.Response:
    """Move an order to a status."""
    status_id = (await read_as(request, Status)).status_id
    if status_id not in STATUSES:
        raise RefusedError(400, f"status_id must be one of {sorted(STATUSES)}, not {status_id}")
    return answer(summary(simulator.shop.set_status(_order_id(request), status_id)))


async def cancel(request: web.Request, simulator: Simulator) -> web.Response:
    """Cancel an order."""
    return answer(summary(simulator.shop.cancel(_order_id(request))))


async def archive(request: web.Request, simulator: Simulator) -> web.Response:
    """Archive an order."""
    return answer(summary(simulator.shop.archive(_order_id(request))))


async def unarchive(request: web.Request, simulator: Simulator) -> web.Response:
    """Bring an archived order back."""
    return answer(summary(simulator.shop.unarchive(_order_id(request))))


async def edit(request: web.Request, simulator: Simulator) -> web.Response:
    """Edit an order as a merchant does."""
    return answer(summary(simulator.shop.revise(_order_id(request), await read_as(request, OrderEdit))))
