"""What a callback says, and whom it is for."""

import pytest
from mlconnector_sandbox.store.events import event_body, is_known, matches, order_data, shipment_data, status_data


def test_body_is_compact_with_keys_in_order() -> None:
    """As they are on the wire; the store's id is text."""
    body = event_body("abc123", 1003, "store/order/created", order_data(118), 1700000000, "e" * 40)

    assert body == (
        b'{"producer":"stores/abc123","hash":"' + b"e" * 40 + b'","created_at":1700000000,"store_id":"1003",'
        b'"scope":"store/order/created","data":{"type":"order","id":118}}'
    )


def test_order_id_stands_elsewhere_in_shipment_events() -> None:
    """A trap of the real payloads: the id there is the shipment's."""
    assert shipment_data(9, 118) == {"type": "shipment", "id": 9, "orderId": 118}


def test_status_events_name_both_statuses() -> None:
    """Previous and new."""
    assert status_data(118, 1, 11)["status"] == {"previous_status_id": 1, "new_status_id": 11}


@pytest.mark.parametrize(
    ("registered", "fired", "covered"),
    [
        ("store/order/created", "store/order/created", True),
        ("store/order/created", "store/order/updated", False),
        ("store/order/*", "store/order/refund/created", True),
        ("store/order/*", "store/orders/created", False),
        ("store/order", "store/order/created", False),
    ],
)
def test_scopes_match_exactly_or_by_wildcard(registered: str, fired: str, *, covered: bool) -> None:
    """A prefix without a wildcard covers nothing."""
    assert matches(registered, fired) is covered


@pytest.mark.parametrize("scope", ["store/app/uninstall", "store/order/creation", "order/created", "store/*", ""])
def test_unknown_scopes_are_unknown(scope: str) -> None:
    """They are compared exactly."""
    assert not is_known(scope)
    assert is_known("store/order/statusUpdated")
    assert is_known("store/order/*")
