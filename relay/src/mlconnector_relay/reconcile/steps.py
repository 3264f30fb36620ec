"""From what is owed to what travels: ledger entries and call envelopes, pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from mlconnector_shared.bapi import BapiCall, content_digest
from mlconnector_shared.envelope import Audience, Base, CallEnvelope, Change, Post, Reverse, Write
from mlconnector_shared.errors import ConnectorError

from ..bigcommerce.models import OrderSnapshot
from ..db.decisions import Decided
from ..db.jobs import Cause, Job, Sight
from ..db.ledger import LedgerEntry, NewEntry
from ..db.stores import Store
from ..sap.change import CHANGE, CHANGE_FUNCTION, document_of
from ..sap.currency import from_minor
from ..sap.frozen import FrozenInvalid, frozen_text, read_frozen, read_head
from ..sap.reference import SCHEME_VERSION, Kind, StepId, reference
from ..sap.reversal import FUNCTION as REVERSE
from ..sap.reversal import TYPE_CHOSEN_BY_SAP
from ..sap.text import pad
from .plan import Entry, Owe
from .values import Adopt, Decision
from .values import Cause as PlannedCause

__all__ = [
    "PlanBroken",
    "adopted_entry",
    "as_causes",
    "as_decided",
    "as_planned",
    "attempt_of",
    "base_of",
    "envelope",
    "held_by",
    "is_question",
    "is_reversal",
    "new_entry",
    "plan_digest",
    "resend_id",
    "sight_of",
    "waiting_of",
    "work_of",
]

DEPENDENT: Final = {Kind.REFUND, Kind.SUPPLEMENT, Kind.REVERSAL, Kind.SHIPMENT, Kind.COMPLETION}
"""Steps that take from or add to a document which stands: they are done only while it does."""

FOUNDING: Final = {Kind.INVOICE, Kind.REPOST}
"""Steps whose first document the others of an order build on."""


CUSTOMER: Final = 10
"""Characters of a customer's number."""


class PlanBroken(ConnectorError):
    """Ledger, plan and envelopes contradict each other: a defect of ours, for a person."""


def plan_digest(owe: Owe) -> str:
    """Return the SHA-256 over the documents of a plan, in hexadecimal."""
    parts = [content_digest(owe.built.call), *(frozen_text(one) for one in owe.built.facts.following)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def new_entry(job: Job, store: Store, owe: Owe, *, mapping: str, snapshot: str, modified: datetime) -> NewEntry:
    """Return the ledger entry of the document that is owed."""
    built, step = owe.built, owe.step
    return NewEntry(
        tenant=job.tenant,
        posting_id=step.posting_id,
        store_hash=job.store_hash,
        order_id=job.order_id,
        kind=step.kind.value,
        ordinal=step.ordinal,
        part=step.part,
        sysid=store.sysid,
        client=store.client,
        reference=built.reference,
        scheme_version=SCHEME_VERSION,
        mapping_version=mapping,
        digest=content_digest(built.call),
        snapshot_digest=snapshot,
        plan_digest=plan_digest(owe),
        date_modified=modified,
        company_code=built.company_code,
        document_type=built.document_type,
        currency=built.currency,
        gross=built.gross,
        facts=frozen_text(built.facts),
        more=owe.more,
        generation=job.generation,
        trace=job.trace,
    )


def adopted_entry(job: Job, store: Store, adopt: Adopt, *, mapping: str, snapshot: str, modified: datetime) -> NewEntry:
    """Return the ledger entry of a document that somebody else posted: the order's invoice, whose reference stays free.

    Raises:
        ReferenceTooLong: no reference names the order's invoice.
    """
    step = StepId(job.tenant, job.store_hash, job.order_id, Kind.INVOICE)
    facts = frozen_text(adopt.facts)
    digest = hashlib.sha256(facts.encode()).hexdigest()
    return NewEntry(
        tenant=job.tenant,
        posting_id=step.posting_id,
        store_hash=job.store_hash,
        order_id=job.order_id,
        kind=step.kind.value,
        ordinal=step.ordinal,
        part=step.part,
        sysid=store.sysid,
        client=store.client,
        reference=reference(store.store_code, step),
        scheme_version=SCHEME_VERSION,
        mapping_version=mapping,
        digest=digest,
        snapshot_digest=snapshot,
        plan_digest=digest,
        date_modified=modified,
        company_code=adopt.facts.company_code,
        document_type=adopt.facts.document_type,
        currency=adopt.facts.currency,
        gross=from_minor(sum(line.gross for line in adopt.facts.lines), adopt.facts.places),
        facts=facts,
        more=False,
        generation=job.generation,
        trace=job.trace,
    )


def sight_of(snapshot: OrderSnapshot, record: str | None) -> Sight:
    """Return what lists and sums show of an order, and the audit record that holds it: see `kept.holder`."""
    order = snapshot.order
    return Sight(order.date_created, order.date_modified, order.total_inc_tax, order.default_currency_code, record)


def held_by(sight: Sight, records: Sequence[str]) -> Sight:
    """Return what was seen with the audit record that holds it: the first of those now written, unless an earlier."""
    return replace(sight, fetched_as=records[0]) if sight.fetched_as is None else sight


def as_planned(entry: LedgerEntry) -> Entry:
    """Return a ledger entry as the plan wants to see it.

    Raises:
        FrozenInvalid: what the document is made of cannot be read.
    """
    return Entry(
        posting_id=entry.posting_id,
        state=entry.state,
        digest=entry.digest,
        gross=entry.gross,
        currency=entry.currency,
        object_key=entry.object_key,
        snapshot_digest=entry.snapshot_digest,
        date_modified=entry.date_modified,
        facts=read_frozen(entry.facts),
        reason=entry.reason,
    )


def as_decided(one: Decided) -> Decision:
    """Return what people decided as the plan wants to see it."""
    return Decision(one.cause, one.proposal, one.choice, one.decided_by, one.confirmed_by)


def as_causes(causes: Sequence[PlannedCause]) -> tuple[Cause, ...]:
    """Return what an order waits for, as its job keeps it: several reasons behind one key are one cause.

    What waits for it is added up, but for a decision that is asked for several times, as of an edit that two refunds
    need.
    """
    found: dict[tuple[str, str], Cause] = {}
    for one in causes:
        known = found.get((one.key, one.question))
        sentence = f"{known.sentence}; {one.sentence}" if known else one.sentence
        amount = _together(known, one) if known else one.amount
        found[one.key, one.question] = Cause(
            one.key, sentence, one.owner, one.question, one.choices, one.proposal, amount
        )
    return tuple(found.values())


def _together(known: Cause, one: PlannedCause) -> Decimal | None:
    if known.amount is None or one.amount is None:
        return None
    return max(known.amount, one.amount) if one.choices else known.amount + one.amount


def waiting_of(entry: NewEntry | LedgerEntry) -> Decimal | None:
    """Return how much of its order waits where a posting is not taken; `None`: the whole order.

    That it is not taken is to be written down whatever can be read of it.
    """
    if entry.kind == Kind.INVOICE and entry.part == 1:
        return None
    try:
        return read_frozen(entry.facts).worth
    except FrozenInvalid:
        return None


def base_of(entry: NewEntry, entries: Sequence[LedgerEntry]) -> Base | None:
    """Return the document that a posting builds on: the order's latest invoice; None for one that stands alone.

    Args:
        entry: the posting.
        entries: all the ledger has about its order.

    Raises:
        PlanBroken: the order has no invoice that is posted.
        FrozenInvalid: what that one is made of cannot be read.
    """
    if Kind(entry.kind) not in DEPENDENT:
        return None
    founding = [one for one in entries if one.state == "posted" and one.part == 1 and Kind(one.kind) in FOUNDING]
    if not founding:
        raise PlanBroken(f"posting {entry.posting_id} builds on an invoice, but the ledger has none that is posted")
    latest = max(founding, key=lambda one: one.intended_at)
    adopted = read_head(latest.facts).adopted
    return Base(latest.object_key, latest.reference if adopted is None else adopted)


def is_reversal(entry: NewEntry) -> bool:
    """Tell whether SAP reverses a document by it, instead of posting one that takes back."""
    return Kind(entry.kind) is Kind.REVERSAL and entry.document_type == TYPE_CHOSEN_BY_SAP


def work_of(call: BapiCall, entry: NewEntry, entries: Sequence[LedgerEntry]) -> Write:
    """Return what an agent is asked to do.

    Nothing that is posted asks for open items: a credit memo is as right where the invoice was paid. What must be open
    is reversed, and SAP itself refuses that for cleared items; a change that has become needless is told as done.

    Args:
        call: the posting, reversal or change.
        entry: its entry.
        entries: all the ledger has about its order.

    Raises:
        PlanBroken: what it builds on, reverses or changes is not posted.
    """
    key = document_of(call)
    if key:
        return _change_of(call, key, entry, entries)
    base = base_of(entry, entries)
    if call.function != REVERSE:
        return Post(call, base)
    if base is None or call.parameters["REVERSAL"]["OBJ_KEY_R"] != base.object_key:
        raise PlanBroken(f"a reversal of {call.parameters['REVERSAL']['OBJ_KEY_R']}, which the order does not build on")
    return Reverse(call, base)


def _change_of(call: BapiCall, key: str, entry: NewEntry, entries: Sequence[LedgerEntry]) -> Change:
    documents = [
        one for one in entries if one.state == "posted" and one.object_key == key and one.document_type != CHANGE
    ]
    if not documents:
        raise PlanBroken(f"posting {entry.posting_id} changes document {key}, which is none of the order's")
    # A text belongs to the document as a whole.
    customer = pad(read_head(documents[0].facts).customer, CUSTOMER) if call.function == CHANGE_FUNCTION else ""
    return Change(call, Base(key, documents[0].reference), customer)


def envelope(
    entry: LedgerEntry,
    envelope_id: str,
    work: Write,
    audience: Audience,
    fencing_token: int,
    life: tuple[datetime, float],
) -> CallEnvelope:
    """Return the envelope of one posting; `life` is when it is sealed and for how many seconds it lives."""
    now, seconds = life
    return CallEnvelope(
        envelope_id=envelope_id,
        posting_id=entry.posting_id,
        audience=audience,
        issued_at=now,
        not_after=now + timedelta(seconds=seconds),
        fencing_token=fencing_token,
        work=work,
        trace=entry.trace,
    )


def resend_id(entry: LedgerEntry, now: datetime) -> str:
    """Return the id of an envelope that asks again about an attempt that was sent: same posting, fresh lifetime."""
    return f"{entry.envelope_id}.{int(now.timestamp() * 1000)}"


def is_question(envelope_id: str) -> bool:
    """Tell whether an envelope only asks again about an attempt that was sent: the agent begins nothing by it."""
    return "." in envelope_id.rpartition("#")[2]


def attempt_of(envelope_id: str) -> int:
    """Return the attempt an envelope id names; 0 when it names none."""
    _, _, tail = envelope_id.rpartition("#")
    head = tail.partition(".")[0]
    return int(head) if head.isdecimal() else 0
