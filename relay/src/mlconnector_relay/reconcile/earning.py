"""Deferred revenue that is due: one document per shipment, and one for what no shipment earned. Pure."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from ..bigcommerce.models import OrderSnapshot
from ..sap.companies import company_of
from ..sap.dates import day_of
from ..sap.deferral import earned_next
from ..sap.document import later_document
from ..sap.edit import REPOST, SUPPLEMENT
from ..sap.facts import StoreFacts
from ..sap.frozen import Frozen
from ..sap.mapping import Mapping
from ..sap.reference import Kind, StepId
from ..sap.remaining import REINSTATED
from ..sap.shipping import SHIPPED
from ..sap.values import Gap
from .owe import owe, parked_on
from .values import Entry, Owe, Park

__all__ = ["owed_revenue", "shows_in_shipments"]

ANEW: Final = frozenset({SUPPLEMENT, REPOST, REINSTATED})
"""What documents are about that change what is deferred of goods that may have left before."""


def owed_revenue(
    snapshot: OrderSnapshot,
    entries: Sequence[Entry],
    posted: Sequence[Frozen],
    mapping: Mapping,
    store: StoreFacts,
) -> Owe | Park | None:
    """Owe the next document of revenue that its shipment has earned; None where nothing of it is due.

    Args:
        snapshot: the order as it is.
        entries: all the ledger has about it, oldest first.
        posted: its documents, the invoice first.
        mapping: for the document type and the books' time zone.
        store: the order's store.
    """
    earned = earned_next(snapshot, posted)
    if earned is None:
        return None
    order = snapshot.order
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap):
        return parked_on((company,))
    day = day_of(_moment(snapshot, earned.ordinal if earned.kind is Kind.SHIPMENT else 0), company, store)
    # What an edit posted anew, or changed of what was shipped, is not earned before the edit.
    day = max([day, *(document.day for document in posted if document.about in ANEW)])
    frozen = earned.document(posted[0], company.document_type(earned.kind), day)
    step = StepId(store.tenant, store.store_hash, order.id, earned.kind, earned.ordinal)
    # Deferred revenue is worth in the books what it was deferred with, or some would stay for ever in local currency.
    rate = posted[0].rate_day
    build = partial(later_document, frozen, snapshot, mapping, store, dated="the shipment's", translated=rate)
    return owe(step, entries, build, more=True)


def shows_in_shipments(snapshot: OrderSnapshot, facts: Frozen) -> bool:
    """Tell whether a document, once posted, may owe revenue or changes for what was shipped already."""
    deferred = any(line.earned is not None for line in facts.lines)
    return bool(snapshot.shipments) or (deferred and snapshot.order.status_id in SHIPPED)


def _moment(snapshot: OrderSnapshot, shipment_id: int) -> datetime:
    created = next((one.date_created for one in snapshot.shipments if one.id == shipment_id), None)
    return created or snapshot.order.date_modified
