"""`POST /callbacks/{store_hash}`: verify, make durable, answer. Everything else is the job's.

Answers, as BigCommerce counts them: 2xx for every validly signed event, also one nobody wants (a 4xx would in the end
switch the webhook off); 401, 400 or 413 for what is not validly signed, leaving no trace in the inbox; 503 when it
cannot be stored, so that BigCommerce tries again.
"""

import hmac
from collections.abc import Callable

import structlog
from aiohttp import web
from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime
from prometheus_client import Counter, Histogram

from ..bigcommerce.hooks import HOOK_SECRET_HEADER
from ..bigcommerce.signature import Callback, CallbackRejected, verify
from ..bodies import BodyRefused, read_body
from ..directory import Account, Directory
from .inbox import Inbox

__all__ = ["Callbacks"]

_log = structlog.get_logger(__name__)
_received = Counter("mlconnector_callbacks_total", "Callbacks by what became of them", ["outcome"])
_accepted, _duplicate = _received.labels("accepted"), _received.labels("duplicate")
_stale = Counter("mlconnector_callbacks_stale_total", "Validly signed callbacks outside the timestamp window")
_seconds = Histogram("mlconnector_callback_seconds", "From the request to the durable answer")


class Callbacks:
    """The public endpoint of the webhooks.

    Args:
        inbox: where callbacks are made durable.
        directory: the stores and their secrets.
        runtime: clocks.
        max_bytes: the largest body read.
        wake: called once a new job is durable; only shortens its wait.
    """

    def __init__(
        self, inbox: Inbox, directory: Directory, runtime: Runtime, max_bytes: int, wake: Callable[[], None]
    ) -> None:
        self._inbox = inbox
        self._directory = directory
        self._runtime = runtime
        self._max_bytes = max_bytes
        self._wake = wake

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for the public listener."""
        return [web.post("/callbacks/{store_hash}", self.receive)]

    async def receive(self, request: web.Request) -> web.Response:
        """Take one delivery; the answer leaves only after it is durable."""
        started = self._runtime.monotonic()
        store_hash = request.match_info["store_hash"]
        try:
            account = self._account(store_hash)
            body = await self._body(request)
            callback = self._verified(account, request, body)
            fresh = await self._inbox.accept(account, callback, body)
        except CallbackRejected as rejection:
            _received.labels("rejected").inc()
            _log.warning("callback.rejected", store=store_hash[:64], status=rejection.status, reason=rejection.reason)
            return web.Response(status=rejection.status, text=rejection.reason)
        except ConnectorError as error:
            _received.labels("not_stored").inc()
            _log.error("callback.not_stored", store=store_hash, error=str(error))
            return web.Response(status=503, text="not stored; deliver again")
        self._account_for(callback, account, fresh=fresh)
        _seconds.observe(self._runtime.monotonic() - started)
        return web.Response(status=200)

    async def _body(self, request: web.Request) -> bytes:
        try:
            return await read_body(request, self._runtime, self._max_bytes)
        except BodyRefused as error:
            raise CallbackRejected(error.status, error.reason) from error

    def _account(self, store_hash: str) -> Account:
        account = self._directory.by_hash(store_hash)
        if account is None:
            raise CallbackRejected(401, "no such store")
        return account

    def _verified(self, account: Account, request: web.Request, body: bytes) -> Callback:
        callback = verify(
            request.headers, body, account.signing_secrets, self._runtime.now(), max_body_bytes=self._max_bytes
        )
        expected = account.hook_secrets.get(callback.scope)
        offered = request.headers.get(HOOK_SECRET_HEADER, "")
        if expected is not None and not hmac.compare_digest(_bytes(offered), expected.encode()):
            raise CallbackRejected(
                401, f"the signature holds, but header {HOOK_SECRET_HEADER} does not; register the webhooks again"
            )
        if callback.store_hash != account.store.store_hash:
            raise CallbackRejected(400, "the producer is another store than the address")
        return callback

    def _account_for(self, callback: Callback, account: Account, *, fresh: bool) -> None:
        (_accepted if fresh else _duplicate).inc()
        if callback.stale:
            _stale.inc()
            _log.warning("callback.stale", store=account.store.store_hash, delivery=callback.delivery_id)
        _log.debug(
            "callback.accepted",
            tenant=account.store.tenant,
            store=account.store.store_hash,
            delivery=callback.delivery_id,
            scope=callback.scope,
            order=callback.order_id,
            fresh=fresh,
        )
        if fresh and callback.order_id is not None:
            self._wake()


def _bytes(header: str) -> bytes:
    # A header may hold any bytes; those that are no UTF-8 arrive as surrogates.
    return header.encode("utf-8", "surrogateescape")
