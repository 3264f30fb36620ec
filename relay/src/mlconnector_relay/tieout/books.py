"""Brings together what the books of some days hold, in the words of the comparison."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from ..db.engine import Database
from ..db.ledger_views import Posting
from ..db.sap_documents import SapDocument
from ..db.sights import Gap, SeenOrder
from ..sap import edit
from ..sap.currency import to_minor
from ..sap.frozen import TENDERS, Frozen, FrozenInvalid, FrozenLine, read_frozen
from ..sap.remaining import REMAP_REPOST, REMAP_REVERSAL
from . import gather
from .amounts import places_of
from .compare import Booked, InSap, Ordered, Read, Taxes
from .sheet import Books

__all__ = ["books_of", "charged_of"]

EDITS: Final = frozenset({edit.SUPPLEMENT, edit.REVERSAL, edit.REPOST, REMAP_REVERSAL, REMAP_REPOST})


async def books_of(database: Database, tenant: str, first: date, last: date) -> Books:
    """Return the orders placed and the documents posted from one day to another, and the orders' other documents.

    Raises:
        DatabaseError: it could not be read.
    """
    # Postings go on meanwhile. Whatever needs an explanation is read before what explains it: orders and documents
    # before the postings they belong to, readings before the documents they brought.
    orders = await gather.orders_of(database, tenant, first, last)
    readings = await gather.readings_of(database, tenant)
    # Books may be dated in another time zone than the store, and documents of an order are posted on its day or later.
    early = first - gather.MARGIN
    documents = await gather.documents_of(database, tenant, early, date.max)
    postings = await gather.postings_of(database, tenant, early)
    keys = {(one.store_hash, one.order_id) for _, one in orders}
    here = [one for one in documents if first <= one.posting_date <= last]
    # The reversal of a document of these days may be of later ones.
    shown_here = [_in_sap(one) for one in here]
    known = {key for one in shown_here for key in (one.object_key, one.reference, one.partner_key)} - {""}
    in_days = [
        (day, one)
        for day, one in postings
        if first <= day <= last or (one.store_hash, one.order_id) in keys or known & {one.object_key, one.reference}
    ]
    wanted = {one.object_key for _, one in in_days}
    shown = [one for one in documents if first <= one.posting_date <= last or one.key.object_key in wanted]
    booked = tuple(_booked(day, one) for day, one in in_days)
    reversals = {one.object_key: one for one in booked if one.reverses}
    gaps = await gather.gaps_of(database, tenant, [one for _, one in orders])
    return Books(
        first,
        last,
        tuple(_ordered(day, one, gaps.get((one.store_hash, one.order_id))) for day, one in orders),
        booked,
        tuple(_whole(_in_sap(one), reversals) for one in shown),
        tuple(Read(place, one.since, one.begun_at) for place, one in readings.items() if one.begun_at is not None),
    )


def _ordered(day: date, one: SeenOrder, gap: Gap | None) -> Ordered:
    total = _minor(one.total, one.currency)
    unknown = (gap.first, gap.last) if gap else None
    return Ordered(one.store_hash, one.order_id, day, one.currency, total, one.state, unknown)


def _booked(day: date, one: Posting) -> Booked:
    gross = _minor(one.gross, one.currency)
    kind, charged, taxes = _meaning(one, gross)
    return Booked(
        store_hash=one.store_hash,
        order_id=one.order_id,
        kind=kind,
        place=(one.sysid, one.client),
        reference=one.reference,
        object_key=one.object_key,
        day=day,
        currency=one.currency,
        amount=gross,
        charged=charged,
        is_posted=one.state == "posted",
        settled_at=one.settled_at,
        taxes=taxes,
        reverses=gather.is_reversal(one),
    )


def _meaning(one: Posting, gross: int) -> tuple[str, tuple[int, int], Taxes | None]:
    try:
        frozen = read_frozen(one.facts)
    except FrozenInvalid:
        return one.kind, (gross, gross), None
    # A credit memo of an edit has a refund's kind: the order is less by it, where a refund leaves the order as it was.
    kind = "edit" if frozen.about in EDITS else one.kind
    return kind, charged_of(frozen), _taxes(frozen.lines)


def charged_of(frozen: Frozen) -> tuple[int, int]:
    """Return what a document charges, before and after what gift certificates and store credit paid."""
    return sum(line.gross for line in frozen.lines if line.role not in TENDERS), sum(
        line.gross for line in frozen.lines
    )


def _taxes(lines: Iterable[FrozenLine]) -> Taxes:
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        # Tax on an account of its own is no tax to SAP: its code carries none.
        if line.code is not None and not line.code.liability_account:
            sums[line.code.code] += line.tax
    return tuple((code, tax) for code, tax in sorted(sums.items()) if tax)


def _in_sap(one: SapDocument) -> InSap:
    return InSap(
        place=(one.sysid, one.client),
        object_key=one.key.object_key,
        reference=one.reference,
        day=one.posting_date,
        currency=one.currency,
        amount=None if one.gross is None else _minor(one.gross, one.currency),
        partner_key=one.partner_key,
        user=one.entered_by,
        taxes=tuple(
            (code, _minor(Decimal(tax), one.currency)) for code, _, tax in (t.partition("=") for t in one.taxes.split())
        ),
    )


def _whole(document: InSap, reversals: Mapping[str, Booked]) -> InSap:
    """Complete a reversal whose items were not found, since SAP copied no reference: they mirror the original's."""
    ours = reversals.get(document.object_key)
    if ours is None or document.amount is not None:
        return document
    return replace(document, amount=ours.amount, taxes=ours.taxes or ())


def _minor(amount: Decimal, currency: str) -> int:
    return to_minor(amount, places_of(currency))
