"""Makes verified callbacks durable: inbox row, job and audit record in one transaction, one for all that wait together.

Of the body only what says which order to look at is kept, and its digest: whatever else an event may carry, nobody
reads it, so nobody has to protect it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from mlconnector_shared.runtime import Runtime

from ..bigcommerce.signature import Callback
from ..db import inbox
from ..db.engine import Database, Transaction
from ..db.errors import DatabaseUnavailable
from ..db.grouping import Grouped
from ..directory import Account
from ..trail.audit import Audit, Record

__all__ = ["Inbox"]


@dataclass(frozen=True, slots=True)
class _Arrival:
    delivery: inbox.Delivery
    record: Record


class Inbox:
    """Where callbacks are accepted.

    Args:
        database: the durable state.
        audit: keeps what happened.
        runtime: clock and trace ids.
        settle_seconds: wait before an order's first fetch.
    """

    def __init__(self, database: Database, audit: Audit, runtime: Runtime, settle_seconds: float) -> None:
        self._database = database
        self._audit = audit
        self._runtime = runtime
        self._settle = timedelta(seconds=settle_seconds)
        self._grouped: Grouped[_Arrival, bool] = Grouped(self._store_together)

    async def accept(self, account: Account, callback: Callback, body: bytes) -> bool:
        """Store one delivery; return whether it was new. Durable on return.

        Raises:
            DatabaseError: nothing was stored.
        """
        now = self._runtime.now()
        ids = self._runtime.token(24).hex()
        delivery = inbox.Delivery(
            tenant=account.store.tenant,
            store_hash=account.store.store_hash,
            delivery_id=callback.delivery_id,
            scope=callback.scope,
            order_id=callback.order_id,
            received_at=now,
            stale=callback.stale,
            trace=f"00-{ids[:32]}-{ids[32:]}-01",
        )

        return await self._grouped.submit(_Arrival(delivery, _record(delivery, callback, body)))

    async def _store_together(self, arrivals: Sequence[_Arrival]) -> Sequence[bool | Exception]:
        try:
            return await self._store(arrivals)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001  one that cannot be stored is no reason to turn its neighbours away
            if len(arrivals) == 1:
                return [error]
        return [(await self._store_together([arrival]))[0] for arrival in arrivals]

    async def _store(self, arrivals: Sequence[_Arrival]) -> list[bool]:
        now = self._runtime.now()

        async def work(tx: Transaction) -> list[bool]:
            fresh = await inbox.accept_many(tx, [arrival.delivery for arrival in arrivals], self._settle)
            records = [arrival.record for arrival, new in zip(arrivals, fresh, strict=True) if new]
            await self._audit.record_many(tx, records, now)
            return fresh

        return await self._database.write(work)


def _record(delivery: inbox.Delivery, callback: Callback, body: bytes) -> Record:
    about = delivery.order_id if delivery.order_id is not None else callback.scope
    return Record(
        tenant=delivery.tenant,
        kind="callback.accepted",
        subject=f"{delivery.store_hash}/{about}",
        trace=delivery.trace,
        fields={
            "delivery": delivery.delivery_id,
            "scope": delivery.scope,
            "created_at": callback.created_at.isoformat(),
            "stale": delivery.stale,
            "body": hashlib.sha256(body).hexdigest(),
        },
    )
