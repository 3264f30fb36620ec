"""Where the tunnel puts what agents say; the rest of the relay implements it."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from mlconnector_shared.envelope import Receipt, ResultEnvelope

from .registry import InstanceKey

__all__ = ["Condition", "Sink"]


class Condition(StrEnum):
    """What can be wrong with an agent as such; each is open or not, per instance."""

    CLOCK = "clock"
    QUARANTINE = "quarantine"
    RELAY_REGRESSION = "relay_regression"
    ANCHORS = "anchors"
    RENEWALS = "renewals"


class Sink(Protocol):
    """Takes verified news from agents. What arrives twice must change nothing the second time."""

    async def result(self, tenant: str, result: ResultEnvelope, sealed: bytes) -> None:
        """Record an outcome; durable on return, and only then acknowledged to the agent.

        Raises:
            UnheardOf: it is not recorded, and will not be; the agent is not listened to any longer.
        """

    async def refused(self, tenant: str, receipt: Receipt, sealed: bytes) -> None:
        """Record that the agent's gate refused an envelope."""

    async def step(self, tenant: str, envelope_id: str, phase: str, at: datetime) -> None:
        """Note progress of an envelope; it may be lost, the result tells all of it again.

        The session is not read any further until this returns: it must not wait for a disk.
        """

    async def anchor(self, tenant: str, instance: str, payload: bytes, sealed: bytes) -> None:
        """Keep the head of the agent's audit chain as its witness."""

    async def condition(self, agent: InstanceKey, condition: Condition, sentence: str) -> None:
        """Open or refresh an alert about an agent; an empty sentence closes it."""
