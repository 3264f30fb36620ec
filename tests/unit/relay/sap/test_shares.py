"""Parts of a whole add up to it exactly, and none is a whole unit off its share."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlconnector_relay.sap.shares import apportion

weights = st.lists(st.decimals(0, 10**6, places=4), min_size=1, max_size=30)


@settings(deadline=None)
@given(st.integers(-(10**9), 10**9), weights)
def test_parts_add_up_and_stay_close(total: int, shares: list[Decimal]) -> None:
    """Largest remainder: exact in sum, within a unit each, never for a weight of zero."""
    if not any(shares):
        shares[0] = Decimal(1)
    parts = apportion(total, shares)
    whole = sum((Fraction(share) for share in shares), Fraction(0))
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - total * Fraction(share) / whole) < 1
        assert share or not part


def test_the_largest_remainder_gets_the_rest() -> None:
    """10.00 in three is 3.34, 3.33, 3.33: ties go to the first."""
    assert apportion(1000, [Decimal(1)] * 3) == [334, 333, 333]
    assert apportion(-1000, [Decimal(1)] * 3) == [-334, -333, -333]
    assert apportion(100, [Decimal("0.1"), Decimal("0.7"), Decimal("0.2")]) == [10, 70, 20]


def test_nothing_can_be_shared_over_nothing() -> None:
    """Zero over zeros is zeros; anything else is a defect of the caller."""
    assert apportion(0, [Decimal(0), Decimal(0)]) == [0, 0]
    assert apportion(0, []) == []
    with pytest.raises(ValueError, match="5 cannot be shared"):
        apportion(5, [Decimal(0)])


def test_what_is_left_goes_to_the_largest_remainder() -> None:
    """Two units over two parts and one: 1.33 and 0.67, so that the second has the unit that is left."""
    weights = [Decimal(2), Decimal(1)]
    assert apportion(2, weights) == [1, 1]
    assert apportion(-2, weights) == [-1, -1]
