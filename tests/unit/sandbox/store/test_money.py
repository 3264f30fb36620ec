"""Amounts keep their digits, and shares their sum."""

from decimal import ROUND_DOWN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_sandbox.store.money import UnknownCurrencyError, currency_decimals, quantum, spread, text4

D = Decimal


@given(
    st.decimals(0, 10_000, places=2),
    st.lists(st.decimals(0, 900, places=2), min_size=1, max_size=12).filter(any),
)
def test_shares_add_up_and_follow_the_weights(amount: D, weights: list[D]) -> None:
    """No share is more than a cent away from its exact part."""
    shares = spread(amount, weights, D("0.01"))

    assert sum(shares, D(0)) == amount
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - amount * weight / sum(weights)) <= D("0.01")


@given(
    st.lists(st.decimals(0, 900, places=4), min_size=1, max_size=12).filter(any),
    st.integers(0, 100),
    st.sampled_from(["1", "0.01", "0.0001"]),
)
def test_no_share_is_more_than_its_weight(weights: list[D], percent: int, step: str) -> None:
    """Weights may be finer than the step; a negative amount is a positive one turned round."""
    amount = (sum(weights, D(0)) * percent / 100).quantize(D("0.0001"), ROUND_DOWN)
    shares = spread(amount, weights, D(step))

    assert sum(shares, D(0)) == amount
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))
    assert spread(-amount, weights, D(step)) == [-share for share in shares]


def test_nothing_weighs_nothing() -> None:
    """Where there is nothing to spread over, nothing is spread."""
    assert spread(D(5), [D(0), D(0)], D("0.01")) == [D(0), D(0)]


@pytest.mark.parametrize(("code", "decimals"), [("EUR", 2), ("JPY", 0), ("KWD", 3)])
def test_currency_decimals(code: str, decimals: int) -> None:
    """ISO 4217 knows."""
    assert currency_decimals(code) == decimals
    assert quantum(code) == D(1).scaleb(-decimals)


@pytest.mark.parametrize("code", ["XXX", "QQQ"])
def test_what_is_no_currency_is_refused(code: str) -> None:
    """Unknown codes, and those without a minor unit."""
    with pytest.raises(UnknownCurrencyError, match=code):
        currency_decimals(code)


def test_text_has_four_decimals_and_no_exponent() -> None:
    """Whatever the amount."""
    assert [text4(D(value)) for value in ("0", "1E+3", "0.00005", "8")] == ["0.0000", "1000.0000", "0.0001", "8.0000"]
