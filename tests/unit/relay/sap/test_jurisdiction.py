"""A jurisdiction's levels: keys that are left out are those SAP is delivered with."""

from decimal import Decimal

import pytest
from mlconnector_relay.sap.jurisdiction import Jurisdiction, levels_of
from mlconnector_relay.sap.targets import TaxLevel
from pydantic import ValidationError


def test_levels_are_numbered_and_take_the_tax_code_s_account_key() -> None:
    """Unless they have keys of their own."""
    place = Jurisdiction.model_validate(
        {
            "levels": [
                {"jurisdiction": "TX0", "rate": Decimal("6.25")},
                {"jurisdiction": "TX4", "rate": 2, "condition_key": "JR4", "account_key": "MW4"},
            ]
        }
    )
    assert place.rate == Decimal("8.25")
    assert levels_of(place.levels, "MWS") == (
        TaxLevel("TX0", "JR1", "MWS", Decimal("6.25")),
        TaxLevel("TX4", "JR4", "MW4", Decimal(2)),
    )


@pytest.mark.parametrize("levels", [[], [{"jurisdiction": "TX0", "rate": 1}] * 5, [{"jurisdiction": "tx", "rate": 0}]])
def test_there_are_one_to_four_levels_with_a_rate(levels: list[dict[str, object]]) -> None:
    """As SAP has them."""
    with pytest.raises(ValidationError):
        Jurisdiction.model_validate({"levels": levels})
