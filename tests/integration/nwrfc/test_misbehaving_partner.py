"""A partner that breaks the protocol gets an error that says what is wrong, never a crash or a wrong value."""

import struct
from typing import Any

import msgspec
import pyrfc
import pytest

from tests.support.rfc_server.modules import ODD_INTERFACES
from tests.support.rfc_server.process import ServerProcess


def frame(value: Any) -> bytes:
    """Pack a frame."""
    body = msgspec.msgpack.encode(value)
    return struct.pack(">I", len(body)) + body


GOOD_OPEN = frame(["ok", "TST/1", {}])
BAD_FRAMES = {
    "empty frame": frame([])[:4].replace(b"\x01", b"\x00"),
    "no array": frame("ok"),
    "empty array": frame([]),
    "no text": frame([1]),
    "unknown status": frame(["maybe"]),
    "error without map": frame(["err", 1]),
    "error without code": frame(["err", {"group": 1}]),
    "error without group": frame(["err", {"code": 5}]),
    "error of code 0": frame(["err", {"code": 0, "group": 1}]),
    "error of unknown code": frame(["err", {"code": 99, "group": 1}]),
    "error with a number as text": frame(["err", {"code": 5, "group": 1, "message": 7}]),
    "undefined tag": struct.pack(">I", 2) + b"\x91\xc1",
    "array that ends early": struct.pack(">I", 5) + b"\xdd\xff\xff\xff\xff",
    "text that ends early": struct.pack(">I", 6) + b"\x91\xdb\xff\xff\xff\xff",
    "frame too long": struct.pack(">I", 2**31),
}
BAD_OPENS = {
    "no repository": frame(["ok"]),
    "repository is a number": frame(["ok", 1, {}]),
    "repository is too long": frame(["ok", "x" * 200, {}]),
    "no attributes": frame(["ok", "TST/1"]),
    "attribute is a number": frame(["ok", "TST/1", {"user": 1}]),
    "attribute's name is a number": frame(["ok", "TST/1", {1: "x"}]),
}


@pytest.mark.parametrize("name", [*BAD_FRAMES, *BAD_OPENS])
def test_a_bad_answer_to_a_logon(server: ServerProcess, name: str) -> None:
    """A logon answered with nonsense is code 11, and there is no connection."""
    answer = {**BAD_FRAMES, **BAD_OPENS}[name]
    with pytest.raises(pyrfc.ExternalRuntimeError, match="does not speak the stand-in's protocol") as caught:
        pyrfc.Connection(**server.parameters, raw_answer=f"hex:{answer.hex()}")
    assert (caught.value.code, caught.value.key) == (11, "RFC_INVALID_PROTOCOL")


@pytest.mark.parametrize("answer", [b"", b"\0", b"\0\0\0\x09", GOOD_OPEN[:-1]])
def test_a_logon_answer_that_ends_early(server: ServerProcess, answer: bytes) -> None:
    """A connection that ends inside a frame is lost, like one that ends before it."""
    with pytest.raises(pyrfc.CommunicationError, match="CM_NO_DATA_RECEIVED"):
        pyrfc.Connection(**server.parameters, raw_answer=f"hex:{answer.hex()}")


@pytest.mark.parametrize("name", BAD_FRAMES)
def test_a_bad_answer_to_a_call(connection: pyrfc.Connection, name: str) -> None:
    """A call answered with nonsense is code 11, and the session is over."""
    with pytest.raises(pyrfc.ExternalRuntimeError) as caught:
        connection.call("Z_RAW", BYTES=BAD_FRAMES[name])
    assert (caught.value.code, caught.value.key) == (11, "RFC_INVALID_PROTOCOL")


@pytest.mark.parametrize("length", range(1, len(frame(["ok", {"OUT": "some text"}])) - 4))
def test_a_call_answer_cut_anywhere(connection: pyrfc.Connection, length: int) -> None:
    """An answer cut at any byte is an error, whatever the cut leaves."""
    body = frame(["ok", {"OUT": "some text"}])[4 : 4 + length]
    with pytest.raises(pyrfc.ExternalRuntimeError) as caught:
        connection.call("Z_RAW", BYTES=struct.pack(">I", length) + body)
    assert caught.value.key in {"RFC_INVALID_PROTOCOL", "RFC_SERIALIZATION_FAILURE"}


def answer_of(connection: pyrfc.Connection, name: bytes, value: bytes, **parameters: Any) -> Any:
    """Answer a call with a value packed by hand."""
    body = b"\x92\xa2ok\x81" + bytes([0xA0 | len(name)]) + name + value
    return connection.call("Z_RAW", BYTES=struct.pack(">I", len(body)) + body, **parameters)[name.decode()]


@pytest.mark.parametrize(
    ("packed", "number"),
    [
        (b"\x7f", 127),
        (b"\xe0", -32),
        (b"\xcc\xff", 255),
        (b"\xcd\xff\xff", 65535),
        (b"\xce\xff\xff\xff\xff", 2**32 - 1),
        (b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 2**63 - 1),
        (b"\xd0\x80", -128),
        (b"\xd1\x80\x00", -(2**15)),
        (b"\xd2\x80\x00\x00\x00", -(2**31)),
        (b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00", -(2**63)),
    ],
)
def test_every_packed_form_of_an_integer(connection: pyrfc.Connection, packed: bytes, number: int) -> None:
    """A partner may pack a number in any width."""
    assert answer_of(connection, b"I8", packed) == number
    with pytest.raises(pyrfc.ExternalRuntimeError):
        answer_of(connection, b"I8", b"\xcf\x80" + bytes(7))


def test_every_packed_form_of_the_rest(connection: pyrfc.Connection) -> None:
    """Texts, bytes, floats, arrays and maps have several packed forms too."""
    for head in (b"\xa2", b"\xd9\x02", b"\xda\x00\x02", b"\xdb\x00\x00\x00\x02"):
        assert answer_of(connection, b"OUT", head + b"ab") == "ab"
    for head in (b"\xc4\x02", b"\xc5\x00\x02", b"\xc6\x00\x00\x00\x02"):
        assert answer_of(connection, b"XS", head + b"ab") == b"ab"
    for packed, number in ((b"\xca\x3f\xc0\x00\x00", 1.5), (b"\xcb\x3f\xf8" + bytes(6), 1.5), (b"\x07", 7.0)):
        assert answer_of(connection, b"F", packed) == number
    for head in (b"\x92", b"\xdc\x00\x02", b"\xdd\x00\x00\x00\x02"):
        assert answer_of(connection, b"LINE", head + b"\xa17\xa1x") == {"POS": "007", "TEXT": "x", "NOTE": ""}
    for head in (b"\x81", b"\xde\x00\x01", b"\xdf\x00\x00\x00\x01"):
        assert answer_of(connection, b"LINE", head + b"\xa4TEXT\xa1x") == {"POS": "000", "TEXT": "x", "NOTE": ""}


def test_what_is_more_than_asked_is_skipped(connection: pyrfc.Connection) -> None:
    """Elements behind the last field are skipped, whatever they are; nil is the initial value."""
    more = b"\x95\xa17\xa1x\xa0\x92\x01\x81\x01\xc0\xa3abc"
    assert answer_of(connection, b"LINE", more) == {"POS": "007", "TEXT": "x", "NOTE": ""}
    for name, initial in ((b"LINES", []), (b"I8", 0), (b"XS", b""), (b"LINE", {"POS": "000", "TEXT": "", "NOTE": ""})):
        assert answer_of(connection, name, b"\xc0") == initial
    assert answer_of(connection, b"LINES", b"\xc0", LINES=[{"TEXT": "sent"}]) == []


def test_a_text_is_cut_in_the_middle_of_a_pair(connection: pyrfc.Connection) -> None:
    """A character of two units at the end of a CHAR leaves half of it, which is no character."""
    text = "123456789\U0001f4aa".encode()
    assert answer_of(connection, b"OUT", bytes([0xA0 | len(text)]) + text) == "123456789\ufffd"


def test_a_number_of_rows_that_cannot_be(connection: pyrfc.Connection) -> None:
    """Room is made only for rows that can be in the frame."""
    with pytest.raises(pyrfc.ExternalRuntimeError, match="does not fit its metadata at 'LINES'"):
        answer_of(connection, b"LINES", b"\xdd\xff\xff\xff\xff")


@pytest.mark.parametrize("row", [b"\xc0", b"\x01", b"\x91\x01", b"\x81\x01\x01", b"\x81\xa4TEXT\x01"])
def test_a_row_that_does_not_fit(connection: pyrfc.Connection, row: bytes) -> None:
    """A row is an array or a map whose values fit."""
    with pytest.raises(pyrfc.ExternalRuntimeError, match=r"does not fit its metadata at '(LINES|TEXT|POS)'"):
        answer_of(connection, b"LINES", b"\x91" + row)


@pytest.mark.parametrize("name", ODD_INTERFACES)
def test_a_bad_interface(connection: pyrfc.Connection, name: str) -> None:
    """An interface that is not what the protocol says is refused before anything is called."""
    with pytest.raises(pyrfc.ExternalRuntimeError, match="does not speak the stand-in's protocol") as caught:
        connection.get_function_description(name)
    assert caught.value.code == 11


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("C", "float"),
        ("C", "list"),
        ("C", "bytes"),
        ("I", "text"),
        ("I", "big"),
        ("I", "float"),
        ("P", "text"),
        ("P", "big"),
        ("P", "float"),
        ("N", "text"),
        ("S", "text"),
        ("X", "text"),
        ("X", "list"),
        ("T", "map"),
        ("T", "text"),
    ],
)
def test_a_value_that_does_not_fit(connection: pyrfc.Connection, where: str, value: str) -> None:
    """A value of another type or size than its metadata says is code 12 and names function and field."""
    with pytest.raises(pyrfc.ExternalRuntimeError, match=f"Z_MISFIT does not fit its metadata at '{where}'") as caught:
        connection.call("Z_MISFIT", WHERE=where, VALUE=value)
    assert (caught.value.code, caught.value.key) == (12, "RFC_SERIALIZATION_FAILURE")


def test_error_texts_are_cut_to_their_room(connection: pyrfc.Connection) -> None:
    """Key and message have fixed room; what is longer is cut, and the error stays usable."""
    with pytest.raises(pyrfc.ABAPApplicationError) as caught:
        connection.call("Z_FAIL", KIND="long")
    assert (caught.value.key, caught.value.message) == ("K" * 127, "m" * 511)


def test_unknown_names(connection: pyrfc.Connection) -> None:
    """Functions, parameters and fields that do not exist are named; the session lives on."""
    with pytest.raises(pyrfc.ABAPApplicationError) as unknown:
        connection.call("Z_UNKNOWN")
    assert (unknown.value.key, unknown.value.message) == ("FU_NOT_FOUND", "ID:FL Type:E Number:046 Z_UNKNOWN")
    for name, parameters in (("undefined", {"undefined": 0}), ("XRFCCHAR1", {"IMPORTSTRUCT": {"XRFCCHAR1": "A"}})):
        with pytest.raises(pyrfc.ExternalRuntimeError, match=f"field '{name}' not found") as caught:
            connection.call("STFC_STRUCTURE", **parameters)
        assert (caught.value.code, caught.value.key) == (20, "RFC_INVALID_PARAMETER")
    connection.ping()
