"""BAPI_ACC_DOCUMENT_POST and BAPI_ACC_DOCUMENT_CHECK."""

from collections.abc import Callable, Mapping
from typing import Any

from ..call import Call
from ..fi.checks import check
from ..fi.messages import bapi_return
from ..fi.posting import Detail, Posting
from ..number_range import Interval, NumberRangeMissingError

__all__ = ["MODULES"]

_NO_KEY = "$"


def _check(call: Call) -> None:
    posting, system = _read(call)
    check(posting)
    rows = [bapi_return("S", "RW", "614", "BKPFF", _NO_KEY, system, system=system)]
    _answer(call, _errors(posting.details, system) or rows)


def _post(call: Call) -> None:
    """Check the document and, if nothing is wrong, put it into the LUW under the next free number."""
    posting, system = _read(call)
    check(posting)
    number = "" if posting.details else _draw(call, posting)
    if posting.details:
        call.answer |= {"OBJ_TYPE": "BKPFF", "OBJ_KEY": _NO_KEY, "OBJ_SYS": system}
        _answer(call, _errors(posting.details, system))
        return
    reference = call.system.options.reference(
        posting.company_code, posting.document_type, posting.header["REF_DOC_NO"], number, posting.posting_date[:4]
    )
    document = call.system.documents.build(posting, number, xblnr=reference, logical_system=system)
    call.session.documents.append(document)
    kind, key = document.header["AWTYP"], document.header["AWKEY"]
    call.answer |= {"OBJ_TYPE": kind, "OBJ_KEY": key, "OBJ_SYS": system}
    _answer(call, [bapi_return("S", "RW", "605", kind, key, system, system=system)])


def _read(call: Call) -> tuple[Posting, str]:
    user = call.session.user
    return Posting.read(user, call.system.master, call.structure, call.table), call.system.logical_system(user.client)


def _draw(call: Call, posting: Posting) -> str:
    kind = posting.master.find("T003", posting.client, posting.document_type) or {}
    interval = Interval(posting.client, posting.company_code, str(kind["NUMKR"]), posting.posting_date[:4])
    try:
        return call.system.ranges.draw(interval, call.session.id, lambda: call.session.gone)
    except NumberRangeMissingError:
        posting.fail("NR", "751", "RF_BELEG", interval.company_code, f"{interval.number}/{interval.year}")
        return ""


def _answer(call: Call, rows: list[dict[str, Any]]) -> None:
    call.answer["RETURN"] = [call.write("RETURN", row) for row in rows]


def _errors(details: list[Detail], system: str) -> list[dict[str, Any]]:
    """List RW 609 and then each error; one with a known place comes twice, without and with it."""
    if not details:
        return []
    rows = [bapi_return("E", "RW", "609", "BKPFF", _NO_KEY, system, system=system)]
    for detail in details:
        message = (detail.message_class, detail.number, *detail.variables)
        rows.append(bapi_return("E", *message, system=system))
        if detail.parameter:
            place: dict[str, Any] = {"PARAMETER": detail.parameter, "ROW": detail.row, "FIELD": detail.field}
            rows.append(bapi_return("E", *message, system=system, **place))
    return rows


MODULES: Mapping[str, Callable[[Call], None]] = {"BAPI_ACC_DOCUMENT_CHECK": _check, "BAPI_ACC_DOCUMENT_POST": _post}
