"""An order as one AR document: it balances to the cent and equals the store's totals, or is refused with arithmetic."""

from dataclasses import replace
from typing import Final

from ..bigcommerce.models import OrderSnapshot
from .amounts import amounts_of
from .assignment import assign
from .call import Header, built_of
from .components import components_of
from .currency import UnknownCurrency, decimals, to_minor, unit
from .draft import Draft, draft_of, summed
from .facts import StoreFacts
from .mapping import Mapping
from .mapping_file import CompanyCode
from .one_time_customer import one_time_customer
from .readings import readings_of
from .reference import ReferenceTooLong, StepId
from .scope import not_yet
from .taxes import taxes_of
from .values import Built, Gap, Refusal

__all__ = ["MOST_LINES", "ar_document"]

MOST_LINES: Final = 999
"""Items of one accounting document, the customer's and the tax items counted (BUZEI has three digits)."""


def ar_document(
    snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts, step: StepId
) -> Built | Refusal | tuple[Gap, ...]:
    """Build the invoice of an order.

    Returns:
        The document; or every mapping that is missing; or the rule that refuses it, with the arithmetic.
    """
    order = snapshot.order
    for refused in not_yet(snapshot):
        return refused
    company = mapping.company(store, order.channel_id, order.default_currency_code)
    if isinstance(company, Gap):
        return (company,)
    try:
        places = decimals(order.default_currency_code, mapping.file.currency_decimals)
    except UnknownCurrency as error:
        return Refusal("refused:currency", str(error))
    if to_minor(order.total_inc_tax, places) <= 0:
        return Refusal("refused:no_amount", f"the order's total of {order.total_inc_tax} is nothing to post")
    draft = _draft(snapshot, mapping, company, store, places)
    if not isinstance(draft, Draft):
        return draft
    customer = one_time_customer(order.billing_address, company.language, mapping.file.regions)
    if isinstance(customer, Refusal):
        return customer
    header = Header(store, step, company, order.default_currency_code, places, order.date_created, mapping.version)
    try:
        return built_of(draft, header, customer)
    except ReferenceTooLong as error:
        return Refusal("refused:reference", str(error))


def _draft(
    snapshot: OrderSnapshot, mapping: Mapping, company: CompanyCode, store: StoreFacts, places: int
) -> Draft | Refusal | tuple[Gap, ...]:
    components = components_of(snapshot)
    if isinstance(components, Refusal):
        return components
    taxes = taxes_of(snapshot, components, company.company_code, unit(places))
    if isinstance(taxes, Refusal):
        return taxes
    said = snapshot.order.is_tax_inclusive_pricing
    inclusive = bool(store.tax_inclusive) if said is None else said
    readings = readings_of(snapshot, components, taxes, unit(places), company.rounding_limit, inclusive=inclusive)
    if isinstance(readings, Refusal):
        return readings
    drafts: list[Draft] = []
    implausible: list[Refusal] = []
    for reading in readings:
        assigned, gaps = assign(snapshot, mapping, company, components, taxes, reading)
        if gaps:
            return tuple(gaps)
        totals = (snapshot.order.total_inc_tax, snapshot.order.total_tax)
        amounts = amounts_of(reading, assigned, taxes.amounts, totals, places)
        if isinstance(amounts, Refusal):
            implausible.append(amounts)
            continue
        discount = mapping.adjustment(company, "discount") if company.discounts == "own_account" else None
        rounding = mapping.adjustment(company, "rounding") if reading.residual else None
        drafts.append(draft_of(assigned, amounts, reading, places, discount, rounding))
    return _only(drafts) if drafts else implausible[0]


def _only(drafts: list[Draft]) -> Draft | Refusal:
    """Return the draft all readings agree on, summed where it would be too long."""
    first = drafts[0]
    for other in drafts[1:]:
        account = first.differs(other)
        if account is not None:
            sentence = f"two readings add up, but post differently to account {account}"
            return Refusal("refused:ambiguous", f"{sentence}: {first.reading}; {other.reading}")
    if first.size > MOST_LINES:
        first = replace(first, lines=summed(first.lines))
    if first.size > MOST_LINES:
        return Refusal("not_yet:split", f"{first.size} items even when summed; one document holds {MOST_LINES}")
    return first
