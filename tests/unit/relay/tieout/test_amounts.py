"""Amounts have their currency's decimals."""

import pytest
from mlconnector_relay.tieout.amounts import places_of, spelled


@pytest.mark.parametrize(
    ("amount", "currency", "places", "text"),
    [(10640, "EUR", 2, "106.40"), (-1000, "JPY", 0, "-1000"), (1234, "KWD", 3, "1.234"), (150, "ZZZ", 2, "1.50")],
)
def test_an_amount_is_spelled_with_its_currencys_decimals(amount: int, currency: str, places: int, text: str) -> None:
    """A currency that ISO 4217 does not know has two."""
    assert (places_of(currency), spelled(amount, currency)) == (places, text)
