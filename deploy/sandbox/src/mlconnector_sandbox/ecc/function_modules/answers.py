"""What the modules of the accounting interface have in common: RETURN rows, object keys, document numbers."""

from typing import Any

from ..call import Call
from ..fi.messages import bapi_return
from ..fi.posting import Detail
from ..number_range import Interval, NumberRangeMissingError

__all__ = ["NO_KEY", "answer_rows", "draw", "errors", "refuse", "succeed"]

NO_KEY = "$"


def succeed(call: Call, kind: str, key: str, system: str) -> None:
    """Answer that a document is posted."""
    call.answer |= {"OBJ_TYPE": kind, "OBJ_KEY": key, "OBJ_SYS": system}
    answer_rows(call, [bapi_return("S", "RW", "605", kind, key, system, system=system)])


def refuse(call: Call, details: list[Detail], system: str) -> None:
    """Answer that nothing is posted."""
    call.answer |= {"OBJ_TYPE": "BKPFF", "OBJ_KEY": NO_KEY, "OBJ_SYS": system}
    answer_rows(call, errors(details, system))


def answer_rows(call: Call, rows: list[dict[str, Any]]) -> None:
    """Answer these rows of RETURN."""
    call.answer["RETURN"] = [call.write("RETURN", row) for row in rows]


def errors(details: list[Detail], system: str) -> list[dict[str, Any]]:
    """List RW 609 and then each error; one with a known place comes twice, without and with it."""
    if not details:
        return []
    rows = [bapi_return("E", "RW", "609", "BKPFF", NO_KEY, system, system=system)]
    for detail in details:
        message = (detail.message_class, detail.number, *detail.variables)
        rows.append(bapi_return("E", *message, system=system))
        if detail.parameter:
            place: dict[str, Any] = {"PARAMETER": detail.parameter, "ROW": detail.row, "FIELD": detail.field}
            rows.append(bapi_return("E", *message, system=system, **place))
    return rows


def draw(call: Call, company_code: str, document_type: str, year: str) -> str | Detail:
    """Take the next number of a document type; wait while another session holds its interval."""
    client = call.session.user.client
    kind = call.system.master.find("T003", client, document_type) or {}
    interval = Interval(client, company_code, str(kind["NUMKR"]), year)
    try:
        return call.system.ranges.draw(interval, call.session.id, lambda: call.session.gone)
    except NumberRangeMissingError:
        return Detail("NR", "751", ("RF_BELEG", company_code, f"{interval.number}/{year}"))
