"""One circuit per store, pure: a store that is away is asked by a few jobs now and then, not by thousands."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from mlconnector_shared.runtime import backoff

from ..db.jobs import StoreKey

__all__ = ["StoreCircuits"]

FAILURES: Final = 3
"""Failures in a row that open the circuit: one may be chance."""

FIRST_PAUSE_SECONDS: Final = 5.0
LONGEST_PAUSE_SECONDS: Final = 300.0


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    open_until: float = 0.0


@dataclass(slots=True)
class StoreCircuits:
    """Remembers which stores do not answer. Times are monotonic seconds."""

    _known: dict[StoreKey, _Circuit] = field(default_factory=dict)

    def failed(self, store: StoreKey, now: float, jitter: float) -> bool:
        """Note a request that got no usable answer; True when this opens the circuit, or keeps it open for longer."""
        circuit = self._known.setdefault(store, _Circuit())
        circuit.failures += 1
        if circuit.failures < FAILURES or now < circuit.open_until:
            return False
        pause = backoff(circuit.failures - FAILURES + 1, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, jitter)
        circuit.open_until = now + pause
        return True

    def answered(self, store: StoreKey) -> bool:
        """Note that a store answers; True when its circuit had been open."""
        circuit = self._known.pop(store, None)
        return circuit is not None and circuit.failures >= FAILURES

    def open_(self, now: float) -> Collection[StoreKey]:
        """Return the stores not to be asked now."""
        return {store for store, circuit in self._known.items() if now < circuit.open_until}
