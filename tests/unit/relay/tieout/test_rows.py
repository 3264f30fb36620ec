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
    found = rows.document("acme", ("ECC", "100"), header, Amounts(Decimal("119.00"), None), {})

    assert found.key == KEY
    assert found.key.object_key == "180000000110002026"
    assert (found.reference, found.entered_by, found.currency) == ("B1-7-I", "MLC", "EUR")
    assert (found.posting_date, found.entry_date) == (date(2026, 3, 1), date(2026, 3, 2))
    assert (found.gross, found.cleared_on, found.stands) == (Decimal("119.00"), None, True)


def test_a_reversed_document_does_not_stand() -> None:
    """Nor does its reversal: both name the other."""
    [header] = rows.headers([[*ROW[:9], "1800000002", "2026"]])
    found = rows.document("acme", ("ECC", "100"), header, None, {})

    assert (found.reversed_by, found.stands, found.gross) == ("1800000002 2026", False, None)


@pytest.mark.parametrize(
    ("currency", "kept", "amount"), [("EUR", "10.00", "10.00"), ("JPY", "10.00", "1000"), ("KWD", "100.00", "10.000")]
)
def test_amounts_have_their_currencys_decimals(currency: str, kept: str, amount: str) -> None:
    """SAP keeps every amount with two decimals; TCURX tells what was meant."""
    places = rows.currency_places([["JPY", "0"], ["KWD", "3"]])
    [header] = rows.headers([[*ROW[:8], currency, *ROW[9:]]])
    found = rows.document("acme", ("ECC", "100"), header, Amounts(Decimal(kept), None), places)

    assert found.gross == Decimal(amount)


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
    ],
)
def test_a_row_that_is_none_is_refused(read: object, row: list[str], said: str) -> None:
    """Rather than added up wrongly."""
    with pytest.raises(RowsUnreadable, match=said):
        read([row])  # type: ignore[operator]
