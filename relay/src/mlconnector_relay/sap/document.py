"""An order as one AR document: it balances to the cent and equals the store's totals, or is refused with arithmetic."""

from collections.abc import Sequence
from dataclasses import replace

from ..bigcommerce.models import OrderSnapshot
from .amounts import amounts_of
from .assignment import assign
from .buyers import purchase_order, told
from .call import Header, Marks
from .companies import company_of
from .components import components_of
from .currency import UnknownCurrency, decimals, from_minor, to_minor, unit
from .dates import Dates, dates_of, day_of, invoiced_at, whose_day
from .debtors import lacking
from .draft import draft_of
from .facts import StoreFacts
from .forms import settled
from .freezing import frozen_lines, tenders_of
from .frozen import NO_BLOCKS, Frozen, FrozenLine, Terms
from .levels import divided, taking_back
from .mapping import Mapping
from .mapping_file import CompanyCode
from .one_time_customer import DEBTOR, NO_CUSTOMER, OneTimeCustomer, one_time_customer
from .readings import Reading, readings_of
from .reference import Kind, StepId
from .scope import credit_across_currencies, single_purpose
from .shipping import blocks_of
from .splitting import split
from .taxes import taxes_of
from .values import Built, Gap, Refusal
from .vat_ids import vat_id_of
from .writing import write

__all__ = ["ar_document", "frozen_order", "later_document"]


def ar_document(
    snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts, step: StepId
) -> Built | Refusal | tuple[Gap, ...]:
    """Build the invoice of an order.

    Returns:
        The document; or every mapping that is missing; or the rule that refuses it, with the arithmetic.
    """
    frozen, missing = frozen_order(snapshot, mapping, store), lacking(snapshot, mapping, store)
    if isinstance(frozen, Refusal):
        return frozen
    if isinstance(frozen, Frozen) and not missing:
        return later_document(frozen, snapshot, mapping, store, step, decisions=told(snapshot, frozen))
    return (*(frozen if isinstance(frozen, tuple) else ()), *missing)


def frozen_order(
    snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts, posted: Sequence[FrozenLine] = ()
) -> Frozen | Refusal | tuple[Gap, ...]:
    """Return what the order's document is made of.

    Args:
        snapshot: the order.
        mapping: the rules.
        store: the order's store.
        posted: lines that were posted before: they keep their accounts, and their tax codes while their rates are the
            same.

    Returns:
        The lines; or every mapping that is missing; or the rule that refuses the order, with the arithmetic.
    """
    order = snapshot.order
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap):
        return (company,)
    try:
        places = decimals(order.default_currency_code, mapping.file.currency_decimals)
    except UnknownCurrency as error:
        return Refusal("refused:currency", str(error))
    if to_minor(order.total_inc_tax + order.tendered, places) <= 0:
        return Refusal("refused:no_amount", f"the order's total of {order.total_inc_tax} is nothing to post")
    undecided = credit_across_currencies(snapshot)
    if undecided is not None:
        return undecided
    return _frozen(snapshot, mapping, company, store, places, posted)


def later_document(
    frozen: Frozen,
    snapshot: OrderSnapshot,
    mapping: Mapping,
    store: StoreFacts,
    step: StepId,
    *,
    dated: str = "",
    translated: str = "",
    decisions: tuple[str, ...] = (),
    marks: Marks | None = None,
    against: Sequence[Frozen] = (),
) -> Built | Refusal | tuple[Gap, ...]:
    """Build a document whose lines follow from what was posted before; of one that is too long, its first part.

    Its further parts are written, too, so that they can be checked before the first is posted.

    Args:
        frozen: what it is made of.
        snapshot: the order, for the customer's address.
        mapping: for what is no line: terms of payment, regions, the books' time zone.
        store: the order's store.
        step: the posting.
        dated: whose day it has, for people; of what made the invoice owed where empty.
        translated: the day whose exchange rate counts; the document's own where empty.
        decisions: choices made when its lines were computed.
        marks: further fields of its rows.
        against: the documents it takes back from, as far as it does.

    Returns:
        The document; or the company code that is missing; or the rule that refuses it.
    """
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap):
        return (company,)
    if company.company_code != frozen.company_code:
        sentence = f"posted in company code {frozen.company_code}, the mapping says {company.company_code} by now"
        return Refusal("decision:company_code", f"{sentence}: later documents belong beside the first")
    # What follows an adopted document is the relay's own.
    frozen = replace(frozen, adopted=None)
    address = snapshot.order.billing_address
    customer: OneTimeCustomer | Refusal = DEBTOR if frozen.customer else NO_CUSTOMER
    if frozen.customer and frozen.terms.one_time:
        vat_id = vat_id_of(snapshot, mapping.file.vat_ids)
        customer = one_time_customer(address, company.language, mapping.file.regions, vat_id)
    if isinstance(customer, Refusal):
        return customer
    placed = day_of(snapshot.order.date_created, company, store)
    dates = dates_of(
        frozen.day,
        company,
        store,
        mapping.file.close_calendar,
        document=placed if step.kind is Kind.INVOICE else "",
        translation=translated,
        dated=dated or whose_day(frozen.day, placed, snapshot, mapping),
    )
    if not isinstance(dates, Dates):
        return dates
    ordered = purchase_order(snapshot, mapping.file.companies)
    # What follows an invoice is not held up by a number that was changed since, but goes without.
    if ordered.unfit and step.kind is Kind.INVOICE:
        return Refusal("refused:po_number", ordered.unfit)
    marks = marks or Marks()
    marks = replace(marks, customer={**ordered.fields, **marks.customer})
    key = divided(frozen)
    if key is not None:
        sentence = (
            f"the lines of {key} name different authorities, as its jurisdiction in the mapping has changed since"
        )
        why = "SAP has one tax item per level, on the base of all lines of a code; post this document by hand"
        return Refusal("refused:tax_levels", f"{sentence}: {why}")
    first = split(frozen)
    # A part that was planned with the first knows already what it takes.
    first = taking_back(first, against) if against else first
    header = Header(store, step, company, mapping.version, dates, (*decisions, *ordered.decisions), marks)
    parts = []
    further = len(first.following) - len(frozen.following)
    for place, part in enumerate((first, *first.following[:further])):
        written = write(part, replace(header, step=replace(step, part=step.part + place)), customer)
        if isinstance(written, Refusal):
            return written
        parts.append(written)
    return replace(parts[0], following=tuple(part.call for part in parts[1:]))


def _frozen(
    snapshot: OrderSnapshot,
    mapping: Mapping,
    company: CompanyCode,
    store: StoreFacts,
    places: int,
    posted: Sequence[FrozenLine],
) -> Frozen | Refusal | tuple[Gap, ...]:
    components = components_of(snapshot, company.item_text)
    if isinstance(components, Refusal):
        return components
    taxes = taxes_of(snapshot, components, unit(places))
    if isinstance(taxes, Refusal):
        return taxes
    undecided = single_purpose(components, taxes.groups)
    if undecided is not None:
        return undecided
    said = snapshot.order.is_tax_inclusive_pricing
    inclusive = bool(store.tax_inclusive) if said is None else said
    readings = readings_of(snapshot, components, taxes, unit(places), company.rounding_limit, inclusive=inclusive)
    if isinstance(readings, Refusal):
        return readings
    tenders, missing = tenders_of(snapshot.order, mapping, company, places)
    fitting: list[Frozen] = []
    implausible: list[Refusal] = []
    for reading in readings:
        assigned, gaps = assign(snapshot, mapping, company, components, taxes, reading, posted)
        if gaps or missing:
            return (*gaps, *missing)
        totals = (snapshot.order.total_inc_tax + reading.tendered, snapshot.order.total_tax)
        amounts = amounts_of(reading, assigned, taxes.rows, totals, places)
        if isinstance(amounts, Refusal):
            implausible.append(amounts)
            continue
        lines = frozen_lines(assigned, amounts, places, mapping.adjustment(company, "rounding"))
        left = sum(line.gross for line in (*lines, *tenders))
        if left < 0:
            sentence = f"{snapshot.order.tendered} were paid by gift certificate and store credit"
            more = f"{from_minor(-left, places)} more than the order costs"
            implausible.append(Refusal("refused:tenders", f"{sentence}, {more}"))
            continue
        fitting.append(_of_order(snapshot, mapping, company, store, places, reading, lines, tenders))
    return _only(fitting) if fitting else implausible[0]


def _of_order(
    snapshot: OrderSnapshot,
    mapping: Mapping,
    company: CompanyCode,
    store: StoreFacts,
    places: int,
    reading: Reading,
    lines: tuple[FrozenLine, ...],
    tenders: tuple[FrozenLine, ...],
) -> Frozen:
    apart = bool(tenders) and company.tenders == "own_document"
    said = {"external_order": snapshot.order.external_order_id}
    order = Frozen(
        about="order",
        company_code=company.company_code,
        document_type=company.document_type(Kind.INVOICE),
        currency=snapshot.order.default_currency_code,
        places=places,
        day=day_of(invoiced_at(snapshot, mapping, company), company, store),
        customer=company.customer or company.one_time_customer,
        discount=mapping.adjustment(company, "discount") if company.discounts == "own_account" else None,
        reading=reading.name,
        lines=lines if apart else (*lines, *tenders),
        terms=Terms(
            company.payment_terms,
            company.dunning_area,
            settled(company.header_text, said),
            settled(company.customer_text, said),
            one_time=company.customer is None,
        ),
        blocks=blocks_of(snapshot, mapping.file.shipments, mapping.file.payments, company),
        summed=company.sum_lines,
    )
    if not apart:
        return order
    kind = company.document_type(Kind.PAYMENT)
    own = replace(order, about="tenders", document_type=kind, lines=tenders, blocks=NO_BLOCKS)
    return replace(order, following=(own,))


def _only(fitting: list[Frozen]) -> Frozen | Refusal:
    """Return the document all readings agree on."""
    first = fitting[0]
    for other in fitting[1:]:
        account = draft_of(first).differs(draft_of(other))
        if account is not None:
            sentence = f"two readings add up, but post differently to account {account}"
            return Refusal("refused:ambiguous", f"{sentence}: {first.reading}; {other.reading}")
    return first
