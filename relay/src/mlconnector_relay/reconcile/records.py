"""What the audit trail keeps of reconciling an order: facts in the open, payloads encrypted beside them."""

import msgspec
from mlconnector_shared.envelope import Receipt, ResultEnvelope

from ..bigcommerce.errors import StoreNotFound
from ..bigcommerce.models import OrderSnapshot
from ..db.decisions import Decided
from ..db.jobs import Job
from ..db.ledger import LedgerEntry
from ..sap.values import Built
from ..trail.audit import Record
from . import plan as planning
from .kept import payload
from .snapshot import Taken
from .values import Adopt

__all__ = [
    "adopted",
    "fetched",
    "mapped",
    "missing",
    "planned",
    "refused",
    "resulted",
    "sent",
    "subject_of",
    "unheard_of",
]


def subject_of(store_hash: str, order_id: int) -> str:
    """Return whose key encrypts the payloads of an order, and under which its records are found."""
    return f"{store_hash}/{order_id}"


def fetched(job: Job, taken: Taken) -> Record:
    """The requests of a look with their answers, and the snapshot, or which earlier record holds it.

    What was shipped stands in the open, too. Who brings a parcel and under which number leads to a person: not that.
    """
    return Record(
        tenant=job.tenant,
        kind="store.fetched",
        subject=subject_of(job.store_hash, job.order_id),
        trace=job.trace,
        fields={
            "snapshot": taken.snapshot.digest(),
            "date_modified": taken.snapshot.order.date_modified.isoformat(),
            **({"same_as": taken.record} if taken.record else {}),
            "status_id": taken.snapshot.order.status_id,
            **_company(taken.snapshot),
            "shipments": [
                {
                    "shipment": shipment.id,
                    "created": shipment.date_created.isoformat() if shipment.date_created else "",
                    "tracked": bool(shipment.tracking_number),
                    "items": [[item.order_product_id, item.quantity] for item in shipment.items],
                }
                for shipment in taken.snapshot.shipments
            ],
            "requests": [
                {
                    "request": f"{fetch.method} {fetch.path}",
                    "status": fetch.status,
                    "milliseconds": round(fetch.milliseconds, 1),
                    "bytes": len(fetch.body),
                }
                for fetch in taken.fetches
            ],
        },
        payload=payload(taken),
    )


def _company(snapshot: OrderSnapshot) -> dict[str, object]:
    """Return what the B2B Edition says of an order; what the buyer wrote may name a person, and is payload."""
    company = snapshot.company
    if company is None:
        return {}
    said = {"standing": company.standing, "company": company.company_id, "days": company.days}
    return {"b2b": said | {"purchase_order": bool(company.po_number)}}


def missing(job: Job, error: StoreNotFound) -> Record:
    """A fetch that found no order."""
    fields = {"error": str(error)}
    return Record(job.tenant, "store.order_missing", subject_of(job.store_hash, job.order_id), job.trace, fields, None)


def planned(job: Job, plan: planning.Plan | Adopt, mapping_version: str) -> Record:
    """What the plan was, and by which mapping."""
    fields: dict[str, object] = {"plan": type(plan).__name__.lower(), "mapping": mapping_version}
    match plan:
        case planning.Owe(built, more=more):
            fields |= {"document": built.reference, "more": more}
        case planning.Park(causes):
            fields["causes"] = [
                {"key": cause.key, "sentence": cause.sentence}
                | ({"choices": list(cause.choices), "proposal": cause.proposal} if cause.choices else {})
                for cause in causes
            ]
        case planning.Skip(rule, sentence):
            fields |= {"rule": rule, "sentence": sentence}
        case planning.Wait(sentence) | planning.Settled(sentence):
            fields["sentence"] = sentence
        case planning.Settle(posting_id):
            fields["posting"] = posting_id
        case Adopt(posted):
            fields["document"] = posted.object_key
    return Record(job.tenant, "order.planned", subject_of(job.store_hash, job.order_id), job.trace, fields, None)


def brought_back(job: Job, one: Decided) -> Record:
    """An order that was acknowledged as archived, and is so no longer: archived once more, it is listed once more."""
    fields = {"cause": one.cause, "proposal": one.proposal, "choice": one.choice, "by": one.decided_by}
    fields["reason"] = "the order is archived no longer"
    return Record(job.tenant, "decision.ended", subject_of(job.store_hash, job.order_id), job.trace, fields, None)


def mapped(job: Job, built: Built) -> Record:
    """Every decision and every line of a document; the decisions may quote names, so they are payload."""
    return Record(
        tenant=job.tenant,
        kind="document.built",
        subject=subject_of(job.store_hash, job.order_id),
        trace=job.trace,
        fields={
            "reference": built.reference,
            "company_code": built.company_code,
            "document_type": built.document_type,
            "gross": f"{built.gross} {built.currency}",
            "reading": built.reading,
            "lines": [
                {
                    "item": line.item,
                    "role": line.role,
                    "account": line.account,
                    "cost_center": line.cost_center,
                    "tax_code": line.tax_code,
                    "amount": str(line.amount),
                }
                for line in built.lines
            ],
        },
        payload=msgspec.json.encode(built.decisions),
    )


def adopted(job: Job, entry: LedgerEntry, adopt: Adopt) -> Record:
    """A document of somebody else's that was taken over, and on which accounts what follows is taken off it."""
    return Record(
        tenant=job.tenant,
        kind="document.adopted",
        subject=subject_of(job.store_hash, job.order_id),
        trace=job.trace,
        fields={
            "posting": entry.posting_id,
            "object_key": entry.object_key,
            "carries": adopt.posted.reference,
            "entered_by": adopt.posted.user,
            "gross": f"{entry.gross} {entry.currency}",
            "decided": adopt.sentence,
            "facts": entry.digest,
        },
    )


def sent(job: Job, entry: LedgerEntry, envelope_id: str, instance: str, size: int) -> Record:
    """An envelope that is about to leave; its bytes are kept among the envelopes."""
    return Record(
        tenant=job.tenant,
        kind="envelope.sealed",
        subject=subject_of(job.store_hash, job.order_id),
        trace=job.trace,
        fields={
            "envelope": envelope_id,
            "posting": entry.posting_id,
            "reference": entry.reference,
            "agent": instance,
            "digest": entry.digest,
            "bytes": size,
        },
    )


def resulted(entry: LedgerEntry, result: ResultEnvelope, change: str, sealed: bytes) -> Record:
    """What the agent answered: every RFC call with its RETURN rows, the outcome, the document."""
    return Record(
        tenant=entry.tenant,
        kind="agent.result",
        subject=subject_of(entry.store_hash, entry.order_id),
        trace=entry.trace,
        fields=_answer(result, change),
        payload=sealed,
    )


def unheard_of(tenant: str, result: ResultEnvelope, sealed: bytes) -> Record:
    """What an agent answered about a posting that is not in the ledger."""
    store_hash, order = [*result.posting_id.split("/"), "", ""][1:3]
    subject = f"{store_hash}/{order}"
    return Record(tenant, "agent.result", subject, "", _answer(result, "unknown"), sealed)


def _answer(result: ResultEnvelope, change: str) -> dict[str, object]:
    return {
        "envelope": result.envelope_id,
        "outcome": result.outcome,
        "object_key": result.object_key,
        "reason": result.reason,
        "ledger": change,
        "agent": result.instance,
        "journal_sequence": result.journal_sequence,
        "steps": [
            {
                "at": step.at.isoformat(timespec="milliseconds"),
                "function": step.function,
                "milliseconds": round(step.milliseconds, 1),
                "outcome": step.outcome,
                "note": step.note,
                "messages": [f"{message.type} {message.code}" for message in step.messages],
            }
            for step in result.steps
        ],
    }


def refused(entry: LedgerEntry, receipt: Receipt, sealed: bytes) -> Record:
    """The agent's signed refusal, with the rule."""
    return Record(
        tenant=entry.tenant,
        kind="agent.refused",
        subject=subject_of(entry.store_hash, entry.order_id),
        trace=entry.trace,
        fields={"envelope": receipt.envelope_id, "rule": receipt.rule, "agent": receipt.instance},
        payload=sealed,
    )
