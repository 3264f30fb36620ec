"""The dates of a document, each from the fact it stands for; docs/explanation/postings.md has the table. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ..bigcommerce.models import OrderSnapshot, Transaction
from .books import held, posting_day
from .facts import StoreFacts
from .mapping import Mapping
from .mapping_file import CompanyCode, Hold
from .money import moved
from .shipping import everything_shipped
from .trigger import trigger_of
from .values import Refusal

__all__ = ["Dates", "dates_of", "day_of", "invoiced_at", "whose_day", "zone_of"]


@dataclass(frozen=True, slots=True)
class Dates:
    """A document's dates, `YYYYMMDD`; what is empty is left to SAP.

    Attributes:
        document: DOC_DATE, the store's; terms of payment count from it.
        posting: PSTNG_DATE, of the fact that triggered it, or of the next open period.
        tax: VATDATE, the fact's day whatever the posting date.
        translation: TRANS_DATE, whose exchange rate counts.
        decisions: how they came about, as sentences.
    """

    document: str
    posting: str
    tax: str
    translation: str
    decisions: tuple[str, ...]


def zone_of(company: CompanyCode, store: StoreFacts) -> str:
    """Return the time zone of a company code's books."""
    return company.timezone or store.timezone


def day_of(moment: datetime, company: CompanyCode, store: StoreFacts) -> str:
    """Return the day of a moment in a company code's books, `YYYYMMDD`."""
    return f"{moment.astimezone(ZoneInfo(zone_of(company, store))):%Y%m%d}"


def invoiced_at(snapshot: OrderSnapshot, mapping: Mapping, company: CompanyCode) -> datetime:
    """Return the moment of what made an invoice owed: of the first payment, of the last shipment, else of the order.

    What is no money taken, such as a certificate's payment, tells the moment only where no money was.
    What is posted by its status alone, such as an order on account, has no other date than the order's.
    """
    order = snapshot.order
    if company.posting_date == "order" or trigger_of(snapshot, mapping.file.triggers) == "ordered":
        return order.date_created
    if _by_shipment(snapshot, mapping):
        left = [one.date_created for one in snapshot.shipments if one.date_created]
        return max(left, default=order.date_shipped or order.date_created)
    first = _first(moved(snapshot, mapping.file.payments)) or _first(snapshot.transactions)
    return first or order.date_created


def _first(transactions: Iterable[Transaction]) -> datetime | None:
    taken = [one.date_created for one in transactions if one.took_money and not one.test]
    return min((moment for moment in taken if moment), default=None)


def whose_day(day: str, placed: str, snapshot: OrderSnapshot, mapping: Mapping) -> str:
    """Return whose day an invoice has, for people; `placed` is the order's."""
    if day == placed:
        return "the order's"
    return "the last shipment's" if _by_shipment(snapshot, mapping) else "the payment's"


def _by_shipment(snapshot: OrderSnapshot, mapping: Mapping) -> bool:
    return trigger_of(snapshot, mapping.file.triggers) == "shipped" and everything_shipped(snapshot)


def dates_of(
    day: str,
    company: CompanyCode,
    store: StoreFacts,
    calendar: Sequence[Hold],
    *,
    document: str,
    translation: str,
    dated: str,
) -> Dates | Refusal:
    """Return the dates of a document, or why it cannot be posted now.

    Args:
        day: of the fact behind the document.
        company: whose rules and time zone count.
        store: with what is known of its books.
        calendar: the holds of the mapping.
        document: the document date; the fact's day where empty.
        translation: the day whose exchange rate counts; the fact's day where empty.
        dated: whose day it is, for people.
    """
    zone = zone_of(company, store)
    hold = held(calendar, company.company_code, store.books, zone)
    if hold is not None:
        return hold
    posting = posting_day(day, company, store.books, zone)
    if isinstance(posting, Refusal):
        return posting
    moved = posting != day
    document = document or day
    if document == posting:
        said = f"document and posting date {day}: {dated}, in {zone}"
    else:
        said = f"document date {document}, posting date {posting}: {dated}, in {zone}"
    decisions = [said]
    if moved:
        period = store.books.closed[company.company_code, day]
        decisions.append(f"moved from {day}, whose period {period} is closed; tax and exchange rate stay that day's")
    return Dates(
        document=document,
        posting=posting,
        tax=day if company.tax_reporting_date else "",
        translation=translation or (day if moved else ""),
        decisions=tuple(decisions),
    )
