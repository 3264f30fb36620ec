"""BAPI_ACC_DOCUMENT_REV_POST and BAPI_ACC_DOCUMENT_REV_CHECK."""

from collections.abc import Callable, Mapping

from ..call import Call
from ..fi.messages import bapi_return
from ..fi.posting import Detail
from ..fi.reversal import Reversal, check_reversal, find_original, mirrored
from .answers import NO_KEY, answer_rows, draw, errors, refuse, succeed

__all__ = ["MODULES"]


def _check(call: Call) -> None:
    reversal = _read(call)
    check_reversal(reversal)
    system = reversal.logical_system
    rows = [bapi_return("S", "RW", "614", "BKPFF", NO_KEY, system, system=system)]
    answer_rows(call, errors(reversal.details, system) or rows)


def _post(call: Call) -> None:
    """Lock and check the document and, if nothing is wrong, put its reversal into the LUW."""
    reversal = _read(call)
    system = reversal.logical_system
    # Before the checks: what they find must stay true until the end of the LUW.
    locked = _lock(call, reversal)
    if locked is not None:
        refuse(call, [locked], system)
        return
    check_reversal(reversal)
    if reversal.details:
        refuse(call, reversal.details, system)
        return
    company_code = str(reversal.original["BUKRS"])
    number = draw(call, company_code, reversal.document_type, reversal.posting_date[:4])
    if isinstance(number, Detail):
        refuse(call, [number], system)
        return
    xblnr = call.system.options.reversal_reference(str(reversal.original["XBLNR"]))
    document, changes = mirrored(reversal, number, xblnr=xblnr)
    call.session.documents.append(document)
    call.session.changes.extend(changes)
    succeed(call, document.header["AWTYP"], document.header["AWKEY"], system)


def _lock(call: Call, reversal: Reversal) -> Detail | None:
    header = find_original(reversal.books, reversal.user.client, reversal.given)
    if header is None:
        return None
    key = (header["MANDT"], header["BUKRS"], header["BELNR"], header["GJAHR"])
    holder = call.system.locks.take(key, call.session.id, reversal.user.name)
    if not holder and any(change.document == key for change in call.session.changes):
        holder = reversal.user.name
    return Detail("F5", "375", (key[2], key[1], key[3], holder)) if holder else None


def _read(call: Call) -> Reversal:
    user, system = call.session.user, call.system
    given = call.structure("REVERSAL")
    logical = system.logical_system(user.client)
    return Reversal(user, system.master, system.books, logical, given, str(call.value("BUS_ACT")))


MODULES: Mapping[str, Callable[[Call], None]] = {
    "BAPI_ACC_DOCUMENT_REV_CHECK": _check,
    "BAPI_ACC_DOCUMENT_REV_POST": _post,
}
