"""A provider's file is read to the cent, whatever hands it went through, or refused with every error and its place."""

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlconnector_relay.tieout import provider_file
from mlconnector_relay.tieout.provider_file import ProviderFileInvalid, Settled, decoded, read_settlement
from mlconnector_relay.tieout.provider_form import Columns, ProviderForm

DAY = date(2026, 3, 10)
HEAD = "id,type,gross,currency,date,fee\n"
ROW = "ch_1,charge,119.00,eur,2026-03-10,3.50\n"


def form(**changes: Any) -> ProviderForm:
    columns = {"id": "id", "kind": "type", "amount": "gross", "currency": "currency", "date": "date", "fee": "fee"}
    columns |= changes.pop("columns", {})
    kinds = {"payment": ("charge",), "refund": ("refund",), "fee": ("stripe_fee",), "ignored": ("payout",)}
    return ProviderForm(gateways=("stripe",), columns=Columns(**columns), kinds=kinds, **changes)


def read(text: str, **changes: Any) -> list[Settled]:
    return read_settlement(text, "march.csv", form(**changes))


def errors(text: str, **changes: Any) -> tuple[str, ...]:
    with pytest.raises(ProviderFileInvalid) as caught:
        read(text, **changes)
    return caught.value.errors


def test_rows_are_read_as_described() -> None:
    """Payments, refunds, fees; what is ignored and empty lines are not there."""
    text = HEAD + ROW + "\nre_1,refund,-19,EUR,2026-03-11T23:30:00Z,\n,stripe_fee,-1.00,EUR,2026-03-11,\n"
    text += "po_1,payout,-100,EUR,2026-03-12,0\n"

    assert read(text, timezone="Europe/Berlin") == [
        Settled(2, "payment", "ch_1", "", DAY, "EUR", 11900, 350, "EUR"),
        Settled(4, "refund", "re_1", "", date(2026, 3, 12), "EUR", -1900, 0, "EUR"),
        Settled(5, "fee", "", "", date(2026, 3, 11), "EUR", -100, 0, "EUR"),
    ]


def test_every_column_that_may_be_named_counts() -> None:
    """The payment a refund is of, the currency paid out, debits without a sign, in smallest units."""
    columns = {
        "original": "of",
        "payout_currency": "paid in",
        "direction": "side",
        "fee_direction": "fee side",
        "row": "row",
    }
    text = "of;paid in;side;fee side;row;" + HEAD.replace(",", ";")
    text += "ch_1;USD;DR;CR;1;re_1;refund;1900;EUR;10.03.2026 08:00;50\n"
    text += ";;CR;DR;2;ch_1;charge;11900;EUR;10.03.2026 09:00;350\n"
    found = read(text, columns=columns, debits=("DR",), amounts="minor", date_format="%d.%m.%Y %H:%M")

    assert found == [
        Settled(2, "refund", "re_1", "ch_1", DAY, "EUR", -1900, -50, "USD"),
        Settled(3, "payment", "ch_1", "", DAY, "EUR", 11900, 350, "EUR"),
    ]


def test_rows_of_other_forms_are_left_alone() -> None:
    """As in a report with a row of its own before the headings, and sums below."""
    text = f'"RH",2026-03-31,"ACME"\n"CH",{HEAD}"SB",{ROW}"SF",EUR,119.00\n'
    assert [one.id for one in read(text, only={"CH": ("SB",)})] == ["ch_1"]


@pytest.mark.parametrize(
    ("amount", "decimal", "currency", "minor"),
    [
        ("119.00", ".", "EUR", 11900),
        ("1,190.5", ".", "EUR", 119050),
        ("1.190,50", ",", "EUR", 119050),
        ("-0,05", ",", "EUR", -5),
        ("119.0000", ".", "EUR", 11900),
        ("1000", ".", "JPY", 1000),
        ("1.234", ".", "KWD", 1234),
        ("", ".", "EUR", 0),
    ],
)
def test_amounts_keep_every_digit(amount: str, decimal: str, currency: str, minor: int) -> None:
    """Whatever stands between thousands and before cents."""
    [one] = read(HEAD + f'ch_1,charge,"{amount}",{currency},2026-03-10,0\n', decimal=decimal)
    assert one.amount == minor


@pytest.mark.parametrize(
    ("amount", "decimal", "why"),
    [
        ("1.000", ".", "more decimals than EUR has"),  # a thousand, elsewhere
        ("1.005", ".", "more decimals than EUR has"),
        ("1,00", ".", "no amount such as 1234.50"),
        ("0.10", ",", "no amount such as 1234,50"),
        ("1.5,00,1", ",", "no amount"),
        ("1,0.5", ".", "no amount"),
        ("1.0,000", ".", "no amount"),
        ("=1+1", ".", "no amount"),
        ("1e5", ".", "no amount"),
        ("EUR 5", ".", "no amount"),
        ("9" * 16, ".", "no amount"),
    ],
)
def test_what_is_no_amount_is_refused(amount: str, decimal: str, why: str) -> None:
    """Rather than read as another one."""
    [said] = errors(HEAD + f'ch_1,charge,"{amount}",EUR,2026-03-10,0\n', decimal=decimal)
    assert said.startswith("line 2, column 'gross': ")
    assert why in said


def test_all_that_is_wrong_is_told_at_once_with_its_place() -> None:
    """Line and column, what was found and what to do."""
    text = HEAD + "\n".join(
        [
            ",charge,1,EUR,2026-03-10,0",
            "=HYPERLINK(1),charge,1,EUR,2026-03-10,0",
            "'=cmd,charge,1,EUR,2026-03-10,0",
            f"{'x' * 101},charge,1,EUR,2026-03-10,0",
            "ch_1,chargeback,1,EUR,2026-03-10,0",
            "ch_2,charge,1,EURO,2026-03-10,x",
            "ch_3,charge,1,EUR,10/03/2026,0",
            "ch_4,charge,1,EUR",
            "ch_5,charge,1,EUR,2026-03-10," + "0" * 10_001,
            "ch_6,charge,1,EUR,0001-01-01T00:00:00+23:59,0",
        ]
    )

    assert [one.partition(": ")[0] for one in errors(text, timezone="America/New_York")] == [
        "line 2, column 'id'",
        "line 3, column 'id'",
        "line 4, column 'id'",
        "line 5, column 'id'",
        "line 6, column 'type'",
        "line 7, column 'currency'",
        "line 8, column 'date'",
        "line 9",
        "line 10",
        "line 11, column 'date'",
    ]


def test_what_was_exported_twice_is_told() -> None:
    """By the row's own id, where it has one, else by all that counts of it."""
    [said] = errors(HEAD + ROW + ROW)
    assert said == "line 3: the same row of 'ch_1' stands in line 2 already; was the file exported twice?"
    text = "row," + HEAD + "t1," + ROW + "t1," + ROW.replace("119", "118")
    [said] = errors(text, columns={"row": "row"})
    assert said == "line 3: row 't1' stands in line 2 already; was the file exported twice?"
    assert len(read(text.replace("t1,ch_1,charge,118", "t2,ch_1,charge,118"), columns={"row": "row"})) == 2


def test_wrong_columns_are_told_with_those_there_are() -> None:
    """Missing ones, and headings that stand there twice."""
    found = errors("foo,gross\nid,type,gross,gross,currency,date\n1,2,3,4,5,6\n")
    assert found == (
        "the column 'fee' is missing among the headings; there are: 'id', 'type', 'gross', 'gross', 'currency', 'date'",
        "the heading 'gross' stands there 2 times",
    )
    assert len(errors("")) == 6
    assert "there are: none" in errors("")[0]
    assert len(errors("a,b\n" * 40)) == 6


def test_only_so_many_errors_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are counted; a file that is too long ends with that."""
    with pytest.raises(ProviderFileInvalid, match=r"60 errors(?s:.*)and 10 more"):
        read(HEAD + "".join(f"{place},charge,x,EUR,2026-03-10,0\n" for place in range(60)))
    monkeypatch.setattr(provider_file, "MOST_ROWS", 1)
    assert errors(HEAD + ROW + ROW) == ("line 3: the file has more than 1 rows; export fewer days",)


def test_what_is_no_csv_is_refused() -> None:
    """A quotation mark that never ends, a cell without end."""
    assert "no CSV" in errors(HEAD + 'ch_1,"charge,1\n')[0]
    assert "no CSV" in errors(HEAD + "x" * 200_000)[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marked_encodings_are_read(encoding: str) -> None:
    """A tab may part the columns."""
    text = (HEAD + ROW).replace(",", "\t").replace("ch_1", "ch_ä")
    assert [one.id for one in read(decoded(text.encode(encoding), "march.csv"), separator="tab")] == ["ch_ä"]


def test_other_encodings_are_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would change ids unseen; a file too large is not read at all."""
    with pytest.raises(ProviderFileInvalid, match="line 2: byte 0xe4 is not UTF-8"):
        decoded("id\nä".encode("latin-1"), "march.csv")
    with pytest.raises(ProviderFileInvalid, match="is not UTF-8"):
        decoded(b"\xff\xfea", "march.csv")
    monkeypatch.setattr(provider_file, "MOST_BYTES", 3)
    with pytest.raises(ProviderFileInvalid, match="4 bytes, 3 at most"):
        decoded(b"abcd", "march.csv")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    """With nothing but its own error."""
    with suppress(ProviderFileInvalid):
        read(HEAD + text)
