"""Amounts have the decimals of their currency, on the way to SAP and in whole smallest units."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.currency import (
    UnknownCurrency,
    decimals,
    from_minor,
    quantize,
    spell,
    to_minor,
    unit,
)


@pytest.mark.parametrize(("code", "places"), [("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_decimals_are_those_of_the_standard(code: str, places: int) -> None:
    """ISO 4217 knows them."""
    assert decimals(code) == places


def test_a_system_may_keep_other_decimals() -> None:
    """SAP's own table of decimals can differ; the mapping names them."""
    assert decimals("HUF", {"HUF": 0}) == 0
    assert decimals("XQQ", {"XQQ": 2}) == 2


@pytest.mark.parametrize("code", ["", "XQQ", "eur", "XAU"])
def test_what_is_no_money_is_unknown(code: str) -> None:
    """Gold has a code, but no decimals."""
    with pytest.raises(UnknownCurrency, match=f"^'{code}' is no currency of ISO 4217") as caught:
        decimals(code)
    assert caught.value.code == code


def test_amounts_are_rounded_half_up() -> None:
    """As merchants do, away from zero on both sides."""
    assert [quantize(Decimal(text), 2) for text in ("1.005", "-1.005")] == [Decimal("1.01"), Decimal("-1.01")]
    assert to_minor(Decimal("1.005"), 2) == 101
    assert unit(3) == Decimal("0.001")


@settings(deadline=None)
@given(st.integers(-(10**12), 10**12), st.integers(0, 4))
def test_smallest_units_convert_both_ways(count: int, places: int) -> None:
    """No digit is lost."""
    assert to_minor(from_minor(count, places), places) == count


@pytest.mark.parametrize(
    ("amount", "places", "text"),
    [
        ("1000", 0, "1000"),
        ("1E+3", 0, "1000"),
        ("1.2", 3, "1.200"),
        ("-0.5", 2, "-0.50"),
        ("1E-7", 2, "0.00"),
        ("1E-7", 7, "0.0000001"),
    ],
)
def test_amounts_travel_without_exponent(amount: str, places: int, text: str) -> None:
    """SAP reads digits."""
    assert spell(Decimal(amount), places) == text
