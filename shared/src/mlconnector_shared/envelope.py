"""The unit of work that travels: a call envelope is exactly one LUW, a result envelope its answer.

Both are turned into bytes once, sealed (`signing`), and parsed only after the signature held. Unknown fields are
refused, so that nothing signed is silently ignored. A field that came later is optional and left out of the bytes where
it has its default: an older peer takes what it understands wholly, and refuses the rest.
"""

from typing import Final, Literal, TypeVar

import msgspec

from .bapi import BapiCall, Message
from .bounds import Count, Identifier, Name, Rule
from .errors import UNREADABLE, Malformed
from .runtime import Moment

__all__ = [
    "MAX_LIFETIME_SECONDS",
    "Audience",
    "Base",
    "CallEnvelope",
    "Change",
    "Outcome",
    "Post",
    "Predicate",
    "ReadTable",
    "Receipt",
    "ResultEnvelope",
    "Reverse",
    "RfcStep",
    "Simulate",
    "Work",
    "Write",
    "from_bytes",
    "to_bytes",
]

MAX_LIFETIME_SECONDS: Final = 900
"""No envelope lives longer, so that the memory against replay is bounded."""

Outcome = Literal["posted", "already_posted", "done", "simulated", "read", "rejected", "failed", "in_doubt", "conflict"]
"""posted, already_posted: the document is in SAP, for a reversal the one that reverses.
done: a change is in SAP, or has become needless. rejected: SAP or the look at
the base said no, nothing committed. failed: nothing committed, for a technical reason. in_doubt: not known yet, the
agent goes on proving. conflict: what stands in the place of what was called for is not ours, or the same posting id
came with other content: a person decides."""


class Audience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom an envelope is for: exactly one agent instance and one SAP client."""

    tenant: str
    instance: str
    sysid: str
    client: str


class Base(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The document a step builds on: it must stand in SAP as it was posted, else nothing is done.

    Attributes:
        object_key: its number, company code and fiscal year as SAP's OBJ_KEY.
        reference: the reference it was posted under.
        uncleared: whether its customer items must be open, too; for a reversal SAP sees to that itself.
    """

    object_key: Name
    reference: Name
    uncleared: bool = False


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="post"):
    """Look up, POST and COMMIT one document.

    Attributes:
        call: the posting.
        base: the document it builds on, such as a credit memo's invoice; None for one that stands alone.
    """

    call: BapiCall
    base: Base | None = None


class Reverse(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="reverse"):
    """Look whether one document is reversed; if not, reverse it and COMMIT.

    Attributes:
        call: the reversal (BAPI_ACC_DOCUMENT_REV_POST); its OBJ_KEY_R is the base's key.
        base: the document to reverse.
    """

    call: BapiCall
    base: Base


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="change"):
    """Change a posted document: fields of one customer item, or a text; one that is there already changes nothing.

    Attributes:
        call: the change (Z_MLC_DOCUMENT_CHANGE or RFC_SAVE_TEXT).
        base: the document to change.
        customer: whose item it is, as SAP stores it; empty for a text.
    """

    call: BapiCall
    base: Base
    customer: Name = ""


class Simulate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="simulate"):
    """Call a checking function module; the LUW is always rolled back."""

    call: BapiCall


class Predicate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One condition on a table read; the agent writes the WHERE clause, never the relay."""

    field: str
    op: Literal["EQ", "NE", "GE", "LE", "GT", "LT"]
    value: str


class ReadTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="read_table"):
    """Read rows of one table, paged at SAP by key range (skips would shift when rows are inserted).

    Attributes:
        table: a table the agent's policy names.
        fields: the columns wanted, in order.
        where: conditions, all of which must hold.
        key: the columns that order and identify a row; must be among `fields` when the read is paged.
        page_rows: rows per call at SAP.
        max_rows: the read ends, marked as cut, after this many.
    """

    table: str
    fields: tuple[str, ...]
    where: tuple[Predicate, ...] = ()
    key: tuple[str, ...] = ()
    page_rows: int = 2000
    max_rows: int = 1_000_000


Write = Post | Reverse | Change
"""Works that leave something in SAP: each is one LUW, has a posting id and is journalled phase by phase."""

Work = Write | Simulate | ReadTable


class CallEnvelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the relay asks of one agent instance.

    Attributes:
        envelope_id: posting id, `#` and the attempt, so that a repeat is the same envelope; asking again about an
            attempt that was sent appends `.` and a number.
        posting_id: the posting's derived identity; empty for reads and simulations.
        audience: the only agent instance and SAP client that may execute it.
        issued_at: when the relay sealed it, aware.
        not_after: when it dies; at most MAX_LIFETIME_SECONDS later.
        fencing_token: grows with every transfer of the writer lease; an agent refuses an older one.
        work: what to do.
        trace: W3C traceparent of the order's way.
    """

    envelope_id: Identifier
    posting_id: Identifier
    audience: Audience
    issued_at: Moment
    not_after: Moment
    fencing_token: Count
    work: Work
    trace: str = ""


class RfcStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One RFC call as it happened, for the trace.

    Attributes:
        function: the function module.
        at: when it was sent, aware.
        milliseconds: how long SAP took.
        outcome: `ok`, or the error class and key.
        note: what it was for, or what it found.
        messages: its RETURN rows.
    """

    function: str
    at: Moment
    milliseconds: float
    outcome: str
    note: str = ""
    messages: tuple[Message, ...] = ()


class ResultEnvelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a call envelope, signed by the agent.

    Attributes:
        outcome: see `Outcome`.
        object_key: document number (10), company code (4), fiscal year (4) as SAP's OBJ_KEY; empty unless posted.
        retryable: for `failed` and `rejected`: whether the same content may succeed later.
        reason: a short stable word for the cause, such as `sap_message` or `commit_never_sent`.
        detail: one sentence for a person.
        journal_sequence: the agent's journal position of this outcome; the relay acknowledges it.
    """

    envelope_id: Identifier
    posting_id: Identifier
    instance: Name
    outcome: Outcome
    finished_at: Moment
    object_key: str = ""
    retryable: bool = False
    reason: str = ""
    detail: str = ""
    messages: tuple[Message, ...] = ()
    steps: tuple[RfcStep, ...] = ()
    journal_sequence: Count = 0
    rows: Count = 0
    cut: bool = False


class Receipt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The agent's signed refusal: which rule of the gate or the policy said no, and to what."""

    envelope_id: Identifier
    posting_id: Identifier
    instance: Name
    rule: Rule
    detail: str
    refused_at: Moment


Sealable = TypeVar("Sealable", CallEnvelope, ResultEnvelope, Receipt)


def to_bytes(value: CallEnvelope | ResultEnvelope | Receipt) -> bytes:
    """Encode once; the bytes are what is signed, stored and sent."""
    return msgspec.msgpack.encode(value)


def from_bytes(kind: type[Sealable], payload: bytes) -> Sealable:
    """Parse bytes whose signature held.

    Raises:
        Malformed: an unknown, missing or wrongly typed field; the message names it.
    """
    try:
        return msgspec.msgpack.decode(payload, type=kind)
    except UNREADABLE as error:
        raise Malformed(f"{kind.__name__}: {error}") from error
