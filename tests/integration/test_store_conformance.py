"""Every answer and callback of the store simulator is what BigCommerce's own documents say.

The documents are not part of this project: `BIGCOMMERCE_OPENAPI_DIR` names a folder of OpenAPI files,
`BIGCOMMERCE_SAMPLES_DIR` one of sample documents in the folders `orders`, `customers`, `catalog` and `webhooks`.
"""

import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlconnector_sandbox.store.generator import KINDS
from mlconnector_sandbox.store.rest.routes import ROUTES, Route

from tests.support.openapi import Operation, Specification
from tests.support.require import skip_or_fail
from tests.support.store import StoreClient, a_store

PROFILES = ("eu", "us", "jp", "kw")
FULL = "include=consignments.line_items,fees&consignment_structure=object"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Where the documents contradict themselves or what is known of the platform, and the simulator has to choose."""

    place: str
    complaint: str
    reason: str


# What the documents' schemas complain of, though the documents' own prose or examples, or observed stores, have it so.
CONTRADICTIONS = (
    Contradiction(r"/v2/orders.*/custom_status", "not declared", "in every order example, in no schema"),
    Contradiction(r"/v2/orders.*/credit_card_type", "not declared", "in every order example, in no schema"),
    Contradiction(r"/v2/order_statuses.*/order", "not declared", "in the example, in no schema"),
    Contradiction(
        r".*/taxes/\*/order_product_id", "None", "prose: null for shipping and wrapping; schema: not nullable"
    ),
    Contradiction(r".*/fees/fees", "not declared", "the example wraps the fees, the schema is that of one fee"),
    Contradiction(r"/v3/customers/.*/shopper_profile_id", "not declared", "in the prose and the example, in no schema"),
    Contradiction(r"/v3/customers/.*/segment_ids", "not declared", "in the prose and the example, in no schema"),
    Contradiction(r"/v3/hooks/data", "non-empty", "minItems 1, but a client without hooks gets an empty list"),
)
# Paths that the documents lack, with the ones they stand for: orders link to a spelling without underscore.
ALIASES = {"shippingaddresses": "shipping_addresses"}
# Resources of the platform whose documents are not among those compared with: their shape follows published clients.
ELSEWHERE = ("/v2/gift_certificates", "/v3/segments", "/v3/shopper-profiles", "/v3/catalog/brands")
DOCUMENTED = [route for route in ROUTES if not route.path.startswith(ELSEWHERE)]
# Statuses that V2 documents leave out of nearly every operation, though the platform's general pages have them.
EVERYWHERE = {204, 400, 401, 403, 404, 413, 422, 429, 500, 503}
SHIPMENT_SCOPES = ("store/shipment/created", "store/shipment/updated", "store/shipment/deleted")
# Events without a schema, with a sample that was seen.
UNDESCRIBED = {
    "store_order_transaction_created": "webhooks/observed-live/transaction-created.json",
}
# Keys of the samples that the simulator leaves out on purpose.
LEFT_OUT = {
    'currency_code"': "a stray quotation mark in a sample",
    "cost_exc_tax": "a misspelling in a sample",
    "shipping_quotes": "no shipping quotes are simulated",
}


@pytest.fixture(scope="module")
def specification() -> Specification:
    """Read the OpenAPI documents."""
    return Specification(_folder("BIGCOMMERCE_OPENAPI_DIR"))


@pytest.fixture(scope="module")
def samples() -> Path:
    """Give the folder of samples."""
    return _folder("BIGCOMMERCE_SAMPLES_DIR")


def _folder(variable: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        skip_or_fail("conformance", f"{variable} does not name a folder of BigCommerce's documents")
    return Path(value)


@pytest.fixture(params=PROFILES)
async def store(request: pytest.FixtureRequest) -> AsyncIterator[StoreClient]:
    """Run a store of each profile."""
    async with a_store(profile=request.param) as client:
        yield client


async def filled(store: StoreClient) -> list[int]:
    """Place an order of every kind; ship some, refund some."""
    placed = await store.control(
        "/orders/generate?events=none", "POST", {"count": len(KINDS), "seed": 5, "kinds": list(KINDS)}
    )
    ids = [row["id"] for row in placed.body["data"]]
    for order_id in ids[:2]:
        assert (await store.control(f"/orders/{order_id}/ship", "POST", {})).status == 201
        assert (await store.control(f"/orders/{order_id}/refunds", "POST", {})).status == 201
    ids += [await with_moved_money(store), await with_odd_refunds(store)]
    ids.append(await store.describe(destinations=[{"pickup": {}}], status_id=8))
    return ids


async def with_moved_money(store: StoreClient) -> int:
    """Place an order paid by every means, captured, refunded, settled and declined."""
    order_id = await store.describe(
        lines=[{"product_id": 111, "quantity": 3, "wrapping": "6"}, {"product_id": 131}],
        destinations=[{"shipping": "5", "handling": "3"}],
        fees=[{"amount": "4"}],
        customer_id=1,
        payment_status="authorized",
    )
    assert (await store.control(f"/orders/{order_id}/capture", "POST")).status == 201
    (line, _) = (await store.rest(f"/v2/orders/{order_id}/products")).body
    (address,) = (await store.rest(f"/v2/orders/{order_id}/shipping_addresses")).body
    (fee,) = (await store.rest(f"/v2/orders/{order_id}/fees")).body["fees"]
    wishes: list[dict[str, Any]] = [
        {"items": [{"item_type": "PRODUCT", "item_id": line["id"], "quantity": 1, "adjustments": [{"amount": "-1"}]}]},
        {"items": [{"item_type": kind, "item_id": address["id"], "amount": "1"} for kind in ("SHIPPING", "HANDLING")]},
        {"items": [{"item_type": "GIFT_WRAPPING", "item_id": line["id"], "quantity": 1}]},
        {"items": [{"item_type": "FEE", "item_id": fee["id"], "amount": "1"}]},
        {"items": [{"item_type": "ORDER", "item_id": order_id, "amount": "1"}], "provider_id": "storecredit"},
    ]
    for wish in wishes:
        assert (await store.control(f"/orders/{order_id}/refunds", "POST", wish)).status == 201
    refunds = (await store.rest(f"/v3/orders/{order_id}/payment_actions/refunds")).body["data"]
    for refund, step in ((refunds[0], "settle"), (refunds[1], "decline")):
        assert (await store.control(f"/orders/{order_id}/refunds/{refund['id']}/{step}", "POST")).status == 200
    return order_id


async def with_odd_refunds(store: StoreClient) -> int:
    """Place an order paid offline and refunded by tax alone, and by the merchant's own values."""
    order_id = await store.describe(payment_provider_id="cheque", payment_method="Cheque")
    for wish in ({"tax_adjustment_amount": "-1"}, {"total_amount": "2", "total_tax": "-0.5"}):
        assert (await store.control(f"/orders/{order_id}/refunds", "POST", wish)).status == 201
    return order_id


def complaints(specification: Specification, operation: Operation, status: int, raw: bytes) -> list[str]:
    """Say what is wrong with an answer, beside the known contradictions."""
    if status not in operation.statuses:
        return _general(operation, status, raw)
    found = specification.response_schema(operation, status)
    if status == 204 or found is None:
        return [] if status != 204 or not raw else ["204 with a body"]
    uri, schema = found
    lines = [operation.path + line for line in specification.violations(uri, schema, json.loads(raw))]
    return [line for line in lines if not _known(line)]


def _known(line: str) -> bool:
    place, _, complaint = line.partition(": ")
    return any(re.fullmatch(entry.place, place) and entry.complaint in complaint for entry in CONTRADICTIONS)


def _general(operation: Operation, status: int, raw: bytes) -> list[str]:
    """Judge a status that the operation does not declare: it must be a general one, in the general shape."""
    if status not in EVERYWHERE:
        return [f"status {status} is not declared"]
    if status == 204:
        return ["204 with a body"] if raw else []
    body = json.loads(raw)
    if operation.path.startswith("/v2"):
        shaped = isinstance(body, list) and all(set(entry) == {"status", "message"} for entry in body)
    else:
        shaped = isinstance(body, dict) and {"status", "title", "type"} <= set(body)
    return [] if shaped else [f"an error of another shape: {body}"]


def expected(specification: Specification, method: str, path: str) -> Operation:
    """Find what the documents say about a request."""
    bare = path.partition("?")[0]
    for alias, spelling in ALIASES.items():
        bare = bare.replace(alias, spelling)
    operation = specification.find(method, bare)
    assert operation is not None, f"{method} {bare} is in no document"
    return operation


def requests_for(ids: list[int]) -> Iterator[str]:
    """Give every GET there is, with the parameters a consumer uses."""
    yield from ("/v2/time", "/v2/store", "/v2/order_statuses", "/v2/order_statuses/11", "/v2/orders/count")
    yield from (
        "/v2/orders",
        f"/v2/orders?{FULL}&limit=250",
        "/v2/orders?min_date_modified=2020-01-01&sort=date_modified:asc",
    )
    yield from (
        "/v2/orders?page=9",
        "/v2/customer_groups",
        "/v2/customer_groups/2",
        "/v2/tax_classes",
        "/v2/tax_classes/0",
    )
    yield from (
        "/v3/catalog/products?limit=250",
        "/v3/catalog/products?id:in=111,131&include_fields=categories,tax_class_id",
    )
    yield from ("/v3/catalog/products/111", "/v3/catalog/trees", "/v3/catalog/trees/1/categories")
    yield from ("/v3/catalog/variants", "/v3/catalog/variants?product_id:in=111&include_fields=sku,product_id")
    yield from ("/v3/catalog/trees/categories?category_id:in=20,21", "/v3/catalog/trees/categories?limit=5&page=2")
    yield from ("/v3/customers?include=addresses,attributes,formfields,storecredit", "/v3/customers?id:in=1")
    yield from ("/v2/currencies", "/v2/currencies/2", "/v3/channels?type:in=storefront", "/v3/channels/1")
    yield from ("/v3/customers?include=shopper_profile_id,segment_ids,storecredit",)
    yield from ("/v3/customers/addresses", "/v3/orders/payment_actions/refunds", "/v3/hooks", "/v3/hooks/admin")
    for order_id in ids:
        root = f"/v2/orders/{order_id}"
        yield from (root, f"{root}?{FULL}", f"{root}/products?limit=250", f"{root}/taxes", f"{root}/taxes?details=true")
        yield from (f"{root}/coupons", f"{root}/shipping_addresses", f"{root}/shippingaddresses", f"{root}/fees")
        yield from (f"{root}/consignments", f"{root}/consignments?include=consignments.line_items")
        yield from (f"{root}/shipments", f"{root}/shipments/count", f"{root}/messages")
        yield from (f"/v3/orders/{order_id}/transactions", f"/v3/orders/{order_id}/payment_actions/refunds")


async def rows_below(store: StoreClient, order_id: int) -> list[str]:
    """Give the paths of single rows below an order."""
    paths = []
    for part in ("products", "shipping_addresses", "shippingaddresses", "shipments"):
        answer = await store.rest(f"/v2/orders/{order_id}/{part}")
        paths += [f"/v2/orders/{order_id}/{part}/{row['id']}" for row in (answer.body if answer.raw else [])]
    refunds = (await store.rest(f"/v3/orders/{order_id}/payment_actions/refunds")).body["data"]
    return paths + [f"/v3/orders/payment_actions/refunds/{row['id']}" for row in refunds]


async def test_every_answer_is_valid(specification: Specification, store: StoreClient) -> None:
    """For orders of every kind, from every resource that is served."""
    ids = await filled(store)
    paths = list(requests_for(ids)) + [
        path for order_id in ids[-3:-1] + ids[:2] for path in await rows_below(store, order_id)
    ]
    found = []
    served = set()
    for path in paths:
        answer = await store.rest(path)
        assert answer.status in {200, 204}, (path, answer.raw)
        served.add(_route_of(path))
        operation = expected(specification, "GET", path)
        found += complaints(specification, operation, answer.status, answer.raw)

    assert not found, "\n".join(sorted(set(found)))
    assert {route.path for route in DOCUMENTED if route.method == "GET"} - served == {"/v3/hooks/{hook_id}"}


def _route_of(path: str) -> str | None:
    bare = path.partition("?")[0]
    candidates = [route.path for route in ROUTES if re.fullmatch(re.sub(r"{\w+}", "[0-9]+", route.path), bare)]
    return candidates[0] if candidates else None


async def test_every_write_is_valid(specification: Specification, store: StoreClient) -> None:
    """Changing and archiving an order, and the life of a hook."""
    order_id = await store.describe()
    hook = {
        "scope": "store/order/created",
        "destination": "https://relay.example/",
        "is_active": True,
        "headers": {"a": "b"},
    }
    created = await store.rest("/v3/hooks", "POST", hook)
    root = f"/v3/hooks/{created.body['data']['id']}"
    calls: list[tuple[str, str, Any]] = [
        ("PUT", f"/v2/orders/{order_id}", {"staff_notes": "x"}),
        ("DELETE", f"/v2/orders/{order_id}", None),
        ("POST", "/v3/hooks", {**hook, "scope": "store/order/updated"}),
        ("GET", root, None),
        ("GET", "/v3/hooks", None),
        ("GET", "/v3/hooks/admin", None),
        ("PUT", root, {"is_active": False}),
        ("DELETE", root, None),
        ("PUT", "/v3/hooks/admin", {"emails": ["a@example.org"]}),
    ]
    for method, path, body in calls:
        answer = await store.rest(path, method, body)
        assert answer.status in {200, 204}, (path, answer.raw)
        assert complaints(specification, expected(specification, method, path), answer.status, answer.raw) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v2/orders/9", None, 404),
        ("GET", "/v2/orders/9/products", None, 404),
        ("GET", "/v2/orders/9/fees", None, 404),
        ("GET", "/v2/orders?limit=999", None, 413),
        ("GET", "/v2/orders?min_id=x", None, 400),
        ("GET", "/v2/customer_groups/9", None, 404),
        ("GET", "/v2/currencies/9", None, 404),
        ("GET", "/v3/channels/9", None, 404),
        ("PUT", "/v2/orders/9", {"staff_notes": "x"}, 404),
        ("GET", "/v3/orders/9/transactions", None, 404),
        ("GET", "/v3/catalog/products/9", None, 404),
        ("GET", "/v3/catalog/trees/9/categories", None, 404),
        ("GET", "/v3/hooks/9", None, 404),
        ("POST", "/v3/hooks", {"scope": "store/order/created"}, 422),
        ("POST", "/v3/hooks", {}, 400),
        ("PUT", "/v3/hooks/admin", {"emails": "x"}, 422),
    ],
)
async def test_every_error_is_valid(
    specification: Specification, method: str, path: str, body: Any, status: int
) -> None:
    """In the shape the operation declares, or the general one where it declares none."""
    async with a_store() as store:
        answer = await store.rest(path, method, body)

    assert answer.status == status
    assert complaints(specification, expected(specification, method, path), answer.status, answer.raw) == []


@pytest.mark.parametrize("status", [401, 403, 429, 503])
@pytest.mark.parametrize("path", ["/v2/orders", "/v3/catalog/products", "/v3/hooks"])
async def test_errors_of_the_gate_are_valid(specification: Specification, path: str, status: int) -> None:
    """Wrong token, missing scope, used-up quota, a fault."""
    async with a_store() as store:
        token = store.account.access_token
        if status == 403:
            token = (await store.control("/accounts", "POST", {"scopes": []})).body["access_token"]
        elif status == 429:
            await store.control("/limits", "PUT", {"quota": 1})
            await store.rest("/v2/time")
        elif status == 503:
            await store.control("/faults", "POST", {"kind": "error", "status": 503})
        answer = await store.rest(path, token="wrong" if status == 401 else token)

    needs_scope = not path.endswith("hooks")
    assert answer.status == (status if status != 403 or needs_scope else 200)
    assert complaints(specification, expected(specification, "GET", path), answer.status, answer.raw) == []


@pytest.mark.parametrize("route", DOCUMENTED, ids=lambda route: f"{route.method} {route.path}")
def test_every_path_and_parameter_is_documented(specification: Specification, route: Route) -> None:
    """Nothing is served that BigCommerce does not have."""
    operation = expected(specification, route.method, route.path)

    assert set(route.query) <= operation.parameters


async def test_every_callback_is_valid(specification: Specification, samples: Path) -> None:
    """Against the schema of its scope, and with the keys of the samples, in their order."""
    scopes = ("created", "updated", "archived", "statusUpdated", "refund/created", "transaction/created")
    async with a_store() as store:
        await store.control("/callbacks", "PATCH", {"paused": True})
        for scope in (*(f"store/order/{scope}" for scope in scopes), *SHIPMENT_SCOPES, "store/product/updated"):
            body = {"scope": scope, "destination": "http://127.0.0.1:9/", "is_active": True}
            assert (await store.rest("/v3/hooks", "POST", body)).status == 200
        order_id = await store.describe()
        for action in ("ship", "refunds", "archive"):
            await store.control(f"/orders/{order_id}/{action}", "POST", {})
        (shipment,) = (await store.rest(f"/v2/orders/{order_id}/shipments")).body
        for method in ("PATCH", "DELETE"):
            await store.control(f"/orders/{order_id}/shipments/{shipment['id']}", method, {})
        await store.control("/products/111", "PUT", {"name": "Renamed"})
        bodies = [json.loads(delivery.body) for delivery in store.simulator.callbacks.deliveries()]

    assert {body["scope"] for body in bodies} >= {*(f"store/order/{scope}" for scope in scopes), *SHIPMENT_SCOPES}
    live = json.loads((samples / "webhooks/observed-live/product-updated.json").read_text())
    for body in bodies:
        name = body["scope"].replace("/", "_")
        found = specification.schema(name)
        assert found is not None or name in UNDESCRIBED, name
        if found is not None:
            assert [line for line in specification.violations(*found, body) if "not declared" not in line] == []
        else:
            shown = json.loads((samples / UNDESCRIBED[name]).read_text())["data"]
            assert set(body["data"]) == set(shown)
            assert set(body["data"]["result"]) == set(shown["result"])
        assert list(body) == list(live)
        sample = samples / f"webhooks/callbacks-data/{name}.json"
        if sample.is_file():
            assert set(body["data"]) >= set(json.loads(sample.read_text())["data"])


async def test_sample_orders_are_served_as_they_stand(samples: Path) -> None:
    """Whatever the documents show as an order can be loaded and comes back with every field."""
    files = [file for file in sorted((samples / "orders").glob("order-*.json")) if "status" not in file.name]
    loaded = 0
    async with a_store() as store:
        for file in files:
            content = json.loads(file.read_text())
            for document in content if isinstance(content, list) else [content]:
                if "id" not in document:
                    continue
                assert (await store.control("/orders", "POST", document)).status == 201
                shown = (await store.rest(f"/v2/orders/{document['id']}?{FULL}")).raw
                links = {"products", "shipping_addresses", "coupons"}
                own = {key: value for key, value in document.items() if key not in links}
                assert own.items() <= json.loads(shown).items()
                loaded += 1
    assert loaded >= 3


async def test_generated_orders_have_every_documented_key(samples: Path) -> None:
    """A consumer that reads a field of the documents' examples finds it here too."""
    async with a_store() as store:
        order_id = await store.describe(
            fees=[{"amount": "1"}], coupons=[{"code": "A", "amount": "1"}], destinations=[{"shipping": "3"}]
        )
        await store.control(f"/orders/{order_id}/ship", "POST", {})
        root = f"/v2/orders/{order_id}"
        pairs = {
            "orders/order-218*.json": (await store.rest(f"{root}?{FULL}")).body,
            "orders/order-247*.json": (await store.rest(root)).body,
            "orders/products-149*.json": (await store.rest(f"{root}/products")).body,
            "orders/taxes-138-two*.json": (await store.rest(f"{root}/taxes")).body,
            "orders/coupons-120.json": (await store.rest(f"{root}/coupons")).body,
            "orders/fees.json": (await store.rest(f"{root}/fees")).body["fees"],
            "orders/shipping-address-42.json": (await store.rest(f"{root}/shipping_addresses")).body,
            "orders/shipments-225.json": (await store.rest(f"{root}/shipments")).body,
            "orders/orders-count.json": (await store.rest("/v2/orders/count")).body,
            "store/store.json": (await store.rest("/v2/store")).body,
            "catalog/catalog-trees-categories.json": (await store.rest("/v3/catalog/trees/categories")).body,
        }

    missing = {}
    for pattern, shown in pairs.items():
        (file,) = samples.glob(pattern)
        sample = json.loads(file.read_text())
        absent = _keys(sample) - _keys(shown) - set(LEFT_OUT)
        if absent:
            missing[pattern] = absent
    assert not missing, missing


def _keys(value: Any) -> set[str]:
    first = value[0] if isinstance(value, list) else value
    inner = (
        first.get("data", first) if "data" in first else first.get("fees", first) if set(first) == {"fees"} else first
    )
    return set(inner[0] if isinstance(inner, list) else inner)


async def test_company_orders_have_the_keys_of_the_sample(samples: Path) -> None:
    """The B2B Edition's documents are of another kind; its sample shows the keys."""
    (sample,) = json.loads((samples / "b2b/orders-with-extra-fields.json").read_text())["data"]
    async with a_store() as store:
        await store.describe(customer_id=2)
        (row,) = (await store.b2b("/orders")).body["data"]

    assert row.keys() == sample.keys()
