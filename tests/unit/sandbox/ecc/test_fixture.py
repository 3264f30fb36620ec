"""The built-in fixture."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from mlconnector_sandbox.ecc import fixture
from mlconnector_sandbox.ecc.fi.periods import is_open

from tests.support.ecc import Ecc


@pytest.mark.parametrize(
    ("code", "currency", "decimals", "one_time", "tax_codes"),
    [
        ("1000", "EUR", 2, "0000099000", ["A0", "A1", "A2", "V1"]),
        ("2000", "USD", 2, "0000099001", ["O0", "O1"]),
        ("3000", "JPY", 0, "0000099002", ["J0", "J1", "J2"]),
        ("4000", "KWD", 3, "0000099003", ["K0"]),
    ],
)
def test_every_company_code_can_post(
    ecc: Ecc, code: str, currency: str, decimals: int, one_time: str, tax_codes: list[str]
) -> None:
    """Each has its currency, a one-time customer, tax codes, cost centers and accounts."""
    master = ecc.system.master
    organisation = master.find("T001", "100", code)
    assert organisation is not None
    procedure = fixture.read()["countries"][organisation["LAND1"]]

    assert organisation["WAERS"] == currency
    assert master.decimals(currency) == decimals
    assert master.find("KNB1", "100", one_time, code) is not None
    assert [row["MWSKZ"] for row in master.select("T007A", "100", procedure)] == tax_codes
    assert any(row["BUKRS"] == code for row in master.select("CSKS", "100", "1000"))
    assert len(master.select("SKB1", "100", code)) == len(fixture.read()["accounts"])


def test_periods_are_open_around_today(ecc: Ecc) -> None:
    """A demonstration works at any date, for orders of some years ago as well."""
    now = datetime.now(tz=UTC)
    for day in (now - timedelta(days=9 * 365), now, now + timedelta(days=9 * 365)):
        assert is_open(ecc.system.master, "100", "1000", "D", f"{day.year}{day.month:03d}")
        assert ecc.system.master.find("NRIV", "100", "RF_BELEG", "1000", "18", str(day.year)) is not None


def test_another_fixture_can_be_read(tmp_path: Path) -> None:
    """A file of one's own replaces the built-in one."""
    own = tmp_path / "own.toml"
    own.write_text('[system]\nid = "QAS"\n')

    assert fixture.read(own) == {"system": {"id": "QAS"}}


def test_rates_lead_from_every_currency_to_every_local_one(ecc: Ecc) -> None:
    """One unit of a currency in itself is one unit."""
    rows = ecc.system.master.select("TCURR", "100", "M")

    assert len(rows) == 15 * 4
    assert all(row["UKURS"] > 0 for row in rows)
    same = [Decimal(r["UKURS"]) / 100000 / r["FFACT"] for r in rows if r["FCURR"] == r["TCURR"]]
    assert same == [1, 1, 1, 1]
