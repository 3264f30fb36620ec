"""What every REST request passes: store, token, OAuth scope, quota, faults; and the shape of errors."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from ..accounts import Account
from ..faults import Error
from ..simulator import SIMULATOR, Simulator
from .answers import ApiError, error_body, json_response

__all__ = ["ACCOUNT", "Handler", "gated"]

Handler = Callable[[web.Request, Simulator], Awaitable[web.StreamResponse]]
ACCOUNT = web.RequestKey("account", Account)
TOO_MANY = 429


def gated(scope: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Wrap a handler so that only requests that BigCommerce would let through reach it."""

    async def passed(request: web.Request) -> web.StreamResponse:
        """Run the handler if the request is let through."""
        simulator = request.app[SIMULATOR]
        version = request.match_info["version"]
        fault: Error | None = None
        path = request.path.removeprefix(f"/stores/{simulator.store_hash}")
        try:
            _admit(request, simulator, scope)
            await simulator.faults.delay(request.method, path, after=False)
            fault = simulator.faults.error_for(request.method, path)
            response = await _answer(request, simulator, handler, fault)
            await simulator.faults.delay(request.method, path, after=True)
        except ApiError as error:
            response = json_response(error_body(version, error), error.status)
            if error.status == TOO_MANY:
                response.headers["X-Retry-After"] = simulator.rate_limit.retry_after()
        else:
            if fault is not None and not fault.rate_limit_headers:
                return response
        response.headers.update(simulator.rate_limit.headers())
        return response

    return passed


def _admit(request: web.Request, simulator: Simulator, scope: str) -> None:
    account = simulator.accounts.by_token(request.headers.get("X-Auth-Token", ""))
    if request.match_info["store_hash"] != simulator.store_hash or account is None:
        raise ApiError(401, "The token in the request is not valid for this store.")
    if not simulator.rate_limit.take():
        raise ApiError(TOO_MANY, "You have made too many requests to the store in a short time.")
    if not account.may(scope):
        raise ApiError(403, f"The token lacks the OAuth scope {scope}.")
    request[ACCOUNT] = account


async def _answer(
    request: web.Request, simulator: Simulator, handler: Handler, fault: Error | None
) -> web.StreamResponse:
    if fault is None:
        return await handler(request, simulator)
    if fault.after:
        await handler(request, simulator)
    if fault.status == 0:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    body = fault.body
    if body is None:
        body = error_body(
            request.match_info["version"],
            ApiError(fault.status, "A fault set through the sandbox's control interface."),
        )
    return json_response(body, fault.status, fault.headers)
