"""What comes back from SAP's tables becomes documents: signs, decimals, clearing, whose reference it is."""

from datetime import date
from decimal import Decimal

import pytest
from mlconnector_relay.db.sap_documents import DocumentKey
from mlconnector_relay.sap.reference import Kind, StepId, reference
from mlconnector_relay.tieout import rows
from mlconnector_relay.tieout.rows import Amounts, RowsUnreadable

KEY = DocumentKey("1000", "1800000001", "2026")
ROW = ["1000", "1800000001", "2026", "DR", "B1-7-I", "MLC", "20260301", "20260302", "EUR", "", "0000"]


def item(line: str, side: str, amount: str, cleared: str = "00000000", number: str = KEY.number) -> list[str]:
    return ["1000", number, "2026", line, side, amount, cleared]


@pytest.mark.parametrize("code", ["B1", "B"])
@pytest.mark.parametrize("order", [7, 1000123, 2**53])
@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize(("ordinal", "part"), [(1, 1), (12, 1), (3, 2)])
def test_every_form_of_a_reference_is_ours(code: str, order: int, kind: Kind, ordinal: int, part: int) -> None:
    """Whatever the encoder writes is recognised, and lies between the bounds that are asked for."""
    long_ordinal_too_long = order == 2**53 and (ordinal, part) != (1, 1)
    text = reference(code, StepId("acme", "abc", 1000123 if long_ordinal_too_long else order, kind, ordinal, part))

    assert rows.is_reference(text, code)
    low, high = (one.value for one in rows.by_reference("1000", code, date(2026, 1, 1)).where if one.field == "XBLNR")
    assert low <= text <= high


@pytest.mark.parametrize("text", ["B1", "B12345", "B1-MUELLER", "B1-7", "B1-7-X", "B1-07-I", "B2-7-I", "B1-7-I "])
def test_what_people_write_is_not_ours(text: str) -> None:
    """A reference that only begins like ours is nobody's business here."""
    assert not rows.is_reference(text, "B1")


def test_a_row_becomes_a_document() -> None:
    """With the amount of its customer's lines."""
    [header] = rows.headers([ROW])
    found = rows.document(
        "acme",
        ("ECC", "100"),
        header,
        Amounts(Decimal("119.00"), None),
        {"A2": Decimal(-1), "A1": Decimal("19.00")},
        {},
    )

    assert found.key == KEY
    assert found.key.object_key == "180000000110002026"
    assert (found.reference, found.entered_by, found.currency) == ("B1-7-I", "MLC", "EUR")
    assert (found.posting_date, found.entry_date) == (date(2026, 3, 1), date(2026, 3, 2))
    assert (found.gross, found.cleared_on, found.stands) == (Decimal("119.00"), None, True)
    assert found.taxes == "A1=19.00 A2=-1"


def test_a_reversed_document_does_not_stand() -> None:
    """Nor does its reversal: both name the other."""
    [header] = rows.headers([[*ROW[:9], "1800000002", "2026"]])
    found = rows.document("acme", ("ECC", "100"), header, None, {}, {})

    assert (found.reversed_by, found.stands, found.gross) == ("1800000002 2026", False, None)


@pytest.mark.parametrize(
    ("currency", "kept", "amount"), [("EUR", "10.00", "10.00"), ("JPY", "10.00", "1000"), ("KWD", "100.00", "10.000")]
)
def test_amounts_have_their_currencys_decimals(currency: str, kept: str, amount: str) -> None:
    """SAP keeps every amount with two decimals; TCURX tells what was meant."""
    places = rows.currency_places([["JPY", "0"], ["KWD", "3"]])
    [header] = rows.headers([[*ROW[:8], currency, *ROW[9:]]])
    found = rows.document("acme", ("ECC", "100"), header, Amounts(Decimal(kept), None), {"A1": Decimal(kept)}, places)

    assert found.gross == Decimal(amount)
    assert found.taxes == f"A1={amount}"


def test_items_are_signed_and_added_up() -> None:
    """Debits are owed by the customer; an item cleared between the two reads counts once."""
    opened = rows.items([item("001", "S", "119.00"), item("001", "H", "20.00", number="1600000001")])
    cleared = rows.items([item("001", "S", "119.00", "20260310"), item("002", "S", "1.00", "20260312")])

    assert rows.added_up(opened, cleared) == {
        KEY: Amounts(Decimal("120.00"), date(2026, 3, 12)),
        DocumentKey("1000", "1600000001", "2026"): Amounts(Decimal("-20.00"), None),
    }


def test_a_document_with_an_open_item_is_not_cleared() -> None:
    """Not even where the other one is."""
    found = rows.items([item("001", "S", "5.00"), item("002", "S", "6.00", "20260310")])

    assert rows.added_up(found, []) == {KEY: Amounts(Decimal("11.00"), None)}


@pytest.mark.parametrize(
    ("one", "other", "cleared"),
    [
        (date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 2)),
        (date(2026, 3, 1), None, None),
        (None, date(2026, 3, 2), None),
    ],
)
def test_several_customers_of_a_document_are_one_amount(
    one: date | None, other: date | None, cleared: date | None
) -> None:
    """And it is cleared when all of them are."""
    found = rows.merged({KEY: Amounts(Decimal(5), one)}, {KEY: Amounts(Decimal(6), other)})

    assert found == {KEY: Amounts(Decimal(11), cleared)}
    assert rows.merged({}, found) == found


def test_taxes_are_added_up_by_code_from_the_customers_side() -> None:
    """Credits of tax are owed by the customer; a code whose tax adds up to nothing is left out."""
    lines = [("A1", "H", "19.00"), ("A1", "S", "1.90"), ("A2", "H", "7.00"), ("A0", "H", "0.00")]
    read = [[*KEY, f"{count:03}", *line] for count, line in enumerate(lines)]

    assert rows.taxes(read) == {KEY: {"A1": Decimal("17.10"), "A2": Decimal("7.00")}}


def test_taxes_are_read_in_runs_of_numbers() -> None:
    """Few reads for what lies together, none across what lies far apart, years and company codes included."""
    numbers = ["1800000001", "1800000003", "1800000103", "1800000204", "X1", "X2"]
    keys = {DocumentKey("1000", number, "2026") for number in numbers} | {
        DocumentKey("1000", "1800000004", "2027"),
        DocumentKey("2000", "1800000004", "2027"),
    }

    runs = [tuple(one.value for one in work.where) for work in rows.taxes_of(keys)]
    assert runs == [
        ("1000", "2026", "1800000001", "1800000103"),
        ("1000", "2026", "1800000204", "1800000204"),
        ("1000", "2026", "X1", "X1"),
        ("1000", "2026", "X2", "X2"),
        ("1000", "2027", "1800000004", "1800000004"),
        ("2000", "2027", "1800000004", "1800000004"),
    ]
    assert list(rows.taxes_of(())) == []


def test_our_users_are_those_who_posted_what_the_ledger_knows() -> None:
    """Everybody else may write what he likes into the reference."""
    found = rows.headers([ROW, ["1000", "1800000002", *ROW[2:5], "EVE", *ROW[6:]], [*ROW[:5], "", *ROW[6:]]])

    assert rows.posted_for_us(found, {KEY.object_key}) == {"MLC"}


@pytest.mark.parametrize(
    ("read", "row", "said"),
    [
        (rows.headers, ROW[:5], "BKPF"),
        (rows.headers, [*ROW[:6], "x", *ROW[7:]], "1800000001"),
        (rows.items, item("001", "S", "much"), "1800000001"),
        (rows.items, ["1000"], "1000"),
        (rows.currency_places, ["JPY", "few"], "TCURX"),
        (rows.taxes, ["1000", "1800000001", "2026", "001", "A1", "H", "?"], "BSET, 1000/1800000001"),
        (rows.taxes, ["1000"], "BSET, 1000"),
    ],
)
def test_a_row_that_is_none_is_refused(read: object, row: list[str], said: str) -> None:
    """Rather than added up wrongly."""
    with pytest.raises(RowsUnreadable, match=said):
        read([row])  # type: ignore[operator]
