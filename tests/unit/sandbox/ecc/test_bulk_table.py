"""The generated table for volume tests."""

import pytest
from mlconnector_sandbox.ecc.bulk_table import SCHEMA, read_rows
from mlconnector_sandbox.ecc.open_sql import OptionNotValidError, parse
from mlconnector_sandbox.ecc.table_read import LINE_LENGTH, Layout

ALL = Layout(SCHEMA.columns, "|")


def keys(clause: str, window: tuple[int, int] = (0, 0), rows: int = 100) -> list[int]:
    """Read the keys of a selection."""
    layout = Layout((SCHEMA.by_name["MATNR"],), "")
    return [int(line) for line in read_rows(layout, parse([clause], SCHEMA), rows, window)]


def test_a_row_of_forty_columns_fits_into_a_line() -> None:
    """All columns with delimiters stay within 512 characters."""
    assert len(SCHEMA.columns) == 40
    assert ALL.length <= LINE_LENGTH


def test_a_line_holds_every_column_in_its_place() -> None:
    """Columns before and behind the key come from the row's place in the cycle."""
    (line,) = read_rows(ALL, parse(["MATNR = '000000000000000042'"], SCHEMA), 100, (0, 0))
    cells = line.split("|")

    assert cells[:3] == ["100", "000000000000000042", "F01 042    "]
    assert len(cells) == 40


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("MATNR > '000000000000000097'", [98, 99, 100]),
        ("MATNR >= '000000000000000099'", [99, 100]),
        ("MATNR <= '000000000000000002'", [1, 2]),
        ("MATNR < '000000000000000002'", [1]),
        ("MATNR BETWEEN '000000000000000005' AND '000000000000000006'", [5, 6]),
        ("MATNR > '000000000000000010' AND MATNR <= '000000000000000012'", [11, 12]),
        ("MATNR > '000000000000000100'", []),
    ],
)
def test_a_key_range_selects_its_rows(clause: str, expected: list[int]) -> None:
    """A reader pages by key."""
    assert keys(clause) == expected


def test_skips_and_counts_apply_within_the_range() -> None:
    """ROWSKIPS and ROWCOUNT work as on any table."""
    assert keys("MATNR > '000000000000000010'", (5, 3)) == [16, 17, 18]


def test_without_the_key_column_the_rows_come_all_the_same() -> None:
    """A selection of other columns only."""
    layout = Layout((SCHEMA.by_name["F01"],), "")

    assert read_rows(layout, None, 2, (0, 0)) == ["F01 001    ", "F01 002    "]


@pytest.mark.parametrize("clause", ["F01 = 'x'", "MATNR IN ( '1' , '2' )", "MATNR = '1' OR MATNR = '2'"])
def test_other_conditions_are_refused(clause: str) -> None:
    """The table is not stored, so it cannot be searched."""
    with pytest.raises(OptionNotValidError):
        read_rows(ALL, parse([clause], SCHEMA), 100, (0, 0))
