"""Nothing of ours runs as a formula in a spreadsheet, and what comes back is what went out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.sap.spreadsheet import escaped, plain


@pytest.mark.parametrize("cell", ["=1+1", "+49", "-5", "@SUM", "\tx", "'quoted", "'=1"])
def test_a_formula_is_text(cell: str) -> None:
    """Marked as spreadsheets mark text."""
    assert escaped(cell) == "'" + cell


@given(st.text(alphabet="'=+-@\t\r\n0A "))
def test_what_was_escaped_comes_back(cell: str) -> None:
    """Whatever it begins with."""
    assert not escaped(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain(escaped(cell)) == cell


@pytest.mark.parametrize("cell", ["0001", "o'clock", "'0001", ""])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    """Also one that a person marked as text, so that its zeros stay."""
    assert plain(cell) == cell
