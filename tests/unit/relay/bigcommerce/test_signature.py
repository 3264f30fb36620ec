"""A callback is believed only when its raw bytes were signed; everything else is refused with a precise reason."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from mlconnector_relay.bigcommerce.signature import CallbackRejected, sign, verify
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "a client secret"
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SENT = int(NOW.timestamp())
HASH = "64d346b71e4c02453da81c5d97cec8063a6e7a4d"


def body_of(scope: str = "store/order/updated", data: Any = None, **envelope: Any) -> bytes:
    """Write a callback's body."""
    content = {"producer": "stores/abc123", "hash": HASH, "created_at": SENT - 2, "store_id": "1000", "scope": scope}
    return json.dumps(content | {"data": {"type": "order", "id": 250} if data is None else data} | envelope).encode()


def headers_of(body: bytes, *, secret: str = SECRET, sent: int = SENT, **changes: str) -> dict[str, str]:
    """Sign a body the documented way."""
    headers = {
        "webhook-id": HASH,
        "webhook-timestamp": str(sent),
        "webhook-signature": sign(secret, HASH, sent, body),
    }
    return headers | {name.replace("_", "-"): value for name, value in changes.items()}


def rejected(headers: dict[str, str], body: bytes, **options: Any) -> CallbackRejected:
    """Return the rejection of a callback."""
    with pytest.raises(CallbackRejected) as caught:
        verify(headers, body, [SECRET], NOW, **options)
    return caught.value


def test_a_signed_callback_is_read() -> None:
    """What the signature covers is what we know of it."""
    callback = verify(headers_of(body_of()), body_of(), [SECRET], NOW)
    assert (callback.delivery_id, callback.scope, callback.store_hash) == (HASH, "store/order/updated", "abc123")
    assert (callback.order_id, callback.stale) == (250, False)
    assert callback.created_at == NOW - timedelta(seconds=2)


def test_the_signature_is_the_documented_one() -> None:
    """A vector verified with the reference libraries of two languages."""
    body = (
        b'{"producer":"stores/8jbhprizry","hash":"64d346b71e4c02453da81c5d97cec8063a6e7a4d","created_at":1786447828,'
        b'"store_id":"1003502318","scope":"store/product/updated","data":{"type":"product","id":180}}'
    )
    assert len(body) == 197
    assert sign("test_client_secret", HASH, 1786447831, body) == "v1,NjRuLrQ5rh1vh77A7MNJ2+fKtG/B+tSzoNtrpOA9ubk="


def test_header_names_are_read_in_any_case() -> None:
    """Their case on the wire is not documented."""
    shouted = {name.upper(): value for name, value in headers_of(body_of()).items()}
    assert verify(shouted, body_of(), [SECRET], NOW).order_id == 250


def test_one_of_several_signatures_and_secrets_is_enough() -> None:
    """While accounts are changed over, either secret may have signed."""
    body = body_of()
    header = f"v1,{base64.b64encode(b'x' * 32).decode()} v2,abc {sign(SECRET, HASH, SENT, body)}"
    assert verify(headers_of(body, webhook_signature=header), body, ["new", "", SECRET], NOW).order_id == 250


@pytest.mark.parametrize("seconds", [-301, 301, -200_000])
def test_a_late_retry_is_believed_and_marked(seconds: int) -> None:
    """Retries may carry their first time stamp: refusing them would kill the hook."""
    sent = SENT + seconds
    assert verify(headers_of(body_of(), sent=sent), body_of(), [SECRET], NOW).stale
    assert not verify(headers_of(body_of(), sent=sent), body_of(), [SECRET], NOW, tolerance_seconds=200_001).stale


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"webhook_id": ""}, 401, "webhook-id is missing"),
        ({"webhook_timestamp": " "}, 401, "webhook-timestamp is missing"),
        ({"webhook_signature": ""}, 401, "webhook-signature is missing"),
        ({"webhook_id": "a b"}, 400, "webhook-id"),
        ({"webhook_id": "x" * 256}, 400, "webhook-id"),
        ({"webhook_id": "é"}, 400, "webhook-id"),
        ({"webhook_timestamp": "yesterday"}, 400, "webhook-timestamp"),
        ({"webhook_timestamp": "1.5"}, 400, "webhook-timestamp"),
        ({"webhook_timestamp": "-5"}, 400, "webhook-timestamp"),
        ({"webhook_timestamp": "9" * 40}, 400, "webhook-timestamp"),
        ({"webhook_timestamp": "٣"}, 400, "webhook-timestamp"),
        ({"webhook_signature": "no comma"}, 401, "no readable v1"),
        ({"webhook_signature": "v1,%%%"}, 401, "no readable v1"),
        ({"webhook_signature": "v1,abc"}, 401, "no readable v1"),
        ({"webhook_signature": "v1,ü"}, 401, "no readable v1"),
        ({"webhook_signature": "v2,AAAA"}, 401, "no readable v1"),
        ({"webhook_signature": "v1,AAAA"}, 401, "no signature matches"),
        ({"webhook_id": "another"}, 401, "no signature matches"),
        ({"webhook_timestamp": str(SENT - 1)}, 401, "no signature matches"),
    ],
)
def test_malformed_and_forged_headers_are_refused(changes: dict[str, str], status: int, words: str) -> None:
    """Every way to be wrong has its status and its reason; none is an internal error."""
    rejection = rejected(headers_of(body_of(), **changes), body_of())
    assert (rejection.status, words in rejection.reason) == (status, True)
    assert words in str(rejection)


def test_missing_headers_are_refused() -> None:
    """A request without any of them was not sent by the store."""
    assert rejected({}, body_of()).status == 401


def test_the_bytes_are_signed_not_their_meaning() -> None:
    """The same JSON in another spelling is not what was signed."""
    body = body_of()
    assert rejected(headers_of(body), json.dumps(json.loads(body), indent=1).encode()).status == 401


def test_a_wrong_or_missing_secret_verifies_nothing() -> None:
    """A forger's secret does not match; without any secret nothing can match."""
    body = body_of()
    assert rejected(headers_of(body, secret="other"), body).status == 401
    for secrets in ([], [""]):
        with pytest.raises(CallbackRejected, match="no client secret"):
            verify(headers_of(body), body, secrets, NOW)


def test_only_so_many_signatures_are_looked_at() -> None:
    """The sender cannot make us compute for ever."""
    header = "v2,x " * 16 + sign(SECRET, HASH, SENT, body_of())
    assert rejected(headers_of(body_of(), webhook_signature=header), body_of()).status == 401


def test_a_body_too_large_is_refused_unread() -> None:
    """The limit comes from the caller."""
    body = body_of()
    assert rejected({}, body, max_body_bytes=len(body) - 1).status == 413
    assert verify(headers_of(body), body, [SECRET], NOW, max_body_bytes=len(body)).order_id == 250


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"5",
        b"{}",
        b'{"producer":"stores/abc123"}',
        b'{"producer":"stores/abc123","scope":5}',
        b'{"producer":"elsewhere","scope":"store/order/updated"}',
        b'{"producer":"stores/../x","scope":"store/order/updated"}',
        b'{"producer":"stores/abc123","scope":"store/\\ud800"}',
        b'{"producer":"stores/abc123","scope":"store/\\u0000"}',
        b'{"producer":"stores/abc123","scope":"' + b"x" * 256 + b'"}',
        b"[" * 20_000,
        b'{"a":' + b"9" * 5000 + b"}",
    ],
)
def test_a_signed_body_that_cannot_be_read_is_refused(body: bytes) -> None:
    """It is authentic, but tells nothing."""
    assert rejected(headers_of(body), body).status == 400


@pytest.mark.parametrize(
    ("scope", "data", "order_id"),
    [
        ("store/order/created", {"type": "order", "id": 250}, 250),
        ("store/order/statusUpdated", {"type": "order", "id": "250", "status": {}}, 250),
        ("store/order/refund/created", {"type": "order", "id": 250, "refund": {"refund_id": 3}}, 250),
        ("store/order/transaction/created", {"type": "transaction", "order_id": "250"}, 250),
        ("store/shipment/created", {"type": "shipment", "id": 9, "orderId": 250}, 250),
        ("store/channel/1/order/updated", {"order_id": 250}, 250),
        ("store/order/metafield/created", {"metafield_id": 5, "resource_id": "250"}, None),
        ("store/order/message/created", {"type": "order", "id": 250}, None),
        ("store/customer/updated", {"type": "customer", "id": 250}, None),
        ("store/order/updated", {"type": "order", "id": "x"}, None),
        ("store/order/updated", {"type": "order", "id": 0}, None),
        ("store/order/updated", {"type": "order", "id": 2**63 - 1}, 2**63 - 1),
        ("store/order/updated", {"type": "order", "id": 2**63}, None),
        ("store/order/updated", {"type": "order", "id": -1}, None),
        ("store/order/updated", {"type": "order", "id": True}, None),
        ("store/order/updated", {"type": "order", "id": 250.0}, None),
        ("store/order/updated", {"type": "order", "id": "٣"}, None),
        ("store/order/updated", {"type": "order"}, None),
        ("store/order/updated", {}, None),
        ("store/priceList/records/updated", [{"price_list_id": 1}], None),
        ("store/app/uninstalled", {"type": "store"}, None),
    ],
)
def test_the_order_is_found_in_every_shape_of_event(scope: str, data: Any, order_id: int | None) -> None:
    """Order, refund, shipment and transaction events name their order in different places; others name none."""
    body = body_of(scope, data)
    callback = verify(headers_of(body), body, [SECRET], NOW)
    assert (callback.scope, callback.order_id) == (scope, order_id)


def test_an_event_without_its_time_takes_that_of_sending() -> None:
    """Some events have had other shapes of it."""
    body = body_of(created_at="2026-03-04")
    assert verify(headers_of(body), body, [SECRET], NOW).created_at == NOW


@settings(deadline=None)
@given(
    body=st.binary(max_size=200),
    secret=st.text(min_size=1, max_size=20),
    delivery_id=st.from_regex(r"[!-~]{1,40}", fullmatch=True),
)
def test_signing_is_what_the_reference_library_does(body: bytes, secret: str, delivery_id: str) -> None:
    """Any text body, secret and id give the library's signature."""
    text = body.decode("latin-1")
    library = Webhook(base64.b64encode(secret.encode()).decode())
    assert sign(secret, delivery_id, SENT, text.encode()) == library.sign(delivery_id, NOW, text)


@settings(deadline=None)
@given(
    place=st.integers(0, 43),
    replacement=st.sampled_from("ABCXYZ019+/="),
    shift=st.integers(-280, 280),
    where=st.sampled_from(["signature", "id", "timestamp", "body"]),
)
def test_the_reference_library_agrees_on_what_is_authentic(
    place: int, replacement: str, shift: int, where: str
) -> None:
    """Whatever one character is changed, both believe or both refuse."""
    now = datetime.now(UTC)
    sent = int(now.timestamp()) + shift
    body = body_of()
    headers = headers_of(body, sent=sent)
    if where == "body":
        text = body.decode()
        body = (text[:place] + replacement + text[place + 1 :]).encode()
    else:
        name = f"webhook-{where}"
        value = headers[name]
        at = min(place, len(value) - 1)
        headers[name] = value[:at] + replacement + value[at + 1 :]
    assume(where != "timestamp" or headers["webhook-timestamp"].isdigit())
    library = Webhook(base64.b64encode(SECRET.encode()).decode())
    try:
        library.verify(body, headers, json_parse=False)
        theirs = True
    except (WebhookVerificationError, ValueError):
        theirs = False
    try:
        ours = not verify(headers, body, [SECRET], now).stale
    except CallbackRejected as rejection:
        ours = rejection.status == 400 and rejection.reason.startswith("signed")
    assert ours == theirs
