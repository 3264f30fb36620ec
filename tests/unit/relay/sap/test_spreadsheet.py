"""Nothing of ours runs or changes in a spreadsheet, and what comes back is what went out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.sap.spreadsheet import escaped, inert, joined, plain, split

DATES = ("MAR1", "sept-2", "Mai 7", "TRUE", "falsch")
ODD = st.text(alphabet="'=+-@\t\r\n\\|\"0A ä\u00a0", max_size=8)


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+49",
        "-5",
        "@SUM",
        "\tx",
        "'quoted",
        "'=1",
        "0001",
        "1E5",
        "7.5",
        "1-2",
        "1/2",
        "1234567890123456",
        "MAR1",
        "sept-2",
        "Mai 7",
        "TRUE",
        "falsch",
    ],
)
def test_what_a_spreadsheet_would_change_is_marked_as_text(cell: str) -> None:
    """Formulas, leading zeros, long numbers, decimals, dates, truth values."""
    assert escaped(cell) == "'" + cell
    assert plain(escaped(cell)) == cell


@pytest.mark.parametrize("cell", ["", "0", "800000", "4100", "A1", "DE | AT", "GC-*", "Marble", "Trueish", "o'clock"])
def test_what_it_keeps_stays_readable(cell: str) -> None:
    """No mark where none is needed."""
    assert escaped(cell) == plain(cell) == cell


@given(ODD)
def test_what_was_escaped_comes_back(cell: str) -> None:
    """Whatever it begins with."""
    assert not escaped(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain(escaped(cell)) == cell


@given(st.lists(ODD).map(tuple))
def test_several_values_fit_one_cell(values: tuple[str, ...]) -> None:
    """Bars, backslashes, quotation marks, blanks at either end, empty ones."""
    assert split(joined(values)) == values


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("DE|AT", ("DE", "AT")),
        ("  DE  |  AT |", ("DE", "AT")),
        ("", ()),
        (" | ", ()),
        ("a\\", ("a\\",)),
        ('"" | x', ("", "x")),
    ],
)
def test_what_people_type_is_read(cell: str, values: tuple[str, ...]) -> None:
    """With or without blanks, with a bar too many."""
    assert split(cell) == values


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "--1", "-1.5e5"])
def test_what_a_spreadsheet_would_carry_out_is_marked(cell: str) -> None:
    """It is shown, not run."""
    assert inert(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "-20.00", "+5", "2026-03-10", "EUR", "order 7 of abc", "'=x"])
def test_what_is_only_shown_stays(cell: str) -> None:
    """Amounts are numbers, dates are dates."""
    assert inert(cell) == cell
