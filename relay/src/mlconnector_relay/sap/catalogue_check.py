"""Which products of a catalog a mapping does not decide: without a rule, or between two that weigh the same. Pure.

A rule may select on what only an order knows, such as the customer's group. So each product is asked for an order of
which nothing is known, and for one example of each order that two rules alike both fit. Tax rules are asked by the
product's type.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, product
from typing import Any, Final

from .facts import LineFacts
from .findings import Finding
from .mapping import Mapping
from .mapping_file import AccountRule
from .tax_catalogue_check import untaxed
from .values import Gap
from .weighing import Weight, weigh_accounts, weigh_skus

__all__ = ["CatalogueProduct", "check_catalogue"]

OF_ORDERS: Final = {
    "segments": "segments",
    "customer_groups": "customer_group",
    "channels": "channel",
    "countries": "country",
    "regions": "region",
    "payment_methods": "payment_method",
    "shipping_methods": "shipping_method",
}
"""Selectors that look at the order, with the fact each looks at; the others look at the product."""

MOST_EXAMPLES: Final = 5
"""Products named per finding; the number of all of them is told."""

MOST_ORDERS: Final = 100
"""Examples of orders tried per pair of rules alike."""


@dataclass(frozen=True, slots=True)
class CatalogueProduct:
    """A product as the catalog has it.

    Attributes:
        label: its name for people, such as id and SKU.
        facts: what rules may select on; the company code is asked for one after the other.
    """

    label: str
    facts: LineFacts


@dataclass(frozen=True, slots=True)
class _Problem:
    severity: Any
    sentence: str


def check_catalogue(mapping: Mapping, store_hash: str, products: Iterable[CatalogueProduct]) -> list[Finding]:
    """Return what the mapping leaves open for a store's products, products alike together, errors first."""
    found: dict[_Problem, list[str]] = {}
    known: dict[object, tuple[_Problem, ...]] = {}
    serving = [one for one in mapping.file.company_codes if not one.stores or store_hash in one.stores]
    companies = sorted({company.company_code for company in serving})
    patterns = [rule.skus for rule in mapping.file.accounts if rule.skus]
    for one in products:
        facts = one.facts
        # Products that no rule tells apart are asked for once.
        skus = tuple(weigh_skus(pattern, facts.sku) for pattern in patterns)
        alike = (facts.categories, facts.brand, facts.product_type, skus)
        if alike not in known:
            asked = (replace(facts, company_code=code) for code in companies)
            taxes = (_Problem("warning", sentence) for sentence in untaxed(mapping, companies, facts.product_type))
            known[alike] = (*(problem for line in asked for problem in _problems(mapping, line)), *taxes)
        for problem in known[alike]:
            found.setdefault(problem, []).append(one.label)
    findings = [
        Finding("catalogue", problem.severity, (), problem.sentence, tuple(labels[:MOST_EXAMPLES]), len(labels))
        for problem, labels in found.items()
    ]
    return sorted(findings, key=lambda finding: finding.severity)


def _problems(mapping: Mapping, facts: LineFacts) -> Iterator[_Problem]:
    fitting = [
        (place, rule, weight)
        for place, rule in enumerate(mapping.file.accounts)
        if (weight := weigh_accounts(_of_product(rule), facts)) is not None
    ]
    always = [rule for _, rule, _ in fitting if not _shape(rule)]
    plain = mapping.accounts(facts)
    if isinstance(plain, Gap) and (always or not fitting):
        yield _Problem("error", plain.sentence)
    elif isinstance(plain, Gap):
        some = ", ".join(f"accounts[{place}]" for place, _, _ in fitting)
        missing = plain.sentence.partition(";")[0]
        yield _Problem("warning", f"{missing} unless the order fits {some}; add a rule that fits every other order")
    yield from _ties(mapping, facts, fitting)


def _ties(mapping: Mapping, facts: LineFacts, fitting: Sequence[tuple[int, AccountRule, Weight]]) -> Iterator[_Problem]:
    for (_, first, weight), (_, second, other) in combinations(fitting, 2):
        shape = _shape(first)
        if not shape or weight != other or shape != _shape(second) or first.priority != second.priority:
            continue
        for order in islice(_orders(first, second, shape), MOST_ORDERS):
            gap = mapping.accounts(replace(facts, **order))
            if isinstance(gap, Gap):
                said = ", ".join(f"{name} {value}" for name, value in order.items())
                yield _Problem("error", f"{gap.sentence} (an order with {said})")
                break


def _orders(first: AccountRule, second: AccountRule, shape: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield facts of orders that both rules fit."""
    both = [[value for value in getattr(first, name) if _selects(second, name, value)] for name in shape]
    for values in product(*both):
        facts = dict(zip((OF_ORDERS[name] for name in shape), values, strict=True))
        yield facts | ({"segments": (facts["segments"],)} if "segments" in facts else {})


def _selects(rule: AccountRule, name: str, value: object) -> bool:
    return _folded(value) in {_folded(one) for one in getattr(rule, name)}


def _folded(value: object) -> object:
    return value.casefold() if isinstance(value, str) else value


def _shape(rule: AccountRule) -> tuple[str, ...]:
    return tuple(name for name in OF_ORDERS if getattr(rule, name))


def _of_product(rule: AccountRule) -> AccountRule:
    return rule.model_copy(update=dict.fromkeys(OF_ORDERS, ()))
