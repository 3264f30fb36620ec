"""What the mapping lacks to say who owes a company's order, and on which terms. Pure."""

from collections.abc import Iterator

from ..bigcommerce.models import CompanyOrder, OrderSnapshot
from .buyers import buyer_of, debtor_of
from .companies import order_facts
from .facts import LineFacts, StoreFacts
from .gaps import document_question, key_of, read_key
from .mapping import Mapping
from .mapping_file import CompanyCode, DocumentRule
from .values import Gap

__all__ = ["lacking"]


def lacking(snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts) -> tuple[Gap, ...]:
    """Return what is missing before a company's order can be invoiced; nothing for any other order."""
    buyer = buyer_of(snapshot)
    order = snapshot.order
    company = mapping.company(store, order.channel_id, order.default_currency_code)
    if buyer is None or not isinstance(company, CompanyCode):
        return ()
    facts = order_facts(snapshot, company.company_code)
    rule = mapping.document_rule(facts)
    return () if isinstance(rule, Gap) else tuple(_gaps(buyer, rule, facts, mapping))


def _gaps(buyer: CompanyOrder, rule: DocumentRule | None, facts: LineFacts, mapping: Mapping) -> Iterator[Gap]:
    rules, (_, asked) = mapping.file.companies, read_key(document_question(facts))
    named = f"company {buyer.company_id}, company code {facts.company_code}"
    ruled = rule is not None and rule.names_debtor
    if rules.debtor == "required" and not ruled and not debtor_of(buyer, rules):
        key = key_of("debtor", {"company": str(buyer.company_id), "company_code": facts.company_code})
        field = f"fill its extra field {rules.debtor_field!r} and release the order, or " if rules.debtor_field else ""
        hint = f"add a [[documents]] rule with companies = [{buyer.company_id}] and customer"
        sentence = f"no debtor for {named}; {field}{hint}"
        yield Gap(key, sentence, key_of("debtor", asked | {"field": rules.debtor_field}))
    if rules.terms and buyer.days is not None and buyer.days not in rules.terms and not _has_terms(rule):
        key = key_of("terms", {"days": str(buyer.days), "company_code": facts.company_code})
        sentence = f"no terms of payment for {buyer.days} days ({named}); add them to [companies] terms"
        yield Gap(key, sentence, key_of("terms", asked | {"days": str(buyer.days)}))


def _has_terms(rule: DocumentRule | None) -> bool:
    return rule is not None and rule.payment_terms is not None
