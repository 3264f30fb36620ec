"""The sheet of closed days: what stood in store, ledger and SAP, how it differed, and what came since; pure.

Closed days are never computed anew: what differed then stays as it was signed, and what changed in them afterwards is
told apart. Amounts are whole numbers of the currency's smallest unit.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import ClassVar, Final, Literal

import msgspec
from mlconnector_shared.errors import ConnectorError

from ..sap.reference import is_payment
from .amounts import spelled
from .causes import CAUSES, Source
from .compare import PAYMENT, Booked, Difference, InSap, Ordered, Read, Taxes, compare, document_named, order_named

__all__ = [
    "Beyond",
    "Books",
    "Day",
    "Listed",
    "Sheet",
    "SheetInvalid",
    "Standing",
    "digest_of",
    "listed",
    "read_sheet",
    "sheet_text",
]

VERSION: Final = 1
"""Of the text below. Texts of every released version stay readable."""

Standing = Literal["", "frozen", "settled", "since"]
"""Empty on open days; on closed ones: differed when they were closed and still does, no longer does, or came since."""


class SheetInvalid(ConnectorError):
    """A text is no sheet, or of a version this program does not know."""

    retryable: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class Beyond:
    """What else differs, as the store itself or a provider's file says: they are asked only when someone wants it.

    Attributes:
        asked: which of them were.
    """

    found: tuple[Difference, ...] = ()
    asked: tuple[Source, ...] = ()

    def plus(self, source: Source, found: Iterable[Difference]) -> "Beyond":
        """Return this with what one more of them says."""
        return Beyond((*self.found, *found), (*self.asked, source))


@dataclass(frozen=True, slots=True)
class Books:
    """What store, ledger and SAP hold of some days.

    Attributes:
        orders: those placed in the days.
        booked: every posting of these orders, and those whose posting date lies in the days.
        in_sap: every document of those postings that was read, and those whose posting date lies in the days.
        read: the last reading of each SAP client.
        beyond: what else differs, where the store or a provider's file was asked.
    """

    first: date
    last: date
    orders: tuple[Ordered, ...]
    booked: tuple[Booked, ...]
    in_sap: tuple[InSap, ...]
    read: tuple[Read, ...]
    beyond: Beyond = Beyond()

    def differences(self) -> list[Difference]:
        """Return every difference between the three, and what was found beyond them."""
        return [*compare(self.orders, self.booked, self.in_sap, self.read), *self.beyond.found]

    def days(self) -> "Iterator[Day]":
        """Return the sums by day and currency, in order."""
        return _days(self)


@dataclass(frozen=True, slots=True)
class Day:
    """What the orders of a day, the postings and SAP's documents with its posting date add up to, in one currency.

    Attributes:
        taxes: by code, tax of the postings and of SAP's documents.
    """

    day: date
    currency: str
    sold: int
    posted: int
    in_sap: int
    taxes: tuple[tuple[str, int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Days as they were closed.

    Attributes:
        days: sums by day and currency.
        differences: between store, ledger and SAP, and to a provider's file.
        books: all they were computed from.
    """

    tenant: str
    days: tuple[Day, ...]
    differences: tuple[Difference, ...]
    books: Books
    v: int = VERSION

    @classmethod
    def of(cls, tenant: str, books: Books) -> "Sheet":
        """Return the sheet of days as their books stand now."""
        return cls(tenant, tuple(books.days()), tuple(books.differences()), books)


@dataclass(frozen=True, slots=True)
class Listed:
    """A difference, and how it stands to the days that were closed."""

    difference: Difference
    closed: Standing


def sheet_text(sheet: Sheet) -> bytes:
    """Write a sheet down, as JSON that is alike for alike sheets."""
    return msgspec.json.format(msgspec.json.encode(sheet, order="deterministic"), indent=1) + b"\n"


def read_sheet(text: bytes) -> Sheet:
    """Read what `sheet_text` wrote.

    Raises:
        SheetInvalid: it is something else.
    """
    try:
        sheet = msgspec.json.decode(text, type=Sheet)
    except msgspec.DecodeError as error:
        raise SheetInvalid(f"the sheet cannot be read: {error}") from error
    if sheet.v != VERSION:
        raise SheetInvalid(f"the sheet has version {sheet.v}, this program reads {VERSION}")
    return sheet


def digest_of(text: bytes) -> str:
    """Return the SHA-256 of a sheet's text, in hexadecimal."""
    return sha256(text).hexdigest()


def listed(now: Books, closed: Sequence[Sheet]) -> list[Listed]:
    """Return the differences of some days, those of closed days as they were signed.

    Args:
        now: the books of the days as they stand.
        closed: every sheet that has some of the days.
    """
    found = now.differences()
    frozen = {one for sheet in closed for one in sheet.differences}
    rows = [Listed(one, _standing(one, frozen, closed)) for one in found]
    current = set(found)
    for sheet in closed:
        whole = now.first <= sheet.books.first and sheet.books.last <= now.last
        rows += [
            Listed(one, "settled" if CAUSES[one.cause].source in {None, *now.beyond.asked} else "frozen")
            for one in sheet.differences
            if one not in current and (whole or now.first <= one.day <= now.last)
        ]
        told = {one.what for one in found}
        rows += [Listed(one, "since") for one in _changes(sheet.books, now) if one.what not in told]
    return sorted(rows, key=lambda row: (row.difference.day, row.difference.currency, row.difference.what))


def _standing(one: Difference, frozen: set[Difference], closed: Iterable[Sheet]) -> Standing:
    if one in frozen:
        return "frozen"
    return "since" if any(sheet.books.first <= one.day <= sheet.books.last for sheet in closed) else ""


def _changes(then: Books, now: Books) -> Iterator[Difference]:
    first, last = max(then.first, now.first), min(then.last, now.last)
    orders = [{_order_key(one): one for one in books.orders if first <= one.day <= last} for books in (then, now)]
    for key in sorted(orders[0].keys() | orders[1].keys()):
        before, after = (some.get(key) for some in orders)
        if after is not None and (before is None or before.amount != after.amount):
            was = "was not known" if before is None else f"was {spelled(before.amount, before.currency)}"
            beyond = after.amount - (before.amount if before else 0)
            detail = f"{was}, is {spelled(after.amount, after.currency)}"
            yield Difference("closed_order_changed", after.day, after.currency, beyond, order_named(*key), detail)
    documents = [dict(_documents(books, first, last)) for books in (then, now)]
    for place, object_key in sorted(documents[0].keys() | documents[1].keys()):
        before_, after_ = (some.get((place, object_key)) for some in documents)
        one = after_ or before_
        beyond = (after_.amount if after_ else 0) - (before_.amount if before_ else 0)
        if one is not None and beyond:
            was, is_ = (spelled(some.amount, some.currency) if some else "not there" for some in (before_, after_))
            detail = f"was {was}, is {is_}"
            what = document_named(object_key, one.reference)
            yield Difference("closed_books_changed", one.day, one.currency, beyond, what, detail)


@dataclass(frozen=True, slots=True)
class _Document:
    day: date
    currency: str
    amount: int
    reference: str


def _documents(books: Books, first: date, last: date) -> Iterator[tuple[tuple[tuple[str, str], str], _Document]]:
    """Yield what counts as a document of the days: the ledger's, and over it what SAP has of the same."""
    for one in books.booked:
        if one.is_posted and first <= one.day <= last:
            yield (one.place, one.object_key), _Document(one.day, one.currency, one.amount, one.reference)
    for two in books.in_sap:
        if first <= two.day <= last:
            yield (two.place, two.object_key), _Document(two.day, two.currency, two.amount or 0, two.reference)


def _days(books: Books) -> Iterator[Day]:
    sums: dict[tuple[date, str], list[int]] = {}
    taxes: dict[tuple[date, str], dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    rows: list[tuple[date, str, int, int, Taxes]] = [
        *((one.day, one.currency, 0, one.amount, ()) for one in books.orders),
        # Payments are no part of what an order charges; they are compared document by document.
        *(
            (one.day, one.currency, 1, one.amount, one.taxes or ())
            for one in books.booked
            if one.is_posted and one.kind != PAYMENT
        ),
        *(
            (one.day, one.currency, 2, one.amount or 0, one.taxes)
            for one in books.in_sap
            if not is_payment(one.reference)
        ),
    ]
    for day, currency, side, amount, by_code in rows:
        if books.first <= day <= books.last:
            sums.setdefault((day, currency), [0, 0, 0])[side] += amount
            for code, tax in by_code:
                taxes[(day, currency)][code][side - 1] += tax
    for key, (sold, posted, in_sap) in sorted(sums.items()):
        by_codes = tuple((code, booked, kept) for code, (booked, kept) in sorted(taxes[key].items()))
        yield Day(*key, sold, posted, in_sap, by_codes)


def _order_key(one: Ordered) -> tuple[str, int]:
    return one.store_hash, one.order_id
