"""Merchants edit placed orders: totals and taxes follow, what has happened stays."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.store import StoreClient, a_store

D = Decimal
ORDER: dict[str, Any] = {
    "lines": [
        {"product_id": 111, "quantity": 2, "discounts": [{"amount": "6"}]},
        {"name": "Repair", "price": "20", "quantity": 3},
    ],
    "destinations": [{"shipping": "5"}],
    "fees": [{"amount": "4", "name": "Packing"}],
}


@pytest.fixture
async def store() -> AsyncIterator[StoreClient]:
    """Run a store with hooks for orders."""
    async with a_store() as client:
        await client.control("/callbacks", "PATCH", {"paused": True})
        body = {"scope": "store/order/*", "destination": "http://127.0.0.1:9/", "is_active": True}
        assert (await client.rest("/v3/hooks", "POST", body)).status == 200
        yield client


async def below(store: StoreClient, order_id: int, part: str) -> Any:
    """Give a list below an order."""
    answer = await store.rest(f"/v2/orders/{order_id}/{part}")
    return answer.body if answer.raw else []


async def order_of(store: StoreClient, order_id: int) -> Any:
    """Give an order."""
    return (await store.rest(f"/v2/orders/{order_id}")).body


async def edit(store: StoreClient, order_id: int, **change: Any) -> int:
    """Edit an order and give the status of the answer."""
    return (await store.control(f"/orders/{order_id}/edit", "POST", change)).status


async def agrees(store: StoreClient, order_id: int) -> None:
    """Check that the parts of an order add up to its totals."""
    order = await order_of(store, order_id)
    lines = [D(row["discounted_total_inc_tax"]) for row in await below(store, order_id, "products")]
    places = [D(row["cost_inc_tax"]) for row in await below(store, order_id, "shipping_addresses")]
    fees = [D(row["cost_inc_tax"]) for row in (await below(store, order_id, "fees"))["fees"]]
    taxes = [D(row["line_amount"]) for row in await below(store, order_id, "taxes?details=true")]

    assert sum([*lines, *places, *fees], D(0)) == D(order["total_inc_tax"])
    assert sum(taxes, D(0)) == D(order["total_tax"])
    assert D(order["total_inc_tax"]) - D(order["total_tax"]) == D(order["total_ex_tax"])


async def test_lines_come_go_and_change(store: StoreClient) -> None:
    """Lines that stay keep their numbers; money, date of creation and status stay."""
    order_id = await store.describe(**ORDER)
    first, second = await below(store, order_id, "products")
    before = await order_of(store, order_id)
    paid = (await store.rest(f"/v3/orders/{order_id}/transactions")).body["data"]
    change = {"add_lines": [{"product_id": 131}], "change_lines": [{"id": second["id"], "quantity": 1, "price": "25"}]}
    assert await edit(store, order_id, **change) == 200
    assert await edit(store, order_id, remove_lines=[first["id"]]) == 200
    kept, added = await below(store, order_id, "products")
    order = await order_of(store, order_id)

    assert (kept["id"], kept["quantity"], kept["price_inc_tax"]) == (second["id"], 1, "25.0000")
    assert added["product_id"] == 131
    assert (order["date_created"], order["status_id"], order["payment_status"]) == (
        before["date_created"],
        before["status_id"],
        before["payment_status"],
    )
    assert (before["total_inc_tax"], order["items_total"]) == ("159.0000", 2)
    assert (await store.rest(f"/v3/orders/{order_id}/transactions")).body["data"] == paid
    await agrees(store, order_id)


async def test_every_edit_is_told_once(store: StoreClient) -> None:
    """As an update."""
    order_id = await store.describe(**ORDER)
    before = len((await store.control("/deliveries")).body["data"])
    await edit(store, order_id, add_fees=[{"amount": "2.50", "name": "Late"}])
    rows = (await store.control("/deliveries")).body["data"][before:]

    assert [row["scope"] for row in rows] == ["store/order/updated"]


async def test_fees_and_carriage_change(store: StoreClient) -> None:
    """And the discount on the whole."""
    order_id = await store.describe(**ORDER)
    (fee,) = (await below(store, order_id, "fees"))["fees"]
    (address,) = await below(store, order_id, "shipping_addresses")
    await edit(store, order_id, add_fees=[{"amount": "1"}], remove_fees=[fee["id"]], discount="10")
    await edit(store, order_id, addresses=[{"id": address["id"], "shipping": "7"}])
    order = await order_of(store, order_id)

    assert (order["total_inc_tax"], order["shipping_cost_inc_tax"], order["discount_amount"]) == (
        "148.0000",
        "7.0000",
        "16.0000",
    )
    await agrees(store, order_id)


@pytest.mark.parametrize(
    ("position", "line", "other"), [("clear", "48.0000", "45.0000"), ("keep", "35.8200", "51.1800")]
)
async def test_edited_line_may_lose_its_discounts(store: StoreClient, position: str, line: str, other: str) -> None:
    """Promotions and its part of the order's discount: documented of the API, and a switch."""
    await store.control("/behaviour", "PATCH", {"edit_discounts": position})
    order_id = await store.describe(**{**ORDER, "discount": "15"})
    first, second = await below(store, order_id, "products")
    await edit(store, order_id, change_lines=[{"id": first["id"], "quantity": 1}])
    first, second = await below(store, order_id, "products")

    assert (first["discounted_total_inc_tax"], second["discounted_total_inc_tax"]) == (line, other)
    await agrees(store, order_id)


@pytest.mark.parametrize(("position", "tax"), [("keep", "25.3900"), ("recompute", "26.5000")])
async def test_another_address_may_bring_its_taxes(store: StoreClient, position: str, tax: str) -> None:
    """Documented is that they stay; the edit after it changes nothing about that."""
    await store.control("/behaviour", "PATCH", {"address_taxes": position})
    order_id = await store.describe(**ORDER)
    (address,) = await below(store, order_id, "shipping_addresses")
    vienna = {"city": "Wien", "country": "Austria", "country_iso2": "AT", "state": "Wien"}
    await edit(store, order_id, addresses=[{"id": address["id"], "address": vienna}], billing={"company": "Ada GmbH"})
    await edit(store, order_id, discount="0")
    (address,) = await below(store, order_id, "shipping_addresses")
    order = await order_of(store, order_id)

    assert (address["city"], order["billing_address"]["company"]) == ("Wien", "Ada GmbH")
    assert order["total_tax"] == tax
    await agrees(store, order_id)


async def test_what_is_shipped_or_refunded_stays(store: StoreClient) -> None:
    """And is still counted after the edit."""
    order_id = await store.describe(**ORDER)
    first, second = await below(store, order_id, "products")
    item = {"order_product_id": second["id"], "quantity": 2}
    await store.control(f"/orders/{order_id}/ship", "POST", {"items": [item]})
    returned = {"item_type": "PRODUCT", "item_id": first["id"], "quantity": 1}
    await store.control(f"/orders/{order_id}/refunds", "POST", {"items": [returned]})

    assert await edit(store, order_id, change_lines=[{"id": second["id"], "quantity": 1}]) == 400
    assert await edit(store, order_id, remove_lines=[first["id"]]) == 400
    assert await edit(store, order_id, change_lines=[{"id": second["id"], "quantity": 2}]) == 200
    first, second = await below(store, order_id, "products")
    assert (first["quantity_refunded"], second["quantity_shipped"]) == (1, 2)
    assert (await order_of(store, order_id))["items_shipped"] == 2
    (address,) = await below(store, order_id, "shipping_addresses")
    assert address["items_shipped"] == 2


async def test_refunds_that_changed_totals_change_them_again(store: StoreClient) -> None:
    """An edit computes the whole order anew, and takes the refunds out once more."""
    await store.control("/behaviour", "PATCH", {"refund_changes": "totals"})
    order_id = await store.describe(lines=[{"name": "Repair", "price": "20", "quantity": 3}])
    (row,) = await below(store, order_id, "products")
    returned = {"item_type": "PRODUCT", "item_id": row["id"], "quantity": 1}
    await store.control(f"/orders/{order_id}/refunds", "POST", {"items": [returned]})
    await edit(store, order_id, add_fees=[{"amount": "5"}])

    assert (await order_of(store, order_id))["total_inc_tax"] == "45.0000"


async def test_bundles_go_with_their_product(store: StoreClient) -> None:
    """The others still point at theirs."""
    lines = [
        {"product_id": 111},
        {"product_id": 112, "bundle_of": 0},
        {"product_id": 131},
        {"product_id": 132, "bundle_of": 2},
    ]
    order_id = await store.describe(lines=lines)
    first, *_ = await below(store, order_id, "products")
    await edit(store, order_id, change_lines=[{"id": first["id"], "quantity": 0}])
    parent, child = await below(store, order_id, "products")

    assert child["parent_order_product_id"] == parent["id"]


@pytest.mark.parametrize(
    "change",
    [
        {"remove_lines": [9]},
        {"remove_fees": [9]},
        {"addresses": [{"id": 9}]},
        {"change_lines": [{"id": 9}]},
        {"add_lines": [{"product_id": 999}]},
        {"paint": "red"},
    ],
)
async def test_edits_that_do_not_fit_are_refused(store: StoreClient, change: dict[str, Any]) -> None:
    """And leave the order as it was; one that came as a document has no description to edit."""
    order_id = await store.describe(**ORDER)
    before = await order_of(store, order_id)
    assert await edit(store, order_id, **change) == 400
    assert await order_of(store, order_id) == before
    await store.control("/orders", "POST", {"id": 900})
    assert await edit(store, 900, discount="1") == 400


async def test_orders_are_archived_and_brought_back(store: StoreClient) -> None:
    """Told as archived, and as an update."""
    order_id = await store.describe()
    await store.control(f"/orders/{order_id}/archive", "POST")
    archived = (await order_of(store, order_id))["is_deleted"]
    await store.control(f"/orders/{order_id}/unarchive", "POST")
    scopes = [row["scope"] for row in (await store.control("/deliveries")).body["data"]]

    assert (archived, (await order_of(store, order_id))["is_deleted"]) == (True, False)
    assert scopes[-3:] == ["store/order/archived", "store/order/updated", "store/order/updated"]


@pytest.mark.parametrize(
    ("switches", "listed", "fetched"),
    [
        ({}, {"plain", "archived", "incomplete"}, 200),
        ({"archived_orders": "unlisted"}, {"plain", "incomplete"}, 200),
        ({"archived_orders": "missing"}, {"plain", "incomplete"}, 404),
        ({"incomplete_orders": "unlisted"}, {"plain", "archived"}, 200),
    ],
)
async def test_lists_may_leave_orders_out(
    store: StoreClient, switches: dict[str, str], listed: set[str], fetched: int
) -> None:
    """Archived ones and incomplete ones; counts agree with lists."""
    names = {await store.describe(): "plain", await store.describe(status_id=0): "incomplete"}
    archived = await store.describe()
    names[archived] = "archived"
    await store.control(f"/orders/{archived}/archive", "POST")
    await store.control("/behaviour", "PATCH", switches)
    rows = (await store.rest("/v2/orders")).body

    assert {names[row["id"]] for row in rows} == listed
    assert (await store.rest("/v2/orders/count")).body["count"] == len(listed)
    assert (await store.rest(f"/v2/orders/{archived}")).status == fetched


async def test_orders_are_found_for_reconciliation(store: StoreClient) -> None:
    """By number, by day and by amount, counted and in order."""
    ids = [await store.describe(date_created=f"Sun, 0{day} Mar 2026 12:00:00 +0000") for day in (1, 2, 3)]
    for order_id, day in zip(ids, (9, 8, 7), strict=True):
        dated = {"date_modified": f"Mon, 0{day} Mar 2026 12:00:00 +0000"}
        await store.control(f"/orders/{order_id}?events=none", "PATCH", dated)

    async def found(query: str) -> list[int]:
        """Give the numbers a list has, after checking the count."""
        answer = await store.rest(f"/v2/orders?{query}")
        rows = [row["id"] for row in answer.body] if answer.raw else []
        filters = "&".join(part for part in query.split("&") if not part.startswith("sort"))
        assert (await store.rest(f"/v2/orders/count?{filters}")).body["count"] == len(rows)
        return rows

    assert await found("min_date_created=2026-03-02&max_date_created=2026-03-03") == ids[1:2]
    assert await found("min_date_modified=2026-03-08&sort=date_modified:asc") == [ids[1], ids[0]]
    assert await found("max_date_modified=Sun,%2008%20Mar%202026%2012:00:00%20%2B0000") == ids[1:]
    assert await found(f"min_id={ids[1]}&sort=id:desc") == [ids[2], ids[1]]
    assert await found("min_total=14.51") == []
    assert await found("min_total=14.49&max_total=14.50") == ids
    assert (await store.rest("/v2/orders?min_total=much")).status == 400
