"""Rows of master data."""

import pytest
from mlconnector_sandbox.ecc import fixture
from mlconnector_sandbox.ecc.master_rows import account_rows, customer_rows, order_row, padded, tax_code_rows


def test_numbers_of_digits_are_padded() -> None:
    """As conversion exit ALPHA does."""
    assert [padded(n) for n in ("4100", "WEB-1", "")] == ["0000004100", "WEB-1", ""]


@pytest.mark.parametrize(("number", "stored"), [("500001", "000000500001"), ("CAMPAIGN", "CAMPAIGN")])
def test_an_order_has_twelve_characters(number: str, stored: str) -> None:
    """Other numbers have ten."""
    assert order_row(fixture.read(), "100", {"number": number, "company_code": "1000"})[1]["AUFNR"] == stored


def test_an_account_is_a_cost_element_or_on_the_balance_sheet() -> None:
    """Both have a row in the chart and one in each company code."""

    def tables(**entry: object) -> list[tuple[str, object]]:
        rows = account_rows(fixture.read(), "100", ["1000", "2000"], {"number": "1", **entry})
        return [(table, row.get("XBILK")) for table, row in rows]

    assert tables() == [("SKA1", "X"), ("SKB1", None), ("SKB1", None)]
    assert [table for table, _ in tables(cost_element=11)] == ["SKA1", "SKB1", "SKB1", "CSKA", "CSKB"]


def test_a_customer_without_company_code_has_general_data_only() -> None:
    """Nobody can post to it."""
    assert [table for table, _ in customer_rows("100", {"number": "1", "name": "X"})] == ["KNA1"]


def test_percentages_are_stored_in_tenths() -> None:
    """19 % is 190.00 in a column of two decimals."""
    entry = {"country": "DE", "code": "A1", "rate": "19", "condition": "MWAS", "key": "MWS"}
    rows = dict(tax_code_rows(fixture.read(), "100", entry, 100))

    assert rows["KONP"]["KBETR"] == 19000
