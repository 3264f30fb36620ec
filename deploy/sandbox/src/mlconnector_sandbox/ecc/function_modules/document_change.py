"""Z_MLC_DOCUMENT_CHANGE: the wrapper of FI_DOCUMENT_CHANGE whose ABAP source is in deploy/sap/abap."""

from collections.abc import Callable, Mapping
from typing import Any

from ..call import Call
from ..fi.change import ItemChange, changes, check_change
from ..fi.messages import bapi_return
from ..fi.posting import Detail
from .answers import answer_rows

__all__ = ["MODULES"]


def _change(call: Call) -> None:
    """Lock and check the item and, unless this is a test run, put the change into the LUW."""
    user, system = call.session.user, call.system
    document = user.client, str(call.value("I_BUKRS")), str(call.value("I_BELNR")), str(call.value("I_GJAHR"))
    change = ItemChange(user, system.master, system.books, document, str(call.value("I_BUZEI")), call.table("T_ACCCHG"))
    test_run = bool(str(call.value("I_TESTRUN")).strip())
    if not test_run:
        # Before the checks: what they find must stay true until the end of the LUW.
        holder = system.locks.take(document, call.session.id, user.name)
        if holder:
            change.fail("014", document[2], holder)
    if not change.details:
        check_change(change)
    logical = system.logical_system(user.client)
    if change.details:
        answer_rows(call, [_row(detail, logical) for detail in change.details])
        return
    if not test_run:
        call.session.changes.extend(changes(change))
    done = ("S", "ZMLC", "001" if test_run else "000", *document[1:], change.line)
    answer_rows(call, [bapi_return(*done, system=logical)])


def _row(detail: Detail, logical: str) -> dict[str, Any]:
    place = {"PARAMETER": detail.parameter, "ROW": detail.row, "FIELD": detail.field} if detail.parameter else {}
    return bapi_return("E", detail.message_class, detail.number, *detail.variables, system=logical, **place)


MODULES: Mapping[str, Callable[[Call], None]] = {"Z_MLC_DOCUMENT_CHANGE": _change}
