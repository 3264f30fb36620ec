"""The payments an order owes beside its other documents: each transaction once, under its own id. Pure."""

from collections.abc import Callable, Sequence
from functools import partial

from ..bigcommerce.models import OrderSnapshot
from ..sap.facts import StoreFacts
from ..sap.frozen import Frozen
from ..sap.mapping import Mapping
from ..sap.payment import counted, payment_document
from ..sap.reference import Kind, StepId
from .owe import beside, owe
from .values import Cause, Entry, Owe, Plan

__all__ = ["with_payments"]


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
    done = {one.step.ordinal for one in entries if one.step.kind is Kind.PAYMENT and one.state == "posted"}
    for transaction in counted(snapshot, mapping):
        if transaction.id not in done and (transaction.date_created or store.cut_over) >= store.cut_over:
            step = StepId(store.tenant, store.store_hash, snapshot.order.id, Kind.PAYMENT, transaction.id)
            build = partial(payment_document, transaction, invoice, snapshot, mapping, store)
            found = owe(step, entries, build, more=True)
            if isinstance(found, Owe):
                return found
            causes += found.causes
    return beside(rest(), causes)
