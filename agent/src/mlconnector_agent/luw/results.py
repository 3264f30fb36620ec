"""Result envelopes: what the relay learns of an envelope."""

from collections.abc import Callable
from typing import Any

from mlconnector_shared.envelope import CallEnvelope, Outcome, ResultEnvelope
from mlconnector_shared.runtime import Runtime

from .trace import Trace

__all__ = ["Results"]


class Results:
    """Makes result envelopes of one agent instance."""

    def __init__(self, instance: str, runtime: Runtime) -> None:
        self._instance = instance
        self._runtime = runtime

    def make(self, envelope: CallEnvelope, trace: Trace, outcome: Outcome, **fields: Any) -> ResultEnvelope:
        """Make a result that stands at no position of the journal."""
        return self.at(envelope, trace, outcome, **fields)(0)

    def at(
        self, envelope: CallEnvelope, trace: Trace, outcome: Outcome, **fields: Any
    ) -> Callable[[int], ResultEnvelope]:
        """Return what makes the result once the journal's position is known."""

        def build(sequence: int) -> ResultEnvelope:
            return ResultEnvelope(
                envelope_id=envelope.envelope_id,
                posting_id=envelope.posting_id,
                instance=self._instance,
                outcome=outcome,
                finished_at=self._runtime.now(),
                steps=tuple(trace.steps),
                journal_sequence=sequence,
                **fields,
            )

        return build
