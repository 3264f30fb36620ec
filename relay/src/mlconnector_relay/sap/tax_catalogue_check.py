"""Which types of products of a catalog the tax rules leave out. Pure.

Which tax the store will charge no catalog tells. So where rules for a tax select on the product's type, each type that
the catalog has is asked for the same tax, with what the rule selects on else as an example.
"""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from .facts import NO_VAT_ID, TaxFacts
from .mapping import Mapping
from .tax_rules import TaxRule
from .values import Gap

__all__ = ["untaxed"]

ANY_RATE: Final = Decimal(1)
"""Stands for a rate where rule and code leave it to the store."""


def untaxed(mapping: Mapping, companies: list[str], product_type: str) -> Iterator[str]:
    """Yield, as sentences, the taxes of other types of products for which this one has no code.

    Args:
        mapping: the rules.
        companies: company codes that post the store's orders.
        product_type: what the catalog has.
    """
    for rule in mapping.file.taxes:
        for facts in _taxed_by(mapping, rule, companies) if rule.product_types else ():
            found = mapping.tax(replace(facts, product_type=product_type))
            if isinstance(found, Gap):
                yield found.sentence


def _taxed_by(mapping: Mapping, rule: TaxRule, companies: list[str]) -> Iterator[TaxFacts]:
    """Yield an example of what a rule takes, per country and company code."""
    for company in companies:
        if not rule.company_codes or company in rule.company_codes:
            for country in rule.countries or ("",):
                yield TaxFacts(
                    company_code=company,
                    country=country,
                    region=_first(rule.regions),
                    rate=_rate(mapping, rule),
                    tax_class=_first(rule.tax_classes),
                    provider=_first(rule.providers),
                    vat_id=_first(rule.vat_id_countries) or NO_VAT_ID,
                    exempt_category=_first(rule.tax_exempt_categories),
                    customer_group=next(iter(rule.customer_groups), None),
                )


def _rate(mapping: Mapping, rule: TaxRule) -> Decimal:
    return mapping.file.tax_codes[rule.tax_code].rate or ANY_RATE if rule.rate is None else rule.rate


def _first(values: tuple[str, ...]) -> str:
    return next(iter(values), "")
