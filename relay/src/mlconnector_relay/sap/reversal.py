"""A cancelled order's invoice taken back by SAP's own reversal, under its document's key. Pure.

SAP mirrors the document by itself: the call names it, a reason and at most another posting date, and carries no
reference (BAPIACREV has none). The lines kept here are what it comes to, so that later documents know it.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from mlconnector_shared.bapi import BapiCall

from ..bigcommerce.models import OrderSnapshot
from .books import held
from .call import Header
from .dates import Dates, day_of, zone_of
from .facts import StoreFacts
from .frozen import Frozen
from .mapping import Mapping
from .mapping_file import CompanyCode
from .one_time_customer import NO_CUSTOMER
from .reference import StepId
from .remaining import CANCELLATION, left_of, negated
from .values import Built, Refusal
from .writing import write

__all__ = ["FUNCTION", "IRREVERSIBLE", "TYPE_CHOSEN_BY_SAP", "is_same_period", "reversal_document", "reversal_reason"]

FUNCTION: Final = "BAPI_ACC_DOCUMENT_REV_POST"

IRREVERSIBLE: Final = frozenset({"F5 201", "F5 286", "F5 308"})
"""What SAP says of a document that it reverses no more: its period is closed, or items of it are cleared."""

TYPE_CHOSEN_BY_SAP: Final = ""
"""Document type of a reversal: SAP takes the one that reverses the original's (T003-STBLA)."""


def is_same_period(invoice: Frozen, snapshot: OrderSnapshot, company: CompanyCode, store: StoreFacts) -> bool:
    """Tell whether an order was cancelled in the period of its invoice, as far as the calendar tells: in its month."""
    return invoice.posting_day[:6] == day_of(snapshot.order.date_modified, company, store)[:6]


def reversal_reason(invoice: Frozen, snapshot: OrderSnapshot, company: CompanyCode, store: StoreFacts) -> str:
    """Return the reason (T041C) to reverse with; empty where an invoice of another period is not reversed."""
    if is_same_period(invoice, snapshot, company, store):
        return company.reversal_reason_same_period
    return company.reversal_reason_other_period or ""


def reversal_document(
    posted: Sequence[Frozen],
    object_key: str,
    snapshot: OrderSnapshot,
    mapping: Mapping,
    company: CompanyCode,
    store: StoreFacts,
    step: StepId,
) -> Built | Refusal:
    """Build the reversal of an order's only document.

    Args:
        posted: that document.
        object_key: its key in SAP.
        snapshot: the order, for the day it was cancelled.
        mapping: the rules, for their version.
        company: the company code that posted it.
        store: the order's store.
        step: the posting.
    """
    [invoice] = posted
    reason = reversal_reason(invoice, snapshot, company, store)
    same = is_same_period(invoice, snapshot, company, store)
    day = invoice.posting_day if same else day_of(snapshot.order.date_modified, company, store)
    frozen = replace(
        invoice,
        about=CANCELLATION,
        document_type=TYPE_CHOSEN_BY_SAP,
        day=day,
        reading="the invoice, reversed",
        lines=tuple(negated(one.rest) for one in left_of(posted)),
        following=(),
    )
    decision = f"on_cancel: document {object_key} is reversed for reason {reason}"
    zone = zone_of(company, store)
    hold = held(mapping.file.close_calendar, company.company_code, store.books, zone)
    if hold is not None:
        return hold
    dated = f"document and posting date {day}: {'the invoice' if same else 'the cancellation'}'s, in {zone}"
    # SAP translates a reversal as it did the document.
    dates = Dates(day, day, "", invoice.rate_day, (dated,))
    built = write(frozen, Header(store, step, company, mapping.version, dates, decisions=(decision,)), NO_CUSTOMER)
    if isinstance(built, Refusal):
        return built
    given = {"OBJ_TYPE": "BKPFF", "OBJ_KEY_R": object_key, "COMP_CODE": object_key[10:14], "REASON_REV": reason}
    # Without a date SAP takes the original's; not every reason permits another (F5 362).
    given |= {} if same else {"PSTNG_DATE": day}
    return replace(built, call=BapiCall(FUNCTION, {"REVERSAL": given, "BUS_ACT": "RFBU"}))
