"""Master data by key."""

import pytest
from mlconnector_sandbox.ecc.master_data import MasterData

from tests.support.ecc import Ecc


@pytest.fixture
def master(ecc: Ecc) -> MasterData:
    return ecc.system.master


def test_rows_are_found_by_leading_keys(master: MasterData) -> None:
    """A whole key finds one row, a part of it all that begin like this."""
    assert master.find("T001", "100", "1000") is not None
    assert master.find("T001", "100", "9999") is None
    assert [row["BUKRS"] for row in master.select("KNB1", "100", "0000004711")] == ["1000", "2000", "3000", "4000"]


def test_a_change_is_seen_at_once(master: MasterData) -> None:
    """What was remembered is dropped."""
    key = ("100", "0000004711")
    assert master.find("KNA1", *key)["SPERR"] == ""  # type: ignore[index]
    assert master.change("KNA1", key, {"SPERR": "X"})
    assert master.find("KNA1", *key)["SPERR"] == "X"  # type: ignore[index]
    assert master.delete("KNA1", *key) == 1
    assert master.find("KNA1", *key) is None
    assert not master.change("KNA1", key, {"SPERR": ""})


def test_currencies_have_two_decimals_unless_the_table_says_otherwise(master: MasterData) -> None:
    """TCURX lists the exceptions."""
    assert [master.decimals(c) for c in ("EUR", "JPY", "KWD", "XXX")] == [2, 0, 3, 2]
