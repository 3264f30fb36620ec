"""Function modules that exercise an RFC library: SAP's own tests, and a few for what those leave out."""

import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from ..errors import Drop, RfcError, abap_exception, message, short_dump
from .connection import response_text

if TYPE_CHECKING:
    from ..session import Call

__all__ = ["MODULES"]

_CLASS, _NUMBER = "SR", "006"


def _structure(call: "Call") -> None:
    given = call.structure("IMPORTSTRUCT")
    changed = {
        **given,
        "RFCFLOAT": given["RFCFLOAT"] + 1,
        "RFCINT1": (given["RFCINT1"] + 1) & 255,
        "RFCINT2": given["RFCINT2"] + 1,
        "RFCINT4": given["RFCINT4"] + 1,
        "RFCHEX3": b"\xf1\xf2\xf3",
        "RFCCHAR1": "X",
        "RFCCHAR2": "YZ",
        "RFCCHAR4": call.system.id,
        "RFCTIME": time.strftime("%H%M%S"),
        "RFCDATE": time.strftime("%Y%m%d"),
    }
    call.answer["ECHOSTRUCT"] = call.value("IMPORTSTRUCT")
    call.answer["RESPTEXT"] = response_text(call)
    call.answer["RFCTABLE"] = [*call.value("RFCTABLE"), call.write("RFCTABLE", changed)]


def _changing(call: "Call") -> None:
    call.answer["RESULT"] = call.value("START_VALUE") + call.value("COUNTER")
    call.answer["COUNTER"] = call.value("COUNTER") + 1


def _wait(call: "Call") -> None:
    time.sleep(call.value("SECONDS"))


def _raise(call: "Call") -> None:
    kind = call.value("MESSAGETYPE")
    errors: dict[str, Exception] = {
        "1": abap_exception("RAISE_EXCEPTION", _CLASS, kind, _NUMBER, "STRING"),
        "2": abap_exception("RAISE_EXCEPTION"),
        "3": short_dump("COMPUTE_INT_ZERODIVIDE", "Division by 0 (type I)"),
        "32": Drop(),
        "36": RfcError(4, 2, "Division by 0 (type I)", "Division by 0 (type I)"),
        "51": short_dump("BLOCKED_COMMIT", "A database commit was blocked by the application."),
    }
    raise errors.get(call.value("METHOD"), message(_CLASS, kind, _NUMBER, "Function not supported", "STRING"))


def _user(call: "Call") -> None:
    row = {"MODNAME": call.value("USERNAME").upper(), "MODDATE": "20240131", "MODTIME": "101112"}
    call.answer["LASTMODIFIED"] = call.write("LASTMODIFIED", row)


def _types(call: "Call") -> None:
    call.answer["OUTPUT"] = call.value("INPUT")


def _nested(call: "Call") -> None:
    call.answer["OUT"] = call.value("IN")
    call.answer["TAB"] = [*call.value("TAB"), call.value("IN")]
    call.answer["SUPPLIED"] = ",".join(sorted(call.given)) + "|" + ",".join(sorted(call.inactive))
    call.answer["OPT_OUT"] = call.value("OPT")


def _wide(call: "Call") -> None:
    call.answer["COUNT"] = len(call.value("T"))
    call.answer["T"] = _wide_rows(call.value("ROWS"))


@lru_cache(maxsize=2)
def _wide_rows(rows: int) -> list[list[str]]:
    return [[f"row {row} col {column}"[:15] for column in range(40)] for row in range(rows)]


MODULES: Mapping[str, Callable[["Call"], None]] = {
    "STFC_STRUCTURE": _structure,
    "STFC_CHANGING": _changing,
    "RFC_PING_AND_WAIT": _wait,
    "RFC_RAISE_ERROR": _raise,
    "BAPI_USER_GET_DETAIL": _user,
    "Z_SIM_TYPES": _types,
    "Z_SIM_NESTED": _nested,
    "Z_SIM_WIDE": _wide,
}
