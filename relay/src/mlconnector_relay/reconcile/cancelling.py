"""How a cancelled order's documents are taken back: by one reversal where it may be, else by one credit memo. Pure."""

from collections.abc import Sequence
from enum import StrEnum

from ..bigcommerce.models import OrderSnapshot
from ..sap.companies import company_of
from ..sap.credit_memo import cancellation_memo
from ..sap.facts import StoreFacts
from ..sap.mapping import Mapping
from ..sap.mapping_file import CompanyCode
from ..sap.reference import Kind, StepId
from ..sap.reversal import IRREVERSIBLE, TYPE_CHOSEN_BY_SAP, reversal_document, reversal_reason
from ..sap.values import Built, Gap, Refusal
from .posted import posted_documents
from .values import Entry

__all__ = ["Against", "cancellation"]


class Against(StrEnum):
    """Why a credit memo takes a reversal's place."""

    DOCUMENTS = "the order has more documents than its invoice"
    REFUND = "the order has a refund record"
    PERIOD = "the invoice is of another month, and no `reversal_reason_other_period` is set"
    ADOPTED = "the invoice was posted by somebody else"
    SAP = "SAP has refused it: the invoice's items are cleared, or its period is closed"


def cancellation(
    entries: Sequence[Entry], snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts, step: StepId
) -> Built | Refusal | tuple[Gap, ...]:
    """Build the one document that takes back what is left of a cancelled order.

    Args:
        entries: all the ledger has about the order.
        snapshot: the order, not shipped.
        mapping: says whether it is to be a reversal.
        store: the order's store.
        step: the posting.
    """
    # A payment is none of them: it stays, and is paid back as one.
    posted = posted_documents(entries)
    documents = [entry.facts for entry in posted]
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap) or company.on_cancel != "reversal":
        return cancellation_memo(documents, snapshot, mapping, store, step)
    against = _against(entries, posted, snapshot, company, store)
    if against is not None:
        why = (f"on_cancel: a credit memo in place of the reversal: {against}",)
        return cancellation_memo(documents, snapshot, mapping, store, step, decisions=why)
    return reversal_document(documents, posted[0].object_key, snapshot, mapping, company, store, step)


def _against(
    entries: Sequence[Entry],
    posted: Sequence[Entry],
    snapshot: OrderSnapshot,
    company: CompanyCode,
    store: StoreFacts,
) -> Against | None:
    if len(posted) > 1:
        return Against.DOCUMENTS
    if snapshot.refunds:
        return Against.REFUND
    if posted[0].facts.adopted is not None:
        return Against.ADOPTED
    if not reversal_reason(posted[0].facts, snapshot, company, store):
        return Against.PERIOD
    return Against.SAP if any(_is_refused_for_good(entry) for entry in entries) else None


def _is_refused_for_good(entry: Entry) -> bool:
    """Tell whether SAP said that it reverses the document no more; once said, the credit memo it came to stays due."""
    reversal = entry.step.kind is Kind.REVERSAL and entry.facts.document_type == TYPE_CHOSEN_BY_SAP
    return reversal and entry.state == "rejected" and entry.reason.removeprefix("sap:") in IRREVERSIBLE
