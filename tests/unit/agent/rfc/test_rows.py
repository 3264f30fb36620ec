"""Cutting the rows of RFC_READ_TABLE into cells."""

import pytest
from mlconnector_agent.rfc.errors import RfcError
from mlconnector_agent.rfc.rows import columns_of, cut

FIELDS = [
    {"FIELDNAME": "KUNNR", "OFFSET": "000000", "LENGTH": "000004", "TYPE": "C"},
    {"FIELDNAME": "WRBTR", "OFFSET": "000004", "LENGTH": "000008", "TYPE": "P"},
    {"FIELDNAME": "SGTXT", "OFFSET": "000012", "LENGTH": "000005", "TYPE": "C"},
]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("4711  12.30 abc", ["4711", "12.30", "abc"]),
        ("4711  12.30-a c", ["4711", "-12.30", "a c"]),
        ("47      0.00", ["47", "0.00", ""]),
        ("", ["", "", ""]),
        ("    1234.56-x", ["", "-1234.56", "x"]),
    ],
)
def test_cells_are_cut_by_offset_and_length(line: str, cells: list[str]) -> None:
    """Texts lose their trailing blanks only, numbers get their sign in front, a short line has empty cells."""
    assert cut(columns_of(FIELDS), [{"WA": line}]) == [cells]


def test_a_number_that_does_not_fit_is_an_error() -> None:
    """SAP marks an overflow with an asterisk; such a cell must never be taken for a number."""
    with pytest.raises(RfcError, match="WRBTR") as caught:
        cut(columns_of(FIELDS), [{"WA": "4711*.38600-abc"}])
    assert not caught.value.ends_session
