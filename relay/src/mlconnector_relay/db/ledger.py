"""Named queries of the ledger: what was intended, sent and posted to SAP. Rows are never deleted."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

from mlconnector_shared.envelope import Outcome
from sqlalchemy import and_, bindparam, null, select, update

from .engine import Transaction
from .errors import LedgerConflict
from .statements import both, columns_of, on, rows_of
from .tables import ledger, tenants

__all__ = [
    "Change",
    "EntryState",
    "LedgerEntry",
    "NewEntry",
    "Recorded",
    "adopt",
    "by_document",
    "by_posting",
    "intend",
    "judge",
    "of_order",
    "open_",
    "outcome",
    "sent",
]

EntryState = Literal["intended", "sent", "in_doubt", "posted", "rejected", "failed", "conflict"]
"""rejected and failed: proven that nothing was committed. conflict: a person decides."""

OPEN: Final[frozenset[EntryState]] = frozenset({"intended", "sent", "in_doubt"})
NOTHING_COMMITTED: Final[frozenset[EntryState]] = frozenset({"rejected", "failed"})

Change = Literal["recorded", "repeated", "stale", "contradicts"]
"""recorded: it is in the ledger now. repeated: it already was. stale: of an earlier attempt and without meaning now.
contradicts: it tells of a document the ledger does not know or knows under another number, or comes from another
instance than the one that has the posting: a person must look."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A posting to be written down before its envelope leaves.

    Attributes:
        digest: of the posting's content; a posting id keeps it for ever.
        snapshot_digest: of the order's content it was planned from.
        plan_digest: of the plan it is part of.
        date_modified: the order's own, of that snapshot.
        gross: sum of the customer's lines.
        facts: what the document is made of, for those that are computed from it later.
        more: whether the order owes another document after this one.
        generation: the job's when it was planned; once that is newer, there is something the posting knows nothing of.
    """

    tenant: str
    posting_id: str
    store_hash: str
    order_id: int
    kind: str
    ordinal: int
    part: int
    sysid: str
    client: str
    reference: str
    scheme_version: int
    mapping_version: str
    digest: str
    snapshot_digest: str
    plan_digest: str
    date_modified: datetime
    company_code: str
    document_type: str
    currency: str
    gross: Decimal
    facts: str
    more: bool
    generation: int
    trace: str


@dataclass(frozen=True, slots=True)
class LedgerEntry(NewEntry):
    """A posting in the ledger.

    Attributes:
        attempt: counts its envelopes, from 1.
        instance: the agent instance it was sent to, empty before.
        object_key: SAP's key of the document, empty unless posted.
        reason: stable word for the outcome's cause.
        detail: one sentence about the outcome.
        retryable: whether the same content may succeed later.
    """

    state: EntryState
    attempt: int
    instance: str
    fencing_token: int
    object_key: str
    reason: str
    detail: str
    retryable: bool
    intended_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    updated_at: datetime

    @property
    def envelope_id(self) -> str:
        """Return the id of the current attempt's envelope."""
        return f"{self.posting_id}#{self.attempt}"

    @property
    def is_open(self) -> bool:
        """Tell whether nothing may be planned over it, only settled."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording an outcome did.

    Attributes:
        entry: the entry afterwards.
        before: its state before.
    """

    change: Change
    entry: LedgerEntry
    before: EntryState


_COLUMNS: Final = columns_of(ledger, LedgerEntry)
_new_row: Final = rows_of(NewEntry)
_IS: Final = and_(ledger.c.tenant == bindparam("of_tenant"), ledger.c.posting_id == bindparam("of_posting"))
_INTEND: Final = both(
    lambda insert: insert(ledger).on_conflict_do_nothing(index_elements=["tenant", "posting_id"]).returning(*_COLUMNS)
)
_BY_POSTING: Final = select(*_COLUMNS).where(_IS)
_LOCK: Final = _BY_POSTING.with_for_update()
_OF_ORDER: Final = (
    select(*_COLUMNS)
    .where(
        ledger.c.tenant == bindparam("of_tenant"),
        ledger.c.store_hash == bindparam("of_store"),
        ledger.c.order_id == bindparam("of_order"),
    )
    .order_by(ledger.c.intended_at, ledger.c.kind, ledger.c.ordinal, ledger.c.part)
)
_NEWEST: Final = ("trace", "mapping_version", "snapshot_digest", "plan_digest", "facts", "more", "generation")
"""What the latest attempt says, beside the order's `date_modified`."""

_AGAIN: Final = (
    update(ledger)
    .where(_IS)
    .values(
        state="intended",
        attempt=ledger.c.attempt + 1,
        instance="",
        fencing_token=0,
        sent_at=null(),
        settled_at=null(),
        intended_at=bindparam("now"),
        updated_at=bindparam("now"),
        **{name: bindparam(f"new_{name}") for name in _NEWEST},
        date_modified=bindparam("new_date_modified"),
    )
    .returning(*_COLUMNS)
)
_SENT: Final = (
    update(ledger)
    .where(_IS, ledger.c.attempt == bindparam("of_attempt"), ledger.c.state == "intended")
    .values(
        state="sent",
        instance=bindparam("to_instance"),
        fencing_token=bindparam("under_token"),
        sent_at=bindparam("at"),
        updated_at=bindparam("at"),
    )
)
_OUTCOME: Final = (
    update(ledger)
    .where(_IS)
    .values(
        state=bindparam("new_state"),
        object_key=bindparam("new_object_key"),
        reason=bindparam("new_reason"),
        detail=bindparam("new_detail"),
        retryable=bindparam("new_retryable"),
        settled_at=bindparam("settled"),
        updated_at=bindparam("now"),
    )
    .returning(*_COLUMNS)
)

_STATE_OF: Final[dict[Outcome, EntryState]] = {
    "posted": "posted",
    "already_posted": "posted",
    "done": "posted",
    "rejected": "rejected",
    "failed": "failed",
    "in_doubt": "in_doubt",
    "conflict": "conflict",
}


async def intend(tx: Transaction, new: NewEntry, now: datetime) -> LedgerEntry:
    """Write a posting down; the same posting again changes nothing, or begins its next attempt after a rejection.

    Raises:
        LedgerConflict: the posting id is known with other content.
    """
    row = {**_new_row(new), "state": "intended", "attempt": 1, "instance": "", "fencing_token": 0, "object_key": ""}
    row |= {"reason": "", "detail": "", "retryable": False, "intended_at": now, "updated_at": now}
    inserted = (await tx.execute(on(tx, _INTEND), row)).first()
    if inserted is not None:
        return LedgerEntry(*inserted)
    known = LedgerEntry(*(await tx.execute(_LOCK, _of(new.tenant, new.posting_id))).one())
    if known.digest != new.digest:
        raise LedgerConflict(new.posting_id, known.digest, new.digest)
    if known.state not in NOTHING_COMMITTED:
        return known
    again = {
        "now": now,
        "new_date_modified": new.date_modified,
        **{f"new_{name}": getattr(new, name) for name in _NEWEST},
    }
    return LedgerEntry(*(await tx.execute(_AGAIN, _of(new.tenant, new.posting_id) | again)).one())


async def adopt(tx: Transaction, new: NewEntry, object_key: str, detail: str, now: datetime) -> LedgerEntry | None:
    """Write down a document that somebody else posted: nothing is sent for it, and no attempt was made.

    Args:
        tx: the transaction.
        new: what it is to its order.
        object_key: SAP's key of it.
        detail: who decided that, one sentence.
        now: the wall clock.

    Returns:
        The entry; None where the posting was begun before, or a posting of the SAP client has this document.
    """
    # One adoption of a tenant at a time: no index keeps two orders from one document.
    await tx.execute(select(tenants.c.tenant).where(tenants.c.tenant == new.tenant).with_for_update())
    if await by_document(tx, new.tenant, new.sysid, new.client, object_key) is not None:
        return None
    row = {**_new_row(new), "state": "posted", "attempt": 0, "instance": "", "fencing_token": 0}
    row |= {"object_key": object_key, "reason": "adopted", "detail": detail, "retryable": False}
    row |= {"intended_at": now, "settled_at": now, "updated_at": now}
    inserted = (await tx.execute(on(tx, _INTEND), row)).first()
    return None if inserted is None else LedgerEntry(*inserted)


async def sent(
    tx: Transaction, tenant: str, posting_id: str, attempt: int, instance: str, fencing_token: int, at: datetime
) -> bool:
    """Note that an attempt is about to leave to an instance; False when it is no longer the open one."""
    terms = {"of_attempt": attempt, "to_instance": instance, "under_token": fencing_token, "at": at}
    return (await tx.execute(_SENT, _of(tenant, posting_id) | terms)).rowcount == 1


async def outcome(
    tx: Transaction,
    tenant: str,
    posting_id: str,
    attempt: int,
    result: Outcome,
    now: datetime,
    *,
    instance: str,
    object_key: str = "",
    reason: str = "",
    detail: str = "",
    retryable: bool = False,
) -> Recorded | None:
    """Record what became of a posting, whoever asked and however often it is told; see `judge`.

    `instance` is who tells it.

    Returns:
        None where the posting is not in the ledger.
    """
    row = (await tx.execute(_LOCK, _of(tenant, posting_id))).first()
    if row is None:
        return None
    entry = LedgerEntry(*row)
    foreign = bool(entry.instance) and instance != entry.instance
    change, state = judge(entry, attempt, result, object_key, foreign=foreign)
    if state == entry.state and (change != "recorded" or entry.detail == detail):
        return Recorded(change, entry, entry.state)
    values = {
        "new_state": state,
        "new_object_key": object_key or entry.object_key,
        "new_reason": reason,
        "new_detail": detail,
        "new_retryable": retryable,
        "settled": None if state in OPEN else now,
        "now": now,
    }
    changed = (await tx.execute(_OUTCOME, _of(tenant, posting_id) | values)).one()
    return Recorded(change, LedgerEntry(*changed), entry.state)


def judge(
    entry: LedgerEntry, attempt: int, result: Outcome, object_key: str, *, foreign: bool = False
) -> tuple[Change, EntryState]:
    """Decide what an outcome means for an entry. Pure.

    Posted and conflict never change. A document that turns up after a proof that there is none is a conflict. An
    earlier attempt's *not posted* says nothing about the current one; its *posted* does. While a posting is open only
    the instance it was sent to can end it: what another one tells (`foreign`) proves nothing about a commit that may
    still come.
    """
    state = _STATE_OF.get(result)
    if state is None:
        return "stale", entry.state
    if entry.state == "posted":
        if state != "posted":
            return ("contradicts" if state == "conflict" else "stale"), "posted"
        return ("repeated" if object_key in {"", entry.object_key} else "contradicts"), "posted"
    if entry.state == "conflict":
        return ("contradicts" if state == "posted" else "repeated"), "conflict"
    if foreign and entry.state in OPEN:
        return "contradicts", entry.state
    if state in {"posted", "conflict"}:
        return ("recorded", state) if entry.state in OPEN else ("contradicts", "conflict")
    if attempt < entry.attempt:
        return "stale", entry.state
    if entry.state in OPEN:
        return "recorded", state
    return ("repeated" if state == entry.state else "stale"), entry.state


async def by_posting(tx: Transaction, tenant: str, posting_id: str) -> LedgerEntry | None:
    """Return a posting, or None if it was never intended."""
    row = (await tx.execute(_BY_POSTING, _of(tenant, posting_id))).first()
    return None if row is None else LedgerEntry(*row)


async def by_document(tx: Transaction, tenant: str, sysid: str, client: str, object_key: str) -> LedgerEntry | None:
    """Return the posting of an SAP client that a document is of; None if it is none."""
    query = select(*_COLUMNS).where(
        ledger.c.tenant == tenant,
        ledger.c.sysid == sysid,
        ledger.c.client == client,
        ledger.c.object_key == object_key,
    )
    row = (await tx.execute(query.order_by(ledger.c.intended_at).limit(1))).first()
    return None if row is None else LedgerEntry(*row)


async def of_order(tx: Transaction, tenant: str, store_hash: str, order_id: int) -> list[LedgerEntry]:
    """Return all postings of an order, oldest first."""
    terms = {"of_tenant": tenant, "of_store": store_hash, "of_order": order_id}
    return [LedgerEntry(*row) for row in await tx.execute(_OF_ORDER, terms)]


async def open_(tx: Transaction, tenant: str, instance: str | None = None, limit: int = 1000) -> list[LedgerEntry]:
    """Return postings without a final outcome, oldest first, of one instance or of all."""
    query = select(*_COLUMNS).where(ledger.c.tenant == tenant, ledger.c.settled_at.is_(None))
    if instance is not None:
        query = query.where(ledger.c.instance == instance)
    rows = await tx.execute(query.order_by(ledger.c.intended_at, ledger.c.posting_id).limit(limit))
    return [LedgerEntry(*row) for row in rows]


def _of(tenant: str, posting_id: str) -> dict[str, Any]:
    return {"of_tenant": tenant, "of_posting": posting_id}
