"""One callback on its way to one hook: its attempts, its retry schedule, and what the control interface can change."""

from typing import Annotated, Literal

import msgspec

__all__ = ["RETRY_DELAYS", "Attempt", "CallbackSettings", "Delivery", "State", "next_delay"]

# Seconds after each failure, as BigCommerce documents them: twelve deliveries in 48 hours.
RETRY_DELAYS = (60, 180, 300, 600, 900, 1800, 3600, 7200, 21600, 50400, 86400)

State = Literal["waiting", "sending", "delivered", "lost", "exhausted", "dropped"]


class Attempt(msgspec.Struct, frozen=True):
    """One POST and its answer; `error` says why there was none."""

    at: float
    status: int | None
    error: str
    seconds: float

    @property
    def accepted(self) -> bool:
        """Tell whether BigCommerce counts it as received."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


class Delivery(msgspec.Struct, frozen=True):
    """An event for a hook."""

    id: int
    hook_id: int
    scope: str
    digest: str
    body: str
    event_at: int
    due: float
    state: State = "waiting"
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""

    @property
    def finished(self) -> bool:
        """Tell whether nothing more happens to it."""
        return self.state in {"delivered", "lost", "exhausted", "dropped"}


class CallbackSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How callbacks misbehave; every field can be changed while the store runs."""

    paused: bool = False
    copies: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    loss: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    disorder_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    delay_seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    restamp_retries: bool = True
    blocklist: bool = True
    ack_timeout_seconds: Annotated[float, msgspec.Meta(gt=0)] = 10.0


def next_delay(failures: int) -> int | None:
    """Give the seconds to wait after the n-th failure, or None after the last retry."""
    return RETRY_DELAYS[failures - 1] if failures <= len(RETRY_DELAYS) else None
