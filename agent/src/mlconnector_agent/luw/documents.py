"""What a posting call says the document will be, and what a document found in SAP is; pure.

A hit counts as ours only if type, dates, currency, customers and amounts are those of the call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from mlconnector_shared.bapi import BapiCall, content_digest

__all__ = [
    "POST_FUNCTION",
    "Expectation",
    "Found",
    "Unfit",
    "difference",
    "expect",
    "object_key_parts",
    "with_user",
]

POST_FUNCTION: Final = "BAPI_ACC_DOCUMENT_POST"
_DOCUMENT_CURRENCY: Final = {"00", "", "0"}


class Unfit(ValueError):
    """The call is not a posting that could be recognised again."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the document of a call will look like in SAP.

    Attributes:
        amounts: signed sum of the receivable lines by customer; empty for a document without customers.
    """

    digest: str
    company_code: str
    document_type: str
    reference: str
    document_date: str
    posting_date: str
    currency: str
    amounts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Found:
    """A document header as BKPF shows it.

    Attributes:
        reversed_by: number of the document that reversed it, or that it reversed.
        reversed_in: that one's fiscal year.
    """

    company_code: str
    number: str
    fiscal_year: str
    document_type: str
    document_date: str
    posting_date: str
    currency: str
    user: str
    reversed_by: str
    reversed_in: str
    reference: str

    @property
    def object_key(self) -> str:
        """Return number, company code and fiscal year as SAP's OBJ_KEY."""
        return f"{self.number}{self.company_code}{self.fiscal_year}"


def object_key_parts(object_key: str) -> tuple[str, str, str]:
    """Split an OBJ_KEY into number, company code and fiscal year.

    Raises:
        Unfit: it has not 18 characters.
    """
    if len(object_key) != len("012345678910002025"):
        raise Unfit(f"object key {object_key!r} is not number, company code and fiscal year")
    return object_key[:10], object_key[10:14].rstrip(), object_key[14:]


def expect(call: BapiCall) -> Expectation:
    """Read from a posting call what its document will look like.

    Raises:
        Unfit: another function module, or a field without which the document could not be recognised is missing.
    """
    if call.function != POST_FUNCTION:
        raise Unfit(f"this agent posts with {POST_FUNCTION} only, not with {call.function}")
    try:
        header = call.parameters["DOCUMENTHEADER"]
        expectation = Expectation(
            digest=content_digest(call),
            company_code=_needed(header, "COMP_CODE"),
            document_type=_needed(header, "DOC_TYPE"),
            reference=_needed(header, "REF_DOC_NO"),
            document_date=_needed(header, "DOC_DATE"),
            posting_date=_needed(header, "PSTNG_DATE"),
            currency=_currency(call.parameters),
            amounts=_amounts(call.parameters),
        )
    except (KeyError, TypeError, AttributeError, InvalidOperation) as error:
        raise Unfit(f"the call lacks what a document is recognised by: {error!r}") from error
    return expectation


def with_user(call: BapiCall, user: str) -> dict[str, Any]:
    """Return the parameters of a posting or its check with the session's SAP user, which SAP demands in the header."""
    header = call.parameters.get("DOCUMENTHEADER")
    if not isinstance(header, dict):
        return call.parameters
    return {**call.parameters, "DOCUMENTHEADER": {**header, "USERNAME": user}}


def difference(expected: Expectation, found: Found, amounts: Mapping[str, Decimal]) -> str:
    """Say in which fact a found document is not the expected one; empty where it is the same."""
    facts = (
        ("reference", expected.reference, found.reference),
        ("company code", expected.company_code, found.company_code),
        ("document type", expected.document_type, found.document_type),
        ("document date", expected.document_date, found.document_date),
        ("posting date", expected.posting_date, found.posting_date),
        ("currency", expected.currency, found.currency),
        ("reversed by", "", found.reversed_by),
    )
    for name, ours, theirs in facts:
        if ours != theirs:
            return f"{name} is {theirs or 'empty'} instead of {ours or 'empty'}"
    for customer, amount in expected.amounts.items():
        if amounts.get(customer, Decimal(0)) != amount:
            return f"customer {customer} has {amounts.get(customer, Decimal(0))} instead of {amount}"
    return ""


def _needed(header: Mapping[str, Any], name: str) -> str:
    value = str(header[name]).strip()
    if not value:
        raise Unfit(f"DOCUMENTHEADER-{name} is empty")
    return value


def _document_rows(parameters: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [row for row in parameters["CURRENCYAMOUNT"] if str(row.get("CURR_TYPE", "")) in _DOCUMENT_CURRENCY]


def _currency(parameters: Mapping[str, Any]) -> str:
    currencies = {str(row["CURRENCY"]).strip() for row in _document_rows(parameters)}
    if len(currencies) != 1:
        raise Unfit(f"the document has {len(currencies)} document currencies; it must have one")
    return currencies.pop()


def _amounts(parameters: Mapping[str, Any]) -> Mapping[str, Decimal]:
    by_item = {str(row["ITEMNO_ACC"]).zfill(10): Decimal(str(row["AMT_DOCCUR"])) for row in _document_rows(parameters)}
    amounts: dict[str, Decimal] = {}
    for row in parameters.get("ACCOUNTRECEIVABLE") or []:
        customer = str(row["CUSTOMER"]).strip()
        customer = customer.zfill(10) if customer.isdecimal() else customer
        amounts[customer] = amounts.get(customer, Decimal(0)) + by_item[str(row["ITEMNO_ACC"]).zfill(10)]
    return amounts
