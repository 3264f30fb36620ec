"""A draft in SAP's form: the parameters of BAPI_ACC_DOCUMENT_POST, every text and key in its length."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from typing import Any, Final

from mlconnector_shared.bapi import BapiCall

from .currency import from_minor, spell
from .dates import Dates
from .draft import Draft, DraftLine, DraftTax
from .facts import StoreFacts
from .frozen import Frozen
from .mapping_file import CompanyCode
from .one_time_customer import OneTimeCustomer
from .reference import SCHEME_VERSION, StepId, allocation, reference
from .text import clean, pad, shorten
from .values import Built, DocumentLine

__all__ = ["FUNCTION", "Header", "Marks", "built_of"]

FUNCTION: Final = "BAPI_ACC_DOCUMENT_POST"
HEADER_TEXT: Final = 25
ITEM_TEXT: Final = 50
REF_KEY: Final = 12
KEY: Final = 10
"""Digits of account, customer, cost center and profit center."""

ORDER: Final = 12
"""Digits of an internal order."""

DOCUMENT_CURRENCY: Final = "00"

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Marks:
    """Fields of a document's rows beside those that every document has; an empty one takes a usual one away."""

    customer: Mapping[str, str] = field(default_factory=dict)
    general: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Header:
    """What a document needs beside its lines.

    Attributes:
        decisions: choices made before the lines were known.
        marks: further fields of its rows.
    """

    store: StoreFacts
    step: StepId
    company: CompanyCode
    mapping_version: str
    dates: Dates
    decisions: tuple[str, ...] = ()
    marks: Marks = field(default_factory=Marks)


def built_of(frozen: Frozen, draft: Draft, header: Header, customer: OneTimeCustomer) -> Built:
    """Write a document as a call.

    Args:
        frozen: what it is made of.
        draft: its lines.
        header: the rest.
        customer: the one-time customer's address.

    Raises:
        ReferenceTooLong: no reference holds the step.
    """
    posting_reference, dates = reference(header.store.store_code, header.step), header.dates
    lines = tuple(_lines(frozen, draft, header))
    first_tax = len(lines) - len(draft.taxes)
    owed, general = lines[: len(draft.customer)], lines[len(draft.customer) : first_tax]
    parameters: dict[str, Any] = {
        "DOCUMENTHEADER": _filled(
            {
                "BUS_ACT": "RFBU",
                "COMP_CODE": frozen.company_code,
                "DOC_DATE": dates.document,
                "PSTNG_DATE": dates.posting,
                "TRANS_DATE": dates.translation,
                "VATDATE": dates.tax,
                "DOC_TYPE": frozen.document_type,
                "REF_DOC_NO": posting_reference,
                "HEADER_TXT": _filled_in(frozen.terms.header_text, header, HEADER_TEXT),
            }
        )
        | {"USERNAME": ""},
        "ACCOUNTGL": [_general(line, header, drafted) for line, drafted in zip(general, draft.lines, strict=True)],
        "ACCOUNTTAX": [_tax(line, tax) for line, tax in zip(lines[first_tax:], draft.taxes, strict=True)],
        "CURRENCYAMOUNT": [_amount(line, frozen) for line in lines],
    }
    if owed:
        known = _filled({"VAT_REG_NO": customer.vat_id})
        receivables = [_receivable(line, header, frozen) | _blocks(frozen, owed) | known for line in owed]
        parameters |= {"CUSTOMERCPD": customer.fields, "ACCOUNTRECEIVABLE": receivables}
    return Built(
        call=BapiCall(FUNCTION, parameters),
        reference=posting_reference,
        company_code=frozen.company_code,
        document_type=frozen.document_type,
        currency=frozen.currency,
        gross=sum((line.amount for line in owed), Decimal(0)),
        lines=lines,
        decisions=(
            f"reading: {frozen.reading}",
            *header.decisions,
            *draft.rules,
            *customer.decisions,
            *dates.decisions,
            f"mapping {header.mapping_version}, reference scheme {SCHEME_VERSION}",
        ),
        reading=frozen.reading,
        facts=replace(
            frozen, posted=_unless(frozen.day, dates.posting), translated=_unless(frozen.day, dates.translation)
        ),
    )


def _unless(day: str, other: str) -> str:
    return "" if other == day else other


def _lines(frozen: Frozen, draft: Draft, header: Header) -> Iterator[DocumentLine]:
    places, items = frozen.places, count(1)
    for amount in draft.customer:
        text = _filled_in(frozen.terms.customer_text, header, ITEM_TEXT)
        yield DocumentLine(next(items), "customer", frozen.customer, "", "", from_minor(amount, places), None, text)
    for line in draft.lines:
        amount_ = from_minor(-line.amount, places)
        text = shorten(clean(line.text), ITEM_TEXT)
        target = line.accounts
        yield DocumentLine(
            next(items), line.role, target.gl_account, target.cost_center, line.tax_code, amount_, None, text
        )
    for one in draft.taxes:
        base = from_minor(-sum(line.amount for line in draft.lines if line.code == one.code.key), places)
        text = f"Tax {one.code.code} {one.authority}".rstrip()
        yield DocumentLine(next(items), "tax", "", "", one.code.code, from_minor(-one.tax, places), base, text)


def _item(line: DocumentLine) -> str:
    return f"{line.item:010}"


def _receivable(line: DocumentLine, header: Header, frozen: Frozen) -> Row:
    order, shared = str(header.step.order), allocation(header.store.store_code, header.step.order)
    # A key that does not fit is left out: a shortened order number would name another order.
    key = order if len(order) <= REF_KEY else ""
    return _filled(
        {
            "ITEMNO_ACC": _item(line),
            "CUSTOMER": pad(line.account, KEY),
            "REF_KEY_1": key,
            "PMNTTRMS": frozen.terms.payment_terms,
            "DUNN_AREA": frozen.terms.dunning_area,
            "PAYMT_REF": shared,
            "ALLOC_NMBR": shared,
            "ITEM_TEXT": line.text,
        }
        | dict(header.marks.customer)
    )


def _blocks(frozen: Frozen, owed: Sequence[DocumentLine]) -> Row:
    """Return the blocks of a customer's line; where nothing is left to pay there is nothing to block."""
    if len(owed) > 1:
        return {}
    return _filled({"DUNN_BLOCK": frozen.blocks.dunning, "PMNT_BLOCK": frozen.blocks.payment})


def _general(line: DocumentLine, header: Header, drafted: DraftLine) -> Row:
    return _filled(
        {
            "ITEMNO_ACC": _item(line),
            "GL_ACCOUNT": pad(line.account, KEY),
            "ITEM_TEXT": line.text,
            "ALLOC_NMBR": allocation(header.store.store_code, header.step.order),
            "TAX_CODE": line.tax_code,
            "TAXJURCODE": drafted.taxed.jurisdiction if drafted.taxed else "",
            "COSTCENTER": pad(line.cost_center, KEY),
            "PROFIT_CTR": pad(drafted.accounts.profit_center, KEY),
            "ORDERID": pad(drafted.accounts.internal_order, ORDER),
            "WBS_ELEMENT": drafted.accounts.wbs_element,
        }
        | dict(header.marks.general)
    )


def _tax(line: DocumentLine, tax: DraftTax) -> Row:
    return _filled(
        {
            "ITEMNO_ACC": _item(line),
            "COND_KEY": tax.condition_key,
            "ACCT_KEY": tax.account_key,
            "TAX_CODE": line.tax_code,
            "TAXJURCODE": tax.authority,
            "TAXJURCODE_DEEP": tax.code.jurisdiction,
            "TAXJURCODE_LEVEL": str(tax.level or ""),
        }
    )


def _amount(line: DocumentLine, frozen: Frozen) -> Row:
    row = {
        "ITEMNO_ACC": _item(line),
        "CURR_TYPE": DOCUMENT_CURRENCY,
        "CURRENCY": frozen.currency,
        "AMT_DOCCUR": spell(line.amount, frozen.places),
    }
    return row if line.base is None else row | {"AMT_BASE": spell(line.base, frozen.places)}


def _filled_in(form: str, header: Header, length: int) -> str:
    return shorten(clean(form.format(order=header.step.order, store=header.store.store_code)), length)


def _filled(row: Row) -> Row:
    return {name: value for name, value in row.items() if value}
