"""A payment, or what was paid back, as a document: the clearing account of the gateway against the customer. Pure.

Gift certificates and store credit are in the invoice already; a payment is what a provider moved. What moved offline is
one only where the mapping says so.
"""

import re
from collections.abc import Mapping as Facts
from dataclasses import replace
from decimal import Decimal
from typing import Final

from ..bigcommerce.models import OrderSnapshot, Transaction
from .call import Marks
from .clearing import MATCH_FIELDS, clearing_of, match_key
from .companies import company_of
from .currency import UnknownCurrency, decimals, to_minor
from .dates import day_of
from .debtors import lacking
from .document import later_document
from .facts import StoreFacts
from .freezing import amount_line
from .frozen import NO_BLOCKS, Frozen, Terms
from .mapping import Mapping
from .mapping_file import Clearing
from .money import moved
from .reference import Kind, StepId
from .targets import Accounts
from .values import Built, Gap, Refusal

__all__ = ["account_of", "captured", "counted", "payment_document"]

UNPLAIN: Final = re.compile(r"[^0-9A-Za-z./-]")
"""Of an invoice's number, what could be more than its name."""


def counted(snapshot: OrderSnapshot, mapping: Mapping) -> list[Transaction]:
    """Return the transactions that are posted, by their ids: money that came in, and money that was paid back."""
    return moved(snapshot, mapping.file.payments) if mapping.file.payments.post else []


def captured(snapshot: OrderSnapshot, mapping: Mapping) -> Decimal | None:
    """Return the money that came in for an order, in its currency; `None` where the store shows none, or another."""
    came_in = [one for one in moved(snapshot, mapping.file.payments) if one.took_money]
    foreign = {one.currency for one in came_in} - {"", snapshot.order.default_currency_code}
    return sum((one.amount for one in came_in), Decimal(0)) if came_in and not foreign else None


def account_of(snapshot: OrderSnapshot, mapping: Mapping, store: StoreFacts) -> Frozen | Refusal | tuple[Gap, ...]:
    """Return whose account is credited by what pays an invoice of the B2B Edition: a document without lines.

    Returns:
        The document; or what the mapping lacks to name the company's debtor; or why nobody's account can be.
    """
    order, paid = snapshot.order, snapshot.company
    company, missing = company_of(snapshot, mapping, store), lacking(snapshot, mapping, store)
    if isinstance(company, Gap) or missing:
        return (company,) if isinstance(company, Gap) else missing
    if paid is None or not paid.company_id or company.customer is None:
        sentence = f"order {order.id} pays an invoice of the B2B Edition, whose company is not known or has no debtor"
        return Refusal("refused:debtor", f"{sentence}: give it one by a [[documents]] rule with companies and customer")
    try:
        places = decimals(order.default_currency_code, mapping.file.currency_decimals)
    except UnknownCurrency as error:
        return Refusal("refused:currency", str(error))
    number = UNPLAIN.sub("", paid.invoice_number)
    return Frozen(
        about="account",
        company_code=company.company_code,
        document_type=company.document_type(Kind.PAYMENT),
        currency=order.default_currency_code,
        places=places,
        day="",
        customer=company.customer,
        discount=None,
        reading="the transaction's amount",
        lines=(),
        terms=Terms(customer_text=f"Web order {{order}} pays {number}", one_time=False),
    )


def payment_document(
    transaction: Transaction,
    invoice: Frozen,
    snapshot: OrderSnapshot,
    mapping: Mapping,
    store: StoreFacts,
    step: StepId,
) -> Built | Refusal | tuple[Gap, ...]:
    """Build the document of a transaction.

    Args:
        transaction: one of those that count.
        invoice: whose customer is credited.
        snapshot: the order.
        mapping: for the clearing account, and what is no line.
        store: the order's store.
        step: the posting; its ordinal is the transaction's id.
    """
    order = snapshot.order
    company = company_of(snapshot, mapping, store)
    if isinstance(company, Gap):
        return (company,)
    if transaction.currency not in {"", invoice.currency}:
        moved = f"transaction {transaction.id} moved {transaction.amount} {transaction.currency}"
        return Refusal("refused:currency", f"{moved}, the order is in {invoice.currency}")
    rule = clearing_of(mapping.file, transaction.gateway, invoice.currency, company.company_code)
    if isinstance(rule, Gap):
        return (rule,)
    full = transaction.gateway_transaction_id
    key = match_key(full, rule)
    if key is None:
        sentence = f"{full!r} of transaction {transaction.id} does not fit {rule.match_field} whole"
        return Refusal("refused:match_key", f"{sentence}; give clearing of {transaction.gateway} another match_rule")
    came_in = transaction.event != "refund"
    label = f"{'Payment' if came_in else 'Paid back'} {transaction.id} {transaction.gateway}".rstrip()
    amount = to_minor(abs(transaction.amount), invoice.places)
    day = day_of(transaction.date_created or order.date_modified, company, store)
    accounts = Accounts(rule.gl_account, "", "", f"clearing of {transaction.gateway or 'any gateway'}")
    line = amount_line("payment", label, -amount if came_in else amount, accounts)
    frozen = replace(
        invoice,
        about=f"payment {transaction.id}",
        document_type=company.document_type(Kind.PAYMENT),
        day=day,
        discount=None,
        reading="the transaction's amount",
        lines=(replace(line, source=transaction.id),),
        following=(),
        # Blocks wait for the goods of the invoice; on money they would stay, since only invoices are released.
        blocks=NO_BLOCKS,
    )
    decisions = (f"matching key {key!r} in {rule.match_field} ({rule.match_rule}) of {full!r}",)
    return later_document(
        frozen,
        snapshot,
        mapping,
        store,
        step,
        dated="the transaction's",
        decisions=decisions,
        marks=_marks(rule, key, day),
    )


def _marks(rule: Clearing, key: str, day: str) -> Marks:
    """Put the key where the rule says; the assignment stays the order's, by which SAP clears the customer's items."""
    name, _ = MATCH_FIELDS[rule.match_field]
    both: Facts[str, str] = {name: key} if rule.match_field in {"reference_key_3", "text"} else {}
    customer: Facts[str, str] = {name: key} if rule.match_field == "payment_reference" else {}
    general: Facts[str, str] = {name: key} if rule.match_field == "assignment" else {}
    return Marks({**both, **customer, "PMNTTRMS": ""}, {**both, **general, "VALUE_DATE": day})
