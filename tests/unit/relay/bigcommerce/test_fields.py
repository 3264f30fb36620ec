"""One value arrives in many shapes; each is read into one, or refused where reading would lose something."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from mlconnector_relay.bigcommerce.fields import (
    Flag,
    Instant,
    Listed,
    Money,
    Number,
    OptionalFlag,
    OptionalInstant,
    OptionalMoney,
    OptionalNumber,
    Text,
)
from mlconnector_relay.bigcommerce.orders import FormField
from mlconnector_relay.sap.text import clean
from pydantic import TypeAdapter, ValidationError


def read(kind: Any, value: Any) -> Any:
    """Read a value as a field of this kind."""
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("62.6793", "62.6793"),
        ("8", "8"),
        (" 8.50 ", "8.50"),
        ("-1.5", "-1.5"),
        ("1E+2", "100"),
        (8, "8"),
        (Decimal("5.10"), "5.1"),
        ("", "0"),
        ("   ", "0"),
        (None, "0"),
        ({}, "0"),
        ([], "0"),
    ],
)
def test_an_amount_is_read_from_every_shape(value: Any, amount: str) -> None:
    """Strings, numbers and every kind of nothing are amounts."""
    assert read(Money, value) == Decimal(amount)


@pytest.mark.parametrize("value", [1.5, True, "1,50", "NaN", "Infinity", "1E+400", "1E-400", ["1"], "abc"])
def test_what_is_no_exact_amount_is_refused(value: Any) -> None:
    """A float has lost digits already; the rest is no amount at all."""
    with pytest.raises(ValidationError):
        read(Money, value)


def test_an_absent_optional_amount_stays_absent() -> None:
    """Nothing said differs from zero."""
    assert read(OptionalMoney, "") is None
    assert read(OptionalMoney, "0.0000") == 0


@pytest.mark.parametrize(
    ("value", "number"), [("65", 65), (65, 65), ("", 0), (None, 0), ({}, 0), ("22.0", 22), (Decimal(22), 22)]
)
def test_a_whole_number_is_read_from_every_shape(value: Any, number: int) -> None:
    """Ids arrive as numbers and as strings of digits."""
    assert read(Number, value) == number


@pytest.mark.parametrize(
    "value", [True, 1.0, "22.5", "x", "1e999", ["1"], 2**63, "9223372036854775808", Decimal("1e20")]
)
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    """No id is guessed."""
    with pytest.raises(ValidationError):
        read(Number, value)


def test_an_absent_number_stays_absent() -> None:
    """Null, empty text and an empty object say that there is none."""
    assert [read(OptionalNumber, value) for value in (None, "", {}, "0")] == [None, None, None, 0]


def test_text_is_read_from_numbers_and_nothing() -> None:
    """Documents disagree on whether an id is text."""
    assert [read(Text, value) for value in ("a", 5, Decimal("1.5"), None, {})] == ["a", "5", "1.5", "", ""]
    with pytest.raises(ValidationError):
        read(Text, ["a"])


def test_a_text_of_a_shopper_harms_no_terminal_and_no_database() -> None:
    """Halves of emojis, NUL and escape sequences go, lines become one; what people read stays, and SAP's texts do."""
    hostile = "PO\x1b[2J\x00 77\ud83d\u202e\x9b\r\nnow: posted\u2028x"
    assert read(Text, hostile) == "PO[2J 77  now: posted x"
    assert read(FormField, {"name": "VAT\x07", "value": " DE\ud8001 "}) == FormField(name="VAT", value="DE1")
    for fit in ("Müller & Söhne, 東京, 👩\u200d👧", "a\u00a0b\u200bc"):
        assert read(Text, fit) == fit
    for text in (hostile, "a\tb\nc\x00d\u2029e\x85f"):
        assert clean(read(Text, text)) == clean(text)


@pytest.mark.parametrize(
    ("value", "flag"),
    [(True, True), ("true", True), (1, True), (False, False), ("0", False), ("", False), (None, False), ({}, False)],
)
def test_a_flag_is_read_from_every_shape(value: Any, flag: bool) -> None:
    """Absent means false."""
    assert read(Flag, value) is flag


def test_an_absent_optional_flag_stays_absent() -> None:
    """Nothing said is neither true nor false."""
    assert [read(OptionalFlag, value) for value in (None, "", {}, "false", True)] == [None, None, None, False, True]


def test_what_is_neither_true_nor_false_is_refused() -> None:
    """A flag is not guessed."""
    with pytest.raises(ValidationError):
        read(Flag, "perhaps")


@pytest.mark.parametrize(
    "value",
    [
        "Tue, 05 Mar 2019 21:40:11 +0000",
        "Tue, 05 Mar 2019 21:40:11 -0000",
        "Tue, 05 Mar 2019 22:40:11 +0100",
        "2019-03-05T21:40:11+00:00",
        "2019-03-05T21:40:11Z",
        "2019-03-05T21:40:11",
        datetime(2019, 3, 5, 21, 40, 11),  # noqa: DTZ001 - the store's naive times are UTC
    ],
)
def test_a_date_is_read_in_utc(value: Any) -> None:
    """RFC 2822 and ISO 8601, with or without zone, are one moment."""
    assert read(Instant, value) == datetime(2019, 3, 5, 21, 40, 11, tzinfo=UTC)


def test_an_empty_date_is_none_where_there_may_be_none() -> None:
    """An order not shipped has an empty shipping date, but every order was created."""
    assert read(OptionalInstant, "") is None
    with pytest.raises(ValidationError):
        read(Instant, "")


@pytest.mark.parametrize(
    "value",
    [
        "yesterday",
        "Tue, 45 Mar 2019 21:40:11 +0000",
        "2019-13-01T00:00:00Z",
        "9999-12-31T23:59:59-23:00",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_date_is_refused(value: str) -> None:
    """No date is guessed."""
    with pytest.raises(ValidationError):
        read(Instant, value)


def test_a_list_may_be_a_link_or_nothing() -> None:
    """An unexpanded sub-resource is a link; null and {} are empty lists."""
    link = {"url": "https://example.org/v2/orders/1/products", "resource": "/orders/1/products"}
    assert [read(Listed[Number], value) for value in (["1", 2], link, None, {})] == [(1, 2), (), (), ()]
