"""What every section of a mapping file keeps to."""

import pytest
from mlconnector_relay.sap.tax_rules import TaxRule
from pydantic import ValidationError


def test_a_key_nobody_reads_is_refused() -> None:
    """A misspelt selector would make a rule fit everything."""
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        TaxRule.model_validate({"tax_code": "A1", "product_type": ["digital"]})


def test_a_section_is_never_changed() -> None:
    """Mappings are shared between orders."""
    with pytest.raises(ValidationError, match="frozen"):
        TaxRule(tax_code="A1").tax_code = "A2"
