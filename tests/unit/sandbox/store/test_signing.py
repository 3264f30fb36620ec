"""The signature is what an independent library of Standard Webhooks expects."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_sandbox.store.events import event_body, order_data
from mlconnector_sandbox.store.signing import signature_headers
from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def _library(secret: str) -> Webhook:
    return Webhook(base64.b64encode(secret.encode()).decode())


@given(st.text(min_size=1, max_size=80), st.integers(1, 10**9))
def test_library_accepts_what_is_signed(secret: str, order_id: int) -> None:
    """The key is the secret's own bytes, whatever characters it has."""
    body = event_body("abc", 7, "store/order/updated", order_data(order_id), 1, "d" * 40)
    headers = signature_headers(secret, "d" * 40, int(datetime.now(UTC).timestamp()), body)

    assert _library(secret).verify(body, headers)["data"]["id"] == order_id


def test_changed_byte_is_noticed() -> None:
    """A body of another order does not pass."""
    body = event_body("abc", 7, "store/order/updated", order_data(5), 1, "d" * 40)
    headers = signature_headers("secret", "d" * 40, int(datetime.now(UTC).timestamp()), body)

    with pytest.raises(WebhookVerificationError):
        _library("secret").verify(body.replace(b":5}", b":6}"), headers)
