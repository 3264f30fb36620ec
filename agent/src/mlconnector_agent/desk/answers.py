"""Answers leave sealed with the agent's key; results are repeated on every new line until they are acknowledged."""

import structlog
from mlconnector_shared.envelope import Receipt, ResultEnvelope, to_bytes
from mlconnector_shared.frames import Refused, Result
from mlconnector_shared.runtime import Runtime
from mlconnector_shared.signing import Signer, seal

from ..gate import Refuse
from ..journal.records import StoredResult
from .ports import Book, Line, Trail

__all__ = ["Answers"]

_log = structlog.get_logger(__name__)


class Answers:
    """Seals, audits and sends what the relay is told of an envelope."""

    def __init__(self, instance: str, signer: Signer, journal: Book, audit: Trail, runtime: Runtime) -> None:
        self._instance = instance
        self._signer = signer
        self._journal = journal
        self._audit = audit
        self._runtime = runtime

    def result(self, result: ResultEnvelope, line: Line | None) -> None:
        """Tell what became of an envelope; without a line it is repeated on the next one."""
        for step in result.steps:
            self._audit.record(
                "rfc.step",
                result.envelope_id,
                function=step.function,
                at=step.at.isoformat(),
                milliseconds=round(step.milliseconds, 1),
                outcome=step.outcome,
                messages=[f"{message.type} {message.code}" for message in step.messages],
            )
        facts = {
            "outcome": result.outcome,
            "object_key": result.object_key,
            "reason": result.reason,
            "messages": [f"{message.type} {message.code}" for message in result.messages],
            "rows": result.rows,
            "journal_sequence": result.journal_sequence,
        }
        self._audit.record("envelope.outcome", result.envelope_id, **facts)
        _log.info("envelope.outcome", envelope_id=result.envelope_id, **facts)
        if line is not None:
            line.send(Result(result.envelope_id, seal("result", to_bytes(result), self._signer)))

    def refusal(self, envelope_id: str, refuse: Refuse, line: Line) -> None:
        """Send the signed receipt of a refusal."""
        facts = {"rule": refuse.rule, "detail": refuse.detail}
        self._audit.record("envelope.refused", envelope_id, **facts)
        _log.warning("envelope.refused", envelope_id=envelope_id, **facts)
        receipt = Receipt(
            envelope_id, refuse.posting_id, self._instance, refuse.rule, refuse.detail, self._runtime.now()
        )
        line.send(Refused(envelope_id, seal("receipt", to_bytes(receipt), self._signer)))

    def stored(self, stored: StoredResult, line: Line) -> bool:
        """Send a result as the journal has it; False where the line does not take it any more."""
        return line.send(Result(stored.envelope_id, seal("result", stored.payload, self._signer)))

    async def repeat_unacknowledged(self, line: Line) -> None:
        """Send every result the relay has not acknowledged, page by page, as fast as the line takes them."""
        after, count = 0, 0
        while page := await self._journal.results_unacknowledged(after):
            for stored in page:
                if not self.stored(stored, line):
                    return
                after = stored.sequence
                count += 1
            await line.flushed()
        if count:
            _log.info("results.repeated", count=count)
