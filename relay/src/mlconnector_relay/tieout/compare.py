"""Compares orders, ledger and SAP document by document: every difference with its cause, amount and next step; pure.

Amounts are whole numbers of the currency's smallest unit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from ..db.outcomes import JobState
from .amounts import spelled
from .causes import PENDING, Cause

__all__ = [
    "Booked",
    "Difference",
    "InSap",
    "Ordered",
    "Read",
    "Taxes",
    "compare",
    "document_named",
    "order_named",
]

INVOICING: Final = frozenset({"invoice", "edit"})
"""Kinds of postings that add up to what the order charges."""

REFUNDING: Final = "refund"

PAYMENT: Final = "payment"
"""Kind of postings that no order's total has in it."""

OrderKey = tuple[str, int]
Taxes = tuple[tuple[str, int], ...]
"""Tax by code in order, what the customer owes positive."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order as it was last seen in the store.

    Attributes:
        day: when it was placed, in the store's time zone.
        amount: its total with tax.
        unknown_before: the first and the last of the numbers before its own that nothing was ever heard of.
    """

    store_hash: str
    order_id: int
    day: date
    currency: str
    amount: int
    state: JobState
    unknown_before: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """A posting in the ledger.

    Attributes:
        kind: the posting's, or `edit` for every document of an edit.
        place: SAP system, client.
        amount: sum of the customer's lines.
        charged: what its lines charge, before and after what gift certificates and store credit paid.
        is_posted: whether SAP said that the document is there.
        settled_at: when it said so.
        taxes: by code; codes without tax left out; `None` where what it is made of cannot be read.
        reverses: whether it is SAP's reversal of another document, which carries no reference of ours.
    """

    store_hash: str
    order_id: int
    kind: str
    place: tuple[str, str]
    reference: str
    object_key: str
    day: date
    currency: str
    amount: int
    charged: tuple[int, int]
    is_posted: bool
    settled_at: datetime | None
    taxes: Taxes | None = ()
    reverses: bool = False


@dataclass(frozen=True, slots=True)
class InSap:
    """A document in SAP.

    Attributes:
        amount: sum of the customer's lines; `None` where none of ours was found.
        partner_key: the document that reverses it, or that it reverses; empty if none.
        user: who entered it.
        taxes: by code; codes without tax left out.
    """

    place: tuple[str, str]
    object_key: str
    reference: str
    day: date
    currency: str
    amount: int | None
    partner_key: str
    user: str
    taxes: Taxes = ()


@dataclass(frozen=True, slots=True)
class Read:
    """What the last reading of an SAP client covers: entered from a day on, before a moment.

    Attributes:
        place: SAP system, client.
    """

    place: tuple[str, str]
    since: date
    before: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        amount: what the books of the later side lack (negative) or have beyond (positive).
        what: order or document, as people look it up.
    """

    cause: Cause
    day: date
    currency: str
    amount: int
    what: str
    detail: str


def compare(
    orders: Sequence[Ordered], booked: Sequence[Booked], in_sap: Sequence[InSap], read: Iterable[Read]
) -> list[Difference]:
    """Return every difference: first store against ledger, then ledger against SAP.

    Args:
        orders: those placed in the days compared.
        booked: every posting of these orders, and those whose posting date lies in the days.
        in_sap: every document of those postings that was read, and those whose posting date lies in the days.
        read: the last reading of each SAP client.
    """
    found = [*_store(orders, booked), *_sap(booked, in_sap, {one.place: one for one in read})]
    return sorted(found, key=lambda one: (one.day, one.currency, one.cause, one.what))


def order_named(store_hash: str, order_id: int) -> str:
    """Name an order as people look it up."""
    return f"order {order_id} of {store_hash}"


def document_named(object_key: str, reference: str) -> str:
    """Name a document as people look it up in SAP: `document 1400000001/1000/2026 (B1-7-I)`."""
    return f"document {_key_named(object_key)} ({reference or 'no reference'})"


def _key_named(object_key: str) -> str:
    """Write a document's key as number, company code and fiscal year."""
    return f"{object_key[:10].lstrip('0')}/{object_key[10:14]}/{object_key[14:]}"


def _store(orders: Iterable[Ordered], booked: Iterable[Booked]) -> Iterable[Difference]:
    invoices: dict[OrderKey, list[Booked]] = defaultdict(list)
    refunds: dict[OrderKey, list[Booked]] = defaultdict(list)
    for one in booked:
        if one.is_posted and one.kind in INVOICING:
            invoices[(one.store_hash, one.order_id)].append(one)
        elif one.is_posted and one.kind == REFUNDING:
            refunds[(one.store_hash, one.order_id)].append(one)
    for order in orders:
        key = (order.store_hash, order.order_id)
        if order.unknown_before:
            yield _never_seen(order, *order.unknown_before)
        what = order_named(*key)
        known = invoices[key]
        if not known:
            cause = PENDING.get(order.state, "missing_in_ledger" if order.state == "posted" else None)
            if cause:
                yield Difference(cause, order.day, order.currency, -order.amount, what, order.state.replace("_", " "))
            continue
        # Whether an order's total is before or after its own means of payment and its refunds is the store's setting.
        sums = [sum(one.charged[way] for one in some) for some in (known, known + refunds[key]) for way in (0, 1)]
        if order.amount not in sums or {one.currency for one in known} != {order.currency}:
            posted = _money(sums[0], known[0].currency)
            detail = f"charges {_money(order.amount, order.currency)}, documents {posted}"
            yield Difference("order_changed", order.day, order.currency, sums[0] - order.amount, what, detail)


def _sap(
    booked: Iterable[Booked], in_sap: Iterable[InSap], read: Mapping[tuple[str, str], Read]
) -> Iterable[Difference]:
    documents = {(one.place, one.object_key): one for one in in_sap}
    ours: dict[tuple[tuple[str, str], str], Booked] = {}
    references: dict[tuple[tuple[str, str], str], Booked] = {}
    for one in booked:
        references[(one.place, one.reference)] = one
        if one.is_posted:
            ours[(one.place, one.object_key)] = one
    for key, one in ours.items():
        yield from _ledger_against_sap(one, documents.get(key), read.get(one.place), ours)
    for key, document in documents.items():
        if key not in ours:
            yield from _unknown(document, references.get((document.place, document.reference)))


def _ledger_against_sap(
    one: Booked, document: InSap | None, read: Read | None, ours: Mapping[tuple[tuple[str, str], str], Booked]
) -> Iterable[Difference]:
    what = document_named(one.object_key, one.reference)
    if document is None:
        cause = _absent(one, read)
        yield Difference(cause, one.day, one.currency, -one.amount, what, "not among what was read")
        return
    if document.partner_key and not one.reverses and (one.place, document.partner_key) not in ours:
        detail = f"reversed by {_key_named(document.partner_key)}"
        yield Difference("reversed_by_hand", one.day, one.currency, -one.amount, what, detail)
        return
    # Deferred revenue is turned into revenue without any customer.
    if (document.amount or 0) != one.amount or document.currency != one.currency:
        known = "no customer's line of ours"
        if document.amount is not None:
            known = _money(document.amount, document.currency)
        beyond = (document.amount or 0) - one.amount
        detail = f"posted {_money(one.amount, one.currency)}, SAP has {known}"
        yield Difference("amount_differs", one.day, one.currency, beyond, what, detail)
    elif one.taxes is None:
        detail = "its amount is SAP's; what it is made of cannot be read, so its tax is not compared"
        yield Difference("document_unreadable", one.day, one.currency, 0, what, detail)
    elif document.taxes != one.taxes:
        beyond = sum(tax for _, tax in document.taxes) - sum(tax for _, tax in one.taxes)
        detail = f"posted {_by_code(one.taxes, one.currency)}, SAP has {_by_code(document.taxes, document.currency)}"
        yield Difference("tax_differs", one.day, one.currency, beyond, what, detail)


def _never_seen(order: Ordered, first: int, last: int) -> Difference:
    what = order_named(order.store_hash, first) if first == last else f"orders {first} to {last} of {order.store_hash}"
    return Difference("never_seen", order.day, order.currency, 0, what, "neither a callback nor a sweep brought them")


def _money(amount: int, currency: str) -> str:
    return f"{spelled(amount, currency)} {currency}"


def _by_code(taxes: Taxes, currency: str) -> str:
    return ", ".join(f"{spelled(tax, currency)} with {code}" for code, tax in taxes) or "no tax"


def _absent(one: Booked, read: Read | None) -> Cause:
    if read is None or one.settled_at is None:
        return "not_read"
    if one.settled_at >= read.before:
        return "timing"
    # A day of grace: SAP dates the entry by its own clock.
    return "missing_in_sap" if one.settled_at.date() > read.since else "not_read"


def _unknown(document: InSap, same: Booked | None) -> Iterable[Difference]:
    if document.partner_key:
        return  # it does not stand; the reversal of a document of ours is told with that one
    cause: Cause = "unknown_in_sap"
    if same is not None:
        cause = "posted_twice" if same.is_posted else "in_doubt"
    what = document_named(document.object_key, document.reference)
    detail = f"entered by {document.user}"
    yield Difference(cause, document.day, document.currency, document.amount or 0, what, detail)
