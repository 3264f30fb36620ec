"""Deferred revenue that is due: one document per shipment, and one for what no shipment earned. Pure."""

from datetime import datetime
from functools import partial
from typing import Final

from ..bigcommerce.models import OrderSnapshot
from ..sap.companies import company_of
from ..sap.currency import from_minor
from ..sap.dates import day_of
from ..sap.deferral import Earned, earned_next, unearned
from ..sap.document import later_document
from ..sap.edit import REPOST, SUPPLEMENT
from ..sap.frozen import Frozen, worth_of
from ..sap.reference import Kind
from ..sap.remaining import REINSTATED, REMAP_REPOST
from ..sap.shipping import SHIPPED
from ..sap.values import Gap
from .deciding import LEAVE, ask, lines_digest, said
from .owe import owe, parked_on
from .posted import PostedOrder, name_of
from .values import Owe, Park

__all__ = ["owed_deferral", "owed_revenue", "shows_in_shipments"]

ANEW: Final = frozenset({SUPPLEMENT, REPOST, REINSTATED, REMAP_REPOST})
"""What documents are about that change what is deferred of goods that may have left before."""


def owed_revenue(case: PostedOrder) -> Owe | Park | None:
    """Owe the next document of revenue that its shipment has earned; None where nothing of it is due."""
    earned = earned_next(case.snapshot, case.documents)
    if earned is None:
        return None
    return _owe(case, earned, *_moment(case.snapshot, earned))


def owed_deferral(case: PostedOrder) -> Owe | Park | None:
    """Owe what takes the revenue of a deleted shipment back, where a person says so; None where nothing is to be said.

    That the store does not show a shipment any more proves nothing: it may be made anew, or its goods may have left.
    """
    found = unearned(case.snapshot, case.documents)
    if found is None:
        return None
    facts, order = case.invoice.facts, case.snapshot.order
    amount = from_minor(sum(line.net for line in found.lines if line.earned is not None), facts.places)
    sentence = f"{name_of(case.invoice)}: shipment {found.ordinal} was deleted, and its revenue of {amount} "
    sentence += f"{facts.currency} is posted; decide whether it is deferred again until the goods leave"
    proposal = case.proposal(lines_digest(facts, found.lines))
    cause = ask(f"decision:shipment_deleted:{order.id}", sentence, ("defer", LEAVE), proposal, amount)
    decision = case.decided(cause)
    if decision is None:
        return Park((cause,))
    if decision.choice == LEAVE:
        return None
    return _owe(case, found, order.date_modified, "the day it was deleted", (said(decision),))


def _owe(
    case: PostedOrder, earned: Earned, moment: datetime, dated: str, decisions: tuple[str, ...] = ()
) -> Owe | Park:
    snapshot, mapping, store = case.snapshot, case.mapping, case.store
    company = company_of(snapshot, mapping, store)
    waits = worth_of(earned.lines, case.invoice.facts.places)
    if isinstance(company, Gap):
        return parked_on((company,), waits)
    # What was posted anew, or an edit changed of what was shipped, is not earned before that day.
    day = day_of(moment, company, store)
    newest = max((one.day for one in case.documents if one.about in ANEW), default=day)
    if newest > day:
        day, dated = newest, "the newest document's"
    frozen = earned.document(case.invoice.facts, company.document_type(earned.kind), day)
    # Deferred revenue is worth in the books what it was deferred with, or some would stay for ever in local currency.
    rate = case.invoice.facts.rate_day
    build = partial(later_document, frozen, snapshot, mapping, store, dated=dated, translated=rate, decisions=decisions)
    return owe(case.step(earned.kind, earned.ordinal), case.entries, build, more=True, amount=waits)


def shows_in_shipments(snapshot: OrderSnapshot, facts: Frozen) -> bool:
    """Tell whether a document, once posted, may owe revenue or changes for what was shipped already."""
    deferred = any(line.earned is not None for line in facts.lines)
    return bool(snapshot.shipments) or (deferred and snapshot.order.status_id in SHIPPED)


def _moment(snapshot: OrderSnapshot, earned: Earned) -> tuple[datetime, str]:
    """Return when revenue was earned, and whose day that is for people."""
    if earned.kind is Kind.SHIPMENT:
        created = next(one.date_created for one in snapshot.shipments if one.id == earned.ordinal)
        if created is not None:
            return created, "the shipment's"
    return snapshot.order.date_modified, "the order's last change"
