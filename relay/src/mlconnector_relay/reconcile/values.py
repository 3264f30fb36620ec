"""What planning an order starts from and comes to: values without behaviour."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from ..sap.adoption import Posted
from ..sap.frozen import Frozen
from ..sap.reference import StepId
from ..sap.values import Built

__all__ = [
    "Adopt",
    "Cause",
    "Decision",
    "Entry",
    "EntryState",
    "Owe",
    "Park",
    "Plan",
    "Settle",
    "Settled",
    "Skip",
    "Wait",
]

EntryState = Literal["intended", "sent", "in_doubt", "posted", "rejected", "failed", "conflict"]
"""rejected and failed: proven that nothing was committed. conflict: a person decides."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger says about one posting of the order.

    Attributes:
        digest: of the posting's content, fixed for ever.
        object_key: SAP's key of the document, empty unless posted.
        snapshot_digest: of the order's content it was planned from.
        date_modified: of the order it was planned from.
        facts: what the document is made of.
        reason: stable word for the outcome's cause, `sap:` and the message where SAP refused it.
    """

    posting_id: str
    state: EntryState
    digest: str
    gross: Decimal
    currency: str
    object_key: str
    snapshot_digest: str
    date_modified: datetime
    facts: Frozen
    reason: str = ""

    @property
    def step(self) -> StepId:
        """Return which posting it is."""
        return StepId.parse(self.posting_id)


@dataclass(frozen=True, slots=True)
class Cause:
    """What an order waits for.

    Attributes:
        key: stable; orders with the same cause are released together.
        sentence: what is the matter and what to do.
        owner: who takes the next step.
        question: all facts behind the key, where a new mapping can tell by them whether it cures this.
        choices: what a person may decide; empty where it is cured otherwise.
        proposal: digest of what there is to decide about.
        amount: how much of the order waits for it, whichever way it goes; `None`: the whole order.
    """

    key: str
    sentence: str
    owner: Literal["finance", "basis", "store"] = "finance"
    question: str = ""
    choices: tuple[str, ...] = ()
    proposal: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about an order.

    Attributes:
        cause: the key of what was to be decided.
        proposal: digest of what they were shown.
        confirmed_by: the second person; empty while there is none.
    """

    cause: str
    proposal: str
    choice: str
    decided_by: str
    confirmed_by: str = ""


@dataclass(frozen=True, slots=True)
class Settle:
    """A posting is open: nothing may be planned over it, only settled."""

    posting_id: str


@dataclass(frozen=True, slots=True)
class Owe:
    """The next document to post, under its step.

    Attributes:
        more: whether the order owes another one after it, which is planned once this one is posted.
    """

    built: Built
    step: StepId
    more: bool = False


@dataclass(frozen=True, slots=True)
class Park:
    """Nothing can be posted until every cause is cured.

    Attributes:
        again_at: when to look whether it was cured by itself; else never.
    """

    causes: tuple[Cause, ...]
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """The order is not ours to post; the rule says why."""

    rule: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is owed yet.

    Attributes:
        refetch: the snapshot is too old to judge by, fetch again; else wait for the store's next event.
        again_at: when to look again although no event came.
    """

    sentence: str
    refetch: bool = False
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything owed is posted.

    Attributes:
        listed: what people are to see of it all the same; nothing waits for them.
    """

    sentence: str
    listed: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Adopt:
    """A document that somebody else posted becomes the order's invoice: nothing is posted by that.

    Attributes:
        posted: the document as it stands in SAP.
        facts: what it is made of.
        sentence: who decided that.
    """

    posted: Posted
    facts: Frozen
    sentence: str


Plan = Settle | Owe | Park | Skip | Wait | Settled
