"""BAPI_ACC_DOCUMENT_POST and BAPI_ACC_DOCUMENT_CHECK."""

from collections.abc import Callable, Mapping

from ..call import Call
from ..fi.checks import check
from ..fi.messages import bapi_return
from ..fi.posting import Detail, Posting
from .answers import NO_KEY, answer_rows, draw, errors, refuse, succeed

__all__ = ["MODULES", "post"]


def _check(call: Call) -> None:
    posting, system = _read(call)
    check(posting)
    rows = [bapi_return("S", "RW", "614", "BKPFF", NO_KEY, system, system=system)]
    answer_rows(call, errors(posting.details, system) or rows)


def post(call: Call) -> None:
    """Check the document and, if nothing is wrong, put it into the LUW under the next free number."""
    posting, system = _read(call)
    check(posting)
    if posting.details:
        refuse(call, posting.details, system)
        return
    number = draw(call, posting.company_code, posting.document_type, posting.posting_date[:4])
    if isinstance(number, Detail):
        refuse(call, [number], system)
        return
    reference = call.system.options.reference(
        posting.company_code, posting.document_type, posting.header["REF_DOC_NO"], number, posting.posting_date[:4]
    )
    document = call.system.documents.build(posting, number, xblnr=reference, logical_system=system)
    call.session.documents.append(document)
    succeed(call, document.header["AWTYP"], document.header["AWKEY"], system)


def _read(call: Call) -> tuple[Posting, str]:
    user, known = call.session.user, call.module.by_name
    posting = Posting.read(
        user, call.system.master, call.structure, lambda name: call.table(name) if name in known else []
    )
    return posting, call.system.logical_system(user.client)


MODULES: Mapping[str, Callable[[Call], None]] = {"BAPI_ACC_DOCUMENT_CHECK": _check, "BAPI_ACC_DOCUMENT_POST": post}
