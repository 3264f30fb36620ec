"""From the store's facts to SAP's accounts and tax codes; what is missing is a value, never an exception.

Selectors weigh, heaviest first: for accounts the SKU, the category (the product's own before its ancestors, nearer
before farther), the customer segment, the customer group, brand, product type, channel, country, region, payment
method, shipping method, the company code; for taxes country, region, rate, tax class, country of the VAT id, tax
exempt category, customer group, product type, provider, company code. A rule without selectors is the default.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .clearing import clearing_of
from .facts import MALFORMED_VAT_ID, NO_VAT_ID, UNREADABLE_VAT_ID, LineFacts, StoreFacts, TaxFacts
from .gaps import (
    GapKeyInvalid,
    document_question,
    key_of,
    line_facts,
    line_key,
    line_question,
    read_key,
    tax_facts,
    tax_key,
    tax_question,
)
from .jurisdiction import levels_of
from .mapping_check import MappingInvalid, read_mapping_file
from .mapping_file import AccountTarget, Clearing, CompanyCode, DocumentRule, MappingFile
from .rules import Rule, Tie, choose
from .targets import Accounts, TaxCode
from .values import Gap
from .weighing import weigh_accounts, weigh_charged, weigh_company, weigh_document, weigh_tax

__all__ = ["Mapping", "MappingInvalid", "Role", "load_mapping"]

Role = Literal["freight", "handling", "wrapping", "fee", "gift_certificate", "store_credit", "goodwill"]
"""What shoppers pay for beside products, and what they pay with; each has one account per company code."""

Adjustment = Literal["discount", "rounding", "refund_remainder", "restocked", "not_restocked", "deferred_revenue"]
"""What has an account of its own only where the company code says so."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping file and its version."""

    file: MappingFile
    version: str

    def posting(self, status_id: int) -> Literal["post", "never", "wait"]:
        """Tell what an order status means for posting."""
        if status_id in self.file.status.post:
            return "post"
        return "never" if status_id in self.file.status.never else "wait"

    def may_post(self, status_id: int) -> bool:
        """Tell whether an order of a status may be posted without having been paid."""
        ordered = any(rule.invoice_on == "ordered" for rule in self.file.triggers)
        return self.posting(status_id) == "post" or (ordered and self.posting(status_id) == "wait")

    def marketplace(self, order_source: str) -> Gap | None:
        """Return the gap of an order from a marketplace whose treatment is not decided."""
        source = order_source.casefold()
        if source not in {parked.casefold() for parked in self.file.marketplaces.park}:
            return None
        sentence = (
            f"orders from {order_source} wait for a decision on debtor and tax; give them their own by [[documents]] "
            "and [[taxes]] where they are not as usual, then take it off [marketplaces] park"
        )
        return Gap(key_of("marketplace", {"source": source}), sentence)

    def company(self, store: StoreFacts, channel_id: int, currency: str) -> CompanyCode | Gap:
        """Return the company code that posts a store's order."""
        return self._company(store.store_hash, channel_id, currency)

    def documents(self, company: CompanyCode, facts: LineFacts) -> CompanyCode | Gap:
        """Return a company code with what the rules for documents of such orders say.

        Args:
            company: the company code that posts.
            facts: the order's; those of a product are not asked.
        """
        rule = self.document_rule(facts)
        return rule.over(company) if isinstance(rule, DocumentRule) else rule or company

    def document_rule(self, facts: LineFacts) -> DocumentRule | Gap | None:
        """Return the rule for documents of such orders, or the tie between two; `None` where none fits."""
        rules = self.file.documents
        weights = [weigh_document(rule, facts) for rule in rules]
        question = document_question(facts)
        asked = f"the documents of an order ({question.partition(':')[2]})"
        place = _chosen("documents", rules, weights, Gap(question, ""), asked)
        if isinstance(place, Gap):
            return place if place.sentence else None
        return rules[place]

    def accounts(self, facts: LineFacts) -> Accounts | Gap:
        """Return the accounts of a product line."""
        rules = self.file.accounts
        weights = [weigh_accounts(rule, facts) for rule in rules]
        asked = _spell_line(facts)
        hint = "add an [[accounts]] rule or a default without selectors"
        missing = Gap(line_key(facts), f"no account for {asked}; {hint}", line_question(facts))
        place = _chosen("accounts", rules, weights, missing, asked)
        return place if isinstance(place, Gap) else _accounts(rules[place], f"accounts[{place}]")

    def role(self, company: CompanyCode, role: Role) -> Accounts | Gap:
        """Return the account of a charge, or the liability of a tender."""
        target: AccountTarget | None = getattr(company, role)
        if target is not None:
            return _accounts(target, f"company code {company.company_code}, {role}")
        key = key_of("role", {"role": role, "company_code": company.company_code})
        wanted = f"{role} = {{ gl_account = ..., cost_center = ... }}"
        return Gap(key, f"company code {company.company_code} has no account for {role}; add {wanted}")

    def adjustment(self, company: CompanyCode, role: Adjustment) -> Accounts | None:
        """Return an account that a company code may leave out."""
        target: AccountTarget | None = getattr(company, role)
        return _accounts(target, f"company code {company.company_code}, {role}") if target else None

    def tax(self, facts: TaxFacts) -> TaxCode | Gap:
        """Return the tax code of a tax the store charged, or did not charge."""
        rules = self.file.taxes
        key, question, asked = tax_key(facts), tax_question(facts), _spell_tax(facts)
        hint = "; 0 % needs a rule with rate = 0 and its reason" if not facts.rate else ""
        hint += (
            ", or the VAT id be corrected in the store"
            if hint and facts.vat_id in {UNREADABLE_VAT_ID, MALFORMED_VAT_ID}
            else ""
        )
        missing = Gap(key, f"no tax code for {asked}; add a [[taxes]] rule{hint}", question)
        place = _chosen("taxes", rules, [weigh_tax(rule, facts) for rule in rules], missing, asked)
        if isinstance(place, Gap):
            return place
        rule = rules[place]
        code = self.file.tax_codes[rule.tax_code]
        if code.rate is not None and code.rate != facts.rate and rule.liability_account is None:
            wrong = f"taxes[{place}] says {rule.tax_code}, which has {code.rate} %; correct the rule"
            return Gap(key, f"{asked}: {wrong}", question)
        return self.code_of(place)

    def code_of(self, place: int) -> TaxCode:
        """Return the tax code that a rule gives, by its place among them."""
        rule = self.file.taxes[place]
        code = self.file.tax_codes[rule.tax_code]
        return TaxCode(
            code=rule.tax_code,
            condition_key=code.condition_key,
            account_key=code.account_key,
            liability_account=rule.liability_account or "",
            rule=f"taxes[{place}]",
            reason=rule.reason or "",
            jurisdiction=rule.jurisdiction or "",
            levels=levels_of(self.file.jurisdictions[rule.jurisdiction].levels, code.account_key)
            if rule.jurisdiction
            else (),
        )

    def cures(self, question: str) -> bool:
        """Tell whether this mapping has what an order was parked for; a gap's key asks without its finer facts."""
        try:
            kind, facts = read_key(question)
            match kind:
                case "account":
                    return isinstance(self.accounts(line_facts(facts)), Accounts)
                case "document":
                    return self._decides(line_facts(facts))
                case "tax" if "vat_id" in facts:
                    return isinstance(self.tax(tax_facts(facts)), TaxCode)
                case "tax":
                    return self._may_tax(tax_facts(facts))
                case "company_code":
                    found = self._company(facts["store"], int(facts["channel"]), facts.get("currency", ""))
                    return isinstance(found, CompanyCode)
                case "role":
                    return self._has_role(facts["role"], facts["company_code"])
                case "marketplace":
                    return self.marketplace(facts["source"]) is None
                case "debtor" | "terms":
                    return self._cures_buyer(kind, facts)
                case _:
                    return self._cures_books(kind, facts)
        except (GapKeyInvalid, KeyError, ValueError):
            return False

    def _company(self, store_hash: str, channel_id: int, currency: str) -> CompanyCode | Gap:
        rules = self.file.company_codes
        asked = f"store {store_hash}, channel {channel_id}, currency {currency or '(none)'}"
        key = key_of("company_code", {"store": store_hash, "channel": str(channel_id), "currency": currency})
        missing = Gap(key, f"no company code for {asked}; add one to [[company_codes]]")
        weights = [weigh_company(rule, store_hash, channel_id, currency) for rule in rules]
        place = _chosen("company_codes", rules, weights, missing, asked)
        return place if isinstance(place, Gap) else rules[place]

    def _may_tax(self, facts: TaxFacts) -> bool:
        """Tell whether a rule fits what was charged, whatever else it selects on: a key does not say on what."""
        return any(weigh_charged(rule, facts) is not None for rule in self.file.taxes)

    def _decides(self, facts: LineFacts) -> bool:
        return all(isinstance(self.documents(one, facts), CompanyCode) for one in self.file.company_codes)

    def _cures_buyer(self, kind: str, facts: dict[str, str]) -> bool:
        rule, rules = self.document_rule(line_facts(facts)), self.file.companies
        ruled = rule if isinstance(rule, DocumentRule) else None
        if kind == "terms":
            known = not rules.terms or int(facts["days"]) in rules.terms
            return known or (ruled is not None and ruled.payment_terms is not None)
        # Whether another extra field holds a debtor is seen when the order is looked at again.
        elsewhere = rules.debtor == "optional" or rules.debtor_field != facts.get("field", "")
        return elsewhere or (ruled is not None and ruled.names_debtor)

    def _cures_books(self, kind: str, facts: dict[str, str]) -> bool:
        if kind == "clearing":
            asked = facts.get("gateway", ""), facts["currency"], facts["company_code"]
            return isinstance(clearing_of(self.file, *asked), Clearing)
        if kind == "period":
            return self._moves(facts["company_code"])
        return kind == "hold" and not self._holds(facts["company_code"], facts["until"])

    def _moves(self, company_code: str) -> bool:
        rules = [one for one in self.file.company_codes if one.company_code == company_code]
        return any(one.closed_period == "next_open" for one in rules)

    def _holds(self, company_code: str, until: str) -> bool:
        return any(
            one.hold_until.isoformat(timespec="minutes") == until
            and (not one.company_codes or company_code in one.company_codes)
            for one in self.file.close_calendar
        )

    def _has_role(self, role: str, company_code: str) -> bool:
        return any(
            getattr(company, role, None) is not None
            for company in self.file.company_codes
            if company.company_code == company_code
        )


def load_mapping(text: str, source_name: str) -> Mapping:
    """Read and check a mapping file.

    Raises:
        MappingInvalid: with every error found, each with line or key and what is expected.
    """
    file = read_mapping_file(text, source_name)
    return Mapping(file, f"{file.name}@{hashlib.sha256(text.encode()).hexdigest()[:12]}")


def _chosen(
    section: str, rules: Sequence[Rule], weights: Sequence[tuple[int, ...] | None], missing: Gap, asked: str
) -> int | Gap:
    place = choose(rules, weights)
    if place is None:
        return missing
    if isinstance(place, Tie):
        both = f"{section}[{place.first}] and {section}[{place.second}]"
        return replace(missing, sentence=f"{both} both fit {asked}; give one of them a priority")
    return place


def _accounts(target: AccountTarget, rule: str) -> Accounts:
    orders = (target.internal_order, target.wbs_element)
    return Accounts(target.gl_account, target.cost_center, target.profit_center, rule, *orders)


def _spell_line(facts: LineFacts) -> str:
    named = [f"category {' > '.join(map(str, path))}" for path in facts.categories] or ["a line without category"]
    named += [f"segment {segment}" for segment in facts.segments]
    named += [] if facts.customer_group is None else [f"customer group {facts.customer_group}"]
    return ", ".join([*named, f"company code {facts.company_code}"])


def _spell_tax(facts: TaxFacts) -> str:
    where = " ".join(part for part in (facts.country, facts.region) if part)
    named = [f"{facts.rate.normalize() + 0:f} % in {where}"]
    named += [f"class {facts.tax_class}"] if facts.tax_class else []
    named += [_spell_vat_id(facts)] if facts.vat_id != NO_VAT_ID or not facts.rate else []
    named += [f"exempt as {facts.exempt_category}"] if facts.exempt_category else []
    named += [] if facts.customer_group is None else [f"customer group {facts.customer_group}"]
    named += [facts.product_type] if facts.product_type else []
    named += [f"provider {facts.provider}"] if facts.provider else []
    return ", ".join([*named, f"company code {facts.company_code}"])


def _spell_vat_id(facts: TaxFacts) -> str:
    told = {
        NO_VAT_ID: "no VAT id",
        UNREADABLE_VAT_ID: "a VAT id that names no country",
        MALFORMED_VAT_ID: "a VAT id that is none of its country's",
    }
    return told.get(facts.vat_id, f"VAT id of {facts.vat_id}")
