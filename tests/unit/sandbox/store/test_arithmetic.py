"""The arithmetic of an order holds for every mix of prices, quantities, rates, discounts, charges and settings."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from mlconnector_sandbox.store.arithmetic import (
    Charge,
    Estimate,
    FeePlace,
    LineInput,
    PricedOrder,
    Rate,
    Reduction,
    Rounding,
    Taxed,
    Terms,
    price_order,
)

D = Decimal
STEPS = {0: D(1), 2: D("0.01"), 3: D("0.001")}

steps = st.sampled_from(list(STEPS.values()))
terms = st.builds(
    Terms, st.booleans(), steps, st.sampled_from(Rounding), st.sampled_from(Estimate), st.sampled_from(FeePlace)
)
prices = st.decimals(0, 5000, places=4)
rates = st.lists(
    st.builds(
        Rate, st.integers(1, 9), st.just("Tax"), st.sampled_from([D(0), D(5), D("6.5"), D("3.6"), D(7), D(19), D(25)])
    ),
    max_size=2,
).map(tuple)
charges = st.lists(st.builds(Charge, st.decimals(0, 50, places=2), rates), max_size=2)


@st.composite
def orders(draw: st.DrawFn) -> tuple[PricedOrder, Terms, list[LineInput]]:
    """Draw priced orders whose discounts leave something, or nothing, of each line."""
    chosen = draw(terms)
    lines = []
    for _ in range(draw(st.integers(1, 5))):
        price, quantity = draw(prices), draw(st.integers(1, 40))
        off = (price * quantity * draw(st.sampled_from([D(0), D("0.3"), D(1)]))).quantize(chosen.grain)
        reductions = (Reduction("promotion-1", "Promotion", off),) if off and off <= price * quantity else ()
        lines.append(
            LineInput(
                price, quantity, draw(rates), reductions, Charge(draw(st.sampled_from([D(0), D(3)])), draw(rates))
            )
        )
    order = draw(
        st.none() | st.builds(Reduction, st.just("manual-discount"), st.just("Manual"), st.decimals(0, 400, places=2))
    )
    priced = price_order(
        lines,
        chosen,
        order_reduction=order,
        shipping=draw(charges),
        handling=draw(charges),
        fees=draw(charges),
    )
    return priced, chosen, lines


def _charged(figures: tuple[Taxed, ...]) -> D:
    return sum((entry.inc for entry in figures), D(0))


@given(orders())
def test_what_is_charged_for_everything_adds_up_to_the_total(drawn: tuple[PricedOrder, Terms, list[LineInput]]) -> None:
    """Discounted lines, shipping, handling, wrapping and fees are the total with tax, to the last digit."""
    priced, _, _ = drawn

    charges = _charged(priced.shipping) + _charged(priced.handling) + _charged(priced.fees) + priced.wrapping.inc

    assert sum((line.discounted_inc for line in priced.lines), D(0)) + charges == priced.total.inc


@given(orders())
def test_tax_rows_add_up_to_the_total_tax(drawn: tuple[PricedOrder, Terms, list[LineInput]]) -> None:
    """Every tax amount of the order is in exactly one row, and net is gross less tax."""
    priced, _, _ = drawn
    figures = [line.total for line in priced.lines] + [line.wrapping for line in priced.lines]

    rows = [
        amount for entry in (*figures, *priced.shipping, *priced.handling, *priced.fees) for _, amount in entry.rows
    ]

    assert sum(rows, D(0)) == priced.total.tax
    assert priced.total.ex == priced.total.inc - priced.total.tax


@given(orders())
def test_total_follows_the_documented_formula(drawn: tuple[PricedOrder, Terms, list[LineInput]]) -> None:
    """Subtotal and charges less discounts are the total, where including-tax figures are those charged."""
    priced, chosen, _ = drawn
    beside = D(0) if chosen.fee_place is FeePlace.SUBTOTAL else _charged(priced.fees)
    charges = _charged(priced.shipping) + _charged(priced.handling) + priced.wrapping.inc + beside

    by_formula = priced.subtotal.inc + charges - priced.discount - priced.coupons

    if chosen.includes_tax or chosen.estimate is Estimate.CHARGED:
        assert by_formula == priced.total.inc
    else:
        assert by_formula >= priced.total.inc


@given(orders())
def test_no_figure_is_negative(drawn: tuple[PricedOrder, Terms, list[LineInput]]) -> None:
    """No discount takes more than there is."""
    priced, _, _ = drawn
    amounts = [
        value for line in priced.lines for value in (line.total.ex, line.total.inc, line.total.tax, line.discounted_inc)
    ]

    assert min(amounts) >= 0
    assert min(priced.total.ex, priced.total.inc, priced.total.tax) >= 0


@given(orders())
def test_rate_rounding_leaves_only_amounts_that_can_be_paid(drawn: tuple[PricedOrder, Terms, list[LineInput]]) -> None:
    """With rounded rates totals are multiples of the currency's smallest amount."""
    priced, chosen, _ = drawn

    if chosen.rounding is Rounding.RATE and chosen.step <= D("0.01"):
        assert all(
            amount % chosen.step == 0 for line in priced.lines for amount in (line.discounted_inc, line.total.tax)
        )


@given(orders())
def test_tax_is_charged_after_the_discount(drawn: tuple[PricedOrder, Terms, list[LineInput]]) -> None:
    """A line that is discounted away altogether has no tax."""
    priced, chosen, lines = drawn

    for line, entered in zip(priced.lines, lines, strict=True):
        taken = sum((reduction.amount for reduction in line.reductions), D(0))
        if taken == (entered.price * entered.quantity).quantize(chosen.grain):
            assert line.total.tax == 0


def _one(terms_: Terms, reductions: tuple[Reduction, ...] = ()) -> PricedOrder:
    return price_order([LineInput(D(100), 1, (Rate(1, "Tax", D(19)),), reductions)], terms_)


def test_inclusive_prices_contain_their_tax() -> None:
    """119 with 19 per cent tax is 100 and 19."""
    priced = price_order([LineInput(D(119), 1, (Rate(1, "Tax", D(19)),))], Terms(includes_tax=True, step=D("0.01")))

    assert (priced.total.ex, priced.total.inc, priced.total.tax) == (D(100), D(119), D(19))


def test_exclusive_prices_have_their_tax_on_top() -> None:
    """100 with 19 per cent tax is 119."""
    priced = _one(Terms(includes_tax=False, step=D("0.01")))

    assert (priced.total.ex, priced.total.inc, priced.total.tax) == (D(100), D(119), D(19))


def test_both_readings_of_a_discounted_net_line() -> None:
    """Tax on 90 is charged; the line shows 117.10 with it, or 119.00 as if there were no discount."""
    off = (Reduction("promotion-1", "Promotion", D(10)),)
    charged = _one(Terms(includes_tax=False, step=D("0.01")), off)
    estimated = _one(Terms(includes_tax=False, step=D("0.01"), estimate=Estimate.UNDISCOUNTED), off)

    assert (charged.subtotal.inc, charged.total.inc) == (D("117.10"), D("107.10"))
    assert (estimated.subtotal.inc, estimated.total.inc) == (D("119.00"), D("107.10"))
    assert charged.total.tax == estimated.total.tax == D("17.10")


def test_two_rates_are_added_not_compounded() -> None:
    """State and county tax are each of the price."""
    rates_ = (Rate(1, "State", D("6.5")), Rate(2, "County", D("3.6")))
    priced = price_order([LineInput(D(100), 1, rates_)], Terms(includes_tax=False, step=D("0.01")))

    assert [amount for _, amount in priced.lines[0].total.rows] == [D("6.50"), D("3.60")]


def test_no_rounding_keeps_four_decimals() -> None:
    """A third of a cent of tax stays in the documents."""
    lines = [LineInput(D("19.9975"), 3, (Rate(1, "Tax", D("7.25")),))]
    priced = price_order(lines, Terms(includes_tax=False, step=D("0.01"), rounding=Rounding.NONE))

    assert priced.total.tax == D("4.3495")
    assert priced.total.ex == D("59.9925")


def test_fees_inside_the_subtotal_do_not_change_the_total() -> None:
    """The two readings of fees differ in the subtotal alone."""
    fee = [Charge(D(5))]
    line = [LineInput(D(10), 1)]
    beside = price_order(line, Terms(includes_tax=True, step=D("0.01")), fees=fee)
    inside = price_order(line, Terms(includes_tax=True, step=D("0.01"), fee_place=FeePlace.SUBTOTAL), fees=fee)

    assert beside.total == inside.total
    assert inside.subtotal.inc - beside.subtotal.inc == D(5)
