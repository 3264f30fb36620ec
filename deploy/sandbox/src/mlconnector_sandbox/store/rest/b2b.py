"""The B2B Edition's own interface, as far as orders and companies are read: paths, headers and errors unlike the rest.

BigCommerce serves it from a host of its own; here it is under `/api/v3/io` of the same port.
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from ..record import OrderRecord
from ..simulator import SIMULATOR, Simulator
from ..statuses import STATUSES
from ..wire import Json, parse_moment
from .answers import json_response

__all__ = ["add_routes"]

ROOT = "/api/v3/io"
LEGACY = [
    *(f"extraInt{number}" for number in range(1, 6)),
    *(f"extraStr{number}" for number in range(1, 6)),
    "extraText",
]
DEFAULT_LIMIT = 10
PAID = 2
ELSEWHERE = frozenset({"customer_ids", "payment_terms"})
"""What the simulator keeps with a company and resources of their own answer."""

NOBODY: Json = {"companyId": 0, "poNumber": "", "extraFields": []}


async def _orders(request: web.Request, simulator: Simulator) -> web.Response:
    records = [simulator.shop.order(facts.id) for facts in simulator.state.facts()]
    found = [record for record in sorted(records, key=lambda record: record.id) if simulator.edition.shows(record)]
    for name, of in (("companyId", _company_of), ("bcOrderId", lambda record: record.id)):
        wanted = request.query.get(name)
        found = [record for record in found if wanted in {None, str(of(record))}]
    offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", DEFAULT_LIMIT))
    rows = [_order_row(record) for record in found[offset : offset + limit]]
    pagination = {"totalCount": len(found), "limit": limit, "offset": offset}
    return json_response({"code": 200, "data": rows, "meta": {"message": "SUCCESS", "pagination": pagination}})


async def _order(request: web.Request, simulator: Simulator) -> web.Response:
    record = simulator.faults.order_as_seen(int(request.match_info["order_id"]))
    if record is None or not simulator.edition.shows(record):
        return _error(404, "Order Does Not Exist.")
    number = _company_part(record).get("invoiceNumber")
    invoice = {
        "isInvoiceOrder": int(number is not None),
        "invoiceId": number,
        "invoiceNumber": number,
        "invoiceStatus": None if number is None else PAID,
    }
    return json_response({"code": 200, "data": [{**_order_row(record), **invoice}], "meta": {"message": "SUCCESS"}})


async def _company(request: web.Request, simulator: Simulator) -> web.Response:
    row = simulator.state.resources["companies"].get(int(request.match_info["company_id"]))
    if row is None:
        return _error(404, "This resource is not found.")
    shown = {name: value for name, value in row.items() if name not in ELSEWHERE}
    return json_response({"code": 200, "data": shown, "meta": {"message": "SUCCESS"}})


async def _payment_terms(request: web.Request, simulator: Simulator) -> web.Response:
    row = simulator.state.resources["companies"].get(int(request.match_info["company_id"]))
    if row is None:
        return _error(404, "Not Found Error")
    return json_response({"code": 200, "data": row["payment_terms"], "meta": {"message": "SUCCESS"}})


async def _user_of_customer(request: web.Request, simulator: Simulator) -> web.Response:
    customer_id = int(request.match_info["customer_id"])
    companies = simulator.state.resources["companies"].values()
    row = next((one for one in companies if customer_id in one["customer_ids"]), None)
    customer = simulator.state.resources["customers"].get(customer_id)
    if row is None or customer is None:
        return _error(404, "Not Found Error", {"errMsg": "User matching query does not exist."})
    user = {
        "id": 20_000 + customer_id,
        "firstName": customer["first_name"],
        "lastName": customer["last_name"],
        "email": customer["email"],
        "phoneNumber": customer["phone"],
        "role": 0,
        "uuid": None,
        "extraFields": [],
        "companyId": row["companyId"],
        "createdAt": row["createdAt"],
        "updatedAt": row["updatedAt"],
        "customerId": customer_id,
        "companyRoleName": "Admin",
        "channelList": [],
    }
    return json_response({"code": 200, "data": user, "meta": {"message": "SUCCESS"}})


def _company_of(record: OrderRecord) -> int:
    return int(_company_part(record)["companyId"])


def _company_part(record: OrderRecord) -> Json:
    return next(iter(record.parts["b2b"]), NOBODY)


def _order_row(record: OrderRecord) -> Json:
    order, company = record.order, _company_part(record)
    placed, changed = (int(parse_moment(str(order[f"date_{name}"])).timestamp()) for name in ("created", "modified"))
    return {
        "id": 10_000 + record.id,
        "bcOrderId": record.id,
        "totalIncTax": record.charged,
        "poNumber": company["poNumber"],
        "status": STATUSES[record.status_id].name,
        "customStatus": STATUSES[record.status_id].name,
        "cartId": str(order.get("cart_id", "")),
        "items": int(order.get("items_total", 0)),
        "usdIncTax": record.charged,
        "companyId": company["companyId"],
        "currencyCode": order.get("default_currency_code", ""),
        "money": [],
        "statusCode": record.status_id,
        "isArchived": record.archived,
        "channelId": order.get("channel_id", 1),
        "channelName": "",
        **dict.fromkeys(LEGACY),
        "extraInfo": [],
        "extraFields": company["extraFields"],
        "createdAt": placed,
        "updatedAt": changed,
    }


def _error(status: int, message: str, data: Json | None = None) -> web.Response:
    return json_response({"code": status, "data": data or {}, "meta": {"message": message}}, status)


def _gated(
    handler: Callable[[web.Request, Simulator], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Let only requests through that name the store and have one of its tokens; faults by path strike here too."""

    async def passed(request: web.Request) -> web.Response:
        """Run the handler if the request is let through."""
        simulator = request.app[SIMULATOR]
        known = simulator.accounts.by_token(request.headers.get("X-Auth-Token", "")) is not None
        if not known or request.headers.get("X-Store-Hash") != simulator.store_hash:
            return _error(401, "Unauthorized.")
        if not simulator.edition.settings.enabled:
            return _error(403, "The store has no B2B Edition.")
        if not simulator.edition.rate_limit.take():
            # Neither its headers nor its body are documented.
            return _error(429, "Too many requests.")
        await simulator.faults.delay(request.method, request.path, after=False)
        fault = simulator.faults.error_for(request.method, request.path)
        if fault is not None and fault.status == 0 and request.transport is not None:
            request.transport.abort()
        if fault is not None:
            return _error(fault.status or 500, "A fault set through the sandbox's control interface.")
        return await handler(request, simulator)

    return passed


def add_routes(app: web.Application) -> None:
    """Add the resources of the B2B Edition."""
    app.router.add_get(f"{ROOT}/orders", _gated(_orders))
    app.router.add_get(f"{ROOT}/orders/{{order_id:[0-9]+}}", _gated(_order))
    app.router.add_get(f"{ROOT}/companies/{{company_id:[0-9]+}}", _gated(_company))
    app.router.add_get(f"{ROOT}/companies/{{company_id:[0-9]+}}/payment-terms", _gated(_payment_terms))
    app.router.add_get(f"{ROOT}/users/customer/{{customer_id:[0-9]+}}", _gated(_user_of_customer))
