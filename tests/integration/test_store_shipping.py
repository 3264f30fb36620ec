"""Shipments, pickups and their traces in the order, through the control interface."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.store import StoreClient, a_store

TWO_PLACES = {
    "lines": [{"product_id": 111, "quantity": 3}, {"product_id": 112, "destination": 1}, {"product_id": 141}],
    "destinations": [{"shipping": "5"}, {"shipping": "4", "address": {"city": "Elsewhere"}}],
}


@pytest.fixture
async def store() -> AsyncIterator[StoreClient]:
    """Run a store with hooks for shipments and orders."""
    async with a_store() as client:
        await client.control("/callbacks", "PATCH", {"paused": True})
        for scope in ("store/order/*", "store/shipment/*"):
            body = {"scope": scope, "destination": "http://127.0.0.1:9/", "is_active": True}
            assert (await client.rest("/v3/hooks", "POST", body)).status == 200
        yield client


async def heard(store: StoreClient) -> list[str]:
    """Give all events so far."""
    return [row["scope"].removeprefix("store/") for row in (await store.control("/deliveries")).body["data"]]


async def below(store: StoreClient, order_id: int, part: str) -> Any:
    """Give a list below an order."""
    answer = await store.rest(f"/v2/orders/{order_id}/{part}")
    return answer.body if answer.raw else []


async def order_of(store: StoreClient, order_id: int) -> Any:
    """Give an order."""
    return (await store.rest(f"/v2/orders/{order_id}")).body


async def test_everything_left_goes_to_its_addresses(store: StoreClient) -> None:
    """One shipment each; downloads are not shipped and keep nothing open."""
    order_id = await store.describe(**TWO_PLACES)
    await store.control(f"/orders/{order_id}/ship", "POST", {"tracking_number": "T1", "tracking_carrier": "dhl"})
    order, shipments = await order_of(store, order_id), await below(store, order_id, "shipments")
    addresses = await below(store, order_id, "shipping_addresses")

    assert [row["order_address_id"] for row in shipments] == [row["id"] for row in addresses]
    assert [[item["quantity"] for item in row["items"]] for row in shipments] == [[3], [1]]
    assert {(row["tracking_number"], row["tracking_carrier"]) for row in shipments} == {("T1", "dhl")}
    assert [row["items_shipped"] for row in addresses] == [3, 1]
    assert (order["status_id"], order["items_shipped"], bool(order["date_shipped"])) == (2, 4, True)
    assert (await heard(store))[-4:] == ["order/statusUpdated", "order/updated", "shipment/created", "shipment/created"]
    assert (await store.control(f"/orders/{order_id}/ship", "POST")).status == 409


async def test_parts_are_shipped_one_after_the_other(store: StoreClient) -> None:
    """Until nothing is left; the second part of a partly shipped order changes no status."""
    order_id = await store.describe(lines=[{"product_id": 111, "quantity": 3}])
    (row,) = await below(store, order_id, "products")
    states = []
    for quantity in (1, 1, 1):
        item = {"order_product_id": row["id"], "quantity": quantity}
        assert (await store.control(f"/orders/{order_id}/ship", "POST", {"items": [item]})).status == 201
        order = await order_of(store, order_id)
        states.append((order["status_id"], order["items_shipped"], bool(order["date_shipped"])))

    assert states == [(3, 1, False), (3, 2, False), (2, 3, True)]
    assert (await heard(store)).count("order/statusUpdated") == 1 + 2


@pytest.mark.parametrize("quantity", [0, 4])
async def test_no_more_is_shipped_than_was_ordered(store: StoreClient, quantity: int) -> None:
    """And no line that is not of the order, or not sent."""
    order_id = await store.describe(lines=[{"product_id": 111, "quantity": 3}, {"product_id": 141}])
    physical, digital = await below(store, order_id, "products")

    for line, count in ((physical["id"], quantity), (digital["id"], 1), (9, 1)):
        item = {"order_product_id": line, "quantity": count}
        assert (await store.control(f"/orders/{order_id}/ship", "POST", {"items": [item]})).status == 409


async def test_shipments_are_corrected(store: StoreClient) -> None:
    """Nothing but what is said of them."""
    order_id = await store.describe()
    made = (await store.control(f"/orders/{order_id}/ship", "POST")).body
    path = f"/orders/{order_id}/shipments/{made['id']}"
    await store.control(path, "PATCH", {"tracking_number": "T2"})

    assert (await below(store, order_id, "shipments"))[0] == {**made, "tracking_number": "T2"}
    assert (await heard(store))[-2:] == ["order/updated", "shipment/updated"]
    assert (await store.control(path, "PATCH", {"items": []})).status == 400
    assert (await store.control(f"/orders/{order_id}/shipments/9", "PATCH", {})).status == 409


async def test_deleted_shipment_leaves_the_status(store: StoreClient) -> None:
    """But not the counts; what came back can be shipped again."""
    order_id = await store.describe(lines=[{"product_id": 111, "quantity": 2}])
    made = (await store.control(f"/orders/{order_id}/ship", "POST")).body
    assert (await store.control(f"/orders/{order_id}/shipments/{made['id']}", "DELETE")).status == 200
    order = await order_of(store, order_id)

    assert (order["status_id"], order["items_shipped"]) == (2, 0)
    assert (await heard(store))[-2:] == ["order/updated", "shipment/deleted"]
    assert await below(store, order_id, "shipments") == []
    assert (await store.control(f"/orders/{order_id}/ship", "POST")).status == 201


async def test_pickups_are_fetched_not_shipped(store: StoreClient) -> None:
    """They have a place of their own, no shipping address, and the taxes of that place."""
    place = {"pickup": {"name": "Innsbruck"}, "address": {"country_iso2": "AT", "country": "Austria", "state": "Tirol"}}
    order_id = await store.describe(lines=[{"product_id": 111, "quantity": 2}], destinations=[place], status_id=8)
    order, (row,) = await order_of(store, order_id), await below(store, order_id, "products")
    shown = await store.rest(f"/v2/orders/{order_id}/consignments?include=consignments.line_items")
    (pickup,) = shown.body["pickups"]

    assert (row["order_pickup_method_id"], row["order_address_id"]) == (pickup["id"], 0)
    assert (pickup["location"]["name"], pickup["location"]["country_alpha2"]) == ("Innsbruck", "AT")
    assert ([line["id"] for line in pickup["line_items"]], shown.body["shipping"]) == ([row["id"]], [])
    assert (order["shipping_address_count"], order["order_is_digital"]) == (0, False)
    assert await below(store, order_id, "shipping_addresses") == []
    (tax,) = await below(store, order_id, "taxes?details=true")
    assert (tax["name"], tax["order_pickup_method_id"], tax["order_address_id"]) == ("USt AT 20 %", pickup["id"], 0)
    assert (await store.control(f"/orders/{order_id}/ship", "POST")).status == 409
    costly = {"lines": [{"product_id": 111}], "destinations": [{**place, "shipping": "5"}]}
    assert (await store.control("/orders/describe", "POST", costly)).status == 400
