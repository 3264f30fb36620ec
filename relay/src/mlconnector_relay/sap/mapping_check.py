"""Reading a mapping file: every error in it at once, each with its line, its key and what is expected."""

import tomllib
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.words import how_many
from pydantic import ValidationError

from ..bigcommerce.models import STATUSES
from .company_rules import PurchaseOrders
from .mapping_file import ChangedField, Clearing, CompanyCode, Hold, MappingFile, Statuses, targets_of
from .reference import Kind
from .tax_rules import TaxRule
from .toml_lines import Location, line_of, spell_path
from .trigger import TRIGGER_SELECTORS

__all__ = ["MappingInvalid", "contradictions", "read_mapping_file"]

ACCOUNT_SELECTORS: Final = (
    "skus",
    "categories",
    "segments",
    "customer_groups",
    "brands",
    "product_types",
    "channels",
    "countries",
    "regions",
    "payment_methods",
    "shipping_methods",
    "company_codes",
)
"""In the order of their weight."""

DOCUMENT_SELECTORS: Final = (
    "companies",
    "segments",
    "customer_groups",
    "channels",
    "order_sources",
    "countries",
    "regions",
    "payment_methods",
    "company_codes",
)
"""In the order of their weight."""

CHANGED_AS: Final[dict[str, ChangedField]] = {
    "reference_key_2": "XREF2",
    "reference_key_3": "XREF3",
    "assignment": "ZUONR",
    "text": "SGTXT",
}
"""What a shipment may change, by the names of the fields that a purchase order number may stand in."""

TAX_SELECTORS: Final = (
    "countries",
    "regions",
    "rate",
    "tax_classes",
    "vat_id_countries",
    "tax_exempt_categories",
    "customer_groups",
    "product_types",
    "providers",
    "company_codes",
)
"""In the order of their weight."""

MOST_PLACES: Final = 20
"""Before or after the decimal point; no amount of SAP and no rate has as many."""


class MappingInvalid(ConnectorError):
    """A mapping file does not fit; carries every error at once."""

    def __init__(self, source: str, errors: tuple[str, ...]) -> None:
        super().__init__(f"{source}: {how_many(len(errors), 'error')}\n" + "\n".join(f"  {error}" for error in errors))
        self.errors = errors


def read_mapping_file(text: str, source_name: str) -> MappingFile:
    """Read and check a mapping file.

    Raises:
        MappingInvalid: with every error found.
    """
    try:
        file = _parsed(text, source_name)
    except RecursionError as error:
        raise MappingInvalid(source_name, (f"{source_name}: no mapping: values stand too deep in others",)) from error
    problems = tuple(f"{source_name}: {_sentence(text, loc, sentence)}" for loc, sentence in contradictions(file))
    if problems:
        raise MappingInvalid(source_name, problems)
    return file


def _parsed(text: str, source_name: str) -> MappingFile:
    try:
        data = tomllib.loads(text, parse_float=_number)
    except ValueError as error:  # integers of thousands of digits, too
        raise MappingInvalid(source_name, (f"{source_name}: no TOML: {error}",)) from error
    try:
        return MappingFile.model_validate(data)
    except ValidationError as error:
        errors = [_sentence(text, item["loc"], item["msg"], item) for item in error.errors()]
        raise MappingInvalid(source_name, tuple(f"{source_name}: {sentence}" for sentence in errors)) from error


def _number(digits: str) -> Decimal:
    """Read a number that is one of people's: written out, 1e99999999 alone would fill the memory.

    Raises:
        ValueError: it is greater or smaller than any amount or rate.
    """
    try:
        number = Decimal(digits)
    except ArithmeticError as error:
        raise ValueError(f"{digits:.40} is no number that can be counted with") from error
    if number.is_finite() and abs(number.adjusted()) > MOST_PLACES:
        raise ValueError(f"{digits:.40} is no number that can be counted with")
    return number


def contradictions(file: MappingFile) -> Iterator[tuple[Location, str]]:
    """Yield what does not fit together in a file whose values are each right, with where it stands."""
    yield from _statuses(file.status)
    if not file.company_codes:
        yield ("company_codes",), "expected at least one [[company_codes]]: nothing could be posted"
    for place, company in enumerate(file.company_codes):
        yield from _company(("company_codes", place), company)
    known = {company.company_code for company in file.company_codes}
    for loc, target in targets_of(file):
        if target.internal_order and target.wbs_element:
            yield (*loc, "wbs_element"), "stands beside internal_order; SAP takes one of them"
    yield from _rules(file, known)
    yield from _payments_and_holds(file, known)
    yield from _purchase_orders(file)
    for place, tax in enumerate(file.taxes):
        yield from _tax(("taxes", place), tax, file)
    yield from _ties("clearing", file.clearing, ("gateways", "currencies", "company_codes"))
    yield from _ties("company_codes", file.company_codes, ("stores", "channels", "currencies"))
    yield from _ties("triggers", file.triggers, TRIGGER_SELECTORS)
    yield from _ties("documents", file.documents, DOCUMENT_SELECTORS)
    yield from _ties("accounts", file.accounts, ACCOUNT_SELECTORS)
    yield from _ties("taxes", file.taxes, TAX_SELECTORS)


def _rules(file: MappingFile, known: set[str]) -> Iterator[tuple[Location, str]]:
    for section in ("documents", "accounts", "taxes"):
        for place, rule in enumerate(getattr(file, section)):
            if rule.regions and not rule.countries:
                yield (section, place, "regions"), "expected countries beside regions"
            for code in sorted(set(rule.company_codes) - known):
                yield (section, place, "company_codes"), f"{code} is no company code of this file"
    for place, one in enumerate(file.documents):
        if one.customer and one.one_time_customer:
            yield ("documents", place, "one_time_customer"), "stands beside customer; an order has one debtor"


def _statuses(status: Statuses) -> Iterator[tuple[Location, str]]:
    for name in ("post", "never"):
        for unknown in sorted(set(getattr(status, name)) - set(range(len(STATUSES)))):
            yield ("status", name), f"{unknown} is no order status; expected ids from 0 to {len(STATUSES) - 1}"
    for both in sorted(set(status.post) & set(status.never)):
        yield ("status", "never"), f"{both} stands under post too"


def _company(loc: Location, company: CompanyCode) -> Iterator[tuple[Location, str]]:
    if company.timezone:
        try:
            ZoneInfo(company.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            yield (*loc, "timezone"), f"{company.timezone!r} is no time zone; expected a name such as Europe/Berlin"
    if Kind.INVOICE not in company.document_types:
        yield (*loc, "document_types"), 'expected a type for invoices, such as invoice = "DR"'
    if company.discounts == "own_account" and company.discount is None:
        yield (*loc, "discounts"), "own_account needs the account: discount = { gl_account = ..., cost_center = ... }"
    if company.revenue == "deferred" and company.deferred_revenue is None:
        wanted = "deferred_revenue = { gl_account = ..., cost_center = ... }"
        yield (*loc, "revenue"), f"deferred needs the account: {wanted}"
    if company.rounding_limit and company.rounding is None:
        yield (*loc, "rounding_limit"), "a limit needs the account: rounding = { gl_account = ..., cost_center = ... }"


def _payments_and_holds(file: MappingFile, known: set[str]) -> Iterator[tuple[Location, str]]:
    for place, clearing in enumerate(file.clearing):
        yield from _clearing(("clearing", place), clearing)
    for place, hold in enumerate(file.close_calendar):
        yield from _hold(("close_calendar", place), hold, known)


def _purchase_orders(file: MappingFile) -> Iterator[tuple[Location, str]]:
    rule, loc = file.companies.purchase_order, ("companies", "purchase_order")
    yield from _clearing(loc, rule)
    changed = CHANGED_AS.get(rule.match_field)
    if "companies" in file.model_fields_set and changed in file.shipments.fields:
        yield (*loc, "match_field"), f"[shipments] fields change {changed}, which would take the number away"


def _clearing(loc: Location, rule: Clearing | PurchaseOrders) -> Iterator[tuple[Location, str]]:
    if (rule.match_rule == "before") != bool(rule.match_separator):
        yield (*loc, "match_separator"), 'expected with match_rule = "before", and with no other'
    if rule.match_length and rule.match_rule not in {"last", "hash"}:
        yield (*loc, "match_length"), 'expected with match_rule = "last" or "hash" only'


def _hold(loc: Location, hold: Hold, known: set[str]) -> Iterator[tuple[Location, str]]:
    for name in ("hold_from", "hold_until"):
        if getattr(hold, name).tzinfo is not None:
            yield (*loc, name), "expected a time without offset: it is the company code's own"
            return
    if hold.hold_until <= hold.hold_from:
        yield (*loc, "hold_until"), f"expected a time after {hold.hold_from}"
    for code in sorted(set(hold.company_codes) - known):
        yield (*loc, "company_codes"), f"{code} is no company code of this file"


def _tax(loc: Location, rule: TaxRule, file: MappingFile) -> Iterator[tuple[Location, str]]:
    code = file.tax_codes.get(rule.tax_code)
    if code is None:
        yield (*loc, "tax_code"), f"{rule.tax_code} is not among [tax_codes]; add [tax_codes.{rule.tax_code}]"
    elif None not in (code.rate, rule.rate) and code.rate != rule.rate and rule.liability_account is None:
        yield (*loc, "tax_code"), f"takes {rule.rate} %, but tax code {rule.tax_code} has {code.rate} %"
    if rule.jurisdiction is not None:
        yield from _by_jurisdiction(loc, rule, file)
    if rule.rate == 0 and rule.reason is None:
        yield (*loc, "rate"), "0 % needs its reason, such as export or zero_rated"
    if rule.rate != 0 and rule.reason is not None:
        yield (*loc, "reason"), "a reason belongs to rate = 0 only"
    yield from _vat_id(loc, rule, file)


def _vat_id(loc: Location, rule: TaxRule, file: MappingFile) -> Iterator[tuple[Location, str]]:
    if rule.reason == "intra_community" and (not rule.vat_id_countries or "none" in rule.vat_id_countries):
        yield (
            (*loc, "vat_id_countries"),
            "intra_community needs the buyer's VAT id: expected the countries that give it",
        )
    if rule.vat_id_countries and not (file.vat_ids.form_fields or file.vat_ids.attributes):
        yield (
            (*loc, "vat_id_countries"),
            "nothing says where a VAT id stands; fill form_fields or attributes of [vat_ids]",
        )


def _by_jurisdiction(loc: Location, rule: TaxRule, file: MappingFile) -> Iterator[tuple[Location, str]]:
    place = file.jurisdictions.get(str(rule.jurisdiction))
    if rule.liability_account is not None:
        yield (*loc, "jurisdiction"), "stands beside liability_account; a tax is posted one way or the other"
    if place is None:
        wanted = f"add [jurisdictions.{rule.jurisdiction}]"
        yield (*loc, "jurisdiction"), f"{rule.jurisdiction} is not among [jurisdictions]; {wanted}"
    elif rule.rate is None or rule.rate not in {0, place.rate}:
        yield (*loc, "rate"), f"expected {place.rate}, what the levels of {rule.jurisdiction} add up to, or 0"


def _ties(section: str, rules: Sequence[Any], selectors: tuple[str, ...]) -> Iterator[tuple[Location, str]]:
    """Find pairs of rules that could fit the same facts with the same weight and priority."""
    alike: dict[tuple[object, ...], list[tuple[int, list[frozenset[Any]]]]] = {}
    for place, rule in enumerate(rules):
        values = [_values(getattr(rule, name)) for name in selectors]
        weight = (rule.priority, *(bool(value) for value in values))
        alike.setdefault(weight, []).append((place, values))
    for group in alike.values():
        for (first, mine), (second, theirs) in combinations(group, 2):
            if all(one & other or not one for one, other in zip(mine, theirs, strict=True)):
                sentence = f"ties with {section}[{first}]: same selectors, same priority; give one a priority"
                yield (section, second), sentence


def _values(selector: Any) -> frozenset[Any]:
    if selector is None:
        return frozenset()
    values = selector if isinstance(selector, tuple) else (selector,)
    return frozenset(value.casefold() if isinstance(value, str) else value for value in values)


def _sentence(text: str, loc: Location, message: str, item: Any = None) -> str:
    found = "" if item is None or item["type"] == "missing" else f", found {item['input']!r:.80}"
    line = line_of(text, loc)
    return f"{f'line {line}, ' if line else ''}{spell_path(loc)}: {message}{found}"
