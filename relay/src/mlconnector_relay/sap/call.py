"""A draft in SAP's form: the parameters of BAPI_ACC_DOCUMENT_POST, every text and key in its length."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from mlconnector_shared.bapi import BapiCall

from .currency import from_minor, spell
from .draft import Draft
from .facts import StoreFacts
from .mapping import TaxCode
from .mapping_file import CompanyCode
from .one_time_customer import OneTimeCustomer
from .reference import SCHEME_VERSION, StepId, allocation, reference
from .text import clean, pad, shorten
from .values import Built, DocumentLine

__all__ = ["FUNCTION", "Header", "built_of"]

FUNCTION: Final = "BAPI_ACC_DOCUMENT_POST"
ITEM_TEXT: Final = 50
REF_KEY: Final = 12
KEY: Final = 10
"""Digits of account, customer, cost center and profit center."""

DOCUMENT_CURRENCY: Final = "00"

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Header:
    """What a document needs beside its lines.

    Attributes:
        placed_at: when the order was placed.
    """

    store: StoreFacts
    step: StepId
    company: CompanyCode
    currency: str
    places: int
    placed_at: datetime
    mapping_version: str

    @property
    def zone(self) -> str:
        """Return the time zone that decides the document's date."""
        return self.company.timezone or self.store.timezone


def built_of(draft: Draft, header: Header, customer: OneTimeCustomer) -> Built:
    """Write a draft as a call.

    Raises:
        ReferenceTooLong: no reference holds the step.
    """
    posting_reference = reference(header.store.store_code, header.step)
    document_type = header.company.document_types[header.step.kind]
    day = f"{header.placed_at.astimezone(ZoneInfo(header.zone)):%Y%m%d}"
    lines = tuple(_lines(draft, header))
    first_tax = 1 + len(draft.lines)
    parameters: dict[str, Any] = {
        "DOCUMENTHEADER": {
            "BUS_ACT": "RFBU",
            "USERNAME": "",
            "COMP_CODE": header.company.company_code,
            "DOC_DATE": day,
            "PSTNG_DATE": day,
            "DOC_TYPE": document_type,
            "REF_DOC_NO": posting_reference,
            "HEADER_TXT": f"{header.store.store_code} order {header.step.order}",
        },
        "CUSTOMERCPD": customer.fields,
        "ACCOUNTRECEIVABLE": [_receivable(lines[0], header)],
        "ACCOUNTGL": [_general(line, header, place, draft) for place, line in enumerate(lines[1:first_tax])],
        "ACCOUNTTAX": [_tax(line, code) for line, (code, _) in zip(lines[first_tax:], draft.codes, strict=True)],
        "CURRENCYAMOUNT": [_amount(line, header) for line in lines],
    }
    return Built(
        call=BapiCall(FUNCTION, parameters),
        reference=posting_reference,
        company_code=header.company.company_code,
        document_type=document_type,
        currency=header.currency,
        gross=lines[0].amount,
        lines=lines,
        decisions=(
            f"reading: {draft.reading}",
            *draft.rules,
            *customer.decisions,
            f"document and posting date {day}: the order's, in {header.zone}",
            f"mapping {header.mapping_version}, reference scheme {SCHEME_VERSION}",
        ),
        reading=draft.reading,
    )


def _lines(draft: Draft, header: Header) -> Iterator[DocumentLine]:
    places = header.places
    customer, gross = header.company.one_time_customer, from_minor(draft.gross, places)
    yield DocumentLine(1, "customer", customer, "", "", gross, None, f"Web order {header.step.order}")
    for item, line in enumerate(draft.lines, 2):
        amount = from_minor(-line.amount, places)
        text = shorten(clean(line.text), ITEM_TEXT)
        target = line.accounts
        yield DocumentLine(item, line.role, target.gl_account, target.cost_center, line.code, amount, None, text)
    for item, (code, tax) in enumerate(draft.codes, len(draft.lines) + 2):
        base = from_minor(-sum(line.amount for line in draft.lines if line.code == code.code), places)
        yield DocumentLine(item, "tax", "", "", code.code, from_minor(-tax, places), base, f"Tax {code.code}")


def _item(line: DocumentLine) -> str:
    return f"{line.item:010}"


def _receivable(line: DocumentLine, header: Header) -> Row:
    order, shared = str(header.step.order), allocation(header.store.store_code, header.step.order)
    # A key that does not fit is left out: a shortened order number would name another order.
    key = order if len(order) <= REF_KEY else ""
    return _filled(
        {
            "ITEMNO_ACC": _item(line),
            "CUSTOMER": pad(line.account, KEY),
            "REF_KEY_1": key,
            "PMNTTRMS": header.company.payment_terms,
            "PAYMT_REF": shared,
            "ALLOC_NMBR": shared,
            "ITEM_TEXT": line.text,
        }
    )


def _general(line: DocumentLine, header: Header, place: int, draft: Draft) -> Row:
    return _filled(
        {
            "ITEMNO_ACC": _item(line),
            "GL_ACCOUNT": pad(line.account, KEY),
            "ITEM_TEXT": line.text,
            "ALLOC_NMBR": allocation(header.store.store_code, header.step.order),
            "TAX_CODE": line.tax_code,
            "COSTCENTER": pad(line.cost_center, KEY),
            "PROFIT_CTR": pad(draft.lines[place].accounts.profit_center, KEY),
        }
    )


def _tax(line: DocumentLine, code: TaxCode) -> Row:
    return {
        "ITEMNO_ACC": _item(line),
        "COND_KEY": code.condition_key,
        "ACCT_KEY": code.account_key,
        "TAX_CODE": line.tax_code,
    }


def _amount(line: DocumentLine, header: Header) -> Row:
    row = {
        "ITEMNO_ACC": _item(line),
        "CURR_TYPE": DOCUMENT_CURRENCY,
        "CURRENCY": header.currency,
        "AMT_DOCCUR": spell(line.amount, header.places),
    }
    return row if line.base is None else row | {"AMT_BASE": spell(line.base, header.places)}


def _filled(row: Row) -> Row:
    return {name: value for name, value in row.items() if value}
