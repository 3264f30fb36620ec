"""When to try again, pure: a failure and how often it happened decide over retry, park and fail.

Hours of patience live here, in the durable job; the seconds of patience with a single request are the client's.
What can heal by itself is tried for as long as it takes: giving up would only hide an outage, and a job that is
tried in vain for too long is reported by its age.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import backoff

from ..bigcommerce.errors import StoreError, StoreUnauthorized
from ..db.outcomes import Cause, Failed, Owner, Parked, Retry

__all__ = ["MAX_DEFECTS", "Failure", "decide"]

FIRST_PAUSE_SECONDS: Final = 2.0
LONGEST_PAUSE_SECONDS: Final = 900.0

LONGEST_ASKED_SECONDS: Final = 3600.0
"""How long the other side may ask us to wait: a store that names a year is asked again all the same."""

MAX_DEFECTS: Final = 5
"""Tries of a job that fails by a defect of ours: some pass by themselves, none deserves to be tried for ever."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a try failed.

    Attributes:
        reason: a short stable word.
        detail: one sentence for a person.
        retryable: whether trying again later can help.
        is_defect: whether it is an error of ours that nobody expected.
        retry_after: seconds the other side asked us to wait.
        owner: who can do something about it.
    """

    reason: str
    detail: str
    retryable: bool
    is_defect: bool = False
    retry_after: float = 0.0
    owner: Owner = "relay"

    @classmethod
    def of(cls, error: ConnectorError) -> "Failure":
        """Read an error of ours."""
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
        asked = (error.retry_after or 0.0) if isinstance(error, StoreError) else 0.0
        retry_after = min(asked, LONGEST_ASKED_SECONDS)
        owner: Owner = "store" if isinstance(error, StoreUnauthorized) else "relay"
        return cls(name, str(error), error.retryable, retry_after=retry_after, owner=owner)

    @classmethod
    def defect(cls, error: Exception) -> "Failure":
        """Read any other error: a defect of ours."""
        return cls("defect", f"{type(error).__name__}: {error}", retryable=True, is_defect=True)


def decide(failure: Failure, attempts: int, now: datetime, jitter: float) -> Retry | Parked | Failed:
    """Decide what becomes of a job.

    Args:
        failure: why this try failed.
        attempts: how many tries in a row had failed before it.
        now: the wall clock.
        jitter: a number in [0, 1).
    """
    sentence = f"{failure.reason}: {failure.detail}"
    if failure.is_defect and attempts + 1 >= MAX_DEFECTS:
        return Failed(sentence)
    if failure.retryable:
        pause = backoff(attempts + 1, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, jitter)
        return Retry(now + timedelta(seconds=max(pause, failure.retry_after)), sentence)
    return Parked((Cause(f"failure:{failure.reason}", sentence, failure.owner),), sentence, failure.owner)
