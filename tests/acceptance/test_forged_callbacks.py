"""What is not validly signed leaves no trace but a line in the log; what cannot be stored is asked for again."""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest
from mlconnector_sandbox.landscape.landscape import STORE_HASH

from tests.support.landscape import Site

pytestmark = pytest.mark.timeout(400)

SCOPE = "store/order/created"
HOOK_SECRET = "X-Mlconnector-Hook-Secret"

KINDS: dict[str, tuple[int, Callable[[Site, int], int]]] = {
    "with the wrong secret": (401, lambda site, order: _resigned(site, order, secret="a" * 64)),
    "with the signature of another body": (401, lambda site, order: _post(site, _body(order), _headers(site, b"{}"))),
    "truncated after signing": (401, lambda site, order: _post(site, _body(order)[:-20], _headers(site, _body(order)))),
    "without a signature": (401, lambda site, order: _changed(site, order, "webhook-signature")),
    "with an unreadable signature": (401, lambda site, order: _changed(site, order, "webhook-signature", "v1,%%%")),
    "without a hook secret": (401, lambda site, order: _changed(site, order, HOOK_SECRET)),
    "with the wrong hook secret": (401, lambda site, order: _changed(site, order, HOOK_SECRET, "guessed")),
    "for a store nobody added": (
        401,
        lambda site, order: _post(site, _body(order), _headers(site, _body(order)), store="nobody"),
    ),
    "from another store": (400, lambda site, order: _send(site, _body(order, producer="stores/another"))),
    "with a time that is none": (400, lambda site, order: _resigned(site, order, timestamp="yesterday")),
    "in Latin-1": (400, lambda site, order: _send(site, _body(order, note="Größe").decode().encode("latin-1"))),
    "as no JSON": (400, lambda site, order: _send(site, _body(order)[:-1])),
    "as a JSON list": (400, lambda site, order: _send(site, b"[" + _body(order) + b"]")),
    "too large": (413, lambda site, order: _send(site, _body(order, note="x" * 70_000))),
    "too large and without saying so": (
        413,
        lambda site, order: _send(site, _body(order, note="x" * 70_000), chunked=True),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_refused_with_a_reason_and_without_a_trace(site: Site, kind: str) -> None:
    """The answer is 401, 400 or 413, the log says why, and the order stays unknown."""
    order = site.number()
    status, forge = KINDS[kind]

    assert forge(site, order) == status

    rejection = site.events(site.relay, "callback.rejected")[-1]
    assert (rejection["status"], bool(rejection["reason"])) == (status, True)
    assert order not in site.orders()


def test_cut_off_on_the_way(site: Site) -> None:
    """A connection that ends before the body does is no callback."""
    order = site.number()
    body = _body(order)
    headers = {**_headers(site, body), "Content-Length": str(len(body)), "Host": "relay"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    where = urlsplit(site.landscape.relay_url)

    with socket.create_connection((where.hostname, where.port)) as connection:
        connection.sendall(f"POST /callbacks/{STORE_HASH} HTTP/1.1\r\n{head}\r\n".encode() + body[:-20])

    assert _send(site, _body(site.number())) == 200
    assert order not in site.orders()


def test_a_validly_signed_one_is_taken(site: Site) -> None:
    """The forgeries fail by what is wrong with them alone."""
    order = site.place()
    assert _send(site, _body(order)) == 200
    site.posted_once(order)


def test_what_cannot_be_stored_is_asked_for_again(site: Site) -> None:
    """While the database cannot be written the answer is 503; delivered again later it is taken."""
    order = site.number()
    with sqlite3.connect(site.landscape.state / "relay" / "relay.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert _send(site, _body(order)) == 503
        other.execute("ROLLBACK")
    other.close()

    assert site.events(site.relay, "callback.not_stored")
    assert order not in site.orders()
    assert _send(site, _body(order)) == 200
    assert order in site.orders()
    site.posted_once(site.place())


def _resigned(site: Site, order: int, **how: str) -> int:
    body = _body(order)
    return _post(site, body, _headers(site, body, **how))


def _changed(site: Site, order: int, header: str, value: str = "") -> int:
    """Send a validly signed callback with one header replaced or left out."""
    body = _body(order)
    others = {name: text for name, text in _headers(site, body).items() if name != header}
    return _post(site, body, {**others, header: value} if value else others)


def _body(order: int, **changes: Any) -> bytes:
    event = {
        "created_at": int(time.time()),
        "store_id": "1",
        "producer": f"stores/{STORE_HASH}",
        "scope": SCOPE,
        "hash": hashlib.sha1(str((order, changes)).encode(), usedforsecurity=False).hexdigest(),
        "data": {"type": "order", "id": order},
        **changes,
    }
    return json.dumps(event, ensure_ascii=False).encode()


def _headers(site: Site, body: bytes, secret: str = "", timestamp: str = "") -> dict[str, str]:
    """Sign as Standard Webhooks says, and add the hook's own headers."""
    key = secret or str(site.landscape.store_facts["client_secret"])
    delivery, sent = hashlib.sha256(body).hexdigest()[:40], timestamp or str(int(time.time()))
    mac = hmac.new(key.encode(), f"{delivery}.{sent}.".encode() + body, hashlib.sha256).digest()
    hook = next(one for one in site.store("GET", "/hooks")["data"] if SCOPE.startswith(one["scope"].rstrip("*")))
    signature = "v1," + base64.b64encode(mac).decode()
    return {**hook["headers"], "webhook-id": delivery, "webhook-timestamp": sent, "webhook-signature": signature}


def _send(site: Site, body: bytes, *, chunked: bool = False) -> int:
    return _post(site, body, _headers(site, body), chunked=chunked)


def _post(
    site: Site, body: bytes, headers: Mapping[str, str], *, store: str = STORE_HASH, chunked: bool = False
) -> int:
    where = urlsplit(site.landscape.relay_url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=60)
    try:
        sent: Any = iter([body[:40_000], body[40_000:]]) if chunked else body
        connection.request("POST", f"/callbacks/{store}", sent, dict(headers), encode_chunked=chunked)
        return connection.getresponse().status
    finally:
        connection.close()
