"""A described or generated order becomes a document whose figures agree with each other."""

import itertools
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from mlconnector_sandbox.store.description import OrderDescription
from mlconnector_sandbox.store.documents import DescriptionError, Surroundings, build_document
from mlconnector_sandbox.store.generator import KINDS, Generator
from mlconnector_sandbox.store.profile import load_profile
from mlconnector_sandbox.store.seed import seed_customers, seed_products

D = Decimal
PROFILES = ("eu", "us", "jp", "kw")
NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)


def surroundings(profile: str) -> Surroundings:
    """Give what a description is completed from."""
    loaded = load_profile(profile)
    counter = itertools.count(1)
    return Surroundings(
        profile=loaded,
        products={row["id"]: row for row in seed_products(loaded)},
        billing=msgspec.to_builtins(loaded.people[0]),
        allocate=lambda _: next(counter),
        now=NOW,
        customer=seed_customers(loaded)[0],
    )


def described(profile: str, **fields: Any) -> dict[str, Any]:
    """Build a document from a few fields."""
    return build_document(
        msgspec.convert({"lines": [{"product_id": 112}], **fields}, OrderDescription), surroundings(profile)
    )


def total(document: dict[str, Any], *names: str) -> D:
    """Add up fields of an order."""
    return sum((D(document[name]) for name in names), D(0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("profile", PROFILES)
def test_figures_of_every_kind_agree(profile: str, kind: str) -> None:
    """Lines, charges, fees and tax rows add up to the order's totals, in every store and for every kind."""
    around = surroundings(profile)
    customers = {row["id"]: row for row in seed_customers(around.profile)}
    generator = Generator(7, around.profile, around.products, customers)
    for _ in range(5):
        document = build_document(generator.draw(kind), around)

        charges = total(document, "shipping_cost_inc_tax", "handling_cost_inc_tax", "wrapping_cost_inc_tax")
        charges += sum((D(fee["cost_inc_tax"]) for fee in document["fees"]), D(0))
        lines = sum((D(row["discounted_total_inc_tax"]) for row in document["products"]), D(0))
        reductions = total(document, "discount_amount", "coupon_discount")
        assert lines + charges == D(document["total_inc_tax"])
        assert total(document, "subtotal_inc_tax") + charges - reductions == D(document["total_inc_tax"])
        assert sum((D(row["line_amount"]) for row in document["taxes"]), D(0)) == D(document["total_tax"])
        assert total(document, "total_ex_tax", "total_tax") == D(document["total_inc_tax"])


@pytest.mark.parametrize("profile", PROFILES)
def test_rows_point_at_each_other(profile: str) -> None:
    """Products name an address of the order, item tax rows name a product of it."""
    document = build_document(Generator(3, *_supplies(profile)).draw("two-addresses"), surroundings(profile))
    addresses = {row["id"] for row in document["shipping_addresses"]}
    products = {str(row["id"]) for row in document["products"]}

    assert {row["order_address_id"] for row in document["products"]} <= addresses
    assert {row["order_product_id"] for row in document["taxes"] if row["line_item_type"] == "item"} <= products
    items: dict[int, int] = defaultdict(int)
    for row in document["products"]:
        items[row["order_address_id"]] += row["quantity"]
    assert items == {row["id"]: row["items_total"] for row in document["shipping_addresses"]}


def _supplies(profile: str) -> tuple[Any, ...]:
    around = surroundings(profile)
    return around.profile, around.products, {row["id"]: row for row in seed_customers(around.profile)}


def test_money_is_text_with_four_decimals_in_every_currency() -> None:
    """Also where the currency has none, or three."""
    assert described("jp")["total_inc_tax"] == "2175.0000"
    assert described("kw", lines=[{"name": "Tray", "price": "4.125"}])["total_inc_tax"] == "4.1250"


def test_same_seed_gives_the_same_orders() -> None:
    """A failure found by a seed can be found again."""
    first, second = (Generator(11, *_supplies("eu")) for _ in range(2))

    assert [first.draw() for _ in range(20)] == [second.draw() for _ in range(20)]


def test_tax_goes_where_the_goods_go() -> None:
    """An address abroad has the rates of its zone; one outside all zones has none."""
    abroad = described(
        "eu", destinations=[{"address": {"country_iso2": "FR", "country": "France", "state": "Bretagne"}}]
    )
    export = described("eu", destinations=[{"address": {"country_iso2": "NO", "country": "Norway", "state": ""}}])

    assert [row["rate"] for row in abroad["taxes"]] == ["20.0000"]
    assert export["taxes"] == []
    assert export["total_tax"] == "0.0000"


def test_digital_orders_have_no_address() -> None:
    """Downloads are taxed where the bill goes."""
    document = described("eu", lines=[{"product_id": 141}])

    assert (document["shipping_addresses"], document["order_is_digital"]) == ([], True)
    assert [row["order_address_id"] for row in document["taxes"]] == [0]


def test_shipping_coupon_in_both_readings() -> None:
    """Either the carriage is cheaper, or it stays and the coupon counts as discount; the total is the same."""
    fields = {"destinations": [{"shipping": "5"}], "coupons": [{"code": "S", "type": "shipping", "amount": "2"}]}
    cheaper = described("eu", **fields)
    counted = described("eu", **fields, shipping_coupon="coupon")

    assert (cheaper["shipping_cost_inc_tax"], cheaper["coupon_discount"]) == ("3.0000", "0.0000")
    assert (counted["shipping_cost_inc_tax"], counted["coupon_discount"]) == ("5.0000", "2.0000")
    assert cheaper["total_inc_tax"] == counted["total_inc_tax"]
    assert cheaper["total_tax"] == counted["total_tax"]


def test_flag_may_contradict_the_arithmetic() -> None:
    """BigCommerce shows orders that add up with tax though they say that prices exclude it."""
    document = described("eu", is_tax_inclusive_pricing=False, discount="2")

    assert document["is_tax_inclusive_pricing"] is False
    assert D(document["subtotal_inc_tax"]) - 2 == D(document["total_inc_tax"])


def test_discounts_are_shown_on_the_lines_they_reduce() -> None:
    """The parts of an order discount add up to it, each on a line, named as the order's."""
    document = described("us", lines=[{"product_id": 111}, {"product_id": 131, "quantity": 3}], discount="7.77")
    applied = [entry for row in document["products"] for entry in row["applied_discounts"]]

    assert sum((D(entry["amount"]) for entry in applied), D(0)) == D("7.77")
    assert {entry["target"] for entry in applied} == {"order"}


def test_payment_covers_what_credit_does_not() -> None:
    """Store credit and certificates are means of payment; the rest was paid by card."""
    document = described("eu", store_credit="3", gift_certificate="4")
    amounts = {row["method"]: row["amount"] for row in document["transactions"]}

    assert amounts == {"store_credit": D(3), "gift_certificate": D(4), "credit_card": D(document["total_inc_tax"]) - 7}


def test_display_currency_does_not_touch_the_amounts() -> None:
    """What is charged is in the transactional currency."""
    shown = described("eu", display_currency="GBP", display_rate="0.87")

    assert (shown["currency_code"], shown["default_currency_code"]) == ("GBP", "EUR")
    assert shown["total_inc_tax"] == described("eu")["total_inc_tax"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"lines": []}, "at least one line"),
        ({"lines": [{"product_id": 9}]}, "product 9 is not in the catalogue"),
        ({"lines": [{"product_id": 112, "destination": 1}]}, "destination 1, of 1"),
        ({"lines": [{"product_id": 112, "bundle_of": 4}]}, "no line 4"),
        ({"status_id": 77}, "not 77"),
        ({"currency": "XQQ"}, "XQQ"),
    ],
)
def test_impossible_descriptions_are_refused_by_name(fields: dict[str, Any], reason: str) -> None:
    """The message says what is wrong."""
    with pytest.raises(DescriptionError, match=reason):
        described("eu", **fields)


def test_negative_amounts_are_refused() -> None:
    """BigCommerce has none."""
    with pytest.raises(msgspec.ValidationError, match="negative"):
        described("eu", discount="-1")


def test_coupons_per_item_and_explicit_rates() -> None:
    """Two off each of three, no more than the line has; rates given outright replace those of the zone."""
    line = {"name": "Cup", "price": "5", "quantity": 3, "rates": [{"percent": "10", "name": "Levy"}]}
    coupons = [{"code": "TWO", "type": "per_item", "amount": "2"}, {"code": "MORE", "type": "per_item", "amount": "9"}]
    document = described("us", lines=[line], coupons=coupons)

    assert [row["discount"] for row in document["coupons"]] == [D(6), D(9)]
    assert document["total_inc_tax"] == "0.0000"
    assert [row["name"] for row in document["taxes"]] == ["Levy"]


def test_addresses_outside_every_zone_are_not_taxed() -> None:
    """A profile need not have a zone for everywhere."""
    around = surroundings("eu")
    bare = msgspec.structs.replace(around.profile, tax_zones=())

    assert bare.rates(0, "DE", "Hamburg") == ()
    assert bare.tax_class_name(99) == "Default Tax Class"
