"""RETURN rows of the accounting interface."""

from mlconnector_sandbox.ecc.fi.posting import Detail
from mlconnector_sandbox.ecc.function_modules.answers import errors


def test_an_error_with_a_place_comes_twice() -> None:
    """RW 609 first, then each error, without and with its place in the caller's data."""
    placed = Detail("F5", "102", ("4711", "1000"), "ACCOUNTRECEIVABLE", 1, "CUSTOMER")
    rows = errors([placed, Detail("RW", "022")], "ECCCLNT100")

    assert [(row["ID"] + row["NUMBER"], row.get("FIELD", "")) for row in rows] == [
        ("RW609", ""),
        ("F5102", ""),
        ("F5102", "CUSTOMER"),
        ("RW022", ""),
    ]


def test_no_errors_are_no_rows() -> None:
    """Not even RW 609."""
    assert errors([], "ECCCLNT100") == []
