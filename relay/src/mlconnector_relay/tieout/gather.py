"""Gathers what the tie-out compares from the database."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from ..db import ledger_views, sap_documents, sap_readings, sights, stores
from ..db.engine import Database
from ..db.ledger_views import Posting
from ..db.sap_documents import SapDocument
from ..db.sap_readings import Reading
from ..db.sights import Gap, SeenOrder
from ..sap.currency import UnknownCurrency, decimals, quantize
from ..sap.frozen import FrozenInvalid, read_head
from ..sap.reference import Kind, is_payment
from ..sap.reversal import TYPE_CHOSEN_BY_SAP
from .totals import Sold, Standing, Written

__all__ = [
    "day_of",
    "documents_of",
    "gaps_of",
    "is_reversal",
    "orders_of",
    "postings_of",
    "readings_of",
    "sold_of",
    "standing_of",
    "within",
    "written_of",
]

Readings = Mapping[tuple[str, str], Reading]

MARGIN: Final = timedelta(days=2)
"""By so much a posting date may lie ahead of the moment its posting was intended, time zones included."""


async def orders_of(database: Database, tenant: str, first: date, last: date) -> list[tuple[date, SeenOrder]]:
    """Return the orders placed from one day to another, each with its day in its store's time zone."""
    async with database.read() as tx:
        zones = {one.store_hash: ZoneInfo(one.timezone) for one in await stores.of_tenant(tx, tenant)}
    since, before = _moment(first) - MARGIN, _moment(last) + MARGIN
    found: list[tuple[date, SeenOrder]] = []
    after, full = ("", 0), True
    while full:
        async with database.read() as tx:
            orders = await sights.page(tx, tenant, since, before, after)
        full = len(orders) == sights.PAGE
        for one in orders:
            after = (one.store_hash, one.order_id)
            day = one.placed_at.astimezone(zones.get(one.store_hash, ZoneInfo("UTC"))).date()
            if first <= day <= last:
                found.append((day, one))
    return found


def sold_of(orders: Sequence[tuple[date, SeenOrder]]) -> list[Sold]:
    """Return what the orders add up from, rounded to their currencies."""
    return [Sold(day, one.currency, _rounded(one.total, one.currency), one.state) for day, one in orders]


async def gaps_of(database: Database, tenant: str, orders: Sequence[SeenOrder]) -> dict[tuple[str, int], Gap]:
    """Return the numbers nothing was ever heard of, by the order that follows them."""
    found: dict[tuple[str, int], Gap] = {}
    for store_hash in sorted({one.store_hash for one in orders}):
        numbers = {one.order_id for one in orders if one.store_hash == store_hash}
        async with database.read() as tx:
            gaps = await sights.gaps(tx, tenant, store_hash, min(numbers), max(numbers))
        found |= {(store_hash, gap.order_id): gap for gap in gaps if gap.order_id in numbers}
    return found


async def postings_of(database: Database, tenant: str, first: date) -> list[tuple[date, Posting]]:
    """Return the postings whose posting date is a day or later, each with that date."""
    found: list[tuple[date, Posting]] = []
    after, full = "", True
    while full:
        async with database.read() as tx:
            postings = await ledger_views.page(tx, tenant, _moment(first) - MARGIN, after)
        full = len(postings) == ledger_views.PAGE
        for one in postings:
            after = one.posting_id
            day = day_of(one)
            if first <= day:
                found.append((day, one))
    return found


async def readings_of(database: Database, tenant: str) -> Readings:
    """Return the last reading that was done, by SAP client."""
    async with database.read() as tx:
        return {(one.sysid, one.client): one for one in await sap_readings.latest(tx, tenant, state="done")}


async def documents_of(database: Database, tenant: str, first: date, last: date) -> list[SapDocument]:
    """Return the documents that SAP holds with a posting date from one day to another."""
    async with database.read() as tx:
        return await sap_documents.posted_between(tx, tenant, first, last)


def written_of(
    postings: Sequence[tuple[date, Posting]], readings: Readings, documents: Sequence[SapDocument]
) -> list[Written]:
    """Return what of the postings stands in the books, and whether SAP's documents as read have it."""
    read = {(one.sysid, one.client, one.key.object_key) for one in documents}
    return [
        Written(
            day,
            one.currency,
            one.gross,
            one.settled_at,
            _begun(readings.get((one.sysid, one.client))),
            payment=one.kind == Kind.PAYMENT,
            late=_is_late(one),
            read=(one.sysid, one.client, one.object_key) in read,
        )
        for day, one in postings
        if one.state == "posted" and one.settled_at is not None
    ]


def standing_of(documents: Sequence[SapDocument], postings: Sequence[tuple[date, Posting]]) -> list[Standing]:
    """Return what of SAP's documents counts; one whose amount could not be found counts as nothing.

    Neither a document reversed by hand nor that reversal counts; what the ledger itself has reversed does, with its
    reversal, each on its day. That one's amount is the ledger's where SAP copied no reference to find its items by.
    """
    reversals = {one.object_key: one.gross for _, one in postings if is_reversal(one) and one.object_key}
    return [
        Standing(one.posting_date, one.currency, _amount(one, reversals), payment=is_payment(one.reference))
        for one in documents
        if one.stands or {one.key.object_key, one.partner_key} & reversals.keys()
    ]


def is_reversal(posting: Posting) -> bool:
    """Tell whether SAP reverses a document by a posting, instead of posting one that takes back."""
    return posting.kind == Kind.REVERSAL and posting.document_type == TYPE_CHOSEN_BY_SAP


def within(postings: Sequence[tuple[date, Posting]], first: date, last: date) -> list[tuple[date, Posting]]:
    """Return the postings of some days."""
    return [(day, one) for day, one in postings if first <= day <= last]


def _amount(document: SapDocument, reversals: Mapping[str, Decimal]) -> Decimal:
    return reversals.get(document.key.object_key, Decimal(0)) if document.gross is None else document.gross


def day_of(posting: Posting) -> date:
    """Return the posting date of a posting; the day it was intended where its facts do not tell."""
    try:
        return datetime.strptime(read_head(posting.facts).posting_day, "%Y%m%d").date()  # noqa: DTZ007  by no clock
    except (FrozenInvalid, ValueError):
        return posting.intended_at.astimezone(UTC).date()


def _is_late(posting: Posting) -> bool:
    try:
        head = read_head(posting.facts)
    except FrozenInvalid:
        return False
    return head.posting_day > head.day


def _begun(reading: Reading | None) -> datetime | None:
    return reading.begun_at if reading else None


def _rounded(amount: Decimal, currency: str) -> Decimal:
    try:
        return quantize(amount, decimals(currency))
    except UnknownCurrency:
        return amount


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
