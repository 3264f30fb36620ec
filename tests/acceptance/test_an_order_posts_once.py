"""The whole path: every order becomes one balanced document, whatever becomes of its callbacks."""

from typing import Any

import pytest
from mlconnector_sandbox.landscape.compare import POSTING_STATUSES
from mlconnector_sandbox.landscape.orders import DEMO_ORDERS

from tests.support.landscape import Site

pytestmark = pytest.mark.timeout(400)

MAPPED = [one for one in DEMO_ORDERS if "without mapping" not in one.shows]


def test_orders_of_every_kind(site: Site) -> None:
    """Each order that is to be posted has one balanced document to the cent; one that is not has none, and says why."""
    owed: list[int] = []
    others: list[int] = []
    for kind in MAPPED:
        wanted = owed if kind.description.get("status_id", 11) in POSTING_STATUSES else others
        wanted.append(site.place(**{**kind.description, "id": site.number()}))

    site.posted_once(*owed)

    assert others
    for order in others:
        assert "does not post yet" in site.becomes(order, "waiting")["reason"]
        assert site.documents(order) == []


@pytest.mark.parametrize(
    "callbacks",
    [
        pytest.param({"copies": 3}, id="duplicates at the same moment"),
        pytest.param({"disorder_seconds": 2}, id="disorder"),
        pytest.param({"loss": 1}, id="all lost: the sweep finds them"),
        pytest.param({"copies": 2, "disorder_seconds": 1, "loss": 0.5}, id="everything at once"),
    ],
)
def test_callbacks_change_nothing(site: Site, callbacks: dict[str, Any]) -> None:
    """Callbacks doubled, disordered or lost: the same documents as without."""
    site.store("PATCH", "/callbacks", callbacks)

    orders = [site.place(lines=[{"product_id": product}]) for product in (111, 117, 123, 141)]

    site.posted_once(*orders)


def test_an_order_changed_while_it_is_posted(site: Site) -> None:
    """Status changes right after the order was placed bring more callbacks, and no second document."""
    order = site.place()
    for status in (9, 3, 2, 10):
        site.store("POST", f"/orders/{order}/status", {"status_id": status})
    site.posted_once(order)

    site.store("POST", f"/orders/{order}/status", {"status_id": 2})
    site.until(lambda: "posted as" in site.becomes(order, "posted")["reason"] or None, "nobody looked again")

    site.posted_once(order)
