"""Every order, sub-resource and callback of BigCommerce's documentation is read, and its orders are posted or refused.

The documents are not part of the project: `BIGCOMMERCE_SAMPLES_DIR` names a folder with them.
"""

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import (
    Category,
    Consignments,
    Coupon,
    Fee,
    Order,
    OrderProduct,
    OrderSnapshot,
    OrderTax,
    ProductFacts,
    Refund,
    ShippingAddress,
    Store,
    Transaction,
)
from mlconnector_relay.bigcommerce.signature import sign, verify
from mlconnector_relay.reconcile.plan import Skip, Wait, plan
from mlconnector_relay.sap.document import ar_document
from mlconnector_relay.sap.facts import StoreFacts
from mlconnector_relay.sap.mapping import load_mapping
from mlconnector_relay.sap.reference import Kind, StepId
from mlconnector_relay.sap.values import Built, Refusal
from pydantic import BaseModel

from tests.support.require import skip_or_fail

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET = "secret"
STORE = StoreFacts("acme", "abc123", "B1", datetime(2015, 1, 1, tzinfo=UTC), timezone="America/Chicago")

MAPPING = """
name = "documented"
[[company_codes]]
company_code = "2000"
one_time_customer = "99001"
freight = { gl_account = "808000", cost_center = "5900" }
fee = { gl_account = "808100", cost_center = "5900" }
[[accounts]]
gl_account = "800000"
cost_center = "5100"
[tax_codes.O1]
rate = 8.25
condition_key = "UTXJ"
account_key = "MWS"
[[taxes]]
countries = ["US"]
rate = 8.25
tax_code = "O1"
"""

PARSED: dict[str, type[BaseModel]] = {
    "orders/order-[0-9]*": Order,
    "orders/order-list*": Order,
    "orders/product*": OrderProduct,
    "orders/taxes*": OrderTax,
    "orders/coupons*": Coupon,
    "orders/fees*": Fee,
    "orders/shipping-address*": ShippingAddress,
    "orders/consignments-*": Consignments,
    "transactions/*": Transaction,
    "refunds/refund-12*": Refund,
    "refunds/refund-create*": Refund,
    "catalog/product-*": ProductFacts,
    "catalog/catalog-trees-*categories*": Category,
    "store/store*": Store,
}


@pytest.fixture(scope="module")
def samples() -> Path:
    """Return the folder of documented examples."""
    folder = os.environ.get("BIGCOMMERCE_SAMPLES_DIR")
    if not folder:
        skip_or_fail("conformance", "BIGCOMMERCE_SAMPLES_DIR is not set")
    return Path(folder)


def read(path: Path) -> Any:
    """Read a document as the relay's client does: no amount passes through a float."""
    return json.loads(path.read_bytes(), parse_float=Decimal)


def rows(document: Any) -> list[dict[str, Any]]:
    """Unwrap the shapes answers come in: bare, in a list, under data, under the resource's name."""
    if isinstance(document, dict):
        inner = document.get("data", document.get("fees", document) if set(document) == {"fees"} else document)
        return [inner] if isinstance(inner, dict) else list(inner)
    return list(document) if isinstance(document, list) else []


@pytest.mark.parametrize("pattern", PARSED)
def test_every_documented_resource_is_read(samples: Path, pattern: str) -> None:
    """With its filler, its typing slips and its empty objects."""
    found = [row for path in sorted(samples.glob(f"{pattern}.json")) for row in rows(read(path))]
    assert found
    for row in found:
        PARSED[pattern].model_validate(row)


def completed(document: dict[str, Any]) -> OrderSnapshot:
    """Complete a documented order, which stands alone, by one line and the tax rows its totals imply."""
    order = Order.model_validate(document)
    item_tax = order.total_tax - order.shipping_cost_tax
    line = {"id": 1, "total_ex_tax": order.subtotal_ex_tax, "total_inc_tax": order.subtotal_inc_tax}
    row = {"order_product_id": "1", "rate": "8.25", "line_amount": item_tax, "line_item_type": "item"}
    freight = {"rate": "8.25", "line_amount": order.shipping_cost_tax, "line_item_type": "shipping"}
    return OrderSnapshot(
        order=order,
        products=(OrderProduct.model_validate({**line, "total_tax": item_tax, "quantity": 1, "name": "Goods"}),),
        taxes=(OrderTax.model_validate(row), OrderTax.model_validate(freight)),
        fees=order.fees,
        fetched_at=NOW,
    )


def test_documented_orders_are_posted_or_refused_with_the_arithmetic(samples: Path) -> None:
    """The consistent ones post to the cent; the one whose tax disappears on the way to its total is refused."""
    mapping = load_mapping(MAPPING, "documented.toml")
    outcomes = {}
    for path in sorted(samples.glob("orders/order-*.json")):
        for document in rows(read(path)):
            if "total_inc_tax" not in document or "date_created" not in document:
                continue
            snapshot = completed(document)
            step = StepId("acme", "abc123", snapshot.order.id, Kind.INVOICE)
            outcomes[snapshot.order.id] = (snapshot, ar_document(snapshot, mapping, STORE, step))
    assert outcomes
    for snapshot, found in outcomes.values():
        if isinstance(found, Built):
            assert found.gross == snapshot.order.total_inc_tax
            assert sum(line.amount for line in found.lines) == 0
        else:
            assert isinstance(found, Refusal)
            assert any(character.isdigit() for character in found.sentence)
    posted = {number for number, (_, found) in outcomes.items() if isinstance(found, Built)}
    assert {218, 247} <= posted
    assert 100 not in posted


def test_documented_orders_are_planned_by_their_status(samples: Path) -> None:
    """Awaiting payment waits; an order of the test gateway is not ours."""
    mapping = load_mapping(MAPPING, "documented.toml")
    found = {}
    for path in sorted(samples.glob("orders/order-[0-9]*.json")):
        snapshot = completed(read(path))
        found[snapshot.order.id] = plan(snapshot, (), mapping, STORE)
    assert isinstance(found[218], Wait)
    assert isinstance(found[247], Skip)


def test_every_documented_callback_is_believed_once_signed(samples: Path) -> None:
    """Whatever its event and its shape; events of orders name their order."""
    seen = 0
    for path in sorted(samples.glob("webhooks/*/*.json")):
        content = read(path)
        if not isinstance(content, dict) or "scope" not in content or "producer" not in content:
            continue
        # A documented placeholder is no store hash.
        producer = content["producer"].replace("{", "").replace("}", "").replace("_", "")
        body = json.dumps(content | {"producer": producer}, default=str, separators=(",", ":")).encode()
        sent = int(NOW.timestamp())
        headers = {
            "Webhook-Id": str(content["hash"]),
            "Webhook-Timestamp": str(sent),
            "Webhook-Signature": sign(SECRET, str(content["hash"]), sent, body),
        }
        callback = verify(headers, body, [SECRET], NOW)
        assert callback.scope == content["scope"]
        names_order = content["scope"].startswith(("store/order/", "store/shipment/"))
        if names_order and "metafield" not in callback.scope and "message" not in callback.scope:
            assert callback.order_id, path.name
        seen += 1
    assert seen > 50
