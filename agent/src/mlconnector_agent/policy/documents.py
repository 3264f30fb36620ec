"""Limits on a document: parameters and fields by name, lengths, and the amounts, dates, accounts and codes in it."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from .fields import CUSTOMER, HEADER, PARAMETERS, REQUIRED, STRUCTURES, Field, fault_of
from .limits import Denial, Policy

__all__ = ["judge_document", "judge_fields", "judge_posting_date", "judge_reference"]

_MAX_ROWS: Final = 999
"""A FI document has at most 999 lines."""

_ACCOUNTING: Final = "RFBU"
"""The business transaction of FI; another one would pass the document off as a logistics or asset posting."""

_CHARACTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
_CODE_WIDTH: Final = 2
_ACCOUNT_WIDTH: Final = 10

Row = Mapping[str, Any]


def judge_document(parameters: Mapping[str, Any], policy: Policy, today: date) -> Denial | None:
    """Return why this document may not be posted, or None."""
    denial = _shape(parameters)
    if denial is not None:
        return denial
    return next(filter(None, _content(parameters, policy, today)), None)


def _shape(parameters: Mapping[str, Any]) -> Denial | None:
    """Names, types and lengths; after it the content can be read without further checks."""
    for name in REQUIRED:
        if not parameters.get(name):
            return Denial("parameter", f"{name} is missing; every document has it")
    return next(filter(None, (_parameter(name, value) for name, value in parameters.items())), None)


def _parameter(name: str, value: Any) -> Denial | None:
    if name not in PARAMETERS:
        return Denial("parameter", f"{name[:30]!r} may not be sent; permitted are {', '.join(PARAMETERS)}")
    rows = [value] if name in STRUCTURES else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return Denial("value", f"{name} is not a {'structure' if name in STRUCTURES else 'table of rows'}")
    if len(rows) > _MAX_ROWS:
        return Denial("value", f"{name} has {len(rows)} rows; a document has at most {_MAX_ROWS} lines")
    return next(
        filter(None, (judge_fields(name, number, row, PARAMETERS[name]) for number, row in enumerate(rows, 1))), None
    )


def judge_fields(name: str, number: int, row: Row, fields: Mapping[str, Field]) -> Denial | None:
    """Return which field of a row may not be sent or does not fit, or None."""
    for field, content in row.items():
        known = fields.get(field)
        if known is None:
            return Denial("field", f"{name} row {number}: field {str(field)[:30]!r} may not be sent")
        fault = fault_of(known, content)
        if fault is not None:
            return Denial(fault[0], f"{name}-{field} in row {number} {fault[1]}")
    return None


def _content(parameters: Mapping[str, Any], policy: Policy, today: date) -> Iterator[Denial | None]:
    header: Row = parameters[HEADER]
    yield _one_of("company_code", "COMP_CODE", header, policy.company_codes)
    yield _one_of("document_type", "DOC_TYPE", header, policy.document_types)
    if not parameters.get(CUSTOMER) and header.get("DOC_TYPE") not in policy.transfer_types:
        yield Denial("parameter", f"{CUSTOMER} is missing; only a document of the policy's transfer_types has none")
    if header.get("BUS_ACT") != _ACCOUNTING:
        yield Denial("value", f"DOCUMENTHEADER-BUS_ACT must be {_ACCOUNTING}: a document of accounting itself")
    if header.get("USERNAME"):
        yield Denial("username", "DOCUMENTHEADER-USERNAME must be empty; the agent fills in its own SAP user")
    yield judge_reference("REF_DOC_NO", header.get("REF_DOC_NO", ""), policy)
    yield judge_posting_date(header.get("PSTNG_DATE", ""), policy, today)
    yield _amounts(parameters["CURRENCYAMOUNT"], policy)
    for name in ("ACCOUNTGL", "ACCOUNTTAX"):
        yield _accounts(name, parameters.get(name, []), policy)


def _one_of(rule: str, field: str, header: Row, permitted: frozenset[str]) -> Denial | None:
    if header.get(field) in permitted:
        return None
    return Denial(rule, f"{field} {header.get(field, '')!r} is not named in the policy")


def judge_reference(name: str, reference: str, policy: Policy) -> Denial | None:
    """Return why a document's reference, given under this name, is none of ours, or None."""
    if not set(reference) <= _CHARACTERS:
        return Denial("reference", f"{name} holds other characters than A-Z, 0-9 and hyphen")
    # One-character codes are followed by a hyphen, so that no code can look like the beginning of another.
    if len(reference) <= _CODE_WIDTH or reference[:_CODE_WIDTH].removesuffix("-") not in policy.store_codes:
        return Denial("reference", f"{name} {reference[:20]!r} does not begin with one of the policy's store_codes")
    return None


def judge_posting_date(text: str, policy: Policy, today: date) -> Denial | None:
    """Return why nothing may be posted at this date, or None."""
    try:
        posting = date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    except ValueError:
        return Denial("posting_date", f"PSTNG_DATE {text!r} is no date")
    earliest, latest = today - timedelta(days=policy.days_back), today + timedelta(days=policy.days_ahead)
    if earliest <= posting <= latest:
        return None
    return Denial("posting_date", f"PSTNG_DATE {posting} is outside the policy's window from {earliest} to {latest}")


def _amounts(rows: list[Row], policy: Policy) -> Denial | None:
    currencies = {str(row.get("CURRENCY", "")) for row in rows}
    if any(row.get("CURR_TYPE") != "00" for row in rows):
        return Denial("currency", "CURRENCYAMOUNT holds other amounts than document currency (CURR_TYPE 00)")
    if len(currencies) != 1 or any(row.get("CURRENCY_ISO", "") not in {"", *currencies} for row in rows):
        return Denial("currency", f"a document has one currency; this one has {', '.join(sorted(currencies))}")
    (currency,) = currencies
    limit = policy.max_amount.get(currency)
    if limit is None:
        return Denial("currency", f"{currency!r} is not named in the policy")
    if any("AMT_DOCCUR" not in row for row in rows):
        return Denial("value", "a row of CURRENCYAMOUNT has no AMT_DOCCUR")
    amounts = [Decimal(row["AMT_DOCCUR"]) for row in rows]
    debits, credited = sum(a for a in amounts if a > 0), -sum(a for a in amounts if a < 0)
    if debits != credited:
        return Denial("balance", f"debits of {debits} {currency} and credits of {credited} {currency} differ")
    if debits > limit:
        return Denial("amount", f"gross debits of {debits} {currency} exceed the policy's {limit} a document")
    return None


def _accounts(name: str, rows: list[Row], policy: Policy) -> Denial | None:
    if policy.accounts is None:
        return None
    for number, row in enumerate(rows, 1):
        account = str(row.get("GL_ACCOUNT", ""))
        if name == "ACCOUNTTAX" and not account:
            continue  # SAP determines it from the tax code
        padded = account.rjust(_ACCOUNT_WIDTH, "0") if account.isdigit() else account
        if not any(padded in permitted for permitted in policy.accounts):
            return Denial("account", f"{name} row {number}: G/L account {account!r} is outside the policy's accounts")
    return None
