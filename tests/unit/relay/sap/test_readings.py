"""Figures that BigCommerce leaves open are read the one way that all totals of the order bear out."""

from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.models import OrderSnapshot
from mlconnector_relay.sap.document import ar_document
from mlconnector_relay.sap.facts import StoreFacts
from mlconnector_relay.sap.values import Built

from tests.support.building import built, posted, refused, with_parts
from tests.support.mappings import STEP, STORE, a_mapping, without
from tests.support.orders import Charge, Line, an_order, revised

D = Decimal
STRICT = (without('rounding_limit = "0.02"'), without('rounding = { gl_account = "898000", cost_center = "4900" }'))


def lines_changed(snapshot: OrderSnapshot, **changes: Any) -> OrderSnapshot:
    """Return the order with fields of every line changed."""
    return with_parts(snapshot, products=[{**line.model_dump(), **changes} for line in snapshot.products])


def unstated(snapshot: OrderSnapshot) -> OrderSnapshot:
    """Return the order as older ones are: no line says what was charged for it."""
    return lines_changed(snapshot, discounted_total_inc_tax=None)


def unspread(snapshot: OrderSnapshot) -> OrderSnapshot:
    """Return the order without any detail of its discounts."""
    return lines_changed(snapshot, discounted_total_inc_tax=None, applied_discounts=[])


def product_lines(document: Built) -> list[str]:
    """Return the amounts of the product lines."""
    return [amount for role, _, _, amount in posted(document) if role == "product"]


# --- lines and discounts ---


def test_what_the_store_states_per_line_comes_first() -> None:
    """It knows which line a coupon reduced; shares would be a guess."""
    lines = (Line("119.00", discount="23.80"), Line("119.00", product_id=112, categories=(22,)))
    document = built(an_order(*lines, coupon="23.80"))
    assert document.reading == "lines as the store states them"
    assert product_lines(document) == ["-80.00", "-100.00"]


@pytest.mark.parametrize("inclusive", [True, False])
def test_else_discounts_are_taken_as_the_store_spread_them(inclusive: bool) -> None:
    """With or without tax, as its prices are."""
    price, taken = ("119.00", "23.80") if inclusive else ("100.00", "20.00")
    lines = (Line(price, discount=taken), Line(price, product_id=112, categories=(22,)))
    document = built(unstated(an_order(*lines, inclusive=inclusive)))
    basis = "gross" if inclusive else "net"
    assert document.reading == f"{basis} discounts as the store spread them"
    assert product_lines(document) == ["-80.00", "-100.00"]


@pytest.mark.parametrize("inclusive", [True, False])
def test_else_discounts_are_shared_by_price(inclusive: bool) -> None:
    """15.00 over 100 at 19 % and 50 at 7 % is 10 on the one, 5 on the other."""
    lines = (Line("100.00", discount="10"), Line("50.00", rate="7", discount="5", product_id=112, categories=(22,)))
    document = built(unspread(an_order(*lines, inclusive=inclusive)))
    assert document.reading.startswith("gross discounts by gross" if inclusive else "net discounts by net")
    expected = ["-75.63", "-42.06"] if inclusive else ["-90.00", "-45.00"]
    assert product_lines(document) == expected


@pytest.mark.parametrize(("inclusive", "basis"), [(True, "gross"), (False, "net")])
def test_figures_the_store_entered_come_before_those_it_worked_out(inclusive: bool, basis: str) -> None:
    """Prices with tax where prices include it."""
    assert built(unstated(an_order(Line("100.00"), inclusive=inclusive))).reading == f"{basis} prices"


@pytest.mark.parametrize("entered_with_tax", [True, False])
def test_a_net_discount_on_its_own_account_is_what_net_prices_lost(entered_with_tax: bool) -> None:
    """The full price without tax is the one shown, or follows from the one with tax."""
    own_account = ('language = "DE"', 'language = "DE"\ndiscounts = "own_account"')
    order = unstated(an_order(Line("100.00", discount="20.00"), inclusive=False))
    document = built(revised(order, is_tax_inclusive_pricing=entered_with_tax), a_mapping(own_account))
    assert document.reading == "net discounts as the store spread them"
    assert posted(document)[1:3] == [("product", "800000", "A1", "-100.00"), ("discount", "888000", "A1", "20.00")]


def test_the_stores_spread_of_a_discount_may_be_a_unit_per_line_off() -> None:
    """Its rounding goes to the rounding account; further off, it is no spread of this discount."""
    snapshot = unstated(an_order(Line("119.00", discount="11.90"), Line("119.00", product_id=112)))
    reduced, other = [line.model_dump() for line in snapshot.products]
    for amount, reading in (("11.88", "as the store spread them"), ("11.87", "by net price")):
        applied = [{"id": "sale", "amount": amount, "code": None, "target": "order"}]
        document = built(with_parts(snapshot, products=[reduced | {"applied_discounts": applied}, other]))
        assert document.reading == f"gross discounts {reading}"


def test_gross_discounts_are_found_in_a_net_store() -> None:
    """The store says its prices exclude tax, yet only with tax the figures add up."""
    snapshot = an_order(Line("62.68", rate="8.25"), shipping=Charge("11.09", rate="8.25"), inclusive=False)
    figures = {
        "subtotal_ex_tax": "62.6793",
        "subtotal_inc_tax": "67.8400",
        "subtotal_tax": "4.4000",
        "shipping_cost_ex_tax": "11.0900",
        "shipping_cost_inc_tax": "12.0000",
        "shipping_cost_tax": "0.9100",
        "total_ex_tax": "64.5300",
        "total_inc_tax": "69.8400",
        "total_tax": "5.3100",
        "discount_amount": "5.0000",
        "coupon_discount": "5.0000",
    }
    line = {"total_ex_tax": "62.6793", "total_inc_tax": "67.8400", "total_tax": "4.4000"}
    item, freight = [row.model_dump() for row in snapshot.taxes]
    taxes = [item | {"line_amount": "4.40"}, freight | {"line_amount": "0.91"}]
    order = with_parts(revised(unspread(lines_changed(snapshot, **line)), **figures), taxes=taxes)
    more = '[tax_codes.X1]\ncondition_key = "U"\naccount_key = "U"\n[[taxes]]\ntax_code = "X1"\n'
    document = built(order, a_mapping(*STRICT, more=more))
    assert document.reading == "gross discounts by net price"
    assert [amount for *_, amount in posted(document)] == ["69.84", "-53.44", "-11.09", "-5.31"]


def test_the_stores_setting_counts_where_the_order_says_nothing() -> None:
    """Which figures are exact decides only what is tried first."""
    order = revised(unspread(an_order(Line("119.00", discount="11.90"))), is_tax_inclusive_pricing=None)
    either = revised(unstated(an_order(Line("119.00"))), is_tax_inclusive_pricing=None)
    for inclusive, first in ((True, "gross"), (False, "net"), (None, "net")):
        store = StoreFacts("acme", "abc123", "B1", STORE.cut_over, tax_inclusive=inclusive)
        found = ar_document(order, a_mapping(), store, STEP)
        assert isinstance(found, Built)
        assert product_lines(found) == ["-90.00"]
        found = ar_document(either, a_mapping(), store, STEP)
        assert isinstance(found, Built)
        assert found.reading == f"{first} prices"


def test_readings_that_post_differently_are_refused() -> None:
    """A small discount over two rates: by net or by gross price, nobody can tell."""
    free = Line("100.00", rate="0", discount="0.50", product_id=112, categories=(22,))
    found = refused(unspread(an_order(Line("100.00", discount="0.50"), free)))
    assert found.rule == "refused:ambiguous"
    assert "post differently to account 800" in found.sentence
    assert found.sentence.endswith("gross discounts by net price; gross discounts by gross price")


@pytest.mark.parametrize(("taken", "ambiguous"), [("0.23", False), ("0.30", True)])
def test_readings_may_post_a_unit_per_line_and_one_more_apart(taken: str, ambiguous: bool) -> None:
    """Two cents on one line are rounding, and the likelier reading is posted; three are refused."""
    free = Line("100.00", rate="0", discount=taken, product_id=112, categories=(22,))
    snapshot = unspread(an_order(Line("100.00", discount=taken), free))
    if ambiguous:
        named = "gross discounts by net price; gross discounts by gross price"
        sentence = f"two readings add up, but post differently to account 800000: {named}"
        assert refused(snapshot).sentence == sentence
    else:
        assert product_lines(built(snapshot)) == ["-83.86", "-99.75"]


def test_a_discount_larger_than_its_lines_is_refused() -> None:
    """Nothing is paid out on an invoice."""
    order = revised(unspread(an_order(Line("10.00"), shipping=Charge("20.00"))), discount_amount="15.00")
    found = refused(order)
    assert found.rule == "refused:reading"
    assert "gross discounts by net price: takes more off 1x SKU-1 than it costs" in found.sentence


def test_a_discount_without_lines_to_take_it_off_is_refused() -> None:
    """There is nothing to spread it over."""
    snapshot = an_order(Line("0"), shipping=Charge("20.00"))
    order = revised(snapshot, discount_amount="5.00", total_inc_tax="15.00", total_ex_tax="11.81")
    found = refused(unspread(order))
    assert found.rule == "refused:reading"
    assert found.sentence.endswith("freight 20 = 20, the total with tax is 15: -5 apart")


# --- shipping coupons ---


def with_shipping_coupon(**figures: str) -> OrderSnapshot:
    """Return an order with a shipping coupon and the figures that tell how it was taken."""
    snapshot = an_order(Line("119.00"), shipping=Charge("11.90"))
    coupons = [{"id": 1, "type": 3, "discount": "5.95"}]
    shipping_tax = snapshot.taxes[1].model_dump() | {"line_amount": "0.95"}
    totals = {"total_inc_tax": "124.95", "total_tax": "19.95", "total_ex_tax": "105.00"}
    order = revised(snapshot, **totals | {"shipping_cost_tax": "0.95"} | figures)
    return with_parts(
        order, coupons=coupons, taxes=[snapshot.taxes[0].model_dump(), shipping_tax], shipping_addresses=[]
    )


@pytest.mark.parametrize(
    ("figures", "reading"),
    [
        ({"coupon_discount": "5.95"}, "shipping coupon among the coupons"),
        ({"coupon_discount": "0"}, "shipping coupon beside the coupons"),
        (
            {"coupon_discount": "5.95", "shipping_cost_inc_tax": "5.95", "shipping_cost_ex_tax": "5.00"},
            "shipping already reduced",
        ),
        (
            {"coupon_discount": "0", "shipping_cost_inc_tax": "5.95", "shipping_cost_ex_tax": "5.00"},
            "shipping already reduced",
        ),
    ],
)
@pytest.mark.parametrize("stated", [True, False])
def test_shipping_coupons_reduce_shipping(figures: dict[str, str], reading: str, stated: bool) -> None:
    """Whether the charge shows it already, and whether the coupons count it, follows from the totals."""
    snapshot = with_shipping_coupon(**figures)
    document = built(snapshot if stated else unspread(snapshot), a_mapping(*STRICT))
    assert document.reading == f"{'lines as the store states them' if stated else 'gross prices'}, {reading}"
    assert posted(document)[1:3] == [("product", "800000", "A1", "-100.00"), ("freight", "808000", "A1", "-5.00")]


@pytest.mark.parametrize(("shown", "reading"), [("17.85", "among"), ("11.90", "beside")])
def test_shipping_coupons_are_told_from_the_others(shown: str, reading: str) -> None:
    """One takes 11.90 off a lamp, the other 5.95 off shipping."""
    snapshot = an_order(Line("119.00", discount="11.90"), shipping=Charge("11.90"), coupon="11.90")
    coupons = [{"id": 1, "type": 0, "discount": "11.90"}, {"id": 2, "type": 3, "discount": "5.95"}]
    rows = [row.model_dump() for row in snapshot.taxes]
    figures = {"total_inc_tax": "113.05", "total_tax": "18.05", "total_ex_tax": "95.00", "shipping_cost_tax": "0.95"}
    order = revised(snapshot, **figures, coupon_discount=shown)
    document = built(
        with_parts(order, coupons=coupons, taxes=[rows[0], rows[1] | {"line_amount": "0.95"}], shipping_addresses=[]),
        a_mapping(*STRICT),
    )
    assert document.reading == f"lines as the store states them, shipping coupon {reading} the coupons"
    assert posted(document)[1:3] == [("product", "800000", "A1", "-90.00"), ("freight", "808000", "A1", "-5.00")]


def test_a_shipping_coupon_without_shipping_reduces_nothing() -> None:
    """Free shipping on a free parcel."""
    snapshot = with_parts(an_order(Line("119.00")), coupons=[{"id": 1, "type": 4, "discount": "5"}])
    assert product_lines(built(snapshot)) == ["-100.00"]


# --- fees ---


def fee_inside(snapshot: OrderSnapshot) -> OrderSnapshot:
    """Move the fees into the subtotal."""
    order, fee = snapshot.order, snapshot.fees[0]
    return revised(
        snapshot,
        subtotal_inc_tax=order.subtotal_inc_tax + fee.cost_inc_tax,
        subtotal_ex_tax=order.subtotal_ex_tax + fee.cost_ex_tax,
        subtotal_tax=order.subtotal_tax + fee.cost_tax,
    )


def test_fees_are_found_beside_and_inside_the_subtotal() -> None:
    """The document is the same."""
    snapshot = an_order(Line("119.00"), fees=(Charge("11.90"),))
    inside = built(fee_inside(snapshot))
    assert posted(inside) == posted(built(snapshot))
    assert inside.reading == "lines as the store states them, fees inside the subtotal"


@pytest.mark.parametrize("figure", ["subtotal_inc_tax", "subtotal_ex_tax"])
def test_one_figure_of_the_subtotal_suffices(figure: str) -> None:
    """The other may be of full prices, or of none."""
    snapshot = an_order(Line("119.00"), fees=(Charge("11.90"),))
    beside = built(revised(snapshot, **{figure: "1.00"}))
    inside = built(revised(fee_inside(snapshot), **{figure: "1.00"}))
    assert posted(beside) == posted(inside) == posted(built(snapshot))
    assert [beside.reading, inside.reading] == [
        "lines as the store states them",
        "lines as the store states them, fees inside the subtotal",
    ]


def test_a_subtotal_may_be_a_unit_per_line_and_one_more_off() -> None:
    """Three cents on two lines are rounding, four are not."""
    snapshot = an_order(Line("119.00"), Line("119.00", product_id=112))
    assert built(revised(snapshot, subtotal_inc_tax="238.03", subtotal_ex_tax="200.03"), a_mapping(*STRICT))
    found = refused(revised(snapshot, subtotal_inc_tax="238.04", subtotal_ex_tax="200.04"), a_mapping(*STRICT))
    assert found.rule == "refused:subtotal"


def test_the_tax_of_fees_belongs_to_the_subtotal_where_they_do() -> None:
    """Counted once, wherever it stands: what is missing in the subtotal's tax is no tax of the fee."""
    snapshot = an_order(Line("119.00", discount="11.90"), fees=(Charge("11.90"),))
    inside = fee_inside(snapshot)
    assert built(inside).reading == "lines as the store states them, fees inside the subtotal"
    found = refused(revised(inside, subtotal_tax="18.00"))
    assert found.sentence == "tax of 18.00 on the subtotal and 0 on charges is not the total tax of 19.0000"
    found = refused(revised(an_order(Line("119.00"), fees=(Charge("5.95"),)), subtotal_tax="10.00"))
    assert found.sentence == "tax of 10.00 on the subtotal and 0.9500 on charges is not the total tax of 19.9500"


def test_fees_that_the_total_leaves_out_are_not_charged() -> None:
    """AR is what the store's total says."""
    plain = an_order(Line("119.00"))
    document = built(with_parts(plain, fees=an_order(fees=(Charge("12.30"),)).model_dump()["fees"]))
    assert document.reading == "lines as the store states them, fees not charged"
    assert posted(document) == posted(built(plain))


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("wrong", [{"shipping_cost_inc_tax": "5.90"}, {"shipping_cost_ex_tax": "4.90"}])
def test_a_charge_is_read_by_whichever_of_its_figures_adds_up(inclusive: bool, wrong: dict[str, str]) -> None:
    """No line states what was charged for shipping: it is the figure with tax, or the one without and its tax."""
    price, freight = ("119.00", "5.95") if inclusive else ("100.00", "5.00")
    snapshot = an_order(Line(price), shipping=Charge(freight), inclusive=inclusive)
    document = built(with_parts(revised(snapshot, **wrong), shipping_addresses=[]), a_mapping(*STRICT))
    assert document.reading == "lines as the store states them"
    assert posted(document)[1:3] == [("product", "800000", "A1", "-100.00"), ("freight", "808000", "A1", "-5.00")]


# --- totals that contradict each other ---


def test_a_contradiction_within_the_limit_goes_to_rounding() -> None:
    """With its own line, without tax code; never into revenue."""
    snapshot = revised(an_order(Line("119.00")), total_inc_tax="119.02", total_ex_tax="100.02")
    document = built(snapshot)
    assert posted(document) == [
        ("customer", "99000", "", "119.02"),
        ("product", "800000", "A1", "-100.00"),
        ("rounding", "898000", "", "-0.02"),
        ("tax", "", "A1", "-19.00"),
    ]
    assert document.lines[3].base == D("-100.00")
    below = revised(an_order(Line("119.00")), total_inc_tax="118.99", total_ex_tax="99.99")
    assert ("rounding", "898000", "", "0.01") in posted(built(below))


def test_an_exact_reading_comes_before_one_that_needs_rounding() -> None:
    """Stated lines a cent off, derived lines exact."""
    snapshot = lines_changed(an_order(Line("119.00")), discounted_total_inc_tax="119.01")
    document = built(snapshot)
    assert document.reading == "gross prices"
    assert all(role != "rounding" for role, *_ in posted(document))


def test_half_a_unit_is_no_contradiction() -> None:
    """What the store states with four decimals stays exact, and comes before what would be derived."""
    snapshot = lines_changed(an_order(Line("119.00")), discounted_total_inc_tax="119.0050")
    document = built(snapshot)
    assert document.reading == "lines as the store states them"
    assert product_lines(document) == ["-100.00"]


def test_tax_may_be_a_unit_per_line_and_one_more_off_the_rate() -> None:
    """Three cents on two lines are rounding, four are not, and the refusal says what it would be."""

    def an_order_with(tax: str, of_the_second: str, price: str) -> OrderSnapshot:
        snapshot = an_order(Line("119.00"), Line(price, product_id=112))
        rows = [row.model_dump() for row in snapshot.taxes]
        order = revised(snapshot, total_tax=tax, total_ex_tax="200.00", subtotal_tax=tax)
        return with_parts(order, taxes=[rows[0], rows[1] | {"line_amount": of_the_second}])

    assert posted(built(an_order_with("38.03", "19.03", "119.03")))[-1] == ("tax", "", "A1", "-38.03")
    found = refused(an_order_with("38.04", "19.04", "119.04"))
    assert found.rule == "refused:reading"
    assert "gross prices: 38.0400 of tax on 200 is not 19 %, which would be 38; " in found.sentence


def test_a_contradiction_beyond_the_limit_is_refused_with_the_arithmetic() -> None:
    """Every reading tried is shown with what it comes to."""
    snapshot = revised(an_order(Line("119.00"), shipping=Charge("5.95")), total_inc_tax="125", total_ex_tax="105.05")
    found = refused(snapshot)
    assert found.rule == "refused:reading"
    with_tax = "product 119 + freight 5.95 = 124.95, the total with tax is 125: 0.05 apart"
    assert found.sentence == (
        f"no reading of the order adds up: lines as the store states them: {with_tax}; gross prices: {with_tax}; "
        "net prices: product 100 + freight 5 = 105, the total without tax is 105.05: 0.05 apart"
    )
    assert (
        refused(revised(an_order(Line("119.00")), total_inc_tax="119.01"), a_mapping(*STRICT)).rule == "refused:totals"
    )


def test_a_total_that_tenders_reduced_may_stand_beside_one_that_they_did_not() -> None:
    """119.00 less a gift certificate of 50.00, with the 100.00 that it was without tax."""
    paid = {"total_inc_tax": "69.00", "total_ex_tax": "100.00", "gift_certificate_amount": "50.00"}
    document = built(revised(an_order(Line("119.00")), **paid))
    assert [row for row in posted(document) if row[0] != "tax"] == [
        ("customer", "99000", "", "69.00"),
        ("product", "800000", "A1", "-100.00"),
        ("gift_certificate_used", "176500", "", "50.00"),
    ]


def test_totals_may_contradict_each_other_up_to_the_limit() -> None:
    """Two cents, and the lines decide; three are refused. The same goes for the tax of subtotal and total."""
    snapshot = an_order(Line("119.00"))
    plain = posted(built(snapshot))
    assert posted(built(revised(snapshot, total_ex_tax="100.02"))) == plain
    assert refused(revised(snapshot, total_ex_tax="100.03")).rule == "refused:totals"
    assert posted(built(revised(snapshot, subtotal_tax="18.98"))) == plain
    assert refused(revised(snapshot, subtotal_tax="18.97")).rule == "refused:totals"


def test_totals_that_do_not_add_up_are_refused() -> None:
    """Without tax plus tax must be with tax."""
    found = refused(revised(an_order(Line("119.00")), total_ex_tax="119.00"))
    assert found.rule == "refused:totals"
    assert found.sentence == "119.00 without tax + 19.0000 of tax are not 119.0000"


def test_a_total_that_tenders_took_below_its_tax_has_no_net_left() -> None:
    """119.00 less a gift certificate of 110.00, shown as 9.00 with 19.00 of tax: the total without tax ends at zero."""
    paid = {"total_inc_tax": "9.00", "total_ex_tax": "0.00", "gift_certificate_amount": "110.00"}
    document = built(revised(an_order(Line("119.00")), **paid))
    assert document.reading == "lines as the store states them, total after gift certificates and store credit"
    assert posted(document)[0] == ("customer", "99000", "", "9.00")
    found = refused(revised(an_order(Line("119.00")), **paid | {"total_ex_tax": "1.00"}))
    assert found.rule == "refused:totals"


def test_tax_that_disappeared_between_subtotal_and_total_is_refused() -> None:
    """An order whose lines carry tax, but whose total has none."""
    order = revised(
        an_order(Line("119.00")),
        total_tax="0",
        total_ex_tax="119.00",
        subtotal_tax="19.00",
        is_tax_inclusive_pricing=False,
    )
    found = refused(with_parts(order, taxes=[]))
    assert found.rule == "refused:totals"
    assert found.sentence == "tax of 19.00 on the subtotal and 0 on charges is not the total tax of 0"


def test_the_subtotals_tax_may_be_that_of_full_prices() -> None:
    """Where there are discounts, both kinds of order exist."""
    snapshot = an_order(Line("119.00", discount="11.90"))
    assert built(revised(snapshot, subtotal_tax="19.00"))
    with_fee = an_order(Line("119.00", discount="11.90"), fees=(Charge("5.95"),))
    assert built(revised(with_fee, subtotal_tax="19.00"))
    assert refused(revised(snapshot, subtotal_tax="10.00")).rule == "refused:totals"


def test_a_subtotal_that_is_not_its_lines_is_refused() -> None:
    """A page of lines was lost, or a total was set by hand."""
    snapshot = an_order(Line("119.00"), Line("20.00", product_id=112))
    found = refused(with_parts(snapshot, products=snapshot.model_dump()["products"][:1]))
    assert found.rule in {"refused:tax_detail", "refused:subtotal"}
    untaxed = an_order(Line("119.00"), Line("20.00", rate="0", product_id=112))
    found = refused(with_parts(untaxed, products=untaxed.model_dump()["products"][:1]))
    assert found.rule == "refused:subtotal"
    assert found.sentence == (
        "the lines add up to 119.0000 with and 100.0000 without tax, the subtotal says 139.0000 and 120.0000"
    )
