"""Whether postings may be taken now: quarantine, a relay that went back, the clock, SAP, the journal; pure."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from mlconnector_shared.chain import ChainHead
from mlconnector_shared.frames import Welcome

from ..gate import CLOCK_STOP, CLOCK_WARN
from ..journal.records import Witness
from ..policy.limits import Denial

__all__ = ["ClockState", "Standing", "clock_state", "greeted", "shown", "welcomed"]


class ClockState(StrEnum):
    """What the offset of the clocks means."""

    GOOD = "good"
    WARNS = "warns"
    STOPS = "stops"


def clock_state(offset: timedelta) -> ClockState:
    """Judge how far the relay's clock and ours differ."""
    if abs(offset) > CLOCK_STOP:
        return ClockState.STOPS
    return ClockState.WARNS if abs(offset) > CLOCK_WARN else ClockState.GOOD


@dataclass(frozen=True, slots=True)
class Standing:
    """What speaks against taking postings.

    Attributes:
        quarantine: why the relay allows reads only, or how the relay's own state went back; None for neither.
        journal: why nothing can be written down; empty while it can.
        sap: why SAP cannot be reached; empty while it can.
    """

    quarantine: Denial | None = None
    journal: str = ""
    sap: str = "not asked yet"

    @property
    def halted(self) -> Denial | None:
        """Return why the gate must refuse postings, or None. SAP being away is no reason: the executor will say so."""
        if self.journal:
            return Denial("journal", f"the agent's journal cannot be written: {self.journal}")
        return self.quarantine

    @property
    def grants(self) -> bool:
        """Tell whether write credit may be given."""
        return self.halted is None and not self.sap

    def but(self, **changes: Any) -> "Standing":
        """Return this standing with changes."""
        return replace(self, **changes)


def greeted(welcome: Welcome, witness: Witness) -> Denial | None:
    """Judge a welcome: the relay quarantines us, or it has forgotten what it told us before."""
    if welcome.quarantined:
        return Denial("quarantine", f"the relay allows reads only: {welcome.quarantined}")
    if welcome.incarnation == witness.incarnation and welcome.high_water < witness.high_water:
        return Denial(
            "relay_regression",
            f"the relay's state went back from {witness.high_water} to {welcome.high_water}; it must be recovered",
        )
    return None


def welcomed(welcome: Welcome, witness: Witness) -> Witness:
    """Return what to remember after a welcome that nothing speaks against."""
    if welcome.incarnation != witness.incarnation:
        return Witness(welcome.incarnation, welcome.high_water)
    return replace(witness, high_water=welcome.high_water)


def shown(told: ChainHead, witness: Witness) -> Witness | Denial:
    """Judge a head of the relay's audit chain: return what to remember, or how the relay's state went another way.

    A lower batch proves nothing: of several relays, one may show its last head late.
    """
    if told.batch == witness.batch and told.head != witness.head:
        return Denial(
            "relay_regression",
            f"the relay shows another batch {told.batch} of its audit trail than before; it must be recovered",
        )
    if told.batch <= witness.batch:
        return witness
    return Witness(witness.incarnation, max(witness.high_water, told.records), told.batch, told.head)
