"""The payments an order owes beside its other documents: each transaction once, under its own id. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from ..bigcommerce.models import OrderSnapshot, Transaction
from ..sap.currency import quantize
from ..sap.facts import StoreFacts
from ..sap.frozen import Frozen
from ..sap.mapping import Mapping
from ..sap.payment import account_of, counted, payment_document
from ..sap.reference import Kind, StepId
from .owe import beside, owe, parked_on
from .values import Cause, Entry, Owe, Plan, Skip

__all__ = ["paid_invoice", "with_payments"]


def paid_invoice(
    snapshot: OrderSnapshot, entries: Sequence[Entry], mapping: Mapping, store: StoreFacts, skip: Skip
) -> Plan:
    """Owe what a company paid of an invoice of the B2B Edition, where that is posted; the order itself is none."""
    if not mapping.file.payments.company_invoices or not counted(snapshot, mapping):
        return skip
    done = replace(skip, sentence=f"{skip.sentence.partition(';')[0]}; what was paid is posted on its account")
    waiting = [abs(one.amount) for one in _due(snapshot, entries, mapping, store)]
    account = account_of(snapshot, mapping, store) if waiting else None
    if account is None:
        return done
    if not isinstance(account, Frozen):
        # In the store's own figures: a currency that nobody knows has no decimals.
        return parked_on(account, sum(waiting, Decimal(0)))
    return with_payments(account, snapshot, entries, mapping, store, rest=lambda: done)


def with_payments(
    invoice: Frozen,
    snapshot: OrderSnapshot,
    entries: Sequence[Entry],
    mapping: Mapping,
    store: StoreFacts,
    *,
    rest: Callable[[], Plan],
) -> Plan:
    """Owe the first payment that can be posted, before the rest; one that cannot holds nothing else up.

    What moved before the cut-over, of an order whose invoice was adopted, was booked where that came from.

    Args:
        invoice: whose customer is credited.
        snapshot: the order with its transactions.
        entries: all the ledger has about the order.
        mapping: says whether payments are posted, and where to.
        store: the order's store.
        rest: decides what else is owed.
    """
    causes: list[Cause] = []
    for transaction in _due(snapshot, entries, mapping, store):
        step = StepId(store.tenant, store.store_hash, snapshot.order.id, Kind.PAYMENT, transaction.id)
        build = partial(payment_document, transaction, invoice, snapshot, mapping, store)
        amount = quantize(abs(transaction.amount), invoice.places)
        found = owe(step, entries, build, more=True, amount=amount)
        if isinstance(found, Owe):
            return found
        causes += found.causes
    return beside(rest(), causes)


def _due(
    snapshot: OrderSnapshot, entries: Sequence[Entry], mapping: Mapping, store: StoreFacts
) -> Iterator[Transaction]:
    """Yield the payments that are not posted yet."""
    done = {one.step.ordinal for one in entries if one.step.kind is Kind.PAYMENT and one.state == "posted"}
    for transaction in counted(snapshot, mapping):
        if transaction.id not in done and (transaction.date_created or store.cut_over) >= store.cut_over:
            yield transaction
