"""The store's REST interface answers as BigCommerce does."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from tests.support.store import StoreClient, a_store

D = Decimal
FULL = "?include=consignments.line_items,fees&consignment_structure=object"


@pytest.fixture
async def store() -> AsyncIterator[StoreClient]:
    """Run a store."""
    async with a_store() as client:
        yield client


async def test_one_call_brings_order_lines_addresses_and_fees(store: StoreClient) -> None:
    """Amounts are text in the order and numbers in its consignments, with the same digits."""
    order_id = await store.describe(destinations=[{"shipping": "4.90"}], fees=[{"amount": "2"}])
    order = (await store.rest(f"/v2/orders/{order_id}{FULL}")).body
    (address,) = order["consignments"]["shipping"]

    assert order["shipping_cost_inc_tax"] == "4.9000"
    assert address["cost_inc_tax"] == D("4.9000")
    assert str(address["cost_inc_tax"]) == "4.9000"
    assert [row["product_id"] for row in address["line_items"]] == [112]
    assert [fee["cost_inc_tax"] for fee in order["fees"]] == ["2.0000"]


async def test_without_include_there_are_links(store: StoreClient) -> None:
    """The address link has no underscore, and both paths answer."""
    order_id = await store.describe()
    order = (await store.rest(f"/v2/orders/{order_id}")).body

    assert order["shipping_addresses"]["resource"] == f"/orders/{order_id}/shippingaddresses"
    assert set(order["consignments"]) == set(order["fees"]) == {"url", "resource"}
    linked = await store.rest(f"/v2{order['shipping_addresses']['resource']}")
    assert linked.raw == (await store.rest(f"/v2/orders/{order_id}/shipping_addresses")).raw


async def test_consignments_need_the_object_structure(store: StoreClient) -> None:
    """Without it the include is refused."""
    order_id = await store.describe()

    assert (await store.rest(f"/v2/orders/{order_id}?include=consignments")).status == 400
    assert (await store.rest(f"/v2/orders/{order_id}?include=products")).status == 400


@pytest.mark.parametrize("path", ["/v2/orders/{}/coupons", "/v2/orders/{}/products?page=2", "/v2/orders?min_id=9999"])
async def test_empty_v2_lists_are_204_without_a_body(store: StoreClient, path: str) -> None:
    """Also past the last page."""
    answer = await store.rest(path.format(await store.describe()))

    assert (answer.status, answer.raw) == (204, b"")


@pytest.mark.parametrize("path", ["/v3/customers?id:in=999", "/v3/orders/{}/payment_actions/refunds"])
async def test_empty_v3_lists_are_200(store: StoreClient, path: str) -> None:
    """With an empty list in the envelope."""
    answer = await store.rest(path.format(await store.describe()))

    assert (answer.status, answer.body["data"]) == (200, [])


async def test_errors_have_the_shape_of_their_version(store: StoreClient) -> None:
    """An array in V2, an object in V3."""
    old, new = await store.rest("/v2/orders/5"), await store.rest("/v3/catalog/products/5")

    assert (old.status, old.body[0]["status"]) == (404, 404)
    assert (new.status, new.body["status"]) == (404, 404)
    assert (await store.rest("/v3/nothing")).status == 404


async def test_wrong_token_is_401_and_missing_scope_403(store: StoreClient) -> None:
    """A token that may only read products reads no orders, and nobody writes with a read-only scope."""
    products = (await store.control("/accounts", "POST", {"scopes": ["store_v2_products_read_only"]})).body
    reader = (await store.control("/accounts", "POST", {"scopes": ["store_v2_orders_read_only"]})).body
    order_id = await store.describe()

    assert (await store.rest("/v2/orders", token="wrong")).status == 401
    assert (await store.rest("/v2/orders", token=products["access_token"])).status == 403
    assert (await store.rest("/v3/catalog/products", token=products["access_token"])).status == 200
    assert (await store.rest("/v2/time", token=products["access_token"])).status == 200
    token = reader["access_token"]
    assert (await store.rest(f"/v2/orders/{order_id}", token=token)).status == 200
    assert (await store.rest(f"/v2/orders/{order_id}", "PUT", {"staff_notes": "x"}, token)).status == 403


async def test_quota_is_told_and_enforced(store: StoreClient) -> None:
    """Every answer has the headers; beyond the quota comes 429 with the time to wait."""
    await store.control("/limits", "PUT", {"quota": 2, "window_ms": 30000})
    answers = [await store.rest("/v2/time") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-Rate-Limit-Requests-Left"] for answer in answers] == ["1", "0", "0"]
    assert 0 < int(answers[2].headers["X-Retry-After"]) <= 30


async def test_lists_are_filtered_sorted_and_paged(store: StoreClient) -> None:
    """By status, by number, newest first, two at a time."""
    ids = [await store.describe(status_id=status) for status in (11, 7, 11, 11)]
    page = (await store.rest("/v2/orders?status_id=11&sort=id:desc&limit=2")).body
    rest = (await store.rest("/v2/orders?status_id=11&sort=id:desc&limit=2&page=2")).body

    assert [order["id"] for order in [*page, *rest]] == [ids[3], ids[2], ids[0]]
    assert [order["id"] for order in (await store.rest(f"/v2/orders?min_id={ids[1]}&max_id={ids[2]}")).body] == ids[1:3]
    assert (await store.rest("/v2/orders/count")).body["count"] == 4


async def test_modified_since_is_inclusive_in_every_date_form(store: StoreClient) -> None:
    """A sweep that asks from the last date it saw misses nothing."""
    await store.control("/orders", "POST", {"id": 800, "date_modified": "Tue, 05 Mar 2019 21:40:11 +0000"})
    await store.control("/orders", "POST", {"id": 801, "date_modified": "Tue, 05 Mar 2019 21:40:12 +0000"})
    forms = ["2019-03-05T21:40:11Z", "Tue, 05 Mar 2019 21:40:11 %2B0000", "2019-03-05T21:40:11"]

    for form in forms:
        found = (await store.rest(f"/v2/orders?min_date_modified={form}&sort=date_modified:asc")).body
        assert [order["id"] for order in found] == [800, 801]
    assert (await store.rest("/v2/orders?min_date_modified=yesterday")).status == 400
    assert (await store.rest("/v2/orders?max_date_modified=2019-03-05T21:40:10Z")).status == 204


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v2/orders?limit=251", 413),
        ("/v2/orders?page=x", 400),
        ("/v2/orders?sort=price", 400),
        ("/v2/orders?sort=id:up", 400),
        ("/v2/orders?min_datemodified=2019-01-01", 400),
        ("/v3/catalog/products?ids=5", 422),
        ("/v3/catalog/products?id:in=a", 422),
        ("/v3/customers?sort=email:asc", 422),
        ("/v2/order_statuses/99", 404),
        ("/v2/tax_classes/99", 404),
        ("/v2/customer_groups/99", 404),
        ("/v3/catalog/trees/9/categories", 404),
        ("/v3/orders/payment_actions/refunds/9", 404),
        ("/v3/hooks/9", 404),
    ],
)
async def test_bad_requests_are_refused(store: StoreClient, path: str, status: int) -> None:
    """A misspelt parameter is an error here, so that nobody relies on its being ignored."""
    assert (await store.rest(path)).status == status


async def test_v3_pages_say_where_they_are(store: StoreClient) -> None:
    """More than the most is the most; links lead on."""
    first = (await store.rest("/v3/catalog/products?limit=8")).body["meta"]["pagination"]
    last = (await store.rest("/v3/catalog/products?limit=8&page=3")).body["meta"]["pagination"]

    assert (first["total"], first["count"], first["total_pages"]) == (20, 8, 3)
    assert ("next" in first["links"], "previous" in first["links"]) == (True, False)
    assert (last["count"], "next" in last["links"], "previous" in last["links"]) == (4, False, True)


async def test_products_show_only_the_fields_asked_for(store: StoreClient) -> None:
    """The id comes always; products that are not there are just absent."""
    rows = (await store.rest("/v3/catalog/products?id:in=116,999&include_fields=categories,tax_class_id")).body["data"]

    assert rows == [{"id": 116, "tax_class_id": 0, "categories": [23, 21]}]


async def test_products_are_found_by_id_category_and_sku(store: StoreClient) -> None:
    """One parameter after the other narrows the list."""
    for query, wanted in (("id=112", [112]), ("categories:in=21", [116]), ("sku:in=HM-TB-0111,PN-TC-0131", [111, 131])):
        rows = (await store.rest(f"/v3/catalog/products?{query}")).body["data"]
        assert [row["id"] for row in rows] == wanted
    assert len((await store.rest("/v3/catalog/trees/categories?parent_id:in=0&is_visible=true")).body["data"]) == 4


async def test_customers_are_sorted_and_filtered(store: StoreClient) -> None:
    """By name; by group, address of mail and date."""
    rows = (await store.rest("/v3/customers?sort=last_name:desc")).body["data"]
    names = [row["last_name"] for row in rows]

    assert names == sorted(names, reverse=True)
    assert [row["id"] for row in (await store.rest("/v3/customers?customer_group_id:in=2")).body["data"]] == [2, 5]
    assert (await store.rest("/v3/customers?email:in=nobody@example.org")).body["data"] == []
    assert (await store.rest("/v3/customers?date_modified:min=2025-01-01")).body["data"] == []


async def test_hooks_cannot_be_changed_against_the_rules(store: StoreClient) -> None:
    """Nor written as something else than JSON."""
    body = {"scope": "store/order/created", "destination": "http://127.0.0.1:9/", "is_active": True}
    hook = (await store.rest("/v3/hooks", "POST", body)).body["data"]

    assert (await store.rest(f"/v3/hooks/{hook['id']}", "PUT", {"destination": "nowhere"})).status == 422
    url = f"{store.origin}/stores/abc123/v3/hooks"
    headers = {"X-Auth-Token": store.account.access_token}
    async with aiohttp.ClientSession() as session, session.post(url, data=b"{", headers=headers) as response:
        assert response.status == 400


async def test_categories_lead_to_the_root(store: StoreClient) -> None:
    """Parent by parent, and as a tree."""
    path, wanted = [], 22
    while wanted:
        (row,) = (await store.rest(f"/v3/catalog/trees/categories?category_id:in={wanted}")).body["data"]
        path.append(row["name"])
        wanted = row["parent_id"]
    tree = (await store.rest("/v3/catalog/trees/1/categories")).body["data"]

    assert path == ["Tableware", "Kitchen", "Home"]
    assert tree[0]["children"][0]["children"][0]["path"] == [20, 21, 22]
    assert (await store.rest("/v3/catalog/trees")).body["data"][0]["id"] == 1


async def test_customers_bring_what_is_included(store: StoreClient) -> None:
    """Addresses only when asked for; at most ten of them inline."""
    addresses = [{"id": 70 + number, "customer_id": 1} for number in range(12)]
    await store.control("/customers/1", "PUT", {"addresses": addresses})
    bare = (await store.rest("/v3/customers?id:in=1")).body["data"][0]
    full = (await store.rest("/v3/customers?id:in=1&include=addresses,formfields")).body["data"][0]

    assert "addresses" not in bare
    assert (len(full["addresses"]), full["form_fields"]) == (10, [])
    assert len((await store.rest("/v3/customers/addresses?customer_id:in=1")).body["data"]) == 12
    assert (await store.rest("/v2/customer_groups/2")).body["name"] == "Trade"


async def test_clients_may_write_notes_and_status_only(store: StoreClient) -> None:
    """Writing bumps the date of modification; read-only fields and unknown statuses are refused."""
    order_id = await store.describe()
    written = await store.rest(f"/v2/orders/{order_id}", "PUT", {"staff_notes": "SAP 1400000001", "status_id": 9})

    assert (written.body["staff_notes"], written.body["status"]) == ("SAP 1400000001", "Awaiting Shipment")
    refused: tuple[Any, ...] = ({"total_tax": "1"}, {"status_id": 99}, [])
    for body in refused:
        assert (await store.rest(f"/v2/orders/{order_id}", "PUT", body)).status == 400


async def test_deleted_orders_are_archived(store: StoreClient) -> None:
    """They still exist, marked."""
    order_id = await store.describe()

    assert (await store.rest(f"/v2/orders/{order_id}", "DELETE")).status == 204
    assert (await store.rest(f"/v2/orders/{order_id}")).body["is_deleted"] is True


async def test_taxes_are_summed_unless_details_are_asked_for(store: StoreClient) -> None:
    """Per address, class and rate; with details per item."""
    order_id = await store.describe(lines=[{"product_id": 111}, {"product_id": 112}, {"product_id": 131}])
    summed = (await store.rest(f"/v2/orders/{order_id}/taxes")).body
    detailed = (await store.rest(f"/v2/orders/{order_id}/taxes?details=true")).body

    assert (len(summed), len(detailed)) == (2, 3)
    assert "line_item_type" not in summed[0]
    assert sum(D(row["line_amount"]) for row in summed) == sum(D(row["line_amount"]) for row in detailed)


async def test_single_rows_and_counts(store: StoreClient) -> None:
    """One product, one address, one shipment, and how many shipments there are."""
    order_id = await store.describe()
    await store.control(f"/orders/{order_id}/ship", "POST", {})
    root = f"/v2/orders/{order_id}"

    for part in ("products", "shipping_addresses", "shipments"):
        (row,) = (await store.rest(f"{root}/{part}")).body
        assert (await store.rest(f"{root}/{part}/{row['id']}")).body == row
        assert (await store.rest(f"{root}/{part}/1")).status == 404
    assert (await store.rest(f"{root}/shipments/count")).body == {"count": 1}
    assert (await store.rest(f"{root}/consignments?include=consignments.line_items")).body["shipping"]
    assert (await store.rest(f"{root}/fees")).body == {"fees": []}


async def test_refunds_are_listed_by_number(store: StoreClient) -> None:
    """Of one order, of all, since a date, and one by one with requested amounts as text."""
    first, second = await store.describe(), await store.describe()
    for order_id in (first, second):
        await store.control(f"/orders/{order_id}/refunds", "POST", {})
    (refund,) = (await store.rest(f"/v3/orders/{second}/payment_actions/refunds")).body["data"]
    everything = "/v3/orders/payment_actions/refunds"

    assert refund["total_amount"] == D("14.5000")
    assert [row["order_id"] for row in (await store.rest(everything)).body["data"]] == [first, second]
    assert (await store.rest(f"{everything}?created:max=2000-01-01")).body["data"] == []
    assert (await store.rest(f"{everything}?order_id:in={first}&transaction_id=7")).body["data"] == []
    single = (await store.rest(f"{everything}/{refund['id']}")).body["data"]
    assert single["items"][0]["requested_amount"] == "14.50"
    assert (await store.rest(f"/v2/orders/{second}")).body["status_id"] == 4


async def test_lists_without_paging_ignore_it(store: StoreClient) -> None:
    """An order's refunds and transactions are the same on every page that is asked for."""
    order_id = await store.describe()
    await store.control(f"/orders/{order_id}/refunds", "POST", {})

    for path in (f"/v3/orders/{order_id}/payment_actions/refunds", f"/v3/orders/{order_id}/transactions"):
        assert (await store.rest(f"{path}?page=2&limit=1")).body["data"] == (await store.rest(path)).body["data"] != []


async def test_store_tells_currency_zone_and_prices(store: StoreClient) -> None:
    """What orders depend on."""
    answer = (await store.rest("/v2/store")).body

    assert (answer["id"], answer["currency"], answer["decimal_places"]) == ("abc123", "EUR", 2)
    assert (answer["timezone"]["name"], answer["is_price_entered_with_tax"]) == ("Europe/Berlin", True)
    assert len((await store.rest("/v2/tax_classes")).body) == 5
    assert len((await store.rest("/v2/order_statuses")).body) == 15


async def test_other_store_hash_is_401(store: StoreClient) -> None:
    """A token is for one store."""
    answer = await store._call(
        "GET", f"{store.origin}/stores/other/v2/time", None, {"X-Auth-Token": store.account.access_token}
    )

    assert answer.status == 401
