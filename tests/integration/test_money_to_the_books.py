"""Whatever is ordered: the store's arithmetic, its REST answers, the relay, SAP's checks, the books, to the cent.

Nothing here is the tests' own pricing: the store simulator prices each drawn cart and serves it, the relay's client
reads it, its builder makes the call, the ECC simulator checks and posts it. What must come out is added up from the
store's answers in whole ten-thousandths and knows nothing of the relay's arithmetic.
"""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import HealthCheck, event, given, settings
from mlconnector_relay.bigcommerce.catalogue import Catalogue
from mlconnector_relay.bigcommerce.client import StoreClient as RelayClient
from mlconnector_relay.reconcile.plan import Owe, Plan, plan
from mlconnector_relay.reconcile.snapshot import take
from mlconnector_relay.sap.facts import StoreFacts
from mlconnector_relay.sap.mapping import load_mapping

from tests.support.carts import MARKETS, Cart, Market, carts, money
from tests.support.ecc import Ecc, an_ecc, codes
from tests.support.hasty import HastyRuntime
from tests.support.store import HASH, StoreClient, a_store

EXAMPLES = int(os.environ.get("MLCONNECTOR_CARTS", "200"))
BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
CREDIT = "1000000000"


class Way:
    """The stores, the relay's reading and planning, SAP: in this process, over loopback."""

    def __init__(self, runner: asyncio.Runner, ecc: Ecc) -> None:
        self._ecc, self._sap = ecc, ecc.connect()
        self._stores: dict[str, StoreClient] = {}
        self._runner, self._open = runner, AsyncExitStack()
        runner.run(self._start())

    async def _start(self) -> None:
        self._http = await self._open.enter_async_context(aiohttp.ClientSession())
        for profile in sorted({market.profile for market in MARKETS}):
            store = await self._open.enter_async_context(a_store(profile=profile))
            customers = store.simulator.state.resources["customers"]
            customers[1] = {**customers[1], "store_credit_amounts": [{"amount": Decimal(CREDIT)}]}
            self._stores[profile] = store

    def close(self) -> None:
        """End the stores."""
        self._runner.run(self._open.aclose())

    def order(self, cart: Cart) -> tuple[dict[str, Any], Plan]:
        """Place an order; return what the store keeps of it and what the relay makes of what it serves."""
        return self._runner.run(self._order(cart))

    async def _order(self, cart: Cart) -> tuple[dict[str, Any], Plan]:
        store, wanted = self._stores[cart.market.profile], dict(cart.description)
        dry = await store.control("/orders/describe?dry=1", "POST", wanted)
        assert dry.status == 200, dry.raw
        total, step = whole(dry.body["total_inc_tax"]), cart.market.step
        for name, share in (("store_credit", cart.credit), ("gift_certificate", cart.certificate)):
            wanted[name] = money(total * share // 100 // step * step)
        wanted["tenders_in_total"] = "reduced" if cart.reduced else "full"
        placed = await store.control("/orders/describe?events=none", "POST", wanted)
        assert placed.status == 201, placed.raw
        order = placed.body["id"]
        runtime = HastyRuntime()
        token = store.account.access_token
        client = RelayClient(self._http, f"{store.origin}/stores/{HASH}", token, runtime)
        taken = await take(
            client,
            Catalogue(client, runtime),
            order,
            runtime,
            refunds=False,
            transactions=lambda _: True,
            unseen=lambda _: False,
        )
        mapping = load_mapping(cart.mapping, "carts.toml")
        facts = StoreFacts("acme", HASH, "B1", BEGIN, timezone="UTC")
        return (await store.control(f"/orders/{order}")).body, plan(taken.snapshot, (), mapping, facts)

    def post(self, owed: Owe) -> list[dict[str, Any]]:
        """Have SAP check and post a document; return its lines and taxes as the books hold them, debits positive."""
        call = owed.built.call
        parameters = {**call.parameters, "DOCUMENTHEADER": {**call.parameters["DOCUMENTHEADER"], "USERNAME": "MLC_RFC"}}
        answer = self._sap.call(call.function, **parameters)
        assert codes(answer) == ["RW 605"], answer["RETURN"]
        assert self._sap.call("BAPI_TRANSACTION_COMMIT", WAIT="X")["RETURN"]["TYPE"] in {"", "S"}
        key = answer["OBJ_KEY"]
        query = "SELECT * FROM {} WHERE BELNR = ? AND BUKRS = ? AND GJAHR = ?"
        rows = {
            table: self._ecc.system.database.rows(query.format(table), (key[:10], key[10:14], key[14:18]))
            for table in ("BSEG", "BSET")
        }
        lines = [
            {"kind": "T" if row["BUZID"] else row["KOART"], "code": row["MWSKZ"], "amount": signed(row, "WRBTR")}
            for row in rows["BSEG"]
        ]
        bases = [{"kind": "base", "code": row["MWSKZ"], "amount": signed(row, "FWBAS")} for row in rows["BSET"]]
        return [*lines, *bases]


def signed(row: Any, field: str) -> int:
    """Return an amount in the currency's smallest units, credits negative."""
    return int(row[field]) * (-1 if row["SHKZG"] == "H" else 1)


def whole(amount: Any) -> int:
    """Return an amount of the store in ten-thousandths, which it must be a whole number of."""
    scaled = Decimal(str(amount)) * 10_000
    assert scaled == int(scaled), amount
    return int(scaled)


def rounded(ten_thousandths: int, step: int) -> int:
    """Return an amount in smallest units, half up."""
    return (2 * ten_thousandths + step) // (2 * step)


@pytest.fixture(scope="module")
def way(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    folder: Path = tmp_path_factory.mktemp("ecc")
    with asyncio.Runner() as runner, an_ecc(folder) as ecc:
        made = Way(runner, ecc)
        yield made
        made.close()


def owed_by_customer(cart: Cart, order: dict[str, Any]) -> tuple[int, int]:
    """Return what an order costs, and how much of it was paid by store credit and gift certificate."""
    tenders = whole(order["store_credit_amount"]) + whole(order["gift_certificate_amount"])
    return whole(order["total_inc_tax"]) + (tenders if cart.reduced else 0), tenders


def charged_by_code(market: Market, order: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return what the store charged with tax, and its tax, per tax code of the books, in ten-thousandths."""
    rates: dict[tuple[Any, ...], dict[Any, int]] = defaultdict(dict)
    taxes: Counter[tuple[Any, ...]] = Counter()
    for row in order.get("taxes", ()):
        kind, product = row["line_item_type"], row["order_product_id"]
        key = (kind, int(product)) if product else (kind, row["tax_class_id"]) if kind == "item" else (kind,)
        rates[key][row["tax_rate_id"]] = whole(row["rate"])
        taxes[key] += whole(row["line_amount"])
    by_rate = {whole(rate): code for rate, code in market.codes.items()}
    charged: Counter[tuple[Any, ...]] = Counter()
    liability = 0
    for row in order["products"]:
        if row["type"] == "giftcertificate":
            liability += whole(row["discounted_total_inc_tax"])
        else:
            charged["item", row["id"]] += whole(row["discounted_total_inc_tax"])
        charged["gift-wrapping",] += whole(row["wrapping_cost_inc_tax"])
    charged["shipping",] += whole(order["shipping_cost_inc_tax"])
    charged["handling",] += whole(order["handling_cost_inc_tax"])
    for row in order.get("fees", ()):
        charged["item", row["tax_class_id"]] += whole(row["cost_inc_tax"])
    result: dict[str, tuple[int, int]] = {"": (liability, 0)}
    for key in {*charged, *taxes}:
        code = by_rate[sum(rates[key].values())]
        gross, tax = result.get(code, (0, 0))
        result[code] = (gross + charged[key], tax + taxes[key])
    return result


def assert_books(cart: Cart, order: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    """Compare a document with its order."""
    step = cart.market.step
    total, tenders = owed_by_customer(cart, order)
    assert sum(line["amount"] for line in lines if line["kind"] != "base") == 0
    assert sum(line["amount"] for line in lines if line["kind"] == "D") == rounded(total, step) - tenders // step

    taxes: Counter[str] = Counter()
    grosses: Counter[str] = Counter()
    bases: Counter[str] = Counter()
    for line in lines:
        match line["kind"]:
            case "T":
                taxes[line["code"]] -= line["amount"]
                grosses[line["code"]] -= line["amount"]
            case "S":
                grosses[line["code"]] -= line["amount"]
            case "base":
                bases[line["code"]] -= line["amount"]
    grosses[""] += tenders // step
    expected = charged_by_code(cart.market, order)
    assert sum(taxes.values()) == rounded(whole(order["total_tax"]), step)
    exact = all(tax % step == 0 for _, tax in expected.values())
    for code in {*expected, *taxes, *grosses}:
        gross, tax = expected.get(code, (0, 0))
        assert abs(taxes[code] * step - tax) < (1 if exact else 1.5 * step), (code, taxes, expected)
        if code:
            assert bases[code] == grosses[code] - taxes[code]
    if whole(order["coupon_discount"]) and any(row["type"] in (3, 4) for row in order.get("coupons", ())):
        return  # what a coupon took off the carriage shows nowhere by itself
    exact = exact and all(gross % step == 0 for gross, _ in expected.values())
    for code, (gross, _) in expected.items():
        assert abs(grosses[code] * step - gross) < (1 if exact else 1.5 * step), (code, grosses, expected)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(carts())
def test_every_cart_is_booked_as_the_store_charged_it(way: Way, cart: Cart) -> None:
    """In every currency, basis, rounding and reading of totals: nothing parks, but for an order that costs nothing."""
    order, owed = way.order(cart)
    event(f"{cart.market.currency} in {cart.market.company_code}: {type(owed).__name__}")
    if isinstance(owed, Owe):
        assert_books(cart, order, way.post(owed))
    else:
        assert rounded(owed_by_customer(cart, order)[0], cart.market.step) == 0, owed
