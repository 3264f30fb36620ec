"""Callbacks are signed the Standard Webhooks way: HMAC-SHA256 over `id.timestamp.body` with the API account's secret.

Verified by own code: the reference library raises undocumented errors on malformed headers, and refuses late retries,
which a store may send with their first time stamp.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from mlconnector_shared.errors import ConnectorError

__all__ = ["Callback", "CallbackRejected", "sign", "verify"]

MAX_BODY_BYTES: Final = 65_536
"""Callbacks have some two hundred bytes; batch events of price lists are the largest."""

MOST_SIGNATURES: Final = 16
"""Signatures looked at in one header; the sender decides how many there are."""

DELIVERY_ID: Final = re.compile(r"[\x21-\x7e]{1,255}")
TIMESTAMP: Final = re.compile(r"[0-9]{1,10}")
SCOPE: Final = re.compile(r"[\x21-\x7e]{1,255}")
"""Anything else is no event's name, and not every database can keep it."""

PRODUCER: Final = re.compile(r"stores/([A-Za-z0-9]{1,64})")
ORDER_SCOPE: Final = re.compile(r"store/(order/(?!metafield/|message/)|shipment/|channel/[^/]+/order/)[A-Za-z/]+")


MOST_ORDER_ID: Final = 2**63 - 1
"""What the databases can count to; no store comes near it."""


class CallbackRejected(ConnectorError):
    """A callback is not to be believed or not to be read.

    Attributes:
        status: the HTTP status to answer: 401 not authentic, 400 malformed, 413 too large.
        reason: one sentence for the log; holds nothing of the body.
    """

    def __init__(self, status: Literal[400, 401, 413], reason: str) -> None:
        super().__init__(f"callback rejected with {status}: {reason}")
        self.status: Literal[400, 401, 413] = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Callback:
    """An authentic callback.

    Attributes:
        delivery_id: the same for every delivery of one event; what duplicates are recognised by.
        scope: the event's name, such as `store/order/updated`.
        store_hash: the store it came from, as its signed body says.
        data: the event's details; empty where they are no object (batches of price list events).
        created_at: when the event happened, else when it was sent.
        stale: the signature holds, the time stamp lies outside the tolerance.
        order_id: the order to look at, or `None` when the event is about none.
    """

    delivery_id: str
    scope: str
    store_hash: str
    data: dict[str, Any]
    created_at: datetime
    stale: bool
    order_id: int | None


def sign(secret: str, delivery_id: str, timestamp: int, body: bytes) -> str:
    """Return the `webhook-signature` header value of a delivery."""
    return "v1," + base64.b64encode(_mac(secret, delivery_id, str(timestamp), body)).decode()


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    now: datetime,
    tolerance_seconds: int = 300,
    *,
    max_body_bytes: int = MAX_BODY_BYTES,
) -> Callback:
    """Check a delivery's signature over its raw bytes, then read it.

    Args:
        headers: the request's headers; their names in any case.
        body: the raw bytes, as received.
        secrets: client secrets that may have signed it; more than one while accounts are changed over.
        now: the present, aware.
        tolerance_seconds: how far the time stamp may lie from `now` before the callback counts as stale.
        max_body_bytes: a longer body is refused unread.

    Raises:
        CallbackRejected: it is not authentic, malformed or too large.
    """
    if len(body) > max_body_bytes:
        raise CallbackRejected(413, f"the body has {len(body)} bytes, more than the {max_body_bytes} allowed")
    lowered = {name.lower(): value for name, value in headers.items()}
    delivery_id = _header(lowered, "webhook-id")
    timestamp = _header(lowered, "webhook-timestamp")
    signature = _header(lowered, "webhook-signature")
    if not DELIVERY_ID.fullmatch(delivery_id):
        raise CallbackRejected(400, "webhook-id is no token of 1 to 255 printable characters")
    if not TIMESTAMP.fullmatch(timestamp):
        raise CallbackRejected(400, "webhook-timestamp is no number of seconds since 1970")
    _authenticate(signature, [_mac(secret, delivery_id, timestamp, body) for secret in secrets if secret])
    sent = int(timestamp)
    stale = abs(now.timestamp() - sent) > tolerance_seconds
    return _read(delivery_id, body, datetime.fromtimestamp(sent, UTC), stale=stale)


def _mac(secret: str, delivery_id: str, timestamp: str, body: bytes) -> bytes:
    message = b".".join((delivery_id.encode(), timestamp.encode(), body))
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def _header(lowered: Mapping[str, str], name: str) -> str:
    value = lowered.get(name, "").strip()
    if not value:
        raise CallbackRejected(401, f"the header {name} is missing")
    return value


def _authenticate(header: str, expected: Sequence[bytes]) -> None:
    if not expected:
        raise CallbackRejected(401, "the store has no client secret to verify with; run store add again")
    candidates = header.split(" ")[:MOST_SIGNATURES]
    given = [found for found in map(_signature, candidates) if found is not None]
    if not given:
        raise CallbackRejected(401, "webhook-signature holds no readable v1 signature")
    # Every pair is compared, so that the time taken does not tell which secret is close.
    matches = [hmac.compare_digest(one, other) for one in given for other in expected]
    if not any(matches):
        raise CallbackRejected(
            401, "no signature matches; is this the client secret of the account that made the hook?"
        )


def _signature(candidate: str) -> bytes | None:
    version, _, encoded = candidate.partition(",")
    if version != "v1":
        return None
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None


def _read(delivery_id: str, body: bytes, sent_at: datetime, *, stale: bool) -> Callback:
    try:
        payload = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CallbackRejected(400, f"signed, but no JSON in UTF-8: {type(error).__name__}") from error
    if not isinstance(payload, dict):
        raise CallbackRejected(400, "signed, but no JSON object")
    producer = PRODUCER.fullmatch(str(payload.get("producer", "")))
    scope = payload.get("scope")
    if producer is None or not isinstance(scope, str) or not SCOPE.fullmatch(scope):
        raise CallbackRejected(400, "signed, but without a producer stores/{hash} and a scope")
    data = payload.get("data")
    details = data if isinstance(data, dict) else {}
    return Callback(
        delivery_id=delivery_id,
        scope=scope,
        store_hash=producer[1],
        data=details,
        created_at=_created_at(payload.get("created_at")) or sent_at,
        stale=stale,
        order_id=_order_id(scope, details),
    )


def _created_at(value: Any) -> datetime | None:
    text = str(value)
    return datetime.fromtimestamp(int(text), UTC) if TIMESTAMP.fullmatch(text) else None


def _order_id(scope: str, data: Mapping[str, Any]) -> int | None:
    # Metafields and messages are about an order too, but cannot change what is owed for it.
    if not ORDER_SCOPE.fullmatch(scope):
        return None
    named = data.get("order_id", data.get("orderId"))
    if named is None and data.get("type") == "order":
        named = data.get("id")
    text = str(named)
    number = int(text) if re.fullmatch(r"[1-9][0-9]{0,18}", text) else 0
    return number if 0 < number <= MOST_ORDER_ID else None
