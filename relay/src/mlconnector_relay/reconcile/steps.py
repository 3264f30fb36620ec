"""From what is owed to what travels: ledger entries and call envelopes, pure."""

import hashlib
from datetime import datetime, timedelta

from mlconnector_shared.bapi import BapiCall, content_digest
from mlconnector_shared.envelope import Audience, CallEnvelope, Post
from mlconnector_shared.errors import ConnectorError

from ..bigcommerce.models import OrderSnapshot
from ..db.jobs import Job, Sight
from ..db.ledger import LedgerEntry, NewEntry
from ..db.stores import Store
from ..sap.frozen import frozen_text, read_frozen
from ..sap.reference import SCHEME_VERSION
from .plan import Entry, Owe

__all__ = ["PlanBroken", "as_planned", "attempt_of", "envelope", "new_entry", "plan_digest", "resend_id", "sight_of"]


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
        trace=job.trace,
    )


def sight_of(snapshot: OrderSnapshot) -> Sight:
    """Return what lists and sums show of an order."""
    order = snapshot.order
    return Sight(order.date_created, order.date_modified, order.total_inc_tax, order.default_currency_code)


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
    )


def envelope(
    entry: LedgerEntry,
    envelope_id: str,
    call: BapiCall,
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
        work=Post(call),
        trace=entry.trace,
    )


def resend_id(entry: LedgerEntry, now: datetime) -> str:
    """Return the id of an envelope that asks again about an attempt that was sent: same posting, fresh lifetime."""
    return f"{entry.envelope_id}.{int(now.timestamp() * 1000)}"


def attempt_of(envelope_id: str) -> int:
    """Return the attempt an envelope id names; 0 when it names none."""
    _, _, tail = envelope_id.rpartition("#")
    head = tail.partition(".")[0]
    return int(head) if head.isdecimal() else 0
