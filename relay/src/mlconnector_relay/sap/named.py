"""Everything of SAP's that a mapping file names: per company code, as SAP stores it, and where the file says it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from .company_rules import Companies
from .mapping_file import AccountTarget, CompanyCode, DocumentRule, MappingFile, Shipments, targets_of
from .reference import Kind
from .tax_rules import TaxRule
from .text import pad
from .toml_lines import Location

__all__ = ["KINDS", "Named", "NamedKind", "named_in"]

NamedKind = Literal[
    "gl_account",
    "cost_center",
    "profit_center",
    "internal_order",
    "wbs_element",
    "tax_code",
    "jurisdiction",
    "one_time_customer",
    "customer",
    "payment_terms",
    "payment_block",
    "dunning_block",
    "dunning_area",
    "reversal_reason",
    "document_type",
    "transfer_type",
]

KINDS: Final[dict[NamedKind, tuple[str, str]]] = {
    "gl_account": ("G/L account", "G/L accounts"),
    "cost_center": ("cost center", "cost centers"),
    "profit_center": ("profit center", "profit centers"),
    "internal_order": ("internal order", "internal orders"),
    "wbs_element": ("WBS element", "WBS elements"),
    "tax_code": ("tax code", "tax codes"),
    "one_time_customer": ("one-time customer", "one-time customers"),
    "customer": ("debtor of one's own", "debtors of one's own"),
    "payment_terms": ("terms of payment", "terms of payment"),
    "payment_block": ("payment block", "payment blocks"),
    "dunning_block": ("dunning block", "dunning blocks"),
    "dunning_area": ("dunning area", "dunning areas"),
    "reversal_reason": ("reversal reason", "reversal reasons"),
    "document_type": ("document type", "document types"),
    "transfer_type": ("document type of revenue", "document types of revenue"),
}
"""What people call one of each kind, and several."""

TRANSFERS: Final = frozenset({Kind.SHIPMENT, Kind.COMPLETION})
"""Documents of deferred revenue: G/L lines alone, so that their type need not permit customers."""

KEY: Final = 10
ORDER: Final = 12

CARRIED: Final[tuple[NamedKind, ...]] = ("payment_terms", "payment_block", "dunning_block", "dunning_area")
"""What a customer's line carries, as SAP's customizing names it."""

TAXED: Final = frozenset({"freight", "handling", "wrapping", "fee", "discount", "restocked", "not_restocked"})
"""Accounts of a company code that are posted with the tax code of what they are for; product lines are, too."""

UNTAXED: Final = frozenset({"gift_certificate", "store_credit", "goodwill", "rounding"})
"""Accounts of a company code that are posted without a tax code."""


@dataclass(frozen=True, slots=True)
class Named:
    """Something of SAP's that a mapping names.

    Attributes:
        value: as SAP stores it, digits padded.
        company_code: where it is posted.
        loc: where the file says it.
        taxed: of an account, whether it is posted with a tax code; `None` where either may be.
        objects: of an account, the kinds of CO objects it is posted with.
        cost_center: of an account, the cost center it is posted with, as SAP stores it.
    """

    kind: NamedKind
    value: str
    company_code: str
    loc: Location
    taxed: bool | None = None
    objects: tuple[str, ...] = ()
    cost_center: str = ""


def named_in(file: MappingFile) -> Iterator[Named]:
    """Yield everything a mapping names, once for each company code it may be posted in."""
    codes = tuple(dict.fromkeys(company.company_code for company in file.company_codes))
    for place, company in enumerate(file.company_codes):
        yield from _of_company(("company_codes", place), company, payments=file.payments.post)
    for place, one in enumerate(file.documents):
        for code in one.company_codes or codes:
            yield from _of_document(("documents", place), code, one)
    yield from _of_terms(file.companies, codes)
    yield from _of_shipments(file.shipments, codes)
    for loc, target in targets_of(file):
        yield from _of_targets(file, codes, loc, target)
    for place, clearing in enumerate(file.clearing):
        account = pad(clearing.gl_account, KEY)
        for code in clearing.company_codes or codes:
            yield Named("gl_account", account, code, ("clearing", place, "gl_account"), taxed=False)
    for place, rule in enumerate(file.taxes):
        for code in rule.company_codes or codes:
            yield from _of_tax(("taxes", place), code, rule, file)


def _of_tax(loc: Location, code: str, rule: TaxRule, file: MappingFile) -> Iterator[Named]:
    yield Named("tax_code", rule.tax_code, code, (*loc, "tax_code"))
    if rule.liability_account:
        account = pad(rule.liability_account, KEY)
        yield Named("gl_account", account, code, (*loc, "liability_account"), taxed=False)
    if rule.jurisdiction:
        yield Named("jurisdiction", rule.jurisdiction, code, (*loc, "jurisdiction"))
        for place, one in enumerate(file.jurisdictions[rule.jurisdiction].levels):
            at: Location = ("jurisdictions", rule.jurisdiction, "levels", place, "jurisdiction")
            yield Named("jurisdiction", one.jurisdiction, code, at)


def _of_shipments(shipments: Shipments, codes: Sequence[str]) -> Iterator[Named]:
    for code in codes:
        if shipments.payment_block:
            yield Named("payment_block", shipments.payment_block, code, ("shipments", "payment_block"))
        if shipments.dunning_block:
            yield Named("dunning_block", shipments.dunning_block, code, ("shipments", "dunning_block"))


def _of_customer(loc: Location, code: str, said: CompanyCode | DocumentRule) -> Iterator[Named]:
    if said.one_time_customer:
        yield Named("one_time_customer", pad(said.one_time_customer, KEY), code, (*loc, "one_time_customer"))
    if said.customer:
        yield Named("customer", pad(said.customer, KEY), code, (*loc, "customer"))
    for kind in CARRIED:
        if value := getattr(said, kind):
            yield Named(kind, value, code, (*loc, kind))


def _of_terms(rules: Companies, codes: Sequence[str]) -> Iterator[Named]:
    for days, terms in rules.terms.items():
        for code in codes:
            yield Named("payment_terms", terms, code, ("companies", "terms", str(days)))


def _of_document(loc: Location, code: str, rule: DocumentRule) -> Iterator[Named]:
    yield from _of_customer(loc, code, rule)
    for kind, document_type in rule.document_types.items():
        yield _of_type(loc, code, kind, document_type)


def _of_type(loc: Location, code: str, kind: Kind, document_type: str) -> Named:
    named: NamedKind = "transfer_type" if kind in TRANSFERS else "document_type"
    return Named(named, document_type, code, (*loc, "document_types"))


def _of_company(loc: Location, company: CompanyCode, *, payments: bool) -> Iterator[Named]:
    code = company.company_code
    yield from _of_customer(loc, code, company)
    yield from _of_reversals(loc, company)
    # What every order may come to, what this mapping posts besides, and what it names.
    kinds = set(Kind) - TRANSFERS - {Kind.PAYMENT} | set(company.document_types)
    if payments or company.tenders == "own_document":
        kinds.add(Kind.PAYMENT)
    if company.revenue == "deferred":
        kinds |= TRANSFERS
    for kind in sorted(kinds):
        yield _of_type(loc, code, kind, company.document_type(kind))


def _of_reversals(loc: Location, company: CompanyCode) -> Iterator[Named]:
    if company.on_cancel != "reversal":
        return
    for name in ("reversal_reason_same_period", "reversal_reason_other_period"):
        if reason := getattr(company, name):
            yield Named("reversal_reason", reason, company.company_code, (*loc, name))


def _of_targets(file: MappingFile, codes: Sequence[str], loc: Location, target: AccountTarget) -> Iterator[Named]:
    if loc[0] == "accounts":
        for code in file.accounts[int(loc[1])].company_codes or codes:
            yield from _of_target(code, loc, target, taxed=True)
        return
    role = str(loc[-1])
    taxed = True if role in TAXED else False if role in UNTAXED else None
    yield from _of_target(file.company_codes[int(loc[1])].company_code, loc, target, taxed=taxed)


def _of_target(code: str, loc: Location, target: AccountTarget, *, taxed: bool | None) -> Iterator[Named]:
    values = {
        "cost_center": pad(target.cost_center, KEY),
        "profit_center": pad(target.profit_center, KEY),
        "internal_order": pad(target.internal_order, ORDER),
        "wbs_element": target.wbs_element,
    }
    objects = tuple(kind for kind in ("cost_center", "internal_order", "wbs_element") if values[kind])
    account = pad(target.gl_account, KEY)
    yield Named("gl_account", account, code, (*loc, "gl_account"), taxed, objects, values["cost_center"])
    kinds: tuple[NamedKind, ...] = ("cost_center", "profit_center", "internal_order", "wbs_element")
    for kind in kinds:
        if values[kind]:
            yield Named(kind, values[kind], code, (*loc, kind))
