"""What people decide for orders that no rule decides: bound to what was shown, by one person or two, all audited."""

from typing import ClassVar

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..db import alerts, decisions, jobs, worklist
from ..db.decisions import Decided
from ..db.engine import Transaction
from ..db.outcomes import Cause
from .audit import Audit, Record
from .persons import same_person

__all__ = ["DecisionBook", "NotDecided"]


class NotDecided(ConnectorError):
    """An order cannot be decided like this."""

    retryable: ClassVar[bool] = False


class DecisionBook:
    """Takes decisions, has their orders looked at again, and closes the alerts that nothing else stands behind.

    Args:
        audit: writes the trail.
        runtime: clocks.
    """

    def __init__(self, audit: Audit, runtime: Runtime) -> None:
        self._audit = audit
        self._runtime = runtime

    async def decide(
        self,
        tx: Transaction,
        key: jobs.JobKey,
        cause: Cause,
        choice: str,
        *,
        by: str,
        reason: str,
        four_eyes: bool = False,
    ) -> Decided:
        """Take a decision, or confirm what somebody else has decided.

        With four eyes nothing follows until a second person chooses the same; another choice takes its place till then.

        Args:
            tx: the transaction.
            key: the order.
            cause: what it waits for, as it was read in this transaction.
            choice: one of the cause's.
            by: who decides.
            reason: why, in their words.
            four_eyes: whether two people must agree.

        Raises:
            NotDecided: it is no choice, it has been decided, or the same person would confirm their own decision.
        """
        if choice not in cause.choices:
            known = ", ".join(cause.choices) or "none: it is settled by hand, or by changing the order or the mapping"
            raise NotDecided(f"{choice} is no choice for {cause.key}; choices: {known}")
        now = self._runtime.now()
        new = Decided(*key, cause.key, cause.proposal, choice, by, reason, now)
        found = await decisions.take(tx, new)
        if found == new:
            await self._record(tx, new, "decision.taken", by, reason)
        elif not four_eyes or found.confirmed_by:
            raise NotDecided(f"{cause.key}: {found.decided_by} has chosen {found.choice} already")
        elif found.choice != choice:
            _sure(await decisions.replace(tx, found, new), cause)
            await self._record(tx, new, "decision.changed", by, reason)
        elif same_person(found.decided_by, by):
            raise NotDecided(f"{by} has chosen {choice}; somebody else has to confirm it (four eyes)")
        else:
            _sure(await decisions.confirm(tx, found, by, now), cause)
            await self._record(tx, found, "decision.confirmed", by, reason)
        made = next(one for one in await decisions.of_order(tx, key) if one.proposal == cause.proposal)
        job = await jobs.of_order(tx, *key)
        idle = job is not None and job.state == "posted" and job.lease_owner is None
        if not idle or cause not in await jobs.causes_of(tx, key):
            await jobs.bump(tx, key, now)
        elif made.confirmed_by or not four_eyes:
            # Nothing waited for it; thousands may be acknowledged at once, and none needs to be fetched for that.
            await worklist.unlist(tx, key, cause.key)
        if (made.confirmed_by or not four_eyes) and not await jobs.is_left_with(tx, key.tenant, cause.key, now):
            # By its query: whoever decides at a terminal is told by the command, not by a line of a log.
            await alerts.close(tx, key.tenant, cause.key, now)
        return made

    async def _record(self, tx: Transaction, one: Decided, kind: str, by: str, reason: str) -> None:
        fields = {"cause": one.cause, "proposal": one.proposal, "choice": one.choice, "by": by, "reason": reason}
        subject = f"{one.store_hash}/{one.order_id}"
        await self._audit.record(tx, Record(one.tenant, kind, subject, fields=fields), self._runtime.now())


def _sure(done: bool, cause: Cause) -> None:  # noqa: FBT001
    if not done:
        raise NotDecided(f"{cause.key}: somebody else decided at the same moment; see `worklist show`")
