"""The C interface itself: what is exported, what is refused, and what no Python binding here calls."""

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from ctypes import POINTER, c_char_p, c_int, c_uint, c_ushort, c_void_p
from pathlib import Path

import pytest

from tests.support.elf import exported_symbols
from tests.support.rfc_server.process import ServerProcess
from tests.support.sdk import NWRFC, library_of

OK, COMMUNICATION_FAILURE, SERIALIZATION_FAILURE, INVALID_HANDLE = 0, 1, 12, 13
NOT_FOUND, NOT_SUPPORTED, ILLEGAL_STATE, INVALID_PARAMETER = 17, 18, 19, 20
CONVERSION_FAILURE, BUFFER_TOO_SMALL, TABLE_MOVE_EOF = 22, 23, 25


def listed(name: str) -> set[str]:
    """Read a list of symbols."""
    return set((NWRFC / "symbols" / name).read_text().split())


REQUIRED = listed("pyrfcx.txt") | listed("pyrfc.txt")
UNSUPPORTED = sorted(REQUIRED - listed("supported.txt"))


class ErrorInfo(ctypes.Structure):
    """RFC_ERROR_INFO."""

    _fields_ = (
        ("code", c_int),
        ("group", c_int),
        ("key", c_ushort * 128),
        ("message", c_ushort * 512),
        ("rest", c_ushort * (21 + 2 + 4 + 4 * 51)),
    )

    def text(self, name: str) -> str:
        """Read a text."""
        return narrow(getattr(self, name))


class Parameter(ctypes.Structure):
    """RFC_CONNECTION_PARAMETER."""

    _fields_ = (("name", POINTER(c_ushort)), ("value", POINTER(c_ushort)))


def wide(text: str) -> ctypes.Array[c_ushort]:
    """Make a terminated UTF-16 text."""
    data = (text + "\0").encode("utf-16-le")
    return (c_ushort * (len(data) // 2)).from_buffer_copy(data)


def narrow(units: ctypes.Array[c_ushort]) -> str:
    """Read a terminated UTF-16 text."""
    return bytes(units).decode("utf-16-le").split("\0", 1)[0]


class Library:
    """The library, called without a binding; `info` holds the last error."""

    def __init__(self, path: Path) -> None:
        self.library = ctypes.CDLL(str(path))
        self.info = ErrorInfo()
        assert ctypes.sizeof(ErrorInfo) == 1752

    def __getattr__(self, name: str) -> Callable[..., int]:
        """Call a function that returns a code, with errorInfo added."""
        function = getattr(self.library, name)
        return lambda *arguments: function(*arguments, ctypes.byref(self.info))

    def handle(self, name: str, *arguments: object) -> c_void_p:
        """Call a function that returns a handle, with errorInfo added."""
        function = self.library[name]
        function.restype = c_void_p
        return c_void_p(function(*arguments, ctypes.byref(self.info)))


@pytest.fixture(scope="session")
def library(sdk: Path) -> Library:
    """Load the library that the binding loads."""
    return Library(library_of(sdk))


@pytest.fixture
def session(library: Library, server: ServerProcess) -> Iterator[c_void_p]:
    """Open a connection."""
    pairs = [(wide(name), wide(value)) for name, value in server.parameters.items()]
    array = (Parameter * len(pairs))(*[Parameter(name, value) for name, value in pairs])
    handle = library.handle("RfcOpenConnection", array, len(pairs))
    assert handle.value
    yield handle
    library.RfcCloseConnection(handle)


def create(library: Library, session: c_void_p, name: str) -> c_void_p:
    """Make a function container."""
    descriptor = library.handle("RfcGetFunctionDesc", session, wide(name))
    assert descriptor.value
    return library.handle("RfcCreateFunction", descriptor)


# ---- what is there ----


def test_exports_are_what_bindings_need(sdk: Path) -> None:
    """The library exports the symbols of both lists: none is missing, none is added."""
    assert exported_symbols(library_of(sdk)) == REQUIRED
    assert len(REQUIRED) == 163


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_what_no_client_call_needs_is_refused(library: Library, name: str) -> None:
    """Functions that only complete the interface answer RFC_NOT_SUPPORTED and say their name."""
    library.info.code = OK
    function = library.library[name]
    function.restype = c_void_p
    result = function(*arguments_of(name), ctypes.byref(library.info))
    assert library.info.code == NOT_SUPPORTED
    assert library.info.text("message") == f"{name} is not supported by the stand-in"
    assert result in {NOT_SUPPORTED, None}


def arguments_of(name: str) -> list[object]:
    """Give nothing for each argument that the header has before errorInfo."""
    header = (NWRFC / "sapnwrfc.h").read_text()
    accessor = f"RFC_ACCESSOR({name.removesuffix('ByIndex')}, "
    if accessor not in header:
        return [None] * header.split(f" {name}(", 1)[1].split(";")[0].count(",")
    by_value: dict[str, list[object]] = {"RFC_FLOAT value": [ctypes.c_double()], "RFC_DECF34 value": [None, None]}
    own = header.split(accessor)[1].split(");")[0]
    return [None, None, *by_value.get(own, [None] * len(own.split(",")))]


@pytest.mark.parametrize(
    ("function", "number", "text"),
    [
        ("RfcGetRcAsString", 0, "RFC_OK"),
        ("RfcGetRcAsString", 33, "RFC_LOCKING_FAILURE"),
        ("RfcGetRcAsString", 99, "RFC_UNKNOWN_ERROR"),
        ("RfcGetTypeAsString", 24, "RFCTYPE_DECF34"),
        ("RfcGetTypeAsString", 11, "RFCTYPE_UNKNOWN"),
        ("RfcGetServerStateAsString", 2, "RFC_SERVER_RUNNING"),
        ("RfcGetServerStateAsString", 9, "RFC_SERVER_UNKNOWN"),
    ],
)
def test_names_of_numbers(library: Library, function: str, number: int, text: str) -> None:
    """Codes, types and states have names."""
    call = library.library[function]
    call.restype = POINTER(c_ushort)
    units = call(number)
    assert "".join(chr(units[i]) for i in range(len(text) + 1)) == text + "\0"


# ---- handles ----


def test_foreign_handles_are_errors(library: Library, session: c_void_p) -> None:
    """A handle that is none, or one of another kind, is RFC_INVALID_HANDLE, never a crash."""
    function = create(library, session, "STFC_CONNECTION")
    descriptor = library.handle("RfcDescribeFunction", function)
    count = c_uint()
    assert library.RfcPing(c_void_p(7)) == INVALID_HANDLE
    assert library.RfcPing(None) == INVALID_HANDLE
    assert library.RfcInvoke(c_void_p(7), function) == INVALID_HANDLE
    assert library.RfcInvoke(session, descriptor) == INVALID_HANDLE
    assert library.RfcGetRowCount(function, ctypes.byref(count)) == INVALID_HANDLE
    assert library.RfcGetTypeLength(descriptor, None, None) == INVALID_HANDLE
    assert library.RfcGetParameterCount(None, ctypes.byref(count)) == INVALID_HANDLE
    assert library.RfcSetInt(descriptor, wide("X"), 1) == INVALID_HANDLE
    assert library.handle("RfcCreateFunction", function).value is None
    assert library.handle("RfcDescribeFunction", descriptor).value is None
    assert library.handle("RfcGetCurrentRow", function).value is None
    assert library.handle("RfcAppendNewRow", None).value is None
    assert library.info.text("message") == "An invalid handle 'RFC_TABLE_HANDLE' was passed to the API call"
    assert library.RfcDestroyFunction(function) == OK


def test_a_handle_is_never_used_twice(library: Library, server: ServerProcess, session: c_void_p) -> None:
    """A handle that was closed stays invalid, also when other connections are opened."""
    handles = {session.value}
    valid = c_int(1)
    for _ in range(20):
        pairs = [(wide(name), wide(value)) for name, value in server.parameters.items()]
        array = (Parameter * len(pairs))(*[Parameter(name, value) for name, value in pairs])
        handle = library.handle("RfcOpenConnection", array, len(pairs))
        assert handle.value not in handles
        handles.add(handle.value)
        assert library.RfcCloseConnection(handle) == OK
        assert library.RfcIsConnectionHandleValid(handle, ctypes.byref(valid)) == INVALID_HANDLE
        assert valid.value == 0
    assert library.RfcIsConnectionHandleValid(session, ctypes.byref(valid)) == OK


def test_a_busy_connection_is_refused(library: Library, session: c_void_p) -> None:
    """A connection serves one thread at a time: a second one is refused, and the first one's call goes on."""
    function = create(library, session, "Z_WAIT")
    assert library.RfcSetString(function, wide("ID"), wide("busy"), 4) == OK
    assert library.RfcSetInt(function, wide("MILLISECONDS"), 500) == OK
    answers: list[int] = []

    def work() -> None:
        info = ErrorInfo()
        invoke = library.library.RfcInvoke
        while (answer := invoke(session, function, ctypes.byref(info))) == ILLEGAL_STATE:
            pass  # the other thread's ping was first
        answers.append(answer)

    thread = threading.Thread(target=work)
    thread.start()
    while (code := library.RfcPing(session)) == OK and thread.is_alive():
        time.sleep(0.01)
    assert code == ILLEGAL_STATE
    thread.join()
    assert answers == [OK]
    assert library.RfcPing(session) == OK
    assert library.RfcDestroyFunction(function) == OK


def test_after_a_broken_answer_the_session_is_over(library: Library, session: c_void_p) -> None:
    """An answer that cannot be trusted ends the session: its handle stays until it is used or closed."""
    function, valid = create(library, session, "Z_MISFIT"), c_int()
    for name, value in (("WHERE", "I"), ("VALUE", "text")):
        assert library.RfcSetString(function, wide(name), wide(value), len(value)) == OK
    assert library.RfcInvoke(session, function) == SERIALIZATION_FAILURE
    assert library.RfcIsConnectionHandleValid(session, ctypes.byref(valid)) == OK
    assert library.RfcPing(session) == COMMUNICATION_FAILURE
    assert library.RfcPing(session) == INVALID_HANDLE
    assert library.RfcGetConnectionAttributes(session, None) == INVALID_HANDLE
    assert library.RfcDestroyFunction(function) == OK


def test_positions_out_of_range(library: Library, session: c_void_p) -> None:
    """Rows, fields and parameters that do not exist are errors."""
    function, table, room = create(library, session, "STFC_STRUCTURE"), c_void_p(), ctypes.create_string_buffer(400)
    descriptor = library.handle("RfcDescribeFunction", function)
    structure = library.handle("RfcGetTypeDesc", session, wide("RFCTEST"))
    assert library.RfcGetParameterDescByIndex(descriptor, 2, room) == OK
    assert library.RfcGetParameterDescByIndex(descriptor, 3, room) == INVALID_PARAMETER
    assert library.RfcGetFieldDescByIndex(structure, 12, room) == INVALID_PARAMETER
    assert library.RfcGetFieldDescByName(structure, wide("NONE"), room) == INVALID_PARAMETER
    assert library.RfcGetTable(function, wide("RFCTABLE"), ctypes.byref(table)) == OK
    assert library.handle("RfcGetCurrentRow", table).value is None
    empty = [
        library.RfcMoveTo(table, 0),
        library.RfcMoveToLastRow(table),
        library.RfcDeleteCurrentRow(table),
        library.RfcSetInt(table, wide("RFCINT4"), 1),
    ]
    assert empty == [TABLE_MOVE_EOF] * 4
    row = library.handle("RfcAppendNewRow", table)
    assert library.handle("RfcGetCurrentRow", table).value == row.value
    assert library.RfcSetInt(table, wide("RFCINT4"), 1) == OK
    assert library.RfcDeleteCurrentRow(table) == OK
    assert library.RfcDestroyFunction(function) == OK


def test_cancel_needs_a_call(library: Library, session: c_void_p) -> None:
    """Cancelling an idle connection is refused and leaves it alone."""
    assert library.RfcCancel(session) == ILLEGAL_STATE
    assert library.RfcPing(session) == OK


def test_error_info_is_optional_and_written_on_success(library: Library, session: c_void_p) -> None:
    """errorInfo may be missing; where it is given, success clears it."""
    assert library.library.RfcPing(session, None) == OK
    assert library.library.RfcPing(c_void_p(7), None) == INVALID_HANDLE
    ctypes.memset(ctypes.byref(library.info), 0x7F, ctypes.sizeof(ErrorInfo))
    assert library.RfcPing(session) == OK
    assert (library.info.code, library.info.group, library.info.text("message")) == (0, 0, "")


# ---- what SAP's PyRFC calls and pyrfcx does not ----


def test_reset_rolls_back(library: Library, session: c_void_p) -> None:
    """A reset forgets the open LUW and keeps the connection."""
    for name in ("Z_WRITE", "BAPI_TRANSACTION_COMMIT"):
        function = create(library, session, name)
        if name == "Z_WRITE":
            assert library.RfcSetChars(function, wide("ENTRY"), wide("to be reset"), 11) == OK
        assert library.RfcInvoke(session, function) == OK
        assert library.RfcDestroyFunction(function) == OK
        if name == "Z_WRITE":
            assert library.RfcResetServerContext(session) == OK
    function = create(library, session, "Z_READ")
    assert library.RfcInvoke(session, function) == OK
    table, count = c_void_p(), c_uint()
    assert library.RfcGetTable(function, wide("ENTRIES"), ctypes.byref(table)) == OK
    assert library.RfcGetRowCount(table, ctypes.byref(count)) == OK
    entry = (c_ushort * 30)()
    for row in range(count.value):
        assert library.RfcMoveTo(table, row) == OK
        assert library.RfcGetChars(table, wide("ENTRY"), entry, 30) == OK
        assert narrow(entry).rstrip() != "to be reset"
    assert library.RfcMoveTo(table, count.value) == TABLE_MOVE_EOF
    assert library.RfcDestroyFunction(function) == OK


def test_structure_descriptions(library: Library, session: c_void_p) -> None:
    """A structure can be described by itself, is cached by system id, and can be dropped from the cache."""
    first = library.handle("RfcGetTypeDesc", session, wide("RFCTEST"))
    nuc, uc, name = c_uint(), c_uint(), (c_ushort * 31)()
    assert library.RfcGetTypeLength(first, ctypes.byref(nuc), ctypes.byref(uc)) == OK
    assert (nuc.value, uc.value) == (144, 264)
    assert library.RfcGetTypeName(first, name) == OK
    assert narrow(name) == "RFCTEST"
    assert library.handle("RfcGetTypeDesc", session, wide("RFCTEST")).value == first.value
    assert library.RfcRemoveTypeDesc(wide("TS"), wide("RFCTEST")) == NOT_FOUND
    assert library.RfcRemoveTypeDesc(wide("TST"), wide("RFCTEST")) == OK
    assert library.RfcRemoveTypeDesc(wide("TST"), wide("RFCTEST")) == NOT_FOUND
    assert library.handle("RfcGetTypeDesc", session, wide("RFCTEST")).value != first.value
    assert library.RfcGetTypeName(first, name) == OK  # a removed description lives on


def test_function_descriptions_can_be_dropped(library: Library, session: c_void_p) -> None:
    """Dropped from the cache, a function is asked for again."""
    first = library.handle("RfcGetFunctionDesc", session, wide("STFC_CHANGING"))
    assert library.handle("RfcGetFunctionDesc", session, wide("STFC_CHANGING")).value == first.value
    assert library.RfcRemoveFunctionDesc(wide("TST"), wide("STFC_CHANGING")) == OK
    assert library.handle("RfcGetFunctionDesc", session, wide("STFC_CHANGING")).value != first.value


def test_parameters_can_be_switched_off(library: Library, session: c_void_p) -> None:
    """A parameter is active until it is switched off."""
    function, active = create(library, session, "Z_SUPPLIED"), c_int(7)
    for wanted in (1, 0):
        assert library.RfcSetParameterActive(function, wide("A"), wanted) == OK
        assert library.RfcIsParameterActive(function, wide("A"), ctypes.byref(active)) == OK
        assert active.value == wanted
    assert library.RfcSetParameterActive(function, wide("B"), 1) == INVALID_PARAMETER
    assert library.RfcDestroyFunction(function) == OK


def test_buffers_that_are_too_small(library: Library, session: c_void_p) -> None:
    """A text that does not fit its buffer is refused with its length, so that the caller can bring more."""
    function, length, room = create(library, session, "Z_NESTED"), c_uint(), (c_ushort * 8)()
    inner = c_void_p()
    assert library.RfcGetStructure(function, wide("IN"), ctypes.byref(inner)) == OK
    again = c_void_p()
    assert library.RfcGetStructure(function, wide("IN"), ctypes.byref(again)) == OK
    assert again.value == inner.value
    assert library.RfcSetNum(inner, wide("ID"), wide("12"), 2) == OK
    assert library.RfcGetNum(inner, wide("ID"), room, 3) == BUFFER_TOO_SMALL
    assert library.RfcGetNum(inner, wide("ID"), room, 6) == OK
    assert narrow(room) == "0012  "
    assert library.RfcGetString(inner, wide("ID"), room, 4, ctypes.byref(length)) == BUFFER_TOO_SMALL
    assert length.value == 4
    assert library.RfcGetString(inner, wide("ID"), room, 5, ctypes.byref(length)) == OK
    assert narrow(room) == "0012"
    assert library.RfcDestroyFunction(function) == OK


def test_types_do_not_mix(library: Library, session: c_void_p) -> None:
    """A field is read and written as what it is: anything else is a conversion failure."""
    function, structure, number = create(library, session, "Z_EVERY_TYPE"), c_void_p(), c_int()
    assert library.RfcGetStructure(function, wide("IN"), ctypes.byref(structure)) == OK
    into, room = ctypes.byref(number), (c_ushort * 40)()
    refused = [
        library.RfcGetInt(structure, wide("C"), into),
        library.RfcGetFloat(structure, wide("I"), into),
        library.RfcGetChars(structure, wide("I"), room, 40),
        library.RfcGetString(structure, wide("I"), room, 40, None),
        library.RfcGetXString(structure, wide("C"), room, 40, None),
        library.RfcGetStructure(structure, wide("C"), into),
        library.RfcGetTable(structure, wide("C"), into),
        library.RfcSetInt(structure, wide("C"), 1),
        library.RfcSetString(structure, wide("I"), wide("1"), 1),
        library.RfcSetBytes(structure, wide("C"), b"x", 1),
        library.RfcSetString(structure, wide("P"), wide("1" * 200), 200),
        library.RfcSetString(structure, wide("F"), wide("1,5"), 3),
        library.RfcSetNum(structure, wide("N"), wide("x"), 1),
    ]
    assert refused == [CONVERSION_FAILURE] * len(refused)
    assert library.RfcDestroyFunction(function) == OK


@pytest.mark.parametrize(
    ("utf8", "text"),
    [
        (b"", ""),
        (b"abc", "abc"),
        ("Grüße, 四周, \U0001f4aa".encode(), "Grüße, 四周, \U0001f4aa"),
        (b"a\xffb", "a\ufffdb"),
        (b"\xc3", "\ufffd"),
        (b"\xed\xa0\x80", "\ufffd"),
        (b"\xf5\x80", "\ufffd\ufffd"),
        (b"\xc0\xaf", "\ufffd\ufffd"),
        (b"\xe0\x80\xaf", "\ufffd"),
    ],
)
def test_utf8(library: Library, utf8: bytes, text: str) -> None:
    """UTF-8 becomes UTF-16 and back, invalid bytes the replacement character; a small buffer is measured."""
    room, length = c_uint(len(text.encode("utf-16-le")) // 2), c_uint()
    units = (c_ushort * (room.value + 1))()
    assert library.RfcUTF8ToSAPUC(utf8, len(utf8), units, ctypes.byref(room), ctypes.byref(length)) == BUFFER_TOO_SMALL
    assert (room.value, length.value) == (len(units), len(units) - 1)
    assert library.RfcUTF8ToSAPUC(utf8, len(utf8), units, ctypes.byref(room), ctypes.byref(length)) == OK
    assert narrow(units) == text
    back, room = ctypes.create_string_buffer(100), c_uint(len(text.encode()))
    assert library.RfcSAPUCToUTF8(units, length, back, ctypes.byref(room), ctypes.byref(length)) == BUFFER_TOO_SMALL
    assert library.RfcSAPUCToUTF8(units, len(units) - 1, back, ctypes.byref(room), None) == OK
    assert back.value == text.encode()


def test_half_a_pair_has_no_utf8(library: Library) -> None:
    """A surrogate alone becomes the replacement character."""
    units, back, room = (c_ushort * 3)(0xD83D, 0x41, 0xDCAA), ctypes.create_string_buffer(20), c_uint(20)
    assert library.RfcSAPUCToUTF8(units, 3, back, ctypes.byref(room), None) == OK
    assert back.value == "\ufffdA\ufffd".encode()


def test_version_pointers_are_optional(library: Library) -> None:
    """Each of the three numbers may be left out."""
    library.library.RfcGetVersion.restype = c_char_p
    patch_level = c_uint()
    assert library.library.RfcGetVersion(None, None, ctypes.byref(patch_level))
    assert library.library.RfcGetVersion(None, None, None)
    assert patch_level.value == 9999
