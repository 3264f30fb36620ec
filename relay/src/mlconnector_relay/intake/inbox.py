"""Makes a verified callback durable: inbox row, payload and job in one transaction."""

from dataclasses import replace
from datetime import datetime, timedelta

from mlconnector_shared.runtime import Runtime

from ..bigcommerce.signature import Callback
from ..db import inbox
from ..db.engine import Database, Transaction
from ..directory import Account
from ..trail.audit import Audit, Record
from ..trail.errors import SubjectErased

__all__ = ["Inbox"]


class Inbox:
    """Where callbacks are accepted.

    Args:
        database: the durable state.
        audit: keeps the body, encrypted.
        runtime: clock and trace ids.
        settle_seconds: wait before an order's first fetch.
    """

    def __init__(self, database: Database, audit: Audit, runtime: Runtime, settle_seconds: float) -> None:
        self._database = database
        self._audit = audit
        self._runtime = runtime
        self._settle = timedelta(seconds=settle_seconds)

    async def accept(self, account: Account, callback: Callback, body: bytes) -> bool:
        """Store one delivery; return whether it was new. Durable on return.

        Raises:
            DatabaseError: nothing was stored.
        """
        now = self._runtime.now()
        trace = f"00-{self._runtime.token(16).hex()}-{self._runtime.token(8).hex()}-01"
        delivery = inbox.Delivery(
            tenant=account.store.tenant,
            store_hash=account.store.store_hash,
            delivery_id=callback.delivery_id,
            scope=callback.scope,
            order_id=callback.order_id,
            received_at=now,
            stale=callback.stale,
            trace=trace,
        )

        async def work(tx: Transaction) -> bool:
            fresh = (await inbox.accept_many(tx, (delivery,), self._settle))[0]
            if fresh:
                await self._note(tx, _record(delivery, callback, body), now)
            return fresh

        return await self._database.write(work)

    async def _note(self, tx: Transaction, record: Record, now: datetime) -> None:
        try:
            await self._audit.record(tx, record, now)
        except SubjectErased:
            # Nothing about an erased order is kept again, but its events are answered like any other.
            await self._audit.record(tx, replace(record, payload=None), now)


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
        },
        payload=body,
    )
