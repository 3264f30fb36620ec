"""A mapping as procedure documentation: every rule and option in force, in words a tax auditor can follow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from .mapping import Mapping as Rules
from .mapping_check import DOCUMENT_SELECTORS
from .mapping_file import AccountRule, AccountTarget, Clearing, CompanyCode, DocumentRule, TaxRule

__all__ = ["procedure"]

PRINCIPLES: Final = """\
- A document is posted for each order of a status under `post`, or once its payment was taken or a refund recorded;
  refunds and cancellations follow as documents of their own, computed from what was posted.
- The receivable is the order's total with tax as the store states it. Tax is the store's tax per tax code, brought to
  the order's total tax by largest remainder. Net is gross minus tax and is never rounded on its own.
- A document balances per currency and equals the store's totals to the smallest unit of the currency, or it is refused
  with its arithmetic. Differences go to an account only within `rounding_limit`.
- Each posting keeps the version of the mapping it was made with; a changed mapping never changes what was posted.
- A posting's identity is derived from store, order, kind and number; SAP is read before and after, so that nothing is
  posted twice. Every fetch, decision, call and answer is kept in a hash-chained audit trail."""
"""What holds whatever the mapping says; docs/explanation/postings.md tells it at length."""

TARGETS: Final = tuple(
    name for name, field in CompanyCode.model_fields.items() if "AccountTarget" in str(field.annotation)
)
"""The accounts of a company code by role."""


CLEARING_RESULTS: Final = dict.fromkeys(
    ("gl_account", "match_field", "match_rule", "match_separator", "match_length"), None
)


def procedure(rules: Rules) -> Iterator[str]:
    """Write a mapping as Markdown, line by line."""
    file = rules.file
    yield "## Principles"
    yield ""
    yield from PRINCIPLES.splitlines()
    for title, section in (
        ("When an order is posted", file.status),
        ("What is not posted", file.skip),
        ("Marketplaces", file.marketplaces),
        ("Refunds", file.refunds),
        ("Cancellations", file.cancellations),
        ("Decisions of people", file.decisions),
        ("Payments", file.payments),
        ("Shipments", file.shipments),
    ):
        yield from _heading(title)
        yield from _options(section)
    yield from _heading("What makes some invoices owed")
    yield from _table(
        ("rule", "selects", "invoice on"),
        [
            (f"triggers[{place}]", _selectors(rule, besides={"invoice_on": None}), rule.invoice_on)
            for place, rule in enumerate(file.triggers)
        ],
    )
    yield from _heading("Orders of companies")
    yield from _options(file.companies)
    yield ""
    yield from _options(file.companies.purchase_order)
    for company in file.company_codes:
        yield from _heading(f"Company code {company.company_code}")
        yield from _options(company, besides=TARGETS)
        accounts = [(name, getattr(company, name)) for name in TARGETS if getattr(company, name) is not None]
        if accounts:
            yield ""
            yield from _table(("for", *AccountTarget.model_fields), [(name, *_target(one)) for name, one in accounts])
    yield from _heading("Documents of some orders")
    yield from _table(("rule", "selects", "has"), list(_document_rows(file.documents)))
    yield from _heading("Accounts of product lines")
    yield from _table(("rule", "selects", *AccountTarget.model_fields), list(_account_rows(file.accounts)))
    yield from _heading("Tax codes")
    yield from _table(
        ("tax code", "rate", "condition", "account key"),
        [(code, _said(one.rate), one.condition_key, one.account_key) for code, one in file.tax_codes.items()],
    )
    yield ""
    yield from _table(("rule", "selects", "tax code", "reason", "liability account"), list(_tax_rows(file.taxes)))
    yield from _heading("Clearing accounts of payments")
    yield from _table(
        ("rule", "selects", "account", "matching key"),
        [
            (f"clearing[{place}]", _selectors(rule, besides=CLEARING_RESULTS), rule.gl_account, _matched(rule))
            for place, rule in enumerate(file.clearing)
        ],
    )
    yield from _heading("Close calendar")
    yield from _table(
        ("from", "until", "company codes", "reason"),
        [
            (one.hold_from.isoformat(" "), one.hold_until.isoformat(" "), _said(one.company_codes), one.reason)
            for one in file.close_calendar
        ],
    )
    yield from _heading("Currencies and regions that differ from the standard")
    yield from _table(
        ("currency", "decimals"), [(code, str(places)) for code, places in file.currency_decimals.items()]
    )
    yield from _table(
        ("country", "state in the store", "region in SAP"),
        [(country, state, region) for country, states in file.regions.items() for state, region in states.items()],
    )


def _matched(rule: Clearing) -> str:
    how = {"before": f"what stands before {rule.match_separator!r}", "last": "its end", "hash": "its hash"}
    length = f", {rule.match_length} characters" if rule.match_length else ""
    return f"{rule.match_field}: {how.get(rule.match_rule, 'the whole id')}{length}"


def _heading(title: str) -> Iterator[str]:
    yield from ("", f"## {title}", "")


def _options(section: BaseModel, besides: Sequence[str] = ()) -> Iterator[str]:
    rows = [
        (f"`{name}`", _said(getattr(section, name)), field.description or "")
        for name, field in type(section).model_fields.items()
        if name not in besides
    ]
    yield from _table(("option", "is", "meaning"), rows)


def _document_rows(rules: Sequence[DocumentRule]) -> Iterator[Sequence[str]]:
    for place, rule in enumerate(rules):
        names = [name for name in type(rule).model_fields if name in CompanyCode.model_fields and name != "priority"]
        results = {name: getattr(rule, name) for name in names if name not in DOCUMENT_SELECTORS}
        said = "; ".join(f"{name} {_said(value)}" for name, value in results.items() if value not in (None, {}))
        yield (f"documents[{place}]", _selectors(rule, besides=results), said)


def _account_rows(rules: Sequence[AccountRule]) -> Iterator[Sequence[str]]:
    for place, rule in enumerate(rules):
        yield (f"accounts[{place}]", _selectors(rule, besides=AccountTarget.model_fields), *_target(rule))


def _tax_rows(rules: Sequence[TaxRule]) -> Iterator[Sequence[str]]:
    results = {"tax_code": None, "reason": None, "liability_account": None}
    for place, rule in enumerate(rules):
        selects = _selectors(rule, besides=results)
        yield (f"taxes[{place}]", selects, rule.tax_code, rule.reason or "", rule.liability_account or "")


def _selectors(rule: BaseModel, besides: Mapping[str, Any]) -> str:
    chosen = {name: getattr(rule, name) for name in type(rule).model_fields if name not in besides}
    said = [f"{name} {_said(value)}" for name, value in chosen.items() if value not in ((), None, 0) or name == "rate"]
    return "; ".join(one for one in said if one != "rate -") or "everything else"


def _target(target: AccountTarget) -> tuple[str, ...]:
    return tuple(_said(getattr(target, name)) for name in AccountTarget.model_fields)


def _said(value: Any) -> str:
    if value is None or value in ((), "", {}):
        return "-"
    if isinstance(value, BaseModel):
        return "below"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return str(value)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |"
