"""Lines of RFC_READ_TABLE."""

import pytest
from mlconnector_sandbox.ecc.schema import Column
from mlconnector_sandbox.ecc.table_read import Layout

TEXT, AMOUNT, COUNT = Column("T", "CHAR", 4, 0), Column("A", "CURR", 9, 2), Column("N", "INT4", 10, 0)


def test_columns_stand_at_their_offsets() -> None:
    """Without delimiter columns follow each other; with one it takes a place."""
    assert Layout((TEXT, AMOUNT), "").offsets == [0, 4]
    assert Layout((TEXT, AMOUNT), "|").offsets == [0, 5]
    assert Layout((TEXT, AMOUNT), "|").length == 14


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1000, "   10.00 "),
        (-1000, "   10.00-"),
        (0, "    0.00 "),
        (5, "    0.05 "),
        (12345678, "123456.78"),
        (-12345678, "*3456.78-"),
    ],
)
def test_amounts_stand_right_with_the_sign_behind(value: int, shown: str) -> None:
    """A number too long for its column begins with an asterisk."""
    line = Layout((TEXT, AMOUNT), "").line()

    assert line(("x", value)) == f"x   {shown}".rstrip()


def test_integers_stand_right() -> None:
    """The place of the sign is kept."""
    assert Layout((COUNT, TEXT), "|").line()((12, "x")) == "       12 |x"


def test_texts_are_filled_up_to_their_length() -> None:
    """The line itself ends where its text ends; a percent sign may be the delimiter."""
    assert Layout((TEXT, TEXT), "%").line()(("a", "b")) == "a   %b"
