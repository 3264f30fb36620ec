"""Mappings as decisions of people: who proposed a version, who put it in force, from when and why; all audited."""

from datetime import date
from typing import ClassVar, Final

from mlconnector_shared.errors import ConnectorError
from mlconnector_shared.runtime import Runtime

from ..db import mappings
from ..db.engine import Transaction
from ..db.mappings import Activation, MappingVersion
from .audit import Audit, Record
from .persons import same_person

__all__ = ["MappingBook", "NotActivated"]

SUBJECT: Final = "mapping"


class NotActivated(ConnectorError):
    """A mapping cannot be put in force like this."""

    retryable: ClassVar[bool] = False


class MappingBook:
    """Keeps versions and puts them in force.

    Args:
        audit: writes the trail.
        runtime: clocks.
    """

    def __init__(self, audit: Audit, runtime: Runtime) -> None:
        self._audit = audit
        self._runtime = runtime

    async def propose(self, tx: Transaction, tenant: str, version: str, text: str, *, source: str, author: str) -> bool:
        """Keep a version; False when it was known, under the name of whoever proposed it first."""
        now = self._runtime.now()
        new = await mappings.propose(tx, MappingVersion(tenant, version, source, author, now), text)
        if new:
            fields = {"version": version, "source": source, "author": author}
            await self._audit.record(tx, Record(tenant, "mapping.proposed", SUBJECT, fields=fields), now)
        return new

    async def activate(
        self,
        tx: Transaction,
        tenant: str,
        version: str,
        effective_from: date | None,
        *,
        approver: str,
        reason: str,
        four_eyes: bool = False,
    ) -> Activation:
        """Put a version in force.

        Args:
            tx: the transaction.
            tenant: whose mapping.
            version: what was proposed.
            effective_from: for orders placed from this day on; for every order not posted yet where `None`.
            approver: who decides.
            reason: why, in their words.
            four_eyes: whether author and approver must differ.

        Raises:
            NotActivated: there is no such version, or its author would approve it alone.
        """
        known = {one.version: one for one in await mappings.versions(tx, tenant)}
        proposed = known.get(version)
        if proposed is None:
            raise NotActivated(f"tenant {tenant} has no mapping {version}; see `mapping list`")
        if four_eyes and same_person(proposed.author, approver):
            raise NotActivated(f"{approver} proposed {version}; somebody else has to put it in force (four eyes)")
        return await self._enter(tx, tenant, version, effective_from, approver, reason)

    async def roll_back(self, tx: Transaction, tenant: str, *, approver: str, reason: str) -> Activation:
        """Put the version in force again that was before the newest; it was approved then.

        Raises:
            NotActivated: there was none before.
        """
        decided = await mappings.activations(tx, tenant)
        before = [one for one in decided if one.version != decided[-1].version]
        if not before:
            raise NotActivated(f"tenant {tenant} has no mapping that was in force before; see `mapping list`")
        back = before[-1]
        return await self._enter(tx, tenant, back.version, back.effective_from, approver, reason)

    async def _enter(
        self, tx: Transaction, tenant: str, version: str, effective_from: date | None, approver: str, reason: str
    ) -> Activation:
        now = self._runtime.now()
        entered = await mappings.activate(
            tx, tenant, version, effective_from, approver=approver, reason=reason, now=now
        )
        fields = {
            "version": version,
            "sequence": entered.sequence,
            "effective_from": effective_from.isoformat() if effective_from else "",
            "approver": approver,
            "reason": reason,
        }
        await self._audit.record(tx, Record(tenant, "mapping.activated", SUBJECT, fields=fields), now)
        return entered
