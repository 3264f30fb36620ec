"""Payments, clearing and its reset, and reversals by hand."""

from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec

from ..books import Document, DocumentKey, RowChange, timestamp
from ..database import Row
from ..fi.clearing import ClearingError, Item, cleared, find_items, total, uncleared
from ..fi.reversal import Reversal, check_reversal, mirrored
from ..system import System
from .desk import Desk, RefusedError, at_desk, refusal
from .manual import ManualDocument, ManualLine, build

__all__ = ["Clearing", "ItemKey", "ManualReversal", "Payment", "clear", "pay", "reset_clearing", "reverse"]

_CLEARING_TYPE, _PAYMENT_TYPE = "AB", "DZ"
_CLEARING, _RESET = "A", "B"  # BKPF-BSTAT
_PAID, _REST = "15", "06"  # posting keys of incoming payments and of residual items


class ItemKey(msgspec.Struct, forbid_unknown_fields=True):
    """A line item; the customer's is usually line 1."""

    number: str
    fiscal_year: str
    line: int = 1


class Payment(msgspec.Struct, forbid_unknown_fields=True):
    """An incoming payment. Less than the items' total leaves them open (partial), or leaves a rest (residual)."""

    company_code: str
    items: list[ItemKey]
    posting_date: str
    amount: str = ""
    short: Literal["partial", "residual"] = "partial"
    account: str = "113100"
    reference: str = ""
    user: str = "FINANCE"
    client: str = ""


class Clearing(msgspec.Struct, forbid_unknown_fields=True):
    """Items that add up to nothing."""

    company_code: str
    items: list[ItemKey]
    posting_date: str
    user: str = "FINANCE"
    client: str = ""


class ManualReversal(msgspec.Struct, forbid_unknown_fields=True):
    """A document to be reversed; without a date on its own."""

    company_code: str
    number: str
    fiscal_year: str
    reason: str = "01"
    posting_date: str = ""
    user: str = "FINANCE"
    client: str = ""


def pay(system: System, payment: Payment) -> Row:
    """Post an incoming payment against open items; give its header."""
    with at_desk(system, payment.client, payment.user) as desk:
        items = _lock_and_find(desk, payment.company_code, payment.items)
        owed = total(items, system.master.decimals(items[0].header["WAERS"]))
        paid = _amount(payment.amount, owed)
        if not 0 < paid <= owed:
            raise RefusedError(refusal([ClearingError("263").detail]))
        partial = paid < owed and payment.short == "partial"
        if partial and len(items) > 1:
            raise RefusedError("a partial payment refers to one item")
        document = build(desk, _payment_document(desk, payment, items[0], paid, owed, partial=partial))
        _refer(document, items[0])
        changes = [] if partial else _clear_with(document, items)
        desk.write([document], changes)
        return document.header


def clear(system: System, clearing: Clearing) -> Row:
    """Clear items against each other; give the header of the clearing document, which has no items."""
    with at_desk(system, clearing.client, clearing.user) as desk:
        items = _lock_and_find(desk, clearing.company_code, clearing.items)
        if sum(item.amount for item in items):
            raise RefusedError(refusal([ClearingError("263").detail]))
        date = clearing.posting_date.replace("-", "")
        number = desk.draw(clearing.company_code, _CLEARING_TYPE, date[:4])
        header = _clearing_header(desk, items[0], number, date)
        desk.write([Document(header, [], [], [])], cleared(items, number, date))
        return header


def reset_clearing(system: System, document: DocumentKey, user: str = "FINANCE") -> int:
    """Make the items open again that a document has cleared; give their number."""
    with at_desk(system, document[0], user) as desk:
        desk.lock(document)
        header = system.books.header(document)
        if header is not None and header["STBLG"]:
            raise RefusedError("F5 905 the items were cleared by a reversal")
        rows = system.books.cleared_by(document)
        items = [Item(system.books.header(_document_of(row)) or {}, row) for row in rows]
        for item in items:
            desk.lock(item.document)
        changes = uncleared(items)
        if header is not None and header["BSTAT"] == _CLEARING:
            status = {"BSTAT": _CLEARING}, {"BSTAT": _RESET}
            changes.append(RowChange("BKPF", document, *status, str(header["XBLNR"])))
        desk.write([], changes)
        return len(items)


def reverse(system: System, wanted: ManualReversal) -> Row:
    """Reverse a document as transaction FB08 does; give the header of the reversal."""
    with at_desk(system, wanted.client, wanted.user) as desk:
        client = desk.user.client
        document = (client, wanted.company_code, wanted.number, wanted.fiscal_year)
        desk.lock(document)
        original = system.books.header(document) or {}
        structure = system.catalogue.structures["BAPIACREV"]
        given = {
            **structure.read(structure.initial),
            "OBJ_TYPE": "BKPFF",
            "OBJ_KEY_R": f"{wanted.number}{wanted.company_code:<4}{wanted.fiscal_year}",
            "REASON_REV": wanted.reason,
            "PSTNG_DATE": wanted.posting_date.replace("-", "") or "00000000",
        }
        business = str(original.get("GLVOR", ""))
        logical = system.logical_system(client)
        reversal = Reversal(desk.user, system.master, system.books, logical, given, business)
        check_reversal(reversal)
        if reversal.details:
            raise RefusedError(refusal(reversal.details))
        number = desk.draw(wanted.company_code, reversal.document_type, reversal.posting_date[:4])
        xblnr = system.options.reversal_reference(str(original["XBLNR"]))
        mirror, changes = mirrored(reversal, number, xblnr=xblnr, transaction="FB08")
        desk.write([mirror], changes)
        return mirror.header


def _lock_and_find(desk: Desk, company_code: str, wanted: list[ItemKey]) -> list[Item]:
    keys = [((desk.user.client, company_code, key.number, key.fiscal_year), f"{key.line:03d}") for key in wanted]
    for document, _ in keys:
        desk.lock(document)
    try:
        return find_items(desk.system.books, desk.system.master, keys)
    except ClearingError as error:
        raise RefusedError(refusal([error.detail])) from error


def _amount(text: str, owed: Decimal) -> Decimal:
    try:
        return Decimal(text) if text else owed
    except InvalidOperation as error:
        raise RefusedError(f"{text} is not an amount") from error


def _payment_document(
    desk: Desk, payment: Payment, item: Item, paid: Decimal, owed: Decimal, *, partial: bool
) -> ManualDocument:
    kind, account = item.account
    if kind != "D":
        raise RefusedError("only customers pay")
    allocation = str(item.row["ZUONR"])
    lines = [
        ManualLine(amount=str(paid), account=payment.account),
        ManualLine(amount=str(-(paid if partial else owed)), customer=account, allocation=allocation),
    ]
    if not partial and paid < owed:
        lines.append(ManualLine(amount=str(owed - paid), customer=account, allocation=allocation))
    return ManualDocument(
        company_code=payment.company_code,
        document_type=_PAYMENT_TYPE,
        posting_date=payment.posting_date,
        reference=payment.reference,
        currency=str(item.header["WAERS"]),
        lines=lines,
        one_time=_address(desk, item),
    )


def _address(desk: Desk, item: Item) -> dict[str, str]:
    """Give the address of a one-time customer, as its invoice has it."""
    columns = {"name": "NAME1", "street": "STRAS", "city": "ORT01", "postal_code": "PSTLZ", "country": "LAND1"}
    rows = desk.system.books.lines("BSEC", item.document)
    return {name: str(rows[0][column]) for name, column in columns.items()} if rows else {}


def _refer(document: Document, item: Item) -> None:
    """Give the customer lines of a payment their posting keys, and let what stays open refer to the invoice."""
    for row in document.items:
        if row["KOART"] == "D":
            row["BSCHL"] = _PAID if row["SHKZG"] == "H" else _REST
            row |= {"REBZG": item.row["BELNR"], "REBZJ": item.row["GJAHR"], "REBZZ": item.row["BUZEI"]}


def _clear_with(document: Document, items: list[Item]) -> list[RowChange]:
    """Clear items with the payment: its own customer item is cleared by itself, a residual one stays open."""
    number, date = str(document.header["BELNR"]), str(document.header["BUDAT"])
    for row in document.items:
        if row["BSCHL"] == _PAID:
            row |= {"AUGBL": number, "AUGDT": date}
    return cleared(items, number, date)


def _clearing_header(desk: Desk, item: Item, number: str, date: str) -> Row:
    now, year, company_code = timestamp(), date[:4], str(item.header["BUKRS"])
    return {
        **desk.system.database.schemas["BKPF"].initial,
        **{name: item.header[name] for name in ("MANDT", "BUKRS", "WAERS", "HWAER")},
        "BELNR": number,
        "GJAHR": year,
        "BLART": _CLEARING_TYPE,
        "BLDAT": date,
        "BUDAT": date,
        "MONAT": date[4:6],
        "CPUDT": now[:8],
        "CPUTM": now[8:],
        "USNAM": desk.user.name,
        "TCODE": "FB1D",
        "BSTAT": _CLEARING,
        "GLVOR": "RFBU",
        "AWTYP": "BKPFF",
        "AWKEY": f"{number}{company_code:<4}{year}",
    }


def _document_of(row: Row) -> DocumentKey:
    return row["MANDT"], row["BUKRS"], row["BELNR"], row["GJAHR"]
