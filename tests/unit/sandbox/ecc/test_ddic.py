"""ABAP types, structures and interfaces in the layout of the RFC library."""

import pytest
from mlconnector_sandbox.ecc.ddic import Direction, Elementary, Field, FunctionModule, Parameter, Structure, Table


@pytest.mark.parametrize(
    ("abap", "length", "nuc", "uc"),
    [
        ("CHAR", 10, 10, 20),
        ("NUMC", 3, 3, 6),
        ("DATS", 8, 8, 16),
        ("TIMS", 6, 6, 12),
        ("DEC", 23, 12, 12),
        ("CURR", 13, 7, 7),
        ("INT4", 10, 4, 4),
        ("INT2", 5, 2, 2),
        ("INT1", 3, 1, 1),
        ("RAW", 17, 17, 17),
    ],
)
def test_lengths_follow_the_abap_type(abap: str, length: int, nuc: int, uc: int) -> None:
    """Characters double on a Unicode system; packed numbers hold two digits a byte, and the sign."""
    elementary = Elementary.of(abap, length)

    assert (elementary.nuc, elementary.uc) == (nuc, uc)


def test_fields_are_aligned_separately_for_both_layouts() -> None:
    """An offset is rounded up to the field's alignment, the length to the largest alignment."""
    structure = Structure(
        "S",
        (
            Field("A", Elementary.of("CHAR", 1)),
            Field("B", Elementary.of("INT4", 10)),
            Field("C", Elementary.of("CHAR", 1)),
        ),
    )

    assert structure.offsets == ([0, 4, 8], [0, 4, 8])
    assert (structure.nuc, structure.uc) == (12, 12)


def test_a_structure_goes_over_the_wire_in_field_order() -> None:
    """What a mapping lacks stays initial."""
    structure = Structure("S", (Field("A", Elementary.of("CHAR", 1)), Field("B", Elementary.of("NUMC", 3))))

    assert structure.write({"B": "007"}) == [None, "007"]
    assert structure.read(["x", "007"]) == {"A": "x", "B": "007"}
    assert structure.initial == ["", "000"]


@pytest.mark.parametrize(
    ("abap", "initial"),
    [
        ("CHAR", ""),
        ("NUMC", "00"),
        ("DATS", "00000000"),
        ("TIMS", "000000"),
        ("DEC", "0"),
        ("INT4", 0),
        ("RAW", b"\0\0"),
    ],
)
def test_every_type_has_its_initial_value(abap: str, initial: object) -> None:
    """A field that nobody sets holds the initial value of its type."""
    assert Elementary.of(abap, 2).initial == initial


def test_a_default_replaces_the_initial_value_of_a_parameter() -> None:
    """SPACE means blank, digits are a number, anything else is itself."""
    char, integer = Elementary.of("CHAR", 1), Elementary.of("INT4", 10)
    defaults = [(char, "SPACE", ""), (char, "X", "X"), (integer, "5", 5), (char, "", "")]

    for type_, default, value in defaults:
        assert Parameter("P", Direction.IMPORT, type_, True, default).initial == value


def test_an_interface_names_each_structure_once() -> None:
    """Parameters point to their line type by position."""
    line = Structure("LINE", (Field("A", Elementary.of("CHAR", 4)),))
    module = FunctionModule(
        "F",
        (Parameter("T", Direction.TABLES, Table(line)), Parameter("S", Direction.EXPORT, line)),
        exceptions=("OOPS",),
    )

    types, parameters, exceptions = module.wire

    assert types == [["LINE", 4, 8, [["A", 0, 4, 0, 8, 0, 0, -1]]]]
    assert parameters == [["T", 5, 7, 4, 8, 0, "", "", 0, 0], ["S", 17, 2, 4, 8, 0, "", "", 0, 0]]
    assert exceptions == [["OOPS", ""]]


def test_a_table_is_initially_empty() -> None:
    """A table that nobody sends has no rows."""
    assert Table(Structure("LINE", ())).initial == []
