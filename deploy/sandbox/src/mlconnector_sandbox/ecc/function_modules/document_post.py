"""Z_MLC_DOCUMENT_POST: BAPI_ACC_DOCUMENT_POST with references that SAP itself keeps unique.

Its ABAP source is in deploy/sap/abap.
"""

from collections.abc import Callable, Mapping

from ..books import RowChange, timestamp
from ..call import Call
from ..fi.posting import Detail
from .accounting import post
from .answers import NO_KEY, refuse

__all__ = ["MODULES"]

_TABLE = "ZMLC_REFERENCE"


def _post(call: Call) -> None:
    """Post a document unless its reference is posted already, or is being posted by somebody else."""
    user, header = call.session.user, call.structure("DOCUMENTHEADER")
    reference = str(header["REF_DOC_NO"])
    key = (user.client, str(header["COMP_CODE"]), reference)
    refused = _refused(call, key)
    if refused is not None:
        refuse(call, [refused], call.system.logical_system(user.client))
        return
    post(call)
    if call.answer["OBJ_KEY"] == NO_KEY:
        return
    document, now = call.session.documents[-1], timestamp()
    row = call.system.database.schemas[_TABLE].row(
        {
            **dict(zip(("MANDT", "BUKRS", "XBLNR"), key, strict=True)),
            "BELNR": document.header["BELNR"],
            "GJAHR": document.header["GJAHR"],
            "UNAME": user.name,
            "CPUDT": now[:8],
            "CPUTM": now[8:],
        }
    )
    call.session.changes.append(RowChange(_TABLE, key, None, row, reference))


def _refused(call: Call, key: tuple[str, str, str]) -> Detail | None:
    if not key[2]:
        return Detail("ZMLC", "021")
    pending = any(change.key == key for change in call.session.changes)
    holder = call.system.locks.take(key, call.session.id, call.session.user.name)
    if holder or pending:
        return Detail("ZMLC", "022", (key[2], holder or call.session.user.name))
    found = call.system.database.rows(
        "SELECT BELNR, GJAHR FROM ZMLC_REFERENCE WHERE MANDT = ? AND BUKRS = ? AND XBLNR = ?", key
    )
    if found:
        return Detail("ZMLC", "020", (key[2], key[1], str(found[0]["BELNR"]), str(found[0]["GJAHR"])))
    return None


MODULES: Mapping[str, Callable[[Call], None]] = {"Z_MLC_DOCUMENT_POST": _post}
