"""Values keep what they are on their way from Python to the partner and back."""

from decimal import Decimal
from typing import Any

import pyrfc
import pytest

from tests.support.rfc_server.modules import WIDE_COLUMNS
from tests.support.rfc_server.process import ServerProcess

THAI = "ทดสอบสร้างลูกค้าจากภายนอกครั้งที่"


def echo(connection: pyrfc.Connection, **fields: Any) -> dict[str, Any]:
    """Send fields of every type's structure and read them back."""
    out = connection.call("Z_EVERY_TYPE", IN=fields)["OUT"]
    return {name: out[name] for name in fields}


@pytest.mark.parametrize(
    "text", ["", "hello", "Hällo SAP!", "四周远处都能望见", "a\xac\u1234\u20ac\U0001f4aa", THAI * 7, "x" * 255]
)
def test_unicode_survives(connection: pyrfc.Connection, text: str) -> None:
    """Every character that fits a CHAR comes back, also beyond the basic plane."""
    assert connection.call("STFC_CONNECTION", REQUTEXT=text)["ECHOTEXT"] == text


def test_a_char_is_cut_silently_and_padded(server: ServerProcess) -> None:
    """A text too long for a CHAR is cut without an error, as SAP's library does; a shorter one is padded."""
    with pyrfc.Connection(config={"rstrip": False}, **server.parameters) as connection:
        assert connection.call("STFC_CONNECTION", REQUTEXT="x" * 300)["ECHOTEXT"] == "x" * 255
        assert connection.call("STFC_CONNECTION", REQUTEXT="Hä")["ECHOTEXT"] == "Hä" + " " * 253


def test_a_pair_is_cut_in_the_middle(connection: pyrfc.Connection) -> None:
    """A character of two units that does not fit whole leaves half of it, which is no character."""
    assert echo(connection, C="123456789\U0001f4aa") == {"C": "123456789\ufffd"}


def test_a_text_ends_at_nul(connection: pyrfc.Connection) -> None:
    """The binding reads a text up to a NUL; behind it nothing comes back."""
    assert echo(connection, C="ab\0cd", S="ab\0cd") == {"C": "ab", "S": "ab"}


def test_every_type(connection: pyrfc.Connection) -> None:
    """The extremes of every type come back unchanged."""
    fields = {
        "C": "0123456789",
        "N": "0000000042",
        "D": "20240229",
        "T": "235959",
        "P": Decimal("-99999.99"),
        "PLONG": Decimal("12345678901234567.12345678901234"),
        "F": 1.7976931348623157e308,
        "I": -(2**31),
        "I1": 255,
        "I2": -(2**15),
        "I8": -(2**63),
        "DF16": Decimal("9.999999999999999E+384"),
        "DF34": Decimal("-9.999999999999999999999999999999999E+6144"),
        "X": bytes(range(17)),
        "XS": bytes(range(256)) * 300,
        "S": "ü" * 70_000,
    }
    assert echo(connection, **fields) == fields


def test_initial_values(connection: pyrfc.Connection) -> None:
    """A field nobody wrote holds its type's initial value."""
    out = connection.call("Z_EVERY_TYPE", IN={})["OUT"]
    assert (out["C"], out["N"], out["D"], out["T"]) == ("", "0" * 10, "", "000000")
    assert (out["I"], out["I1"], out["I2"], out["I8"], out["F"]) == (0, 0, 0, 0, 0.0)
    assert (str(out["P"]), str(out["PLONG"]), str(out["DF16"])) == ("0.00", "0E-14", "0")
    assert (out["X"], out["XS"], out["S"]) == (b"\0" * 17, b"", "")


@pytest.mark.parametrize("value", ["0", "0.01", "-0.01", "0.10", "1", "12345.67", "-12345.67", "99999.99"])
def test_packed_decimals_have_all_their_decimals(connection: pyrfc.Connection, value: str) -> None:
    """A packed number arrives as text with all decimals and comes back as that Decimal."""
    answer = connection.call("Z_EVERY_TYPE", IN={"P": Decimal(value)})
    assert answer["OUT"]["P"].as_tuple() == Decimal(value).quantize(Decimal("0.01")).as_tuple()
    assert f"'{Decimal(value):.2f}'" in answer["ARRIVED"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1.005", "1.01"),
        ("-9.995", "-10.00"),
        ("0.004", "0.00"),
        ("-0.004", "0.00"),
        ("0.0004", "0.00"),
        ("1E2", "100.00"),
    ],
)
def test_packed_decimals_are_rounded_half_away_from_zero(connection: pyrfc.Connection, given: str, kept: str) -> None:
    """More decimals than the field has are rounded."""
    assert str(echo(connection, P=Decimal(given))["P"]) == kept


@pytest.mark.parametrize("value", ["100000", "99999.995", "-1E9"])
def test_a_packed_number_that_does_not_fit_is_refused(connection: pyrfc.Connection, value: str) -> None:
    """An overflow is a conversion error, never another number; the session lives on."""
    with pytest.raises(pyrfc.ExternalRuntimeError, match="overflow") as caught:
        echo(connection, P=Decimal(value))
    assert (caught.value.code, caught.value.key) == (22, "RFC_CONVERSION_FAILURE")
    connection.ping()


@pytest.mark.parametrize(
    "value", ["0", "1E-398", "-1E-383", "1.5", "0.000001", "1E-7", "1.2E+4", "1234567890123456", "0.00"]
)
def test_short_floating_decimals(connection: pyrfc.Connection, value: str) -> None:
    """DECF16 keeps digits and exponent as Python's Decimal writes them."""
    assert str(echo(connection, DF16=Decimal(value))["DF16"]) == value


@pytest.mark.parametrize(
    ("given", "kept"), [("12345678901234565", "1.234567890123457E+16"), ("99999999999999999", "1.000000000000000E+17")]
)
def test_floating_decimals_are_rounded_to_their_digits(connection: pyrfc.Connection, given: str, kept: str) -> None:
    """DECF16 has 16 digits."""
    assert str(echo(connection, DF16=Decimal(given))["DF16"]) == kept


def test_a_floating_decimal_beyond_its_exponents_is_refused(connection: pyrfc.Connection) -> None:
    """DECF16 ends at 1E+385, and nothing smaller than 1E-398 is kept."""
    with pytest.raises(pyrfc.ExternalRuntimeError, match="overflow"):
        echo(connection, DF16=Decimal("1E+385"))
    assert echo(connection, DF16=Decimal("1E-399"))["DF16"] == 0
    assert str(echo(connection, DF16=Decimal("0E+400"))["DF16"]) == "0E+369"


@pytest.mark.parametrize("field", ["P", "DF16", "DF34"])
def test_not_a_number_is_refused(connection: pyrfc.Connection, field: str) -> None:
    """Text that is no number is a conversion error that names text, position, field and type."""
    with pytest.raises(pyrfc.ExternalRuntimeError, match=f"NaN at position 0 for the field {field} to type RFCTYPE_"):
        echo(connection, **{field: "NaN"})


def test_integers_wrap(connection: pyrfc.Connection) -> None:
    """INT1 and INT2 take what fits of a value that is too large, as SAP's library does."""
    assert echo(connection, I1=256, I2=32768) == {"I1": 0, "I2": -32768}


def test_bytes_are_cut_and_padded(connection: pyrfc.Connection) -> None:
    """BYTE has a fixed length."""
    assert echo(connection, X=b"y" * 20)["X"] == b"y" * 17
    assert echo(connection, X=b"y")["X"] == b"y" + b"\0" * 16


def test_a_numeric_text_is_filled_with_zeros(connection: pyrfc.Connection) -> None:
    """NUMC is filled from the left, and zeros too many are dropped there."""
    assert echo(connection, N="42")["N"] == "0000000042"
    assert echo(connection, N="00000000000042")["N"] == "0000000042"


@pytest.mark.parametrize(("given", "kept"), [(1.5, 1.5), (Decimal("-2.5"), -2.5), ("1E-3", 0.001)])
def test_floats_may_come_as_text(connection: pyrfc.Connection, given: Any, kept: float) -> None:
    """FLOAT takes numbers, decimals and text."""
    assert echo(connection, F=given)["F"] == kept


def test_a_numeric_text_that_is_too_long_is_refused(connection: pyrfc.Connection) -> None:
    """NUMC is not cut: the digits would mean something else."""
    with pytest.raises(pyrfc.ExternalRuntimeError) as caught:
        echo(connection, N="12345678901")
    assert caught.value.key == "RFC_BUFFER_TOO_SMALL"


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00.0000000",
        "9999-12-31T23:59:59.9999999",
        "0000-00-00T00:00:00.0000000",
        "2024-02-29T12:00:00.1234567",
    ],
)
def test_time_stamps(connection: pyrfc.Connection, moment: str) -> None:
    """UTCLONG keeps its seven decimals."""
    assert echo(connection, U=moment) == {"U": moment}
    assert echo(connection, U=moment.replace("T", " ")) == {"U": moment}


@pytest.mark.parametrize(
    "moment",
    [
        "",
        "x",
        "2023-02-29T12:00:00.1234567",
        "2024-13-01T00:00:00.0000000",
        "2024-01-01T24:00:00.0000000",
        "2024/01/01T00:00:00.0000000",
    ],
)
def test_what_is_no_time_stamp_is_refused(connection: pyrfc.Connection, moment: str) -> None:
    """UTCLONG takes only moments that exist."""
    with pytest.raises(pyrfc.ExternalRuntimeError, match="illegal format"):
        echo(connection, U=moment)


def test_structures_and_tables(connection: pyrfc.Connection) -> None:
    """A structure and the rows of a table come back field by field, and the partner may add rows."""
    record = {
        "RFCFLOAT": 1.25,
        "RFCINT2": 0x7FFE,
        "RFCINT1": 0x7F,
        "RFCCHAR4": "bcde",
        "RFCINT4": 0x7FFFFFFE,
        "RFCHEX3": b"fgh",
    }
    record |= {
        "RFCCHAR1": "a",
        "RFCCHAR2": "ij",
        "RFCTIME": "123456",
        "RFCDATE": "20161231",
        "RFCDATA1": "k" * 50,
        "RFCDATA2": "l" * 50,
    }
    answer = connection.call("STFC_STRUCTURE", IMPORTSTRUCT=record, RFCTABLE=[record] * 5)
    assert answer["ECHOSTRUCT"] == record
    assert answer["RFCTABLE"] == [record] * 6


def test_tables_within_structures_within_tables(connection: pyrfc.Connection) -> None:
    """Nesting of structures, tables and strings has no limit of its own."""
    lines = [{"POS": f"{i:03d}", "TEXT": f"line {i}", "NOTE": "n" * i} for i in range(20)]
    record: dict[str, Any] = {
        "ID": "0007",
        "HEAD": {"RFCCHAR4": "abcd", "RFCINT4": -5},
        "INNER": {"KEY": "K", "LINES": lines},
        "LINES": lines[:2],
    }
    record |= {"TEXTS": [{"": "one"}, {"": "two"}], "BIG": 2**62}
    answer = connection.call("Z_NESTED", IN=record, TAB=[record, record])
    assert len(answer["TAB"]) == 3
    for out in (answer["OUT"], *answer["TAB"]):
        assert (out["ID"], out["BIG"], out["HEAD"]["RFCCHAR4"], out["HEAD"]["RFCINT4"]) == ("0007", 2**62, "abcd", -5)
        assert out["INNER"] == {"KEY": "K", "LINES": lines}
        assert (out["LINES"], out["TEXTS"]) == (lines[:2], record["TEXTS"])


def test_changing_parameters_go_both_ways(connection: pyrfc.Connection) -> None:
    """A CHANGING parameter is sent and comes back."""
    assert connection.call("STFC_CHANGING", START_VALUE=3, COUNTER=4) == {"COUNTER": 5, "RESULT": 7}


def test_only_what_the_caller_wrote_is_sent(connection: pyrfc.Connection) -> None:
    """A parameter never touched is absent, so that its default applies; what is not requested is named."""
    assert connection.call("Z_SUPPLIED")["SUPPLIED"] == "|"
    assert connection.call("Z_SUPPLIED", A="", S={"POS": "1"})["SUPPLIED"] == "A,S|"
    assert connection.call("Z_SUPPLIED", T=[{"TEXT": "x"}])["SUPPLIED"] == "T|"
    assert connection.call("Z_SUPPLIED", {"not_requested": ["OUT", "T"]}, A="x")["SUPPLIED"] == "A|OUT,T"
    assert connection.call("Z_SUPPLIED", {"not_requested": ["A"]}, A="x")["SUPPLIED"] == "A|A"


def test_answers_by_name_short_or_loose(connection: pyrfc.Connection) -> None:
    """Structures may come by name or cut short; unknown names are skipped, and whole numbers fit decimals."""
    answer = connection.call("Z_BY_NAME")
    assert answer["OUT"] == {"POS": "007", "TEXT": "by name", "NOTE": ""}
    assert answer["SHORT"] == {"POS": "008", "TEXT": "", "NOTE": ""}
    assert (answer["TRUTH"], str(answer["WHOLE"])) == (1, "-5.00")


def test_a_wide_table_both_ways(connection: pyrfc.Connection) -> None:
    """20,000 rows of 40 fields arrive whole and in order, and go back."""
    rows = connection.call("Z_WIDE", ROWS=20_000)["T"]
    assert len(rows) == 20_000
    assert rows[19_999] == {f"F{k:02d}": f"row 19999 col {k}"[:15] for k in range(WIDE_COLUMNS)}
    assert connection.call("Z_WIDE", ROWS=0, T=rows[:5_000])["COUNT"] == 5_000


def test_description(connection: pyrfc.Connection) -> None:
    """A function's description has SAP's types, directions, lengths and offsets."""
    parameters = {p["name"]: p for p in connection.get_function_description("STFC_STRUCTURE").parameters}
    assert parameters["RFCTABLE"]["direction"] == "RFC_TABLES"
    assert (parameters["RFCTABLE"]["optional"], parameters["IMPORTSTRUCT"]["optional"]) == (True, False)
    assert parameters["ECHOSTRUCT"]["parameter_text"] == "Exporting structure"
    record = parameters["ECHOSTRUCT"]["type_description"]
    assert (record.name, record.nuc_length, record.uc_length) == ("RFCTEST", 144, 264)
    offsets = [(f["nuc_offset"], f["uc_offset"]) for f in record.fields]
    assert offsets[:7] == [(0, 0), (8, 8), (10, 10), (12, 12), (13, 14), (20, 24), (24, 28)]
    assert offsets[7:] == [(27, 32), (29, 36), (35, 48), (43, 64), (93, 164)]
    every = {
        f["name"]: f
        for f in connection.get_function_description("Z_EVERY_TYPE").parameters[0]["type_description"].fields
    }
    assert (every["P"]["field_type"], every["P"]["nuc_length"], every["P"]["decimals"]) == ("RFCTYPE_BCD", 4, 2)
