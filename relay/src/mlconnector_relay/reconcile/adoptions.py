"""Takes over documents of somebody else's where people asked for it: reads them back, and writes them down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from mlconnector_shared.runtime import Runtime

from ..bigcommerce.models import OrderSnapshot
from ..db import jobs, ledger, sap_documents
from ..db.engine import Database, Transaction
from ..db.jobs import Done, Job, Retry, Sight
from ..db.sap_documents import SapDocument
from ..db.stores import Store
from ..directory import Account
from ..sap.adoption import Posted, adoption_of, read_posted
from ..sap.currency import from_minor
from ..sap.document import frozen_order
from ..sap.frozen import Frozen
from ..sap.mapping import Mapping
from ..sap.reference import document_of
from ..trail.audit import Audit, Record
from ..tunnel.errors import CallRefused
from .adopting import not_adopted, proposed
from .owe import parked_on
from .records import adopted
from .send import Sender
from .steps import adopted_entry, held_by
from .values import Adopt, Cause, Decision, Park, Skip

__all__ = ["Adoptions", "Subject"]

UNKNOWN: Final = "SAP has no such document, or one that is only parked or noted"


@dataclass(frozen=True, slots=True)
class Subject:
    """An order from before the cut-over, and what it is judged by.

    Attributes:
        job: its job.
        account: its store.
        snapshot: the order as it is.
        mapping: the rules of its day.
        decisions: what people decided about it, as far as it counts.
    """

    job: Job
    account: Account
    snapshot: OrderSnapshot
    mapping: Mapping
    decisions: Sequence[Decision]


class Adoptions:
    """Compares the documents asked for with their orders, and takes over what was decided.

    Args:
        database: ledger and jobs.
        sender: reads SAP.
        audit: writes the trail.
        runtime: clocks.
    """

    def __init__(self, database: Database, sender: Sender, audit: Audit, runtime: Runtime) -> None:
        self._database = database
        self._sender = sender
        self._audit = audit
        self._runtime = runtime

    async def plan(self, one: Subject, skip: Skip, asked: Sequence[str]) -> Adopt | Park | Skip:
        """Return what follows; of several documents that people asked for the newest that fits counts.

        Args:
            one: the order.
            skip: why it is not ours; that stays where nobody asked.
            asked: keys of the documents, the oldest wish first.

        Raises:
            TunnelError: SAP could not be read.
        """
        if not asked:
            return skip
        ours = frozen_order(one.snapshot, one.mapping, one.account.facts)
        if not isinstance(ours, Frozen):
            why = "; ".join(cause.sentence for cause in parked_on(ours).causes)
            return not_adopted(skip, document_of(asked[-1]), why)
        found = [await self._of(one, skip, ours, key) for key in reversed(asked)]
        return next((plan for plan in found if not isinstance(plan, Skip)), found[0])

    async def take_over(self, one: Subject, adopt: Adopt, sight: Sight, records: Sequence[Record]) -> None:
        """Write a document down as the order's invoice; what is owed after it is asked about at once.

        Args:
            one: the order.
            adopt: the document.
            sight: what was seen of the order.
            records: how it came to that; the first holds what was fetched, unless the sight names an earlier.
        """
        job, store, order = one.job, one.account.store, one.snapshot.order
        digest, version = one.snapshot.digest(), one.mapping.version
        entry = adopted_entry(job, store, adopt, mapping=version, snapshot=digest, modified=order.date_modified)

        async def work(tx: Transaction) -> None:
            now = self._runtime.now()
            made = await ledger.adopt(tx, entry, adopt.posted.object_key, adopt.sentence, now)
            outcome: Done | Retry = Retry(now, f"{adopt.posted.named} was taken over meanwhile")
            also = [*records]
            if made is not None:
                await sap_documents.keep(tx, [_in_sap(store, adopt)])
                outcome = Done("posted", f"{adopt.posted.named} is adopted; {adopt.sentence}", again_at=now)
                also.append(adopted(job, made, adopt))
            written = await self._audit.record_many(tx, also, now)
            await jobs.settle(tx, job, outcome, now, held_by(sight, written))

        await self._database.write(work)

    async def _of(self, one: Subject, skip: Skip, ours: Frozen, object_key: str) -> Adopt | Park | Skip:
        store = one.account.store
        async with self._database.read() as tx:
            holder = await ledger.by_document(tx, store.tenant, store.sysid, store.client, object_key)
        if holder is not None:
            why = f"it is in the ledger already, of order {holder.order_id} of store {holder.store_hash}"
            return not_adopted(skip, document_of(object_key), why)
        try:
            posted = await self._read(one, object_key, ours.customer)
        except CallRefused as error:
            why = f"{error}; [policy.tables] of the agent must name what docs/howto/adopt-a-document.md lists"
            return Park((Cause(f"gate:{error.rule}", why, "basis"),))
        if posted is None:
            return not_adopted(skip, document_of(object_key), UNKNOWN)
        found = adoption_of(ours, posted)
        return proposed(one.snapshot, one.account.facts, posted, found, one.decisions, skip)

    async def _read(self, one: Subject, object_key: str, customer: str) -> Posted | None:
        reading = read_posted(object_key, customer)
        work = next(reading)
        while True:
            rows = await self._sender.read(one.account.store, work, one.job.trace)
            try:
                work = reading.send(rows)
            except StopIteration as end:
                posted: Posted | None = end.value
                return posted


def _in_sap(store: Store, adopt: Adopt) -> SapDocument:
    """Return the document as it was read, as the tie-out keeps those that it reads."""
    posted, places = adopt.posted, adopt.facts.places

    def spelt(amount: int) -> Decimal:
        return from_minor(amount, places)

    return SapDocument(
        tenant=store.tenant,
        sysid=store.sysid,
        client=store.client,
        company_code=posted.object_key[10:14].rstrip(),
        number=posted.object_key[:10],
        fiscal_year=posted.object_key[14:],
        document_type=posted.document_type,
        reference=posted.reference,
        entered_by=posted.user,
        posting_date=date.fromisoformat(posted.posted),
        entry_date=date.fromisoformat(posted.entered),
        currency=posted.currency,
        gross=spelt(posted.owed),
        reversed_by="",
        cleared_on=date.fromisoformat(posted.cleared) if posted.cleared else None,
        taxes=" ".join(f"{code}={spelt(tax):f}" for code, tax in sorted(posted.taxes.items())),
    )
