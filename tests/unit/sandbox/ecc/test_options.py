"""Options."""

import pytest

from tests.support.ecc import Ecc


def test_a_reference_is_rewritten_by_its_pattern(ecc: Ecc) -> None:
    """Only for the company code and document type named, and cut to 16 characters."""
    options = ecc.system.options
    options.rewrite("1000", "DR", "{company_code}-{year}-{number}")

    assert options.reference("1000", "DR", "MINE", "1800000000", "2026") == "1000-2026-180000"
    assert options.reference("1000", "DG", "MINE", "1600000000", "2026") == "MINE"
    options.rewrite("1000", "DR", "")
    assert options.reference("1000", "DR", "MINE", "1800000000", "2026") == "MINE"


def test_a_pattern_uses_known_names_only(ecc: Ecc) -> None:
    """A typing error is refused when it is made, not when something is posted."""
    with pytest.raises(KeyError):
        ecc.system.options.rewrite("1000", "DR", "{nummer}")
    assert ecc.system.options.rewrites == []
