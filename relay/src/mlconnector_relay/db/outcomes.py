"""How a job stands after it was worked on: values without a database, so that pure decisions may make them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

__all__ = ["Cause", "Done", "Failed", "JobState", "Outcome", "Owner", "Parked", "Retry"]

JobState = Literal["waiting", "posting", "in_doubt", "posted", "parked", "skipped", "failed"]
"""What people see of an order. posted and skipped are final until the order changes; failed needs a person."""

Owner = Literal["relay", "agent", "store", "finance", "basis", "nobody"]
"""Who takes the next step."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a parked job waits for.

    Attributes:
        key: stable; curing it releases exactly the jobs that wait for it.
        sentence: what is the matter and what to do.
        owner: who can cure it.
        question: all facts behind the key, where a new mapping can tell by them whether it cures this.
        choices: what a person may decide; empty where it is cured otherwise.
        proposal: digest of what there is to decide about.
        amount: how much of the order waits for it, whichever way it goes; `None`: the whole order.
    """

    key: str
    sentence: str
    owner: Owner = "finance"
    question: str = ""
    choices: tuple[str, ...] = ()
    proposal: str = ""
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing more to do now.

    Attributes:
        state: how the order stands.
        reason: why, one sentence.
        owner: who takes the next step.
        again_at: when to look again although nothing happened, such as for a posting without an answer; else never.
        listed: what people are to see of it all the same; nothing waits for them.
    """

    state: JobState
    reason: str
    owner: Owner = "nobody"
    again_at: datetime | None = None
    listed: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Retry:
    """The try failed; try again then. The state stays what it was.

    Attributes:
        at: the next try.
        reason: what failed, one sentence.
    """

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Parked:
    """Waits until a cause is cured, the order changes, or a person releases it.

    Attributes:
        again_at: when to look whether it was cured by itself; else never.
    """

    causes: tuple[Cause, ...]
    reason: str
    owner: Owner = "finance"
    again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """Cannot be done; a person must look."""

    reason: str
    owner: Owner = "relay"


Outcome = Done | Retry | Parked | Failed
