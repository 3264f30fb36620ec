"""Everything below an order: products, taxes, coupons, addresses, fees, consignments, shipments, messages."""

from decimal import Decimal

from aiohttp import web

from ..money import text4
from ..simulator import Simulator
from ..wire import Json
from .answers import ApiError, json_response, v2_list
from .gate import Handler
from .order_view import consignments
from .orders import read_order
from .parameters import flag, listed, page_of

__all__ = ["consignment_object", "fees", "one_of", "paged", "shipment_count", "taxes"]

DETAIL_FIELDS = ("order_product_id", "line_item_type")


def paged(part: str) -> Handler:
    """Make the handler of a list below an order."""

    async def answer(request: web.Request, simulator: Simulator) -> web.Response:
        """Answer a page of the rows."""
        record = read_order(request, simulator)
        response = v2_list(page_of(request).cut(record.parts[part]))
        simulator.faults.note_fetch(record.id)
        return response

    return answer


def one_of(part: str) -> Handler:
    """Make the handler of one entry of a list below an order."""

    async def answer(request: web.Request, simulator: Simulator) -> web.Response:
        """Answer the row that the path names."""
        record = read_order(request, simulator)
        wanted = int(request.match_info["row_id"])
        row = next((row for row in record.parts[part] if row.get("id") == wanted), None)
        if row is None:
            raise ApiError(404, "The requested resource was not found.")
        simulator.faults.note_fetch(record.id)
        return json_response(row)

    return answer


async def taxes(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer the tax rows: per item with `details=true`, else per address, class and rate."""
    record = read_order(request, simulator)
    rows = record.parts["taxes"]
    response = v2_list(page_of(request).cut(rows if flag(request, "details") else _summed(rows)))
    simulator.faults.note_fetch(record.id)
    return response


def _summed(rows: list[Json]) -> list[Json]:
    sums: dict[tuple[object, ...], Json] = {}
    for row in rows:
        key = tuple(
            row.get(name) for name in ("order_address_id", "tax_class_id", "tax_rate_id", "sales_tax_id", "rate")
        )
        bare = {name: value for name, value in row.items() if name not in DETAIL_FIELDS}
        if key in sums:
            for name in ("priority_amount", "line_amount"):
                bare[name] = text4(Decimal(str(sums[key][name])) + Decimal(str(row[name])))
            bare["id"] = sums[key]["id"]
        sums[key] = bare
    return list(sums.values())


async def fees(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer the fees in the object their own resource wraps them in."""
    record = read_order(request, simulator)
    response = json_response({"fees": record.parts["fees"]})
    simulator.faults.note_fetch(record.id)
    return response


async def consignment_object(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer the consignments."""
    record = read_order(request, simulator)
    base = f"{request.url.origin()}/stores/{request.match_info['store_hash']}/v2"
    expand = "consignments.line_items" in (listed(request, "include") or ())
    response = json_response(consignments(record, base, expand=expand))
    simulator.faults.note_fetch(record.id)
    return response


async def shipment_count(request: web.Request, simulator: Simulator) -> web.Response:
    """Answer how many shipments an order has."""
    return json_response({"count": len(read_order(request, simulator).parts["shipments"])})
