"""Rows of a reconciliation for spreadsheets."""

import csv
import io

import pytest
from mlconnector_relay.cli.reconciliation_rows import SUMS, print_rows


def test_no_spreadsheet_carries_out_what_a_store_says(capsys: pytest.CaptureFixture[str]) -> None:
    """A currency is a store's text; amounts below zero stay numbers."""
    row = dict.fromkeys(SUMS, "") | {"currency": "=1+1", "difference": "-19.00", "day": "2026-03-10"}
    print_rows("csv", SUMS, [row])

    [shown] = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (shown["currency"], shown["difference"], shown["day"]) == ("'=1+1", "-19.00", "2026-03-10")
