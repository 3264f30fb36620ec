"""What a posted invoice is still to show of the order's shipments, one change at a time. Pure."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from mlconnector_shared.bapi import content_digest

from ..bigcommerce.models import OrderSnapshot
from ..sap.change import CHANGE, Change, built_change, changes_of
from ..sap.edit import REPOST, REVERSAL
from ..sap.facts import StoreFacts
from ..sap.frozen import Frozen
from ..sap.mapping import Mapping
from ..sap.reference import Kind, StepId
from ..sap.remaining import CANCELLATION, REINSTATED, REMAP_REPOST, REMAP_REVERSAL
from .owe import owe
from .values import Entry, Owe, Park

__all__ = ["is_change", "is_document", "owed_change", "was_released"]


def is_change(entry: Entry) -> bool:
    """Tell whether a posting changes a document instead of being one."""
    return entry.facts.document_type == CHANGE


def is_document(entry: Entry) -> bool:
    """Tell whether a posting is part of what the order charges: payments and changes are none."""
    return entry.step.kind is not Kind.PAYMENT and not is_change(entry)


def was_released(entries: Sequence[Entry]) -> bool:
    """Tell whether blocks of the order were released: they are never set again, whatever becomes of its shipments."""
    return any(
        is_change(entry) and entry.state == "posted" and entry.facts.about.startswith("release") for entry in entries
    )


def owed_change(
    snapshot: OrderSnapshot, entries: Sequence[Entry], mapping: Mapping, store: StoreFacts
) -> Owe | Park | None:
    """Owe the first change that the order's invoice does not show yet; None where it shows everything.

    A change belongs to the newest shipment; where the store shows none, such as of a pickup, to the completion.

    Args:
        snapshot: the order as it is.
        entries: all the ledger has about it, oldest first.
        mapping: the rules in force.
        store: the order's store.
    """
    newest = max((shipment.id for shipment in snapshot.shipments), default=0)
    kind, ordinal = (Kind.SHIPMENT, newest) if newest else (Kind.COMPLETION, 1)
    step = StepId(store.tenant, store.store_hash, snapshot.order.id, kind, ordinal)
    shown = {entry.facts.about: entry.digest for entry in entries if is_change(entry) and entry.state == "posted"}
    for invoice, change in _changes(snapshot, entries, mapping, store):
        if shown.get(change.about) != content_digest(change.call):
            build = partial(built_change, change, invoice, mapping.version, store)
            # It moves no money.
            return owe(step, entries, build, more=True, amount=Decimal(0))
    return None


def _changes(
    snapshot: OrderSnapshot, entries: Sequence[Entry], mapping: Mapping, store: StoreFacts
) -> Iterator[tuple[Frozen, Change]]:
    posted = [entry for entry in entries if entry.state == "posted"]
    about = [entry.facts.about for entry in posted]
    # What was taken back and posted anew is not changed any more; nor is anything where nothing stands.
    back = max((place for place, one in enumerate(about) if one in {REVERSAL, REMAP_REVERSAL, CANCELLATION}), default=0)
    for entry in posted[back:]:
        # An adopted document keeps what others wrote into it: which of its items is the customer's is their order, too.
        if entry.facts.adopted is not None or entry.facts.about not in {"order", REPOST, REMAP_REPOST, REINSTATED}:
            continue
        for change in changes_of(snapshot, entry.facts, entry.object_key, mapping.file.shipments, store):
            yield entry.facts, change
