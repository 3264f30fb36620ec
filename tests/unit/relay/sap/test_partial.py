"""A part of a credit memo has its share of everything, to the cent, and all parts together are the whole."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.sap.frozen import FrozenLine
from mlconnector_relay.sap.partial import part_of
from mlconnector_relay.sap.targets import Accounts, TaxCode

A1, A2 = (TaxCode(code, "", "", "", "taxes[0]") for code in ("A1", "A2"))


def line(net: int, tax: int = 0, code: TaxCode | None = A1, **more: int) -> FrozenLine:
    """A line that was not reduced, unless told otherwise."""
    accounts = Accounts("800000", "", "", "accounts[0]")
    return FrozenLine("product", 61, 1, "Lamp", more.get("full", net), net, tax, Decimal(19), accounts, code)


def amounts(*lines: FrozenLine) -> list[tuple[int, int, int]]:
    return [(one.full, one.net, one.tax) for one in lines]


def test_each_code_has_its_share_of_the_tax() -> None:
    """A third of 119.00, 53.50 and 3.00: 39.67, 17.83 and 1.00, of it a third of 19.00 and of 3.50."""
    lines = [line(-10000, -1900), line(-5000, -350, A2), line(-300, 0, None)]
    part = part_of(lines, -5850)
    assert amounts(*part) == [(-3334, -3334, -633), (-1666, -1666, -117), (-100, -100, 0)]
    assert {one.quantity for one in part} == {0}, "a piece that was paid for in part is not given back yet"


def test_what_was_reduced_stays_reduced_by_as_much() -> None:
    """Half of 80.00 of 100.00 is 40.00 of 50.00; a line whose net is nothing has its amount."""
    assert amounts(*part_of([line(-8000, -1520, full=-10000)], -4760)) == [(-5000, -4000, -760)]
    assert amounts(*part_of([line(-100, 0), line(0, 0), line(0, -2)], -51)) == [(-50, -50, 0), (0, 0, -1)]


@given(st.lists(st.tuples(st.integers(-9999, 0), st.sampled_from([A1, A2])), min_size=1), st.data())
def test_a_part_and_the_rest_are_the_whole(nets: list[tuple[int, TaxCode]], data: st.DataObject) -> None:
    """Whatever part: it is worth exactly the amount, and its tax per code is a unit from its share at most."""
    lines = [line(net, round(net * 19 / 100), code) for net, code in nets]
    whole = sum(one.gross for one in lines)
    if not whole:
        return
    amount = data.draw(st.integers(whole, 0))
    part = part_of(lines, amount)
    assert sum(one.gross for one in part) == amount
    for code in (A1, A2):
        tax = sum(one.tax for one in lines if one.code == code)
        assert abs(sum(one.tax for one in part if one.code == code) - Decimal(tax) * amount / whole) <= 1
    assert all(one.full == one.net for one in part)
