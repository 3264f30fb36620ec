"""Posting periods."""

import pytest
from mlconnector_sandbox.ecc.fi.periods import is_open
from mlconnector_sandbox.ecc.master_data import MasterData

from tests.support.ecc import Ecc, a_document, codes


def close(master: MasterData, account_type: str, **columns: str) -> None:
    """Change a row of T001B."""
    assert master.change("T001B", ("100", "1000", "0", account_type), columns)


def test_a_closed_period_refuses_each_account_type(ecc: Ecc) -> None:
    """F5 201 names period, year, account type and variant."""
    answer = ecc.connect().call("BAPI_ACC_DOCUMENT_POST", **a_document(PSTNG_DATE="19990430"))
    variables = [[row[f"MESSAGE_V{i}"] for i in (1, 2, 3, 4)] for row in answer["RETURN"] if not row["PARAMETER"]]

    assert codes(answer) == ["RW 609", "F5 201"]
    assert variables[1:] == [["004", "1999", "D", "1000"], ["004", "1999", "S", "1000"]]


@pytest.mark.parametrize(
    ("period", "expected"),
    [("2026003", True), ("2026004", False), ("2026005", True), ("2030001", False)],
)
def test_two_intervals_are_open(ecc: Ecc, period: str, expected: bool) -> None:
    """A month closed in the middle leaves one interval on each side."""
    master = ecc.system.master
    interval = {"TOYE1": "2026", "TOPE1": "003", "FRYE2": "2026", "FRPE2": "005", "TOYE2": "2029", "TOPE2": "012"}
    close(master, "+", **interval)

    assert is_open(master, "100", "1000", "D", period) is expected


def test_an_account_type_may_be_closed_alone(ecc: Ecc) -> None:
    """Customers are closed, G/L accounts are not."""
    master = ecc.system.master
    close(master, "D", TOYE1="2020", TOPE1="012")

    assert not is_open(master, "100", "1000", "D", "2026001")
    assert is_open(master, "100", "1000", "S", "2026001")


def test_without_a_row_for_all_account_types_nothing_is_open(ecc: Ecc) -> None:
    """The row `+` has to exist; one for an account type need not."""
    master = ecc.system.master
    master.delete("T001B", "100", "1000", "0", "D")
    assert is_open(master, "100", "1000", "D", "2026001")

    master.delete("T001B", "100", "1000", "0", "+")
    assert not is_open(master, "100", "1000", "D", "2026001")
