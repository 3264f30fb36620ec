"""A mapping as procedure documentation: every rule and option in force, in words a tax auditor can follow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

from ..bigcommerce.models import STATUSES
from .clearing import matching
from .mapping import Mapping as Rules
from .mapping_file import (
    DOCUMENT_RESULTS,
    AccountRule,
    AccountTarget,
    CompanyCode,
    DocumentRule,
    MappingFile,
    Statuses,
)
from .reference import LENGTH as REFERENCE_LENGTH
from .reference import SCHEME_VERSION, Kind
from .splitting import MOST_ITEMS
from .tax_rules import TaxRule

__all__ = ["procedure"]

PRINCIPLES: Final = """\
- A document is posted for each order of a status under `post`, or once its payment was taken or a refund recorded,
  unless a rule says what else makes the invoice owed;
  refunds and cancellations follow as documents of their own, computed from what was posted.
- The receivable is the order's total with tax as the store states it. Tax is the store's tax per tax code, brought to
  the order's total tax by largest remainder. Net is gross minus tax and is never rounded on its own.
- A document balances per currency and equals the store's totals to the smallest unit of the currency, or it is refused
  with its arithmetic. Differences go to an account only within `rounding_limit`.
- Each posting keeps the version of the mapping it was made with; a changed mapping never changes what was posted.
- A posting's identity is derived from store, order, kind and number; SAP is read before and after, so that nothing is
  posted twice. Every fetch, decision, call and answer is kept in a hash-chained audit trail."""
"""What holds whatever the mapping says; docs/explanation/postings.md tells it at length."""

LIMITS: Final = (
    (
        "items of one document",
        f"{MOST_ITEMS}, the customer's and the tax items counted; more become parts, all checked before one is posted",
    ),
    (
        "tax against the base and the rate of its code",
        "off by one smallest unit of the currency per line and one more; beyond it the order parks",
    ),
    ("tax of a code", "not above its base; the order is refused"),
    ("refunds, cancellations and edits", "never more than is left of what was posted, per line, tax code and order"),
    ("texts", "cut after the last whole word that SAP's field holds; keys and references are never cut"),
    ("reference of a document", f"{REFERENCE_LENGTH} characters by scheme {SCHEME_VERSION}, the same for ever"),
)
"""What no mapping changes."""

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
    yield from _heading("When an order is posted")
    yield from _statuses(file.status)
    for title, section in (
        ("What is not posted", file.skip),
        ("Marketplaces", file.marketplaces),
        ("Refunds", file.refunds),
        ("Cancellations", file.cancellations),
        ("Decisions of people", file.decisions),
        ("Payments", file.payments),
        ("Shipments", file.shipments),
        ("VAT ids of buyers", file.vat_ids),
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
        yield from _company(company)
    yield from _heading("Documents of some orders")
    yield from _table(("rule", "selects", "has"), list(_document_rows(file.documents)))
    yield from _heading("Accounts of product lines")
    yield from _table(("rule", "selects", *AccountTarget.model_fields), list(_account_rows(file.accounts)))
    yield from _taxes(file)
    yield from _heading("Clearing accounts of payments")
    yield from _table(
        ("rule", "selects", "account", "matching key"),
        [
            (f"clearing[{place}]", _selectors(rule, besides=CLEARING_RESULTS), rule.gl_account, matching(rule))
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
    yield from _heading("Limits that no mapping changes")
    yield from _table(("limit", "is"), LIMITS)
    yield from _heading("Currencies and regions that differ from the standard")
    yield from _table(
        ("currency", "decimals"), [(code, str(places)) for code, places in file.currency_decimals.items()]
    )
    yield from _table(
        ("country", "state in the store", "region in SAP"),
        [(country, state, region) for country, states in file.regions.items() for state, region in states.items()],
    )


def _statuses(status: Statuses) -> Iterator[str]:
    named = {place: f"{place} {name}" for place, name in enumerate(STATUSES)}
    waits = [place for place in named if place not in {*status.post, *status.never}]
    rows = [
        ("`post`", ", ".join(named[one] for one in status.post) or "-", "posted, unless a rule below waits for more"),
        ("`never`", ", ".join(named[one] for one in status.never) or "-", "never posted"),
        ("neither", ", ".join(named[one] for one in waits) or "-", "posted once money was taken or a refund recorded"),
    ]
    yield from _table(("list", "statuses of the store", "meaning"), rows)


def _company(company: CompanyCode) -> Iterator[str]:
    yield from _heading(f"Company code {company.company_code}")
    yield from _options(company, besides=(*TARGETS, "document_types"))
    yield ""
    types = [(kind.value, company.document_type(kind)) for kind in Kind]
    yield from _table(("posting", "document type"), types)
    accounts = [(name, getattr(company, name)) for name in TARGETS if getattr(company, name) is not None]
    if accounts:
        yield ""
        yield from _table(("for", *AccountTarget.model_fields), [(name, *_target(one)) for name, one in accounts])


def _taxes(file: MappingFile) -> Iterator[str]:
    yield from _heading("Tax codes")
    yield from _table(
        ("tax code", "rate", "condition", "account key"),
        [(code, _said(one.rate), one.condition_key, one.account_key) for code, one in file.tax_codes.items()],
    )
    yield ""
    yield from _table(
        ("rule", "selects", "tax code", "reason", "liability account or jurisdiction"), list(_tax_rows(file.taxes))
    )
    yield ""
    yield from _table(
        ("jurisdiction", "level", "authority", "rate", "condition", "account key"),
        [
            (code, str(place), one.jurisdiction, _said(one.rate), one.condition_key, one.account_key)
            for code, where in file.jurisdictions.items()
            for place, one in enumerate(where.levels, 1)
        ],
    )


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
        results = {name: getattr(rule, name) for name in DOCUMENT_RESULTS}
        said = "; ".join(f"{name} {_said(value)}" for name, value in results.items() if value not in (None, {}))
        yield (f"documents[{place}]", _selectors(rule, besides=results), said)


def _account_rows(rules: Sequence[AccountRule]) -> Iterator[Sequence[str]]:
    for place, rule in enumerate(rules):
        yield (f"accounts[{place}]", _selectors(rule, besides=AccountTarget.model_fields), *_target(rule))


def _tax_rows(rules: Sequence[TaxRule]) -> Iterator[Sequence[str]]:
    results = dict.fromkeys(("tax_code", "reason", "liability_account", "jurisdiction"))
    for place, rule in enumerate(rules):
        selects = _selectors(rule, besides=results)
        stands = rule.liability_account or rule.jurisdiction or ""
        yield (f"taxes[{place}]", selects, rule.tax_code, rule.reason or "", stands)


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
