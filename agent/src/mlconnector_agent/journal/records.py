"""The journal's values: phases, postings, what an envelope meets when it arrives, stored results."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec
from mlconnector_shared.envelope import CallEnvelope, from_bytes

__all__ = [
    "Admission",
    "Channel",
    "ChannelState",
    "Document",
    "Fenced",
    "New",
    "Phase",
    "Posting",
    "Settled",
    "StoredResult",
    "Taken",
    "Unsettled",
    "Witness",
]


class Phase(StrEnum):
    """How far a posting got; each is durable before the next act.

    intent: accepted, SAP has not been asked. called: POST may have been sent. returned: POST has returned, COMMIT
    follows. commit_sent: COMMIT may have been sent. committed and rolled_back are final; in_doubt is being proven.
    """

    INTENT = "intent"
    CALLED = "called"
    RETURNED = "returned"
    COMMIT_SENT = "commit_sent"
    COMMITTED = "committed"
    ROLLED_BACK = "rolled_back"
    IN_DOUBT = "in_doubt"

    @property
    def is_final(self) -> bool:
        """Tell whether nothing more will happen to this attempt."""
        return self in {Phase.COMMITTED, Phase.ROLLED_BACK}

    @property
    def may_have_committed(self) -> bool:
        """Tell whether a COMMIT may have reached SAP; before that the end of the session proves absence."""
        return self in {Phase.COMMIT_SENT, Phase.IN_DOUBT, Phase.COMMITTED}


@dataclass(frozen=True, slots=True)
class Document:
    """What a posting is known by: digest of its content, company code, document type, reference."""

    digest: str
    company_code: str
    document_type: str
    reference: str


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a posting stands.

    Attributes:
        posting_id: its derived identity.
        document: what it is known by.
        envelope_id: its latest attempt.
        phase: how far that got.
        object_key: what POST returned, once it has.
        sap_user: whose session posted.
        called_at: when POST was about to be sent, None before.
        changed_at: when the phase was reached.
        verified: whether the committed document was read back and found.
        sealed: the sealed call envelope.
    """

    posting_id: str
    document: Document
    envelope_id: str
    phase: Phase
    object_key: str
    sap_user: str
    called_at: datetime | None
    changed_at: datetime
    verified: bool
    sealed: bytes

    def envelope(self) -> CallEnvelope:
        """Return the call envelope; its signature was verified before it was journalled."""
        _, _, payload, _ = msgspec.msgpack.decode(self.sealed, type=tuple[str, str, bytes, bytes])
        return from_bytes(CallEnvelope, payload)


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result envelope's bytes; sealing them again gives the same signature."""

    envelope_id: str
    sequence: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class New:
    """The posting may begin: its intent is durable."""


@dataclass(frozen=True, slots=True)
class Settled:
    """This envelope, or its posting, is finished; `result` answers this envelope if it was answered before."""

    posting: Posting
    result: StoredResult | None


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The posting is under way or in doubt; nothing may be begun for it."""

    posting: Posting


@dataclass(frozen=True, slots=True)
class Taken:
    """Posting id or reference belongs to other content; `detail` says to which."""

    detail: str


@dataclass(frozen=True, slots=True)
class Fenced:
    """The envelope's fencing token is older than one already seen."""

    highest: int


Admission = New | Settled | Unsettled | Taken | Fenced
"""What an envelope meets when it arrives."""


class ChannelState(StrEnum):
    """qualifying: its first document is not found again yet. open. stopped: a person has to release it."""

    QUALIFYING = "qualifying"
    OPEN = "open"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Channel:
    """Company code and document type, and whether documents of the kind are found again after posting."""

    company_code: str
    document_type: str
    state: ChannelState
    object_key: str
    reason: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Witness:
    """The latest life of the relay's database that this agent has seen.

    Attributes:
        high_water: audit records it had sealed.
        batch: the last batch of its audit chain whose head was shown to us, 0 before the first.
        head: that head.
    """

    incarnation: str = ""
    high_water: int = 0
    batch: int = 0
    head: str = ""
