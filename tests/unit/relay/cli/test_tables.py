"""Tables as people read them."""

import pytest
from mlconnector_relay.cli.tables import print_table


def test_amounts_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """To the right, with their currency or how many they are of; texts, days and what is empty to the left."""
    print_table(
        ("order", "blocked", "posted", "day", "why", "nothing"),
        [["7", "-1.50 EUR", "1.50 (1)", "2026-03-01", "none", ""], ["12", "110.00 EUR", "", "2026-03-02", "3", ""]],
    )

    assert capsys.readouterr().out == (
        "order     blocked    posted  day         why   nothing\n"
        "    7   -1.50 EUR  1.50 (1)  2026-03-01  none\n"
        "   12  110.00 EUR            2026-03-02  3\n"
    )


def test_no_rows_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of headings over nothing."""
    print_table(("order",), [])

    assert capsys.readouterr().out == "none\n"
