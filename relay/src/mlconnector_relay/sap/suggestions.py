"""What may be meant: rules of the mapping that are close to one that is missing, for the person who adds it."""

from typing import Final

from .facts import LineFacts, TaxFacts
from .gaps import GapKeyInvalid, line_facts, read_key, tax_facts
from .mapping import Mapping
from .mapping_file import AccountRule
from .tax_rules import TaxRule

__all__ = ["suggest"]

MOST: Final = 3


def suggest(mapping: Mapping, gap_key: str) -> tuple[str, ...]:
    """Return what similar rules say, the most similar first; nothing where nothing is similar."""
    try:
        kind, facts = read_key(gap_key)
        if kind == "account":
            return _accounts(mapping, line_facts(facts))
        if kind == "tax":
            return _taxes(mapping, tax_facts(facts))
    except GapKeyInvalid:
        return ()
    return ()


def _accounts(mapping: Mapping, facts: LineFacts) -> tuple[str, ...]:
    """Offer the rules that fit in everything but the category, those for the same customers first."""
    found = [
        (-(bool(rule.segments) + bool(rule.customer_groups)), place, rule)
        for place, rule in enumerate(mapping.file.accounts)
        if _fits_but_category(rule, facts)
    ]
    return tuple(
        f"account {rule.gl_account}{f', cost center {rule.cost_center}' if rule.cost_center else ''}, "
        f"as accounts[{place}] has for {_categories(rule)}"
        for _, place, rule in sorted(found, key=lambda one: one[:2])[:MOST]
    )


def _fits_but_category(rule: AccountRule, facts: LineFacts) -> bool:
    return (
        (not rule.company_codes or facts.company_code in rule.company_codes)
        and (not rule.segments or bool(set(rule.segments) & set(facts.segments)))
        and (not rule.customer_groups or facts.customer_group in rule.customer_groups)
    )


def _categories(rule: AccountRule) -> str:
    if not rule.categories:
        return "all others"
    noun = "category" if len(rule.categories) == 1 else "categories"
    return f"{noun} {', '.join(map(str, rule.categories))}"


def _taxes(mapping: Mapping, facts: TaxFacts) -> tuple[str, ...]:
    """Offer codes of the same rate, those of the same country first; then what the country has at other rates."""
    ranked: dict[str, tuple[int, str]] = {}
    for place, rule in enumerate(mapping.file.taxes):
        if rule.company_codes and facts.company_code not in rule.company_codes:
            continue
        code = mapping.file.tax_codes[rule.tax_code]
        here = facts.country in rule.countries
        rank = _rank(same_rate=facts.rate in {rule.rate, code.rate}, here=here)
        if rank:
            said = f"tax code {rule.tax_code}, as taxes[{place}] has for {_spell(rule)}"
            ranked[rule.tax_code] = min(ranked.get(rule.tax_code, (rank, said)), (rank, said))
    return tuple(said for _, said in sorted(ranked.values())[:MOST])


def _rank(*, same_rate: bool, here: bool) -> int:
    if same_rate:
        return 1 if here else 2
    return 3 if here else 0


def _spell(rule: TaxRule) -> str:
    rate = "any rate" if rule.rate is None else f"{rule.rate:f} %"
    where = ", ".join(rule.countries) or "all countries"
    asked = [f"VAT id of {', '.join(rule.vat_id_countries)}"] if rule.vat_id_countries else []
    asked += [f"exempt as {', '.join(rule.tax_exempt_categories)}"] if rule.tax_exempt_categories else []
    asked += [f"customer group {', '.join(map(str, rule.customer_groups))}"] if rule.customer_groups else []
    asked += list(rule.product_types)
    said = ", ".join([f"{rate} in {where}", *asked])
    return f"{said} ({rule.reason})" if rule.reason else said
