"""What orders are mapped by besides themselves: currencies, segments, channels, brands, form fields, exemptions."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from tests.support.store import StoreClient, a_store

D = Decimal
EXEMPT = 5


@pytest.fixture
async def store() -> AsyncIterator[StoreClient]:
    """Run a store."""
    async with a_store() as client:
        yield client


async def data(store: StoreClient, path: str) -> Any:
    """Give the rows of a V3 list."""
    answer = await store.rest(path)
    assert answer.status == 200, answer.raw
    return answer.body["data"]


async def order_of(store: StoreClient, **description: Any) -> Any:
    """Place an order and give it."""
    return (await store.rest(f"/v2/orders/{await store.describe(**description)}")).body


@pytest.mark.parametrize(
    ("code", "number", "rate", "total"),
    [
        ("EUR", 1, "1.0000000000", "14.5000"),
        ("USD", 2, "1.0800000000", "15.6600"),
        ("JPY", 3, "163.5000000000", "2371.0000"),
        ("KWD", 4, "0.3320000000", "4.8140"),
    ],
)
async def test_catalogue_is_charged_in_other_currencies(
    store: StoreClient, code: str, number: int, rate: str, total: str
) -> None:
    """At the store's rate, rounded to that currency; transactions and refunds are in it too."""
    order = await order_of(store, currency=code)
    (row,) = await data(store, f"/v3/orders/{order['id']}/transactions")
    refund = (await store.control(f"/orders/{order['id']}/refunds", "POST", {})).body

    assert (order["default_currency_code"], order["default_currency_id"]) == (code, number)
    assert (order["store_default_currency_code"], order["store_default_to_transactional_exchange_rate"]) == (
        "EUR",
        rate,
    )
    assert (order["total_inc_tax"], row["currency"], row["amount"]) == (total, code, D(total))
    assert refund["total_amount"] == D(total)


async def test_converted_prices_are_rounded_before_they_are_multiplied(store: StoreClient) -> None:
    """14.50 euro are 2,370.75 yen, of which there is no three quarters."""
    order = await order_of(store, lines=[{"product_id": 112, "quantity": 3}], currency="JPY")

    assert order["total_inc_tax"] == "7113.0000"


async def test_shown_is_not_charged(store: StoreClient) -> None:
    """A display currency changes its own three fields; one that is only shown cannot be charged."""
    order = await order_of(store, display_currency="GBP")

    assert (order["currency_code"], order["currency_id"], order["currency_exchange_rate"]) == ("GBP", 5, "0.8600000000")
    assert (order["default_currency_code"], order["total_inc_tax"]) == ("EUR", "14.5000")
    refused = await store.control("/orders/describe", "POST", {"lines": [{"product_id": 112}], "currency": "GBP"})
    assert refused.status == 400
    assert "display_currency" in refused.body["error"]


async def test_currencies_are_listed(store: StoreClient) -> None:
    """With their decimals, and whether they can be charged."""
    rows = (await store.rest("/v2/currencies")).body

    assert [(row["currency_code"], row["decimal_places"], row["is_transactional"]) for row in rows] == [
        ("EUR", 2, True),
        ("USD", 2, True),
        ("JPY", 0, True),
        ("KWD", 3, True),
        ("GBP", 2, False),
    ]
    assert (await store.rest("/v2/currencies/3")).body == rows[2]


async def test_segments_and_their_shoppers(store: StoreClient) -> None:
    """Both ways, and at the customer; a segment can be filled through control."""
    loyal, press = await data(store, "/v3/segments")
    await store.control("/segments/2", "PUT", {"customer_ids": [1, 2, 99]})
    (customer,) = await data(store, "/v3/customers?id:in=1&include=shopper_profile_id,segment_ids")

    assert (loyal["name"], "customer_ids" in loyal) == ("Loyal customers", False)
    assert customer["segment_ids"] == [loyal["id"], press["id"]]
    shoppers = await data(store, f"/v3/segments/{press['id']}/shopper-profiles")
    assert [shopper["customer_id"] for shopper in shoppers] == [1, 2]
    assert shoppers[0]["id"] == customer["shopper_profile_id"]
    assert await data(store, f"/v3/shopper-profiles/{shoppers[1]['id']}/segments") == [press]
    assert await data(store, f"/v3/segments?id:in={loyal['id']}") == [loyal]
    assert len(await data(store, "/v3/shopper-profiles")) == 5
    for path in (f"/v3/segments/{shoppers[0]['id']}/shopper-profiles", f"/v3/shopper-profiles/{loyal['id']}/segments"):
        assert (await store.rest(path)).status == 404
    assert "segment_ids" not in (await data(store, "/v3/customers?id:in=1"))[0]


async def test_channels_are_made_through_control(store: StoreClient) -> None:
    """And an order is of one."""
    await store.control("/channels/2", "PUT", {"name": "Market", "type": "marketplace", "platform": "ebay"})

    assert [row["id"] for row in await data(store, "/v3/channels")] == [1, 2]
    assert [row["name"] for row in await data(store, "/v3/channels?type:in=marketplace")] == ["Market"]
    assert (await store.rest("/v3/channels/2")).body["data"]["platform"] == "ebay"
    assert (await order_of(store, channel_id=2, order_source="ebay"))["channel_id"] == 2


async def test_brands_stand_on_products_and_lines(store: StoreClient) -> None:
    """By number there, by name here."""
    brands = await data(store, "/v3/catalog/brands")
    products = await data(store, f"/v3/catalog/products?brand_id={brands[0]['id']}")
    order_id = await store.describe(lines=[{"product_id": products[0]["id"]}, {"name": "Made up", "price": "1"}])
    lines = (await store.rest(f"/v2/orders/{order_id}/products")).body

    assert {row["brand_id"] for row in products} == {1}
    assert [row["brand"] for row in lines] == [brands[0]["name"], ""]
    assert await data(store, "/v3/catalog/brands?id:in=9") == []


async def test_exempt_customers_pay_no_tax(store: StoreClient) -> None:
    """With their VAT number in a form field; unless the order says otherwise."""
    (customer,) = await data(store, f"/v3/customers?id:in={EXEMPT}&include=formfields")
    exempt = await order_of(store, customer_id=EXEMPT)
    taxed = await order_of(store, customer_id=EXEMPT, tax_exempt=False, form_fields={"VAT ID": "", "Desk": "7"})

    assert customer["tax_exempt_category"] == "intra-community"
    assert customer["form_fields"] == [{"name": "VAT ID", "value": "ATU12345675", "customer_id": EXEMPT}]
    assert exempt["billing_address"]["form_fields"] == [{"name": "VAT ID", "value": "ATU12345675"}]
    assert (exempt["total_tax"], taxed["total_tax"]) == ("0.0000", "2.4200")
    assert [field["name"] for field in taxed["billing_address"]["form_fields"]] == ["VAT ID", "Desk"]


async def test_companies_order_with_their_numbers(store: StoreClient) -> None:
    """The purchase order and the terms are in the B2B Edition only, also later than the order; others are not there."""
    order_id = await store.describe(customer_id=2, po_number="PO-77", b2b_fields={"Desk": "7"})
    private = await store.describe(customer_id=1)
    other = await store.describe(customer_id=EXEMPT)
    (row,) = (await store.b2b(f"/orders/{order_id}")).body["data"]
    company = (await store.b2b(f"/companies/{row['companyId']}")).body["data"]

    assert (row["bcOrderId"], row["poNumber"], row["totalIncTax"]) == (order_id, "PO-77", D("14.5000"))
    assert row["extraFields"] == [{"fieldName": "Desk", "fieldValue": "7"}]
    assert (company["extraFields"][0]["fieldValue"], "customer_ids" in company) == ("Net 30", False)
    everything = (await store.b2b("/orders")).body
    assert [entry["bcOrderId"] for entry in everything["data"]] == [order_id, private, other]
    [shown] = (await store.b2b(f"/orders/{private}")).body["data"]
    assert (shown["companyId"], shown["poNumber"], shown["isInvoiceOrder"]) == (0, "", 0)
    terms = (await store.b2b(f"/companies/{row['companyId']}/payment-terms")).body["data"]
    assert (terms, "payment_terms" in company) == ({"isEnabled": True, "paymentTerms": 30}, False)
    user = (await store.b2b("/users/customer/2")).body["data"]
    assert (user["customerId"], user["companyId"]) == (2, row["companyId"])
    of_company = (await store.b2b(f"/orders?companyId={row['companyId']}&limit=1")).body
    assert of_company["meta"]["pagination"] == {"totalCount": 1, "limit": 1, "offset": 0}
    await store.control("/b2b", "PATCH", {"private_orders": "missing"})
    for path in (f"/orders/{private}", "/orders/9", "/companies/9", "/companies/9/payment-terms", "/users/customer/1"):
        answer = await store.b2b(path)
        assert (answer.status, answer.body["code"]) == (404, 404)
    assert (await store.b2b("/orders", token="wrong")).status == 401
    await store.control("/faults", "POST", {"kind": "error", "status": 404, "path": "/api/v3/io/orders/*", "times": 1})
    assert [(await store.b2b(f"/orders/{order_id}")).status for _ in range(2)] == [404, 200]


async def test_the_b2b_edition_may_be_late_used_up_or_not_there(store: StoreClient) -> None:
    """An order shows after some seconds, a minute has so many requests, and a store may have none of it."""
    assert (await store.control("/b2b")).body["quota"] == 150
    await store.control("/b2b", "PATCH", {"seconds": 60})
    order_id = await store.describe(customer_id=2, pays_invoice=4711)
    assert (await store.b2b(f"/orders/{order_id}")).status == 404
    await store.control("/b2b", "PATCH", {"seconds": 0})
    [row] = (await store.b2b(f"/orders/{order_id}")).body["data"]
    assert (row["isInvoiceOrder"], row["invoiceNumber"]) == (1, 4711)
    await store.control("/b2b", "PATCH", {"quota": 2})
    assert (await store.b2b("/orders")).status == 429
    await store.control("/b2b", "PATCH", {"quota": 150, "enabled": False})
    assert (await store.b2b("/orders")).status == 403
