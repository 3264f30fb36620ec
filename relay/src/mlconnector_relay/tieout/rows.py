"""What is read from SAP's tables, and documents out of the rows; pure.

Headers are found by reference (index BUKRS, BSTAT, XBLNR) and by the users that posted for us; customers' items by
customer, since their tables begin with it; taxes by document number. The agent's policy must name each table with
exactly these columns.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from mlconnector_shared.envelope import Predicate, ReadTable
from mlconnector_shared.errors import ConnectorError

from ..db.sap_documents import DocumentKey, SapDocument

__all__ = [
    "CURRENCIES",
    "Amounts",
    "Header",
    "Item",
    "RowsUnreadable",
    "Taxes",
    "added_up",
    "by_key",
    "by_reference",
    "by_user",
    "currency_places",
    "document",
    "headers",
    "is_reference",
    "items",
    "items_of",
    "items_of_document",
    "merged",
    "posted_for_us",
    "taxes",
    "taxes_of",
]

CURRENCIES: Final = ReadTable("TCURX", ("CURRKEY", "CURRDEC"), key=("CURRKEY",))
"""Currencies whose amounts have not two decimals."""

USUAL_PLACES: Final = 2
"""Decimals of all other currencies, and those with which SAP keeps every amount."""

_HEADER: Final = (
    "BUKRS",
    "BELNR",
    "GJAHR",
    "BLART",
    "XBLNR",
    "USNAM",
    "BUDAT",
    "CPUDT",
    "WAERS",
    "STBLG",
    "STJAH",
)
_ITEM: Final = ("BUKRS", "BELNR", "GJAHR", "BUZEI", "SHKZG", "WRBTR", "AUGDT")
_TAX: Final = ("BUKRS", "BELNR", "GJAHR", "BUZEI", "MWSKZ", "SHKZG", "FWSTE")
_NO_DATE: Final = "00000000"
_LAST: Final = "Z" * 14
"""No character of a reference comes after it."""


_NEAR: Final = 100
"""Documents whose numbers lie no further apart are read at once, with those of others between them."""

Taxes = Mapping[str, Decimal]
"""Tax by code as SAP keeps amounts, positive where the customer owes it."""


class RowsUnreadable(ConnectorError):
    """A row from SAP is not what the dictionary says of its table."""


@dataclass(frozen=True, slots=True)
class Header:
    """A row of BKPF."""

    key: DocumentKey
    document_type: str
    reference: str
    user: str
    posting_date: date
    entry_date: date
    currency: str
    reversed_by: str


@dataclass(frozen=True, slots=True)
class Item:
    """A customer's line: an amount as SAP keeps it, debits positive, and when it was cleared."""

    key: DocumentKey
    line: str
    amount: Decimal
    cleared_on: date | None


@dataclass(frozen=True, slots=True)
class Amounts:
    """What the customer's lines of a document add up to, as SAP keeps amounts."""

    total: Decimal
    cleared_on: date | None


def by_reference(company_code: str, store_code: str, since: date) -> ReadTable:
    """Return the read of headers under a store's references, those of people that begin alike included."""
    return _headers(company_code, since, _references(store_code))


def by_user(company_code: str, user: str, since: date) -> ReadTable:
    """Return the read of the headers of what a user entered."""
    return _headers(company_code, since, (Predicate("USNAM", "EQ", user),))


def by_key(key: DocumentKey, since: date) -> ReadTable:
    """Return the read of one document's header, where it was entered since a day."""
    number = (Predicate("BELNR", "EQ", key.number), Predicate("GJAHR", "EQ", key.fiscal_year))
    return _headers(key.company_code, since, number)


def items_of_document(table: str, key: DocumentKey, customer: str) -> ReadTable:
    """Return the read of a customer's items, open (BSID) or cleared (BSAD), of one document."""
    where = (
        Predicate("BUKRS", "EQ", key.company_code),
        Predicate("KUNNR", "EQ", customer),
        Predicate("BELNR", "EQ", key.number),
        Predicate("GJAHR", "EQ", key.fiscal_year),
    )
    return ReadTable(table, _ITEM, where, key=("BELNR", "GJAHR", "BUZEI"))


def items_of(table: str, company_code: str, customer: str, store_code: str, since: date) -> ReadTable:
    """Return the read of a customer's items, open (BSID) or cleared (BSAD), under a store's references."""
    where = (
        Predicate("BUKRS", "EQ", company_code),
        Predicate("KUNNR", "EQ", customer),
        *_references(store_code),
        Predicate("CPUDT", "GE", f"{since:%Y%m%d}"),
    )
    return ReadTable(table, _ITEM, where, key=("BELNR", "GJAHR", "BUZEI"))


def taxes_of(keys: Collection[DocumentKey]) -> Iterator[ReadTable]:
    """Yield the reads of the taxes of documents (BSET): one for each run of numbers that lie near to each other."""
    run: list[DocumentKey] = []
    for key in sorted(keys, key=lambda one: (one.company_code, one.fiscal_year, one.number)):
        if run and not _are_near(run[-1], key):
            yield _taxes_from(run[0], run[-1])
            run = []
        run.append(key)
    if run:
        yield _taxes_from(run[0], run[-1])


def _are_near(one: DocumentKey, other: DocumentKey) -> bool:
    if (one.company_code, one.fiscal_year) != (other.company_code, other.fiscal_year):
        return False
    numbers = (one.number, other.number)
    return all(number.isdecimal() for number in numbers) and int(other.number) - int(one.number) <= _NEAR


def _taxes_from(first: DocumentKey, last: DocumentKey) -> ReadTable:
    where = (
        Predicate("BUKRS", "EQ", first.company_code),
        Predicate("GJAHR", "EQ", first.fiscal_year),
        Predicate("BELNR", "GE", first.number),
        Predicate("BELNR", "LE", last.number),
    )
    return ReadTable("BSET", _TAX, where, key=("BELNR", "GJAHR", "BUZEI"))


def is_reference(text: str, store_code: str) -> bool:
    """Tell whether a text has one of the forms of a store's references; people's own may begin with the code, too."""
    code = re.escape(store_code)
    decimal = rf"{code}-[1-9]\d*-(?:\d+)?(?:-\d+)?[IRSVNPDF]"
    packed = rf"{re.escape(store_code.ljust(2, '-'))}[A-Z][0-9A-Z]{{13}}"
    return re.fullmatch(f"{decimal}|{packed}", text) is not None


def headers(rows: Iterable[Sequence[str]]) -> list[Header]:
    """Read rows of BKPF.

    Raises:
        RowsUnreadable: one is none.
    """
    return [_header(row) for row in rows]


def items(rows: Iterable[Sequence[str]]) -> list[Item]:
    """Read rows of BSID or BSAD.

    Raises:
        RowsUnreadable: one is none.
    """
    return [_item(row) for row in rows]


def taxes(rows: Iterable[Sequence[str]]) -> dict[DocumentKey, Taxes]:
    """Read rows of BSET and add them up by document and code; codes without tax are left out.

    Raises:
        RowsUnreadable: one is none.
    """
    sums: dict[DocumentKey, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        try:
            company, number, year, _, code, side, tax = row
            amount = Decimal(tax)
        except (ValueError, InvalidOperation) as error:
            raise RowsUnreadable(f"BSET, {'/'.join(row[:4])}: {error!r}") from error
        sums[DocumentKey(company, number, year)][code] += amount if side == "H" else -amount
    return {key: {code: tax for code, tax in by_code.items() if tax} for key, by_code in sums.items()}


def currency_places(rows: Iterable[Sequence[str]]) -> dict[str, int]:
    """Read rows of TCURX.

    Raises:
        RowsUnreadable: one is none.
    """
    try:
        return {currency: int(places) for currency, places in rows}
    except ValueError as error:
        raise RowsUnreadable(f"TCURX: {error}") from error


def added_up(opened: Iterable[Item], cleared: Iterable[Item]) -> dict[DocumentKey, Amounts]:
    """Add items up by document; one that was cleared between the two reads is in both and counts once."""
    lines = {(one.key, one.line): one for one in (*opened, *cleared)}
    by_document: dict[DocumentKey, list[Item]] = {}
    for one in lines.values():
        by_document.setdefault(one.key, []).append(one)
    return {key: _amounts(found) for key, found in by_document.items()}


def merged(known: Mapping[DocumentKey, Amounts], more: Mapping[DocumentKey, Amounts]) -> dict[DocumentKey, Amounts]:
    """Add amounts of other customers up with those known; a document is cleared when all of its lines are."""
    result = dict(known)
    for key, new in more.items():
        old = result.get(key)
        if old is not None:
            days = (old.cleared_on, new.cleared_on)
            cleared_on = max(day for day in days if day) if all(days) else None
            new = Amounts(old.total + new.total, cleared_on)  # noqa: PLW2901
        result[key] = new
    return result


def document(
    tenant: str,
    system: tuple[str, str],
    header: Header,
    amounts: Amounts | None,
    by_code: Taxes,
    places: Mapping[str, int],
) -> SapDocument:
    """Put a document together; without customer's lines its amount stays unknown."""
    shift = USUAL_PLACES - places.get(header.currency, USUAL_PLACES)
    return SapDocument(
        tenant,
        *system,
        *header.key,
        document_type=header.document_type,
        reference=header.reference,
        entered_by=header.user,
        posting_date=header.posting_date,
        entry_date=header.entry_date,
        currency=header.currency,
        # SAP keeps amounts with two decimals whatever the currency: 1000 JPY as 10.00.
        gross=None if amounts is None else amounts.total.scaleb(shift),
        reversed_by=header.reversed_by,
        cleared_on=None if amounts is None else amounts.cleared_on,
        taxes=" ".join(f"{code}={tax.scaleb(shift):f}" for code, tax in sorted(by_code.items())),
    )


def posted_for_us(found: Iterable[Header], ours: Collection[str]) -> set[str]:
    """Return the users that posted documents of the ledger, by their object keys: nobody else's name is known here."""
    return {one.user for one in found if one.key.object_key in ours and one.user}


def _references(store_code: str) -> tuple[Predicate, Predicate]:
    first = store_code.ljust(2, "-")
    return Predicate("XBLNR", "GE", first), Predicate("XBLNR", "LE", first + _LAST)


def _headers(company_code: str, since: date, narrower: tuple[Predicate, ...]) -> ReadTable:
    # An empty status: neither noted, nor parked, nor a clearing without items.
    where = (
        Predicate("BUKRS", "EQ", company_code),
        Predicate("BSTAT", "EQ", ""),
        *narrower,
        Predicate("CPUDT", "GE", f"{since:%Y%m%d}"),
    )
    return ReadTable("BKPF", _HEADER, where, key=("BELNR", "GJAHR"))


def _header(row: Sequence[str]) -> Header:
    try:
        company, number, year, kind, reference, user, posted, entered, currency, reversal, reversal_year = row
        return Header(
            DocumentKey(company, number, year),
            kind,
            reference,
            user,
            _day(posted),
            _day(entered),
            currency,
            f"{reversal} {reversal_year}" if reversal else "",
        )
    except ValueError as error:
        raise RowsUnreadable(f"BKPF, {'/'.join(row[:3])}: {error}") from error


def _item(row: Sequence[str]) -> Item:
    try:
        company, number, year, line, side, amount, cleared = row
        value = Decimal(amount)
        cleared_on = None if cleared in {"", _NO_DATE} else _day(cleared)
    except (ValueError, InvalidOperation) as error:
        raise RowsUnreadable(f"item {'/'.join(row[:4])}: {error!r}") from error
    return Item(DocumentKey(company, number, year), line, value if side == "S" else -value, cleared_on)


def _amounts(found: Sequence[Item]) -> Amounts:
    days = [one.cleared_on for one in found if one.cleared_on is not None]
    return Amounts(sum((one.amount for one in found), Decimal(0)), max(days) if len(days) == len(found) else None)


def _day(text: str) -> date:
    return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  a day, by nobody's clock
