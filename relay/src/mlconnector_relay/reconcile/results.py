"""Applies what agents say: to the ledger, the audit trail and the job, in one transaction, however often it is told.

This is the tunnel's sink. It acknowledges by returning: only then may the agent forget.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from mlconnector_shared.envelope import Receipt, ResultEnvelope
from mlconnector_shared.runtime import Runtime
from prometheus_client import Counter

from ..db import alerts as alert_rows
from ..db import audit as audit_rows
from ..db import ledger
from ..db.conclusions import conclude
from ..db.engine import Database, Transaction
from ..db.outcomes import Outcome, Parked
from ..failpoint import Failpoints
from ..sap.messages import MessageCatalogue
from ..trail.alerts import Alerts
from ..trail.audit import Audit
from ..tunnel.errors import UnheardOf
from ..tunnel.registry import InstanceKey
from ..tunnel.sink import Condition
from .periods import Periods
from .records import refused, resulted, subject_of, unheard_of
from .steps import attempt_of, is_reversal, waiting_of
from .verdict import closed_period, of_receipt, of_result, reason_of, with_amount, with_more, without_period

__all__ = ["Results"]

_log = structlog.get_logger(__name__)
_outcomes = Counter("mlconnector_postings_total", "Postings by outcome as agents told it", ["outcome", "ledger"])

MOST_UNHEARD_OF: Final = 100
"""Postings nobody knows of that an agent may tell of before a person has taken on the alert about it."""

MOST_ANSWERS: Final = 200
"""Answers kept about one order, of those that change nothing: an agent may repeat itself for ever."""


class Results:
    """The tunnel's sink.

    Args:
        database: ledger, jobs and audit trail.
        audit: writes the trail.
        alerts: what a person must see.
        runtime: clocks.
        answer_seconds: pause until a posting in doubt is asked about again.
        wake: called when a job may have become due.
        failpoints: where a test may hold it.
        catalogue: what SAP's messages mean to a tenant.
        periods: told which posting periods SAP took and refused.
    """

    def __init__(
        self,
        database: Database,
        audit: Audit,
        alerts: Alerts,
        runtime: Runtime,
        answer_seconds: float,
        wake: Callable[[], None],
        failpoints: Failpoints,
        catalogue: Callable[[str], MessageCatalogue],
        *,
        periods: Periods,
    ) -> None:
        self._database = database
        self._audit = audit
        self._alerts = alerts
        self._runtime = runtime
        self._answer_seconds = answer_seconds
        self._wake = wake
        self._failpoints = failpoints
        self._catalogue = catalogue
        self._periods = periods

    async def result(self, tenant: str, result: ResultEnvelope, sealed: bytes) -> None:
        """Record an outcome.

        Raises:
            DatabaseError: it is not recorded; the agent repeats it.
            UnheardOf: nor is this, and the agent has told enough of the kind.
        """
        now = self._runtime.now()
        attempt = attempt_of(result.envelope_id)
        catalogue = self._catalogue(tenant)
        jitter = self._runtime.random()

        async def work(tx: Transaction) -> ledger.Recorded | None:
            recorded = await ledger.outcome(
                tx,
                tenant,
                result.posting_id,
                attempt,
                result.outcome,
                now,
                instance=result.instance,
                object_key=result.object_key,
                reason=reason_of(result),
                detail=result.detail,
                retryable=result.retryable,
            )
            if recorded is None:
                await self._unheard_of(tx, tenant, result, sealed, now)
                return None
            if recorded.change == "recorded" or await _has_room(tx, recorded.entry):
                await self._audit.record(tx, resulted(recorded.entry, result, recorded.change, sealed), now)
            if recorded.change == "recorded":
                entry, terms = recorded.entry, (now, self._answer_seconds, attempt, jitter, catalogue)
                outcome = of_result(result, *terms, reversal=is_reversal(entry))
                known = await self._heard_of_period(tx, entry, result, outcome, now)
                await self._conclude(tx, entry, with_more(known, now, more=entry.more), now)
            elif recorded.change == "contradicts":
                said = f"{result.outcome} {result.object_key}"
                await self._contradicted(tx, recorded.entry, result.instance, said, now)
            return recorded

        await self._failpoints.reach("before_result")
        recorded = await self._database.write(work)
        await self._failpoints.reach("after_result")
        if recorded is None:
            _log.error("posting.unheard_of", tenant=tenant, envelope=result.envelope_id, outcome=result.outcome)
            return
        if closed_period(result, catalogue):
            await self._periods.refresh(tenant)
        _outcomes.labels(result.outcome, recorded.change).inc()
        _log.info(
            "posting.result",
            tenant=tenant,
            order=recorded.entry.order_id,
            envelope=result.envelope_id,
            outcome=result.outcome,
            ledger=recorded.change,
            document=result.object_key,
            reason=result.reason,
            trace=recorded.entry.trace,
        )
        self._wake()

    async def refused(self, tenant: str, receipt: Receipt, sealed: bytes) -> None:
        """Record a refusal; it proves that this envelope did nothing, and nothing about an earlier one."""
        now = self._runtime.now()
        attempt = attempt_of(receipt.envelope_id)
        outcome = of_receipt(receipt, now, attempt, self._runtime.random())

        async def work(tx: Transaction) -> ledger.Change | None:
            entry = await ledger.by_posting(tx, tenant, receipt.posting_id)
            if entry is None:
                return None
            is_stale = receipt.envelope_id != entry.envelope_id or not entry.is_open
            if not is_stale or await _has_room(tx, entry):
                await self._audit.record(tx, refused(entry, receipt, sealed), now)
            if is_stale:
                return "stale"
            reason = f"gate:{receipt.rule}"
            recorded = await ledger.outcome(
                tx,
                tenant,
                entry.posting_id,
                attempt,
                "failed",
                now,
                instance=receipt.instance,
                reason=reason,
                detail=receipt.detail,
            )
            if recorded is None:
                return "stale"
            if recorded.change == "recorded":
                await self._conclude(tx, recorded.entry, outcome, now)
            elif recorded.change == "contradicts":
                await self._contradicted(tx, recorded.entry, receipt.instance, f"refused by {receipt.rule}", now)
            return recorded.change

        change = await self._database.write(work)
        _outcomes.labels("refused", change or "unknown").inc()
        _log.warning(
            "posting.refused",
            tenant=tenant,
            envelope=receipt.envelope_id,
            rule=receipt.rule,
            detail=receipt.detail,
            ledger=change or "unknown",
        )
        self._wake()

    async def step(self, tenant: str, envelope_id: str, phase: str, at: datetime) -> None:
        """Note progress; the result tells all of it again."""
        _log.debug("posting.step", tenant=tenant, envelope=envelope_id, phase=phase, reached_at=at.isoformat())

    async def anchor(self, tenant: str, instance: str, payload: bytes, sealed: bytes) -> None:
        """Keep the head of the agent's audit chain as its witness; its seal was verified, the payload is kept alone."""
        del sealed
        now = self._runtime.now()
        await self._database.write(lambda tx: self._audit.witness(tx, tenant, instance, payload, now))

    async def condition(self, agent: InstanceKey, condition: Condition, sentence: str) -> None:
        """Open, refresh or close an alert about an agent."""
        key = f"agent:{agent.instance}:{condition.value}"
        now = self._runtime.now()

        async def work(tx: Transaction) -> None:
            if sentence:
                await self._alerts.open(tx, agent.tenant, key, sentence, "basis", now)
            else:
                await self._alerts.close(tx, agent.tenant, key, now)

        await self._database.write(work)

    async def _heard_of_period(
        self, tx: Transaction, entry: ledger.LedgerEntry, result: ResultEnvelope, outcome: Outcome, now: datetime
    ) -> Outcome:
        """Note what an answer says of the posting period; return the outcome with what else it says."""
        catalogue = self._catalogue(entry.tenant)
        period = closed_period(result, catalogue)
        if period:
            learnt = await self._periods.refused(tx, entry, period, now)
            return without_period(outcome, catalogue, now) if learnt else outcome
        if result.outcome in {"posted", "already_posted", "rejected"}:
            await self._periods.answered(tx, entry, now)
        return outcome

    async def _conclude(self, tx: Transaction, entry: ledger.LedgerEntry, outcome: Outcome, now: datetime) -> None:
        if isinstance(outcome, Parked):
            outcome = with_amount(outcome, waiting_of(entry))
        await conclude(tx, entry, outcome, now)
        if isinstance(outcome, Parked):
            for cause in outcome.causes:
                await self._alerts.open(tx, entry.tenant, cause.key, cause.sentence, cause.owner, now)

    async def _contradicted(
        self, tx: Transaction, entry: ledger.LedgerEntry, instance: str, said: str, now: datetime
    ) -> None:
        known = f"{entry.state} {entry.object_key}".strip()
        if instance != entry.instance:
            known += f", by agent {entry.instance or 'none'}"
        sentence = (
            f"posting {entry.posting_id}: the ledger says {known}; agent {instance} says {said.strip()}; "
            "compare both in SAP"
        )
        await self._alerts.open(tx, entry.tenant, f"contradiction:{entry.posting_id}", sentence, "finance", now)

    async def _unheard_of(
        self, tx: Transaction, tenant: str, result: ResultEnvelope, sealed: bytes, now: datetime
    ) -> None:
        """Keep what an agent says of a posting we know nothing of, such as after our database was restored.

        Raises:
            UnheardOf: it has told of many, and nobody looked into it.
        """
        key = f"contradiction:{result.instance}"
        known = await alert_rows.of_key(tx, tenant, key)
        if known and known.closed_at is None and not known.acknowledged_at and known.count >= MOST_UNHEARD_OF:
            raise UnheardOf(
                f"agent {result.instance} has told of {known.count} postings that the ledger does not know; no more of "
                f"them is kept until a person has looked into it and taken on the alert {key}"
            )
        await self._audit.record(tx, unheard_of(tenant, result, sealed), now)
        sentence = (
            f"agent {result.instance} says of {result.posting_id}: {result.outcome} {result.object_key}; the ledger "
            "knows no such posting; was the relay's database restored? Compare SAP and ledger before posting on. From "
            f"{MOST_UNHEARD_OF} such postings on its connections are ended until this alert is taken on"
        )
        await self._alerts.open(tx, tenant, key, sentence, "finance", now)


async def _has_room(tx: Transaction, entry: ledger.LedgerEntry) -> bool:
    """Tell whether another answer is kept that changes nothing."""
    subject = subject_of(entry.store_hash, entry.order_id)
    kinds = ("agent.result", "agent.refused")
    return not await audit_rows.has(tx, entry.tenant, subject, kinds, MOST_ANSWERS)
