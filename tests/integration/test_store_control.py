"""The control interface does to the store what merchants, shoppers and bad days do."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from tests.support.store import StoreClient, a_store

D = Decimal


@pytest.fixture
async def store() -> AsyncIterator[StoreClient]:
    """Run a store."""
    async with a_store() as client:
        yield client


async def fired(store: StoreClient) -> list[str]:
    """Give the scopes of all events that some hook heard."""
    return [row["scope"] for row in (await store.control("/deliveries")).body["data"]]


async def listen(store: StoreClient, *scopes: str) -> None:
    """Register hooks whose callbacks wait."""
    await store.control("/callbacks", "PATCH", {"paused": True})
    for scope in scopes:
        body = {"scope": scope, "destination": "http://127.0.0.1:9/", "is_active": True}
        assert (await store.rest("/v3/hooks", "POST", body)).status == 200


async def test_any_document_is_served_as_it_stands(store: StoreClient) -> None:
    """Odd numbers, unknown fields and sub-resources included."""
    document = {
        "id": 4711,
        "total_inc_tax": 10.50,
        "subtotal_inc_tax": "8",
        "future_field": {"deep": [None]},
        "products": [{"id": 1, "type": "physical", "order_address_id": 2, "price_inc_tax": "8.12345"}],
        "shipping_addresses": [{"id": 2, "cost_inc_tax": "2.5"}],
        "taxes": [{"id": 3, "line_amount": "0"}],
        "date_modified": "Tue, 05 Mar 2019 21:40:11 +0000",
    }
    assert (await store.control("/orders", "POST", document)).status == 201
    order = (await store.rest("/v2/orders/4711?include=consignments&consignment_structure=object")).body

    assert (order["future_field"], order["subtotal_inc_tax"]) == ({"deep": [None]}, "8")
    assert order["date_modified"] == document["date_modified"]
    assert order["consignments"]["shipping"][0]["cost_inc_tax"] == D("2.5")
    assert (await store.rest("/v2/orders/4711/products")).body == document["products"]
    assert (await store.rest("/v2/orders/4711/taxes?details=true")).body == document["taxes"]
    assert (await store.control("/orders", "POST", document)).status == 409


async def test_body_with_lines_is_a_description(store: StoreClient) -> None:
    """Wherever an order is placed; no BigCommerce document has such a key."""
    placed = await store.control("/orders", "POST", {"id": 555, "lines": [{"product_id": 111}]})

    assert (placed.body["id"], placed.body["total_inc_tax"]) == (555, "48.0000")


async def test_documents_go_round(store: StoreClient) -> None:
    """What is shown can be loaded into another store, number and all."""
    order_id = await store.describe(discount="1.11", coupons=[{"code": "A", "amount": "2"}])
    document = (await store.control(f"/orders/{order_id}")).body
    async with a_store() as other:
        await other.control("/orders", "POST", document)
        for path in (f"/v2/orders/{order_id}/products", f"/v2/orders/{order_id}/coupons"):
            assert (await other.rest(path)).raw == (await store.rest(path)).raw


async def test_dry_description_places_nothing(store: StoreClient) -> None:
    """It only shows the document."""
    shown = await store.control("/orders/describe?dry=1", "POST", {"lines": [{"product_id": 111}]})

    assert shown.body["total_inc_tax"] == "48.0000"
    assert (await store.control("/orders")).body["data"] == []


async def test_orders_are_listed_for_the_oracle(store: StoreClient) -> None:
    """With the totals that the books must show."""
    order_id = await store.describe()
    await store.describe(status_id=7)
    await store.control(f"/orders/{order_id}/refunds", "POST", {"items": [], "total_amount": "4.50"})
    rows = (await store.control("/orders?status_id=14")).body["data"]

    assert [(row["id"], row["total_inc_tax"], row["currency"]) for row in rows] == [(order_id, "14.5000", "EUR")]
    assert rows[0]["refunded"] == [D("4.50")]


async def test_generated_orders_are_the_same_for_a_seed(store: StoreClient) -> None:
    """In number, kind and amount."""
    wish = {"count": 6, "seed": 3, "kinds": ["plain", "coupon"]}
    first = (await store.control("/orders/generate", "POST", wish)).body["data"]
    second = (await store.control("/orders/generate", "POST", wish)).body["data"]

    assert len(first) == 6
    assert [row["total_inc_tax"] for row in first] == [row["total_inc_tax"] for row in second]
    assert (await store.control("/orders/generate", "POST", {"kinds": ["odd"]})).status == 400


@pytest.mark.parametrize(
    ("action", "body", "status", "events"),
    [
        ("status", {"status_id": 9}, 9, ["statusUpdated", "updated"]),
        ("cancel", {}, 5, ["statusUpdated", "updated"]),
        ("archive", {}, 11, ["archived", "updated"]),
        ("refunds", {}, 4, ["refund/created", "statusUpdated", "updated"]),
        ("ship", {}, 2, ["statusUpdated", "updated"]),
    ],
)
async def test_actions_fire_their_events(
    store: StoreClient, action: str, body: Any, status: int, events: list[str]
) -> None:
    """And move the order to its status."""
    order_id = await store.describe()
    await listen(store, "store/order/*", "store/shipment/created")
    assert (await store.control(f"/orders/{order_id}/{action}", "POST", body)).status in {200, 201}

    shipped = ["store/shipment/created"] if action == "ship" else []
    assert await fired(store) == [f"store/order/{event}" for event in events] + shipped
    assert (await store.rest(f"/v2/orders/{order_id}")).body["status_id"] == status


async def test_shipping_a_part_is_a_partial_shipment(store: StoreClient) -> None:
    """The rest completes it."""
    order_id = await store.describe(lines=[{"product_id": 111, "quantity": 2}])
    (row,) = (await store.rest(f"/v2/orders/{order_id}/products")).body
    one = {"items": [{"order_product_id": row["id"], "quantity": 1}]}

    await store.control(f"/orders/{order_id}/ship", "POST", one)
    assert (await store.rest(f"/v2/orders/{order_id}")).body["status_id"] == 3
    await store.control(f"/orders/{order_id}/ship", "POST", one)
    order = (await store.rest(f"/v2/orders/{order_id}")).body
    assert (order["status_id"], order["items_shipped"]) == (2, 2)


async def test_edits_move_the_date_and_tell(store: StoreClient) -> None:
    """Unless they set the date themselves, or are to be quiet."""
    await store.control("/orders?events=none", "POST", {"id": 900, "date_modified": "Tue, 05 Mar 2019 21:40:11 +0000"})
    await listen(store, "store/order/*")
    await store.control("/orders/900", "PATCH", {"staff_notes": "a"})
    moved = (await store.rest("/v2/orders/900")).body["date_modified"]
    await store.control("/orders/900?events=none", "PATCH", {"date_modified": "Wed, 06 Mar 2019 21:40:11 +0000"})

    assert not moved.startswith("Tue, 05 Mar 2019")
    assert (await store.rest("/v2/orders/900")).body["date_modified"].startswith("Wed, 06 Mar 2019")
    assert await fired(store) == ["store/order/updated"]


async def test_order_can_be_described_anew(store: StoreClient) -> None:
    """Number and date of creation stay; lines and totals are those of the new description."""
    order_id = await store.describe()
    before = (await store.control(f"/orders/{order_id}")).body
    await store.control(f"/orders/{order_id}", "PATCH", {"description": {"lines": [{"product_id": 111}]}})
    after = (await store.control(f"/orders/{order_id}")).body

    assert (after["id"], after["date_created"]) == (order_id, before["date_created"])
    assert (before["total_inc_tax"], after["total_inc_tax"]) == ("14.5000", "48.0000")


async def test_stale_missing_and_changing_orders_over_http(store: StoreClient) -> None:
    """A consumer meets 404, then the old version, then an edit between two of its fetches."""
    order_id = await store.describe()
    await store.control(f"/orders/{order_id}", "PATCH", {"staff_notes": "second"})
    path = f"/v2/orders/{order_id}"
    await store.control("/faults", "POST", {"kind": "missing", "order_id": order_id, "times": 1})
    await store.control("/faults", "POST", {"kind": "stale", "order_id": order_id, "times": 1})
    edit = {"kind": "edit", "order_id": order_id, "after": 2, "change": {"staff_notes": "third"}}

    assert (await store.rest(path)).status == 404
    assert (await store.rest(path)).body["staff_notes"] == ""
    await store.control("/faults", "POST", edit)
    assert (await store.rest(path)).body["staff_notes"] == "second"
    assert (await store.rest(f"{path}/products")).status == 200
    assert (await store.rest(path)).body["staff_notes"] == "third"


async def test_errors_come_with_or_without_rate_limit_headers(store: StoreClient) -> None:
    """An overloaded platform answers 429 without them; a proxy answers what it likes; a cut is a cut."""
    error = {"kind": "error", "status": 429, "times": 1, "rate_limit_headers": False, "headers": {"Retry-After": "1"}}
    await store.control("/faults", "POST", error)
    bare = await store.rest("/v2/time")
    await store.control("/faults", "POST", {"kind": "error", "status": 503, "times": 1, "body": "down"})
    proxy = await store.rest("/v2/time")
    # Not once only: aiohttp's client quietly repeats a GET whose kept connection was cut.
    await store.control("/faults", "POST", {"kind": "error", "status": 0})

    assert (bare.status, bare.headers["Retry-After"]) == (429, "1")
    assert not any(name.startswith("X-Rate-Limit") for name in bare.headers)
    assert (proxy.status, proxy.body) == (503, "down")
    with pytest.raises(aiohttp.ClientConnectionError):
        await store.rest("/v2/time")
    await store.control("/faults", "DELETE")
    assert (await store.rest("/v2/time")).status == 200


async def test_answer_can_be_lost_after_the_deed(store: StoreClient) -> None:
    """The hook is there though its creator never heard so."""
    await store.control("/faults", "POST", {"kind": "error", "status": 0, "method": "POST", "after": True})
    body = {"scope": "store/order/created", "destination": "http://127.0.0.1:9/", "is_active": True}
    with pytest.raises(aiohttp.ClientConnectionError):
        await store.rest("/v3/hooks", "POST", body)

    assert len((await store.rest("/v3/hooks")).body["data"]) == 1


async def test_held_answers_are_of_before(store: StoreClient) -> None:
    """Held after it was made, an answer does not see what happened meanwhile."""
    order_id = await store.describe()
    hold = {"kind": "hold", "path": f"/v2/orders/{order_id}", "after": True, "times": 1}
    fault = (await store.control("/faults", "POST", hold)).body
    reading = asyncio.create_task(store.rest(f"/v2/orders/{order_id}"))
    assert (await store.control(f"/faults/{fault['id']}/wait?count=1&timeout=5")).body == {
        "reached": 1,
        "in_time": True,
    }
    await store.control(f"/orders/{order_id}", "PATCH", {"staff_notes": "meanwhile"})
    await store.control(f"/faults/{fault['id']}/release", "POST")

    assert (await reading).body["staff_notes"] == ""
    assert (await store.rest(f"/v2/orders/{order_id}")).body["staff_notes"] == "meanwhile"


async def test_faults_can_be_taken_back(store: StoreClient) -> None:
    """One by one or all."""
    first = (await store.control("/faults", "POST", {"kind": "latency", "seconds": 9})).body
    await store.control("/faults", "POST", {"kind": "error", "status": 500})
    assert (await store.control(f"/faults/{first['id']}", "DELETE")).status == 200
    assert len((await store.control("/faults")).body["data"]) == 1
    await store.control("/faults", "DELETE")

    assert (await store.rest("/v2/time")).status == 200
    assert (await store.control("/faults/1")).status == 404


async def test_waiting_for_a_fault_ends(store: StoreClient) -> None:
    """In time or not."""
    fault = (await store.control("/faults", "POST", {"kind": "error", "status": 500})).body

    late = await store.control(f"/faults/{fault['id']}/wait?timeout=0")
    assert late.body == {"reached": 0, "in_time": False}
    assert (await store.control(f"/faults/{fault['id']}/wait?count=x")).status == 400


async def test_resources_change_with_their_events(store: StoreClient) -> None:
    """Made, changed, deleted; groups have no events."""
    await listen(
        store, "store/product/created", "store/product/updated", "store/customer/deleted", "store/category/created"
    )
    assert (await store.control("/products/900", "PUT", {"name": "New", "categories": [22]})).status == 201
    assert (await store.control("/products/900", "PUT", {"categories": [24]})).body["name"] == "New"
    assert (await store.control("/customers/1", "DELETE")).status == 200
    assert (await store.control("/categories/77", "PUT", {"name": "Shed", "parent_id": 30})).status == 201
    assert (await store.control("/groups/3", "PUT", {"name": "Press"})).status == 201

    assert await fired(store) == [
        "store/product/created",
        "store/product/updated",
        "store/customer/deleted",
        "store/category/created",
    ]
    assert (await store.control("/customers/1", "DELETE")).status == 404
    assert (await store.control("/gadgets")).status == 404
    assert len((await store.control("/groups")).body["data"]) == 3


@pytest.mark.parametrize("kind", ["products", "categories", "customers", "groups"])
async def test_new_resources_are_complete(store: StoreClient, kind: str) -> None:
    """However little is said of them, the REST interface can show them."""
    paths = {"products": "/v3/catalog/products/900", "categories": "/v3/catalog/trees/categories?category_id:in=900"}
    paths |= {"customers": "/v3/customers?id:in=900&include=addresses", "groups": "/v2/customer_groups/900"}
    seeded = (await store.control(f"/{kind}")).body["data"][0]
    made = (await store.control(f"/{kind}/900", "PUT", {})).body

    assert set(made) == set(seeded)
    assert (await store.rest(paths[kind])).status == 200
    assert (await store.rest("/v3/customers/addresses?customer_id:in=900")).body["data"] == []


async def test_given_consignments_are_kept(store: StoreClient) -> None:
    """Pick-ups, for example, which no description makes."""
    pickup = {"id": 9, "pickup_method_id": 1, "line_items": []}
    consignments = {"pickups": [pickup], "shipping": [], "downloads": [], "email": {"gift_certificates": []}}
    await store.control("/orders", "POST", {"id": 901, "consignments": consignments})

    assert (await store.rest("/v2/orders/901/consignments")).body == consignments


async def test_events_can_be_made_up(store: StoreClient) -> None:
    """Whatever scope and data; without a hook nobody is told."""
    await listen(store, "store/app/uninstalled")
    told = (await store.control("/events", "POST", {"scope": "store/app/uninstalled", "data": {"type": "store"}})).body
    untold = (await store.control("/events", "POST", {"scope": "store/order/updated", "data": {"id": 1}})).body

    assert [row["body"]["data"] for row in told["data"]] == [{"type": "store"}]
    assert untold["data"] == []
    assert (await store.control("/events", "POST", {"scope": "x"})).status == 400


async def test_overview_and_settings_are_shown(store: StoreClient) -> None:
    """What store it is, its hooks, quota and callbacks."""
    await listen(store, "store/order/created")
    overview = (await store.control("")).body

    assert (overview["store_hash"], overview["products"], overview["hooks"]) == ("abc123", 20, 1)
    assert len((await store.control("/hooks")).body["data"]) == 1
    assert len((await store.control("/accounts")).body["data"]) == 1
    assert (await store.control("/limits")).body["window_ms"] == 30000
    assert (await store.control("/callbacks")).body["paused"] is True
    assert (await store.control("/deliveries?scope=store/order/created&order_id=5")).body["data"] == []


@pytest.mark.parametrize(
    ("path", "method", "body"),
    [
        ("/orders", "POST", [1]),
        ("/orders", "POST", {"id": "x"}),
        ("/orders/describe", "POST", {"lines": [{"produkt_id": 5}]}),
        ("/orders/generate", "POST", {"count": 0}),
        ("/faults", "POST", {"kind": "magic"}),
        ("/faults", "POST", {"kind": "latency", "seconds": 1, "patch": "*"}),
        ("/callbacks", "PATCH", {"loss": 2}),
        ("/limits", "PUT", {"quota": 0}),
        ("/orders?status_id=x", "GET", {}),
        ("/orders/9/status", "POST", {"status_id": 99}),
        ("/orders/9/ship", "POST", {"items": [{"quantity": 1}]}),
    ],
)
async def test_mistakes_are_explained(store: StoreClient, path: str, method: str, body: Any) -> None:
    """A misspelt key is an error with a sentence."""
    answer = await store.control(path, method, body)

    assert answer.status == 400
    assert answer.body["error"]


@pytest.mark.parametrize(
    "call", [("GET", ""), ("PATCH", ""), ("POST", "/cancel"), ("POST", "/archive"), ("POST", "/ship")]
)
async def test_unknown_orders_are_404(store: StoreClient, call: tuple[str, str]) -> None:
    """For every action."""
    assert (await store.control(f"/orders/5{call[1]}", call[0], {})).status == 404
