"""Function modules that exist only to exercise the RFC library: echoes, a small book with a LUW, and failures."""

import time
from typing import Any

from .sessions import Call, DropError, Module, RawAnswerError, RfcError
from .types import (
    CHANGING,
    EXPORT,
    IMPORT,
    TABLES,
    Elementary,
    Interface,
    Parameter,
    Structure,
    Table,
    char,
    packed,
    raw,
)

__all__ = ["MODULES", "ODD_INTERFACES", "WIDE_COLUMNS"]

DATE, TIME, FLOAT = Elementary(1, 8), Elementary(3, 6), Elementary(7, 8, 16, alignment=8)
INT, INT2, INT1, INT8 = Elementary(8, 4, 0, 4), Elementary(9, 2, 0, 2), Elementary(10, 1), Elementary(31, 8, 0, 8)
DECF16, DECF34 = Elementary(23, 8, 16, 8), Elementary(24, 16, 34, 8)
STRING, XSTRING, UTCLONG = Elementary(29, 8, 0, 8), Elementary(30, 8, 0, 8), Elementary(32, 8, 0, 8)


def _numc(length: int) -> Elementary:
    return Elementary(6, length)


RFCTEST = Structure(
    "RFCTEST",
    (
        ("RFCFLOAT", FLOAT),
        ("RFCCHAR1", char(1)),
        ("RFCINT2", INT2),
        ("RFCINT1", INT1),
        ("RFCCHAR4", char(4)),
        ("RFCINT4", INT),
        ("RFCHEX3", raw(3)),
        ("RFCCHAR2", char(2)),
        ("RFCTIME", TIME),
        ("RFCDATE", DATE),
        ("RFCDATA1", char(50)),
        ("RFCDATA2", char(50)),
    ),
)
EVERY_TYPE = Structure(
    "ZTEST_EVERY_TYPE",
    (
        ("C", char(10)),
        ("N", _numc(10)),
        ("D", DATE),
        ("T", TIME),
        ("P", packed(7, 2)),
        ("PLONG", packed(31, 14)),
        ("F", FLOAT),
        ("I", INT),
        ("I1", INT1),
        ("I2", INT2),
        ("I8", INT8),
        ("DF16", DECF16),
        ("DF34", DECF34),
        ("X", raw(17)),
        ("XS", XSTRING),
        ("S", STRING),
        ("U", UTCLONG),
    ),
)
LINE = Structure("ZTEST_LINE", (("POS", _numc(3)), ("TEXT", char(20)), ("NOTE", STRING)))
TEXTS = Structure("ZTEST_TEXTS", (("", STRING),))
INNER = Structure("ZTEST_INNER", (("KEY", char(4)), ("LINES", Table(LINE))))
NESTED = Structure(
    "ZTEST_NESTED",
    (
        ("ID", _numc(4)),
        ("HEAD", RFCTEST),
        ("INNER", INNER),
        ("LINES", Table(LINE)),
        ("TEXTS", Table(TEXTS)),
        ("BIG", INT8),
    ),
)
WIDE_COLUMNS = 40
WIDE = Structure("ZTEST_WIDE", tuple((f"F{i:02d}", char(15)) for i in range(WIDE_COLUMNS)))


def _echo(call: Call) -> None:
    """Give each IN back as OUT, and what arrived as ARRIVED."""
    call.out["OUT"] = call.given.get("IN")
    call.out["ARRIVED"] = repr(call.given.get("IN"))


def _echo_nested(call: Call) -> None:
    value = call.given.get("IN")
    call.out = {"OUT": value, "TAB": [*call.given.get("TAB", []), value]}


def _connection(call: Call) -> None:
    call.out = {"ECHOTEXT": call.given.get("REQUTEXT", ""), "RESPTEXT": "test server"}


def _structure(call: Call) -> None:
    given = call.given["IMPORTSTRUCT"]
    call.out = {"ECHOSTRUCT": given, "RFCTABLE": [*call.given.get("RFCTABLE", []), given]}


def _changing(call: Call) -> None:
    counter = call.given.get("COUNTER", 0)
    call.out = {"COUNTER": counter + 1, "RESULT": call.given.get("START_VALUE", 0) + counter}


def _supplied(call: Call) -> None:
    text = ",".join(sorted(call.given)) + "|" + ",".join(sorted(call.inactive))
    call.out = {"SUPPLIED": text}


_wide_rows: dict[int, list[list[str]]] = {}


def _wide(call: Call) -> None:
    rows = call.given["ROWS"]
    if rows not in _wide_rows:
        _wide_rows[rows] = [[f"row {i} col {k}" for k in range(WIDE_COLUMNS)] for i in range(rows)]
    call.out = {"COUNT": len(call.given.get("T", [])), "T": _wide_rows[rows]}


def _by_name(call: Call) -> None:
    call.out = {"OUT": {"TEXT": "by name", "UNHEARD_OF": [1, {"a": None}], "POS": "7"}, "UNHEARD_OF": 1}
    call.out["SHORT"] = ["8"]
    call.out["TRUTH"] = True
    call.out["WHOLE"] = -5


def _raw(call: Call) -> None:
    raise RawAnswerError(call.given["BYTES"], ends_session=False)


def _misfit(call: Call) -> None:
    values: dict[str, Any] = {"text": "x", "big": 2**31, "list": [], "map": {}, "float": 1.5, "bytes": b"x"}
    call.out = {call.given["WHERE"]: values[call.given["VALUE"]]}


def _write(call: Call) -> None:
    call.session.pending.append(call.given["ENTRY"])


def _commit(call: Call) -> None:
    lost = call.server.lost_commits.pop() if call.server.lost_commits else ""
    if lost == "before":
        raise DropError
    call.server.book += call.session.pending
    call.session.pending.clear()
    if lost == "after":
        raise DropError


def _rollback(call: Call) -> None:
    call.session.pending.clear()


def _read(call: Call) -> None:
    call.out["ENTRIES"] = [[entry] for entry in call.server.book]


def _lose_commit(call: Call) -> None:
    call.server.lost_commits.append(call.given["WHEN"])


def _wait(call: Call) -> None:
    call.server.waiting.add(call.given["ID"])
    time.sleep(call.given["MILLISECONDS"] / 1000)


def _is_waiting(call: Call) -> None:
    call.out["ANSWER"] = "X" if call.given["ID"] in call.server.waiting else ""


def _fail(call: Call) -> None:
    kind = call.given["KIND"]
    text = {"class": "SR", "type": "A", "number": "006", "v1": "STRING", "v4": "x" * 60}
    errors = {
        "exception": RfcError(5, 1, "NOT_AVAILABLE", "ID:SV Type:E Number:029 T008X", **text),
        "plain": RfcError(5, 1, "NOT_AVAILABLE", " Number:000", number="000"),
        "message": RfcError(4, 2, "Function not supported", "Function not supported", **text),
        "abort": RfcError(4, 2, "MESSAGE_TYPE_X", "The current application ended with a short dump.", **text),
        "dump": RfcError(3, 2, "COMPUTE_INT_ZERODIVIDE", "Division by 0 (type I)"),
        "authority": RfcError(3, 2, "RFC_NO_AUTHORITY", "No RFC authorization for this function group"),
        "external": RfcError(15, 5, "RFC_EXTERNAL_FAILURE", "external failure"),
        "long": RfcError(5, 1, "K" * 500, "m" * 2000),
    }
    if kind == "drop":
        raise DropError
    raise errors[kind]


def _module(name: str, run: Any, *parameters: Parameter) -> Module:
    return Module(Interface(name, parameters), run)


MODULES = [
    _module("RFC_PING", lambda _: None),
    _module(
        "STFC_CONNECTION",
        _connection,
        Parameter("ECHOTEXT", EXPORT, char(255)),
        Parameter("RESPTEXT", EXPORT, char(255)),
        Parameter("REQUTEXT", IMPORT, char(255)),
    ),
    _module(
        "STFC_STRUCTURE",
        _structure,
        Parameter("ECHOSTRUCT", EXPORT, RFCTEST, text="Exporting structure"),
        Parameter("IMPORTSTRUCT", IMPORT, RFCTEST, text="Importing structure"),
        Parameter("RFCTABLE", TABLES, Table(RFCTEST), optional=True),
    ),
    _module(
        "STFC_CHANGING",
        _changing,
        Parameter("RESULT", EXPORT, INT),
        Parameter("START_VALUE", IMPORT, INT, optional=True, default="0"),
        Parameter("COUNTER", CHANGING, INT),
    ),
    _module(
        "Z_EVERY_TYPE",
        _echo,
        Parameter("IN", IMPORT, EVERY_TYPE),
        Parameter("OUT", EXPORT, EVERY_TYPE),
        Parameter("ARRIVED", EXPORT, STRING),
    ),
    _module(
        "Z_NESTED",
        _echo_nested,
        Parameter("IN", IMPORT, NESTED),
        Parameter("OUT", EXPORT, NESTED),
        Parameter("TAB", TABLES, Table(NESTED)),
    ),
    _module(
        "Z_SUPPLIED",
        _supplied,
        Parameter("A", IMPORT, char(10), optional=True, default="DEFAULT"),
        Parameter("S", IMPORT, LINE, optional=True),
        Parameter("T", TABLES, Table(LINE), optional=True),
        Parameter("OUT", EXPORT, char(10)),
        Parameter("SUPPLIED", EXPORT, STRING),
    ),
    _module(
        "Z_WIDE",
        _wide,
        Parameter("ROWS", IMPORT, INT),
        Parameter("COUNT", EXPORT, INT),
        Parameter("T", TABLES, Table(WIDE), optional=True),
    ),
    _module(
        "Z_BY_NAME",
        _by_name,
        Parameter("OUT", EXPORT, LINE),
        Parameter("SHORT", EXPORT, LINE),
        Parameter("TRUTH", EXPORT, INT),
        Parameter("WHOLE", EXPORT, packed(7, 2)),
    ),
    _module(
        "Z_RAW",
        _raw,
        Parameter("BYTES", IMPORT, XSTRING),
        Parameter("OUT", EXPORT, char(10)),
        Parameter("I8", EXPORT, INT8),
        Parameter("F", EXPORT, FLOAT),
        Parameter("XS", EXPORT, XSTRING),
        Parameter("LINE", EXPORT, LINE),
        Parameter("LINES", TABLES, Table(LINE), optional=True),
    ),
    _module(
        "Z_MISFIT",
        _misfit,
        Parameter("WHERE", IMPORT, char(10)),
        Parameter("VALUE", IMPORT, char(10)),
        Parameter("C", EXPORT, char(1)),
        Parameter("I", EXPORT, INT),
        Parameter("P", EXPORT, packed(3, 0)),
        Parameter("N", EXPORT, _numc(3)),
        Parameter("S", EXPORT, LINE),
        Parameter("X", EXPORT, raw(3)),
        Parameter("T", TABLES, Table(LINE), optional=True),
    ),
    _module("Z_WRITE", _write, Parameter("ENTRY", IMPORT, char(30))),
    _module("Z_READ", _read, Parameter("ENTRIES", EXPORT, Table(Structure("ZTEST_ENTRY", (("ENTRY", char(30)),))))),
    _module("BAPI_TRANSACTION_COMMIT", _commit, Parameter("WAIT", IMPORT, char(1), optional=True)),
    _module("BAPI_TRANSACTION_ROLLBACK", _rollback),
    _module("Z_LOSE_COMMIT", _lose_commit, Parameter("WHEN", IMPORT, char(6))),
    _module("Z_WAIT", _wait, Parameter("ID", IMPORT, char(40)), Parameter("MILLISECONDS", IMPORT, INT)),
    _module("Z_IS_WAITING", _is_waiting, Parameter("ID", IMPORT, char(40)), Parameter("ANSWER", EXPORT, char(1))),
    _module("Z_FAIL", _fail, Parameter("KIND", IMPORT, char(10))),
]

_FIELD: list[Any] = ["F", 0, 4, 0, 8, 0, 0, -1]
_PARAMETER: list[Any] = ["P", 0, 1, 4, 8, 0, "", "", 0, -1]

# answers to `func` that break the protocol, by the name to ask for
ODD_INTERFACES: dict[str, list[Any]] = {
    "ODD_NOT_ARRAYS": [1, 2, 3],
    "ODD_NO_PARAMETERS": [[], 1, []],
    "ODD_MANY_FIELDS": [[], [[f"P{i}", *_PARAMETER[1:]] for i in range(4097)], []],
    "ODD_MANY_TYPES": [[["T", 4, 8, [_FIELD]]] * 1025, [], []],
    "ODD_TYPE_SHAPE": [[["T", 4, 8]], [], []],
    "ODD_FIELD_SHAPE": [[["T", 4, 8, [_FIELD[:5]]]], [], []],
    "ODD_FORWARD_INDEX": [[["T", 4, 8, [[*_FIELD[:7], 0]]]], [], []],
    "ODD_MISSING_LINE": [[], [["P", 5, 7, 4, 8, 0, "", "", 0, -1]], []],
    "ODD_UNKNOWN_TYPE": [[], [["P", 16, 1, 4, 8, 0, "", "", 0, -1]], []],
    "ODD_DIRECTION": [[], [["P", 0, 4, 4, 8, 0, "", "", 0, -1]], []],
    "ODD_NO_LENGTH": [[], [["P", 0, 1, 0, 0, 0, "", "", 0, -1]], []],
    "ODD_LENGTH": [[], [["P", 4, 1, 2**31, 2**31, 0, "", "", 0, -1]], []],
    "ODD_DECIMALS": [[], [["P", 2, 1, 4, 4, 9, "", "", 0, -1]], []],
    "ODD_LONG_NAME": [[], [["P" * 31, 0, 1, 4, 8, 0, "", "", 0, -1]], []],
    "ODD_TWICE": [[], [_PARAMETER, _PARAMETER], []],
    "ODD_EMPTY_STRUCTURE": [[["T", 4, 8, []]], [["P", 17, 1, 4, 8, 0, "", "", 0, 0]], []],
    "ODD_HUGE": [
        [
            ["T0", 4, 4, [["F", 4, 2**24 - 8, 0, 0, 0, 0, -1]]],
            ["T1", 4, 4, [["A", 17, 0, 0, 0, 0, 0, 0], ["B", 17, 0, 0, 0, 0, 0, 0]]],
        ],
        [],
        [],
    ],
}
