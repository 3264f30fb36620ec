"""Checks of the accounting interface itself: header, items, amounts, balance."""

from collections import Counter
from datetime import datetime
from decimal import Decimal

from .posting import DOCUMENT_CURRENCY, LOCAL_CURRENCY, Line, Posting

__all__ = ["MAX_ITEMS", "check_amounts", "check_balance", "check_header", "check_items"]

MAX_ITEMS = 999  # a document's item number has three digits
_MANDATORY = ("BUS_ACT", "USERNAME", "COMP_CODE", "DOC_TYPE")


def check_header(posting: Posting) -> bool:
    """Check the header; False if nothing else can be checked."""
    header = posting.header
    for name in _MANDATORY:
        if not header[name]:
            posting.fail("RW", "001", field_name=name)
    for name in ("DOC_DATE", "PSTNG_DATE"):
        if not _is_date(header[name]):
            posting.fail("RW", "001", field_name=name)
    if header["OBJ_TYPE"] not in {"", "BKPFF"}:
        if posting.master.find("TTYP", header["OBJ_TYPE"]) is None:
            posting.fail("RW", "009", header["OBJ_TYPE"], field_name="OBJ_TYPE")
        if not header["OBJ_KEY"]:
            posting.fail("RW", "004", field_name="OBJ_KEY")
    if posting.company_code and not posting.organisation:
        posting.fail("F5", "001", posting.company_code, field_name="COMP_CODE")
    if posting.document_type and posting.master.find("T003", posting.client, posting.document_type) is None:
        posting.fail("F5", "002", posting.document_type, field_name="DOC_TYPE")
    return not posting.details


def check_items(posting: Posting) -> None:
    """Check that items are there, once each, and not too many."""
    if not posting.lines:
        posting.fail("RW", "002")
    if len(posting.lines) > MAX_ITEMS:
        posting.fail("F5", "727")
    seen: set[str] = set()
    for line in posting.lines:
        if line.item in seen:
            posting.fail("RW", "014", at=line, field_name="ITEMNO_ACC")
        seen.add(line.item)


def check_amounts(posting: Posting) -> None:
    """Check that each item has one amount in one known currency, without decimals that the currency lacks."""
    if not posting.amounts:
        posting.fail("RW", "003")
        return
    if any(n > 1 for n in Counter((a.item, a.currency_type) for a in posting.amounts).values()):
        posting.fail("RW", "018")
    items = {line.item for line in posting.lines}
    with_amount = {a.item for a in posting.amounts if a.currency_type == DOCUMENT_CURRENCY}
    for line in posting.lines:
        if line.item not in with_amount:
            posting.fail("RW", "021", at=line, field_name="ITEMNO_ACC")
    currencies = {(a.currency_type, a.currency) for a in posting.amounts}
    unknown = any(posting.master.find("TCURC", posting.client, c) is None for _, c in currencies)
    mixed = len(currencies) > len({kind for kind, _ in currencies})
    if unknown or mixed or any(a.item not in items for a in posting.amounts):
        posting.fail("RW", "008")
    _check_decimals(posting)


def check_balance(posting: Posting) -> None:
    """Check that the document balances in each currency, and that amounts in both currencies have one sign."""
    document = sum((a.amount for a in posting.amounts if a.currency_type == DOCUMENT_CURRENCY), Decimal(0))
    if document:
        posting.fail("RW", "022")
        posting.fail("F5", "702", DOCUMENT_CURRENCY, f"{document:f}", posting.currency)
    local = [a for a in posting.amounts if a.currency_type == LOCAL_CURRENCY]
    balance = sum((a.amount for a in local), Decimal(0))
    if balance:
        posting.fail("F5", "703", LOCAL_CURRENCY, f"{balance:f}", local[0].currency)
    signs = {a.item: a.amount for a in posting.amounts if a.currency_type == DOCUMENT_CURRENCY}
    if any(a.amount * signs.get(a.item, Decimal(0)) < 0 for a in local):
        posting.fail("F5", "704")


def _check_decimals(posting: Posting) -> None:
    for entry in posting.amounts:
        places = posting.master.decimals(entry.currency)
        for name, value in (("AMT_DOCCUR", entry.amount), ("AMT_BASE", entry.base)):
            if value != round(value, places):
                place = Line("", "CURRENCYAMOUNT", entry.row, {})
                posting.fail("RW", "628", f"{value:f}", entry.currency, at=place, field_name=name)


def _is_date(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y%m%d")  # noqa: DTZ007 - only whether it is a date
    except ValueError:
        return False
    return True
