"""How specifically a rule fits what a mapping is asked with: one number per selector, in the order of their weight."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final

from .facts import LineFacts, TaxFacts
from .mapping_file import AccountRule, CompanyCode, DocumentRule
from .tax_rules import TaxRule

__all__ = ["Weight", "weigh_accounts", "weigh_charged", "weigh_company", "weigh_document", "weigh_skus", "weigh_tax"]

Weight = tuple[int, ...]
"""One number per selector; 0 where a rule does not select by it."""

NEAREST: Final = 1000
"""Weight of a product's own category; each step up the tree weighs one less."""


UNCHARGED: Final = ("vat_id_countries", "tax_exempt_categories", "customer_groups", "product_types")
"""Selectors of taxes that look at product and buyer, not at what was charged."""


def weigh_accounts(rule: AccountRule, facts: LineFacts) -> Weight | None:
    """Return how specifically a rule fits a line, the weightiest selector first; `None` where it does not fit."""
    near = [
        NEAREST - steps
        for path in facts.categories
        for steps, category in enumerate(path)
        if category in rule.categories
    ]
    return _whole(
        [
            weigh_skus(rule.skus, facts.sku),
            max(near, default=None) if rule.categories else 0,
            _fits(rule.segments, next((one for one in facts.segments if one in rule.segments), None)),
            _fits(rule.customer_groups, facts.customer_group),
            _fits(rule.brands, facts.brand),
            _fits(rule.product_types, facts.product_type),
            _fits(rule.channels, facts.channel),
            _fits(rule.countries, facts.country),
            _folded(rule.regions, facts.region),
            _folded(rule.payment_methods, facts.payment_method),
            _folded(rule.shipping_methods, facts.shipping_method),
            _fits(rule.company_codes, facts.company_code),
        ]
    )


def weigh_document(rule: DocumentRule, facts: LineFacts) -> Weight | None:
    """Return how specifically a rule fits an order, of whose facts no product's are asked; `None` where not."""
    return _whole(
        [
            _fits(rule.companies, facts.company),
            _fits(rule.segments, next((one for one in facts.segments if one in rule.segments), None)),
            _fits(rule.customer_groups, facts.customer_group),
            _fits(rule.channels, facts.channel),
            _folded(rule.order_sources, facts.order_source),
            _fits(rule.countries, facts.country),
            _folded(rule.regions, facts.region),
            _folded(rule.payment_methods, facts.payment_method),
            _fits(rule.company_codes, facts.company_code),
        ]
    )


def weigh_tax(rule: TaxRule, facts: TaxFacts) -> Weight | None:
    """Return how specifically a rule fits a tax; `None` where it does not fit."""
    # A line without tax needs a rule that gives the reason: a rule for any rate must not catch it.
    rate = 1 if rule.rate == facts.rate else 0 if rule.rate is None and facts.rate else None
    return _whole(
        [
            _fits(rule.countries, facts.country),
            _folded(rule.regions, facts.region),
            rate,
            _folded(rule.tax_classes, facts.tax_class),
            _fits(rule.vat_id_countries, facts.vat_id),
            _folded(rule.tax_exempt_categories, facts.exempt_category),
            _fits(rule.customer_groups, facts.customer_group),
            _fits(rule.product_types, facts.product_type),
            _folded(rule.providers, facts.provider),
            _fits(rule.company_codes, facts.company_code),
        ]
    )


def weigh_charged(rule: TaxRule, facts: TaxFacts) -> Weight | None:
    """Return how specifically a rule fits what was charged, whatever it asks of product and buyer."""
    return weigh_tax(rule.model_copy(update=dict.fromkeys(UNCHARGED, ())), facts)


def weigh_company(rule: CompanyCode, store_hash: str, channel_id: int, currency: str) -> Weight | None:
    """Return how specifically a company code fits an order; `None` where it does not fit."""
    return _whole([_fits(rule.stores, store_hash), _fits(rule.channels, channel_id), _fits(rule.currencies, currency)])


def _fits(selector: Sequence[object], value: object) -> int | None:
    if not selector:
        return 0
    return 1 if value in selector else None


def _folded(selector: Sequence[str], value: str) -> int | None:
    return _fits([one.casefold() for one in selector], value.casefold())


def _whole(weights: list[int | None]) -> Weight | None:
    known = [weight for weight in weights if weight is not None]
    return tuple(known) if len(known) == len(weights) else None


def weigh_skus(patterns: Sequence[str], sku: str) -> int | None:
    """Weigh a SKU by the letters of the pattern that are no wildcard: the longer says more."""
    if not patterns:
        return 0
    fitting = [pattern for pattern in patterns if fnmatchcase(sku.casefold(), pattern.casefold())]
    return max((1 + sum(letter not in "*?" for letter in pattern) for pattern in fitting), default=None)
